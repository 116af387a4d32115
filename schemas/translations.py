"""The two languages: English sentences stand where they are said, Korean ones in ``locale/ko.po``.

``python -m tests.tools.texts`` finds what is said, ``tests/contract/test_texts.py`` holds that all is translated
(ADR 33). The catalogue is read as it is: that takes milliseconds, and nothing compiled can be out of date.
"""

import gettext
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, reduce
from pathlib import Path
from typing import Final, Literal, TypeAlias

__all__ = [
    "LANGUAGES",
    "Language",
    "Text",
    "TextPairs",
    "Texts",
    "gettext_noop",
    "joined",
    "listed",
    "pgettext_noop",
    "say",
    "say_as",
    "translations",
]

Language: TypeAlias = Literal["ko", "en"]

Texts: TypeAlias = Mapping[str, str]
"""A table of texts by a code: all that a table of this type holds is translated."""
TextPairs: TypeAlias = Mapping[str, tuple[str, str]]
"""The same of what is wrong, and the remedy."""

LANGUAGES: Final = {"ko": "한국어", "en": "English"}
"""Code and own name of each."""


class Text(str):
    """A sentence that is said later, in the language of whoever reads it; to everything else it is a string in English.

    text: English, as ``str.format`` wants it; without values it is taken as it is. Values may be texts, too.
    """

    def __new__(cls, text: str, /, **values: object) -> "Text":
        """Make it."""
        made = super().__new__(cls, text.format(**values) if values else text)
        made.text, made.values = text, values
        return made

    text: str
    values: dict[str, object]

    def said(self, language: str) -> str:
        """Return it in a language (``ko`` or ``en``)."""
        return say(language, self.text, **self.values)


def gettext_noop(text: str) -> str:
    """Return a text as it is: marks one that is kept in a table, and said later."""
    return text


def pgettext_noop(context: str, text: str) -> str:
    """Return a text as it is: marks one that is said later in this context."""
    return text


def say(language: str, text: str, /, **values: object) -> str:
    """Return a text in a language, its values filled in; what has no translation stays English.

    text: English. values: texts among them are said in that language.
    """
    if isinstance(text, Text) and text.values:
        return text.said(language)
    return _filled(language, translations(language).gettext(text), values)


def say_as(language: str, context: str, text: str, /, **values: object) -> str:
    """Return the same of a text that means something else in another context: ``student``, of a role and a column."""
    return _filled(language, translations(language).pgettext(context, text), values)


def _filled(language: str, text: str, values: dict[str, object]) -> str:
    if not values:
        return str(text)
    return text.format(
        **{name: each.said(language) if hasattr(each, "said") else each for name, each in values.items()}
    )


def joined(parts: Iterable[object], by: str = "{one}, {other}") -> str:
    """Return parts in a row, said later, and each in that language. by: English, how two of them are said."""
    said = [Text("{part}", part=each) for each in parts]
    return reduce(lambda one, other: Text(by, one=one, other=other), said) if said else ""


def listed(language: str, names: Sequence[str], most: int) -> str:
    """Return names beside each other: at most so many, and how many more there are."""
    more = say(language, " and {count} more", count=len(names) - most) if len(names) > most else ""
    return ", ".join(names[:most]) + more


@cache
def translations(language: str) -> gettext.NullTranslations:
    """Return the texts of a language."""
    return gettext.NullTranslations() if language == "en" else _Catalogue(language)


class _Catalogue(gettext.NullTranslations):
    """The texts of a language that has one form, whatever the number."""

    def __init__(self, language: str) -> None:
        super().__init__()
        lines = Path(__file__).with_name("locale").joinpath(f"{language}.po").read_text("utf-8").split("\n")
        self._texts = {(each.get("msgctxt", ""), each["msgid"]): each["msgstr"] for each in _entries(lines)}

    def gettext(self, message: str) -> str:
        return self._texts.get(("", message)) or message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self._texts.get(("", msgid1)) or super().ngettext(msgid1, msgid2, n)

    def pgettext(self, context: str, message: str) -> str:
        return self._texts.get((context, message)) or message


def _entries(lines: list[str]) -> Iterator[dict[str, str]]:
    """Yield the entries of a catalogue, each as its keywords and what they say; its strings are those of JSON, too."""
    entry: dict[str, str] = {}
    keyword = ""
    for line in [*lines, ""]:
        if line.startswith('"'):
            entry[keyword] += json.loads(line)
        elif line.startswith("msg"):
            keyword, _, string = line.partition(" ")
            keyword = keyword.removesuffix("[0]")
            entry[keyword] = json.loads(string)
        elif entry and not line.startswith("#"):
            yield entry
            entry = {}
