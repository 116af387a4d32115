"""When nobody could be seen in a class hour, as its row of coverage tells it. Pure."""

from datetime import datetime, timedelta
from itertools import chain, repeat
from typing import NamedTuple

from sinks.rows import CoverageRow

__all__ = ["LONG", "Unseen", "judged_until", "unseen_in"]

LONG = timedelta(minutes=1)
"""Of a gap that is told; shorter ones are the time between frames."""


class Unseen(NamedTuple):
    """When nobody could be seen, and why: empty if no camera sent anything."""

    starts_at: datetime
    ends_at: datetime
    reason: str


def unseen_in(covered: CoverageRow) -> list[Unseen]:
    """Return the stretches of a minute or longer in which nobody could be seen, in the order of time.

    What lies after the last judgement of an hour that runs is none of them.
    """
    until = judged_until(covered)
    reasons = chain(covered.gaps_reason, repeat(""))  # rows of before reasons were told have none
    gaps = map(Unseen, covered.gaps_start_at, covered.gaps_end_at, reasons)
    return [each for each in gaps if each.ends_at - each.starts_at >= LONG and each.starts_at < until]


def judged_until(covered: CoverageRow) -> datetime:
    """Return until when a class hour is judged: to its end, or while it runs up to the last frame that was judged."""
    if not covered.final and covered.gaps_end_at and covered.gaps_end_at[-1] >= covered.ends_at:
        return covered.gaps_start_at[-1]
    return covered.ends_at
