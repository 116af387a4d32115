"""Text and names from outside, cleaned in one way wherever they come in, and what somebody may have meant."""

import re
import unicodedata
from collections.abc import Iterable
from difflib import SequenceMatcher

__all__ = ["cleaned", "folded", "nearest", "written_plainly"]

SHORTEST = 3
"""Letters of a name that can be one slip away from another: of two, one is half of it."""

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0]"
)
"""Soft hyphens, zero-width characters, marks of direction, byte order marks, fillers: what nobody sees or types."""

_WIDE = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}
"""Letters, digits and signs as wide as a Hangul syllable, which Korean keyboards can write, and the plain ones."""


_DASHES = re.compile("[\u00ad\u058a\u2010-\u2015\u2043\u2212\ufe58\ufe63\uff0d]")
"""What word processors, spreadsheets and keyboards make of the ``-`` that somebody typed; they look the same."""


def cleaned(text: str) -> str:
    """Return a text as it is kept and compared: composed, plain, and without what cannot be seen.

    A Mac writes Hangul in pieces, a Korean keyboard letters as wide as a syllable; of several spaces one stays.
    Control characters stay: whoever wants a name refuses them.
    """
    plain = unicodedata.normalize("NFC", _INVISIBLE.sub("", text)).translate(_WIDE)
    return re.sub(" +", " ", "".join(" " if unicodedata.category(each) == "Zs" else each for each in plain)).strip()


def written_plainly(text: str) -> str:
    """Return what names a thing, as ``cleaned`` leaves it and with every dash a ``-``: an id, a section, a hall, a date.

    Not for what people are called and what they write: their dashes are theirs.
    """
    return cleaned(_DASHES.sub("-", text))


def folded(text: str) -> str:
    """Return what ids and names share that differ only in how they were written.

    That is in case, in zeros before a number, in signs and spaces, and in the ``.0`` that a data frame puts after a
    number: ``CS2001-02`` and ``cs2001_2``, ``202100001.0`` and ``202100001``.
    """
    plain = re.sub(r"^(\d+)\.0+$", r"\1", cleaned(text).casefold())
    return "-".join(re.sub(r"(?<!\d)0+(?=\d)", "", each) for each in re.findall(r"\w+", plain.replace("_", "-")))


def nearest(text: str, known: Iterable[str]) -> str | None:
    """Return what was probably meant, None if nothing is near.

    First what differs only in how it is written: in case, in signs and spaces, in zeros before a number. Then a name
    that is one slip of the finger away, or, of words, one for every three letters. Then one that begins with the text,
    or holds it, or begins with it but for a slip. Codes that merely have the same form, as ``PH2001-1`` and ``CS3001-1``,
    are other things.
    """
    names = sorted(set(known) - {text})
    plain, key = cleaned(text).casefold(), _key(text)

    def likeness(name: str) -> tuple[float, float]:
        return _ratio(plain, cleaned(name).casefold()), _ratio(text, name)

    if same := [each for each in names if _key(each) == key]:
        return max(same, key=likeness)
    if len(plain) < SHORTEST:
        return None
    most = 1 if re.search(r"\d", plain) else max(1, len(plain) // 3)
    slips = {each: _slips(plain, cleaned(each).casefold()) for each in names if abs(len(each) - len(text)) <= most}
    if near := [each for each, count in slips.items() if count <= most and len(each) >= SHORTEST]:
        return min(near, key=lambda each: (slips[each], -_ratio(text, each)))
    begun = [each for each in names if len(key) > SHORTEST and key in _key(each)]
    if begun:
        return max(begun, key=lambda each: (_key(each).startswith(key), *likeness(each)))
    return max((each for each in names if _begins_like(plain, cleaned(each).casefold())), key=likeness, default=None)


def _begins_like(word: str, name: str) -> bool:
    """Whether a name begins with a word in which there is one slip, as ``centerface-dlib`` with ``centrface``."""
    if len(word) <= SHORTEST or re.search(r"\d", word):
        return False
    return any(_slips(word, name[:count]) <= 1 for count in range(len(word) - 1, len(word) + 2) if count < len(name))


def _key(text: str) -> str:
    return folded(text).replace("-", "")


def _ratio(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other).ratio()


def _slips(one: str, other: str) -> int:
    """Return how many letters must be written, left out, replaced or swapped with the next one (optimal alignment)."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        fresh = [i]
        for j, b in enumerate(other, 1):
            best = min(row[j] + 1, fresh[j - 1] + 1, row[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and b == one[i - 2]:
                best = min(best, before[j - 2] + 1)
            fresh.append(best)
        before, row = row, fresh
    return row[-1]
