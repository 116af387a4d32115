"""Text and names from outside, cleaned in one way wherever they come in, and what somebody may have meant."""

import re
import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches

__all__ = ["cleaned", "folded", "nearest"]

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0]"
)
"""Soft hyphens, zero-width characters, marks of direction, byte order marks, fillers: what nobody sees or types."""

_WIDE = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}
"""Letters, digits and signs as wide as a Hangul syllable, which Korean keyboards can write, and the plain ones."""


def cleaned(text: str) -> str:
    """Return a text as it is kept and compared: composed, plain, and without what cannot be seen.

    A Mac writes Hangul in pieces, a Korean keyboard letters as wide as a syllable; of several spaces one stays.
    Control characters stay: whoever wants a name refuses them.
    """
    plain = unicodedata.normalize("NFC", _INVISIBLE.sub("", text)).translate(_WIDE)
    return re.sub(" +", " ", "".join(" " if unicodedata.category(each) == "Zs" else each for each in plain)).strip()


def folded(text: str) -> str:
    """Return what ids and names share that differ only in how they were written.

    That is in case, in zeros before a number, in signs and spaces, and in the ``.0`` that a data frame puts after a
    number: ``CS2001-02`` and ``cs2001_2``, ``202100001.0`` and ``202100001``.
    """
    plain = re.sub(r"^(\d+)\.0+$", r"\1", cleaned(text).casefold())
    return "-".join(re.sub(r"(?<!\d)0+(?=\d)", "", each) for each in re.findall(r"\w+", plain.replace("_", "-")))


def nearest(text: str, known: Iterable[str], *, cutoff: float = 0.5) -> str | None:
    """Return what was probably meant: the known name that is only written otherwise, else the most similar one.

    cutoff: how similar it must be, 0 (anything) to 1 (equal).
    """
    names = sorted(known)
    same = [each for each in names if folded(each) == folded(text)]
    return next(iter(same or get_close_matches(text, names, n=1, cutoff=cutoff)), None)
