"""Verdicts, what happens to somebody, and why nobody could be seen, as people read them."""

from typing import Final

from schemas.translations import Texts, say

__all__ = ["word"]

_WORDS: Final[Texts] = {
    "present": "present",
    "late": "late",
    "left_early": "left early",
    "absent": "absent",
    "unobserved": "unobserved",
    "as_judged": "as judged",
    "arrived": "arrived",
    "departed": "departed",
    "returned": "returned",
    "no_frames": "no frames",
    "deleted": "frames deleted before anybody looked",
    "repeated": "the same picture again",
    "dark": "dark",
    "blurred": "out of focus",
    "blinded": "blinded or covered",
    "moved": "the camera shows something else",
}
"""By code."""


def word(language: str, code: str) -> str:
    """Return a word in a language (``ko`` or ``en``)."""
    return say(language, _WORDS[code])
