"""The two languages of the pages: English in the code and the templates, Korean from ``locale/ko.po``."""

import gettext
from functools import cache
from importlib import resources
from typing import Final

from babel import Locale
from babel.messages.pofile import read_po
from babel.support import Translations

__all__ = ["LANGUAGES", "locale", "preferred", "translations"]

LANGUAGES: Final = {"ko": "한국어", "en": "English"}
"""Code and own name of each."""


@cache
def translations(language: str) -> gettext.NullTranslations:
    """Return the texts of a language; what has no translation stays English."""
    found = Translations()  # type: ignore[no-untyped-call]
    if language != "en":
        with resources.files("infra.desk").joinpath("locale", f"{language}.po").open("rb") as file:
            catalog = read_po(file, locale=language)
        said: dict[object, object] = {"": ""}
        for each in catalog:
            if each.id and not each.fuzzy:
                if isinstance(each.id, tuple):
                    said |= {(each.id[0], n): text for n, text in enumerate(each.string)}
                elif each.string:
                    said[each.id] = each.string
        found._catalog = said  # type: ignore[attr-defined]  # what reading a compiled file would set
        found.plural = lambda n: 0  # type: ignore[attr-defined]  # Korean has one form
    return found


@cache
def locale(language: str) -> Locale:
    """Return how a language writes dates and numbers."""
    return Locale.parse(language)


def preferred(accept_language: str, default: str) -> str:
    """Return the language that a browser wishes, of those that there are.

    accept_language: the header, like ``ko-KR,ko;q=0.9,en;q=0.8``.
    """
    wishes = []
    for place, part in enumerate(accept_language.split(",")):
        name, _, weight = part.strip().partition(";q=")
        try:
            wishes.append((-float(weight or 1), place, name.split("-")[0].lower()))
        except ValueError:
            continue
    return next((name for _, _, name in sorted(wishes) if name in LANGUAGES), default)
