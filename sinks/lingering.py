"""When rows that are being gathered are written: together, unless somebody waits for one of them. Pure.

A store takes few large batches more easily than many small ones: each becomes a part of every table, to be merged.
"""

from datetime import datetime

__all__ = ["LINGER", "QUIET", "Lingering", "is_awaited"]

IDLE = 0.3
"""Seconds after which it is time to look after other things, though nothing came."""
QUIET = 0.25
"""Seconds in which nothing more comes, and what there is is written;"""
LINGER = 1.5
"""or so long after the first of it."""
FRESH = 10.0
"""Seconds from a mark to its row within which whoever made it still looks."""


class Lingering:
    """One batch. Times are seconds of a clock that never goes back."""

    def __init__(self, now: float) -> None:
        self._until = now + IDLE
        self._latest: float | None = None

    def came(self, now: float, *, awaited: bool) -> None:
        """Something came. awaited: somebody waits for it."""
        self._latest = now + LINGER if self._latest is None else self._latest
        self._until = now if awaited else min(now + QUIET, self._latest)

    def left(self, now: float) -> float:
        """Return for how many seconds more of it is awaited; 0: no more."""
        return max(0.0, self._until - now)


def is_awaited(marked_at: datetime | None, said_at: float) -> bool:
    """Whether a verdict has a mark that was made just before. said_at: when the verdict was sent, POSIX seconds."""
    return marked_at is not None and 0 <= said_at - marked_at.timestamp() + 1 < FRESH
