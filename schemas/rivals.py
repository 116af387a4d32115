"""How the reason of a row names another student, whom somebody is too like; and how it names nobody any more."""

import re
from typing import Final

from schemas.translations import gettext_noop

__all__ = ["NAMED", "TOLD_UNNAMED", "TOO_ALIKE", "UNNAMED", "rival_in", "without_rival"]

TOO_ALIKE: Final = gettext_noop("this student or {rival} was seen; they are too alike to tell apart")
"""rival: an id, which has no space in it."""

NAMED: Final = r"this student or ([^ ]+) was seen"
"""A regular expression, for the store as well."""

UNNAMED: Final = "this student or somebody else was seen"

TOLD_UNNAMED: Final = gettext_noop("this student or somebody else was seen; they are too alike to tell apart")
"""The whole reason that is left, as it is translated."""


def rival_in(reason: str) -> str:
    """Return whom the reason of a row names as too alike, by id; empty if nobody."""
    found = re.search(NAMED, reason)
    return found[1] if found else ""


def without_rival(reason: str, rival: str) -> str:
    """Return a reason that does not name a student (an id)."""
    return re.sub(NAMED, UNNAMED, reason) if rival_in(reason) == rival else reason
