"""The two languages of the pages: English in the code and the templates, Korean from ``locale/ko.po``."""

import gettext
from functools import cache
from importlib import resources
from io import BytesIO
from typing import Final

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

__all__ = ["LANGUAGES", "locale", "preferred", "translations"]

LANGUAGES: Final = {"ko": "한국어", "en": "English"}
"""Code and own name of each."""


@cache
def translations(language: str) -> gettext.NullTranslations:
    """Return the texts of a language; what has no translation stays English."""
    if language != "en":
        with resources.files("infra.desk").joinpath("locale", f"{language}.po").open("rb") as file:
            catalog = read_po(file, locale=language)
        compiled = BytesIO()
        write_mo(compiled, catalog)
        compiled.seek(0)
        return Translations(compiled)
    return NullTranslations()


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
