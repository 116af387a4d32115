"""What the store says of a term that was judged again under another policy, beside what is live."""

from collections.abc import Collection
from datetime import date, datetime
from typing import NamedTuple

from schemas.ids import LIVE
from sinks.store.port import Parameters, Store
from sinks.term_rows import JUDGED_AGAIN, WOULD_BE

__all__ = ["ChangedVerdict", "TermHours", "VerdictCount", "changed_verdicts", "hours_judged_again", "verdict_counts"]

_BETWEEN = "date BETWEEN %(first)s AND %(last)s AND section IN %(sections)s AND final = 1"

_PAIRS = f"SELECT * FROM ({WOULD_BE}) AS would WHERE (section, date, period) IN ({JUDGED_AGAIN})"  # noqa: S608  ours

_COUNTS = f"SELECT verdict_now, would_be, count() FROM ({_PAIRS}) AS pairs GROUP BY verdict_now, would_be"  # noqa: S608  ours

_CHANGED = f"""
SELECT section, date, period, student_id, name, verdict_now, came_now, would_be, would_come
FROM ({_PAIRS}) AS pairs
WHERE verdict_now != would_be
ORDER BY date, section, period, student_id
LIMIT %(most)s
"""  # noqa: S608  ours

_HOURS = f"""
SELECT section, date, period, starts_at, (section, date, period) IN ({JUDGED_AGAIN}) AS again
FROM coverage
WHERE run = %(live)s AND {_BETWEEN} AND frames > 0
ORDER BY date, section, period
"""  # noqa: S608  ours


class VerdictCount(NamedTuple):
    """How many verdicts are this live, and that in the run."""

    before: str
    after: str
    verdicts: int


class ChangedVerdict(NamedTuple):
    """A verdict that differs. arrived_at: as live has it; other_arrived_at: as the run does."""

    section: str
    date: date
    period: int
    student_id: str
    name: str
    before: str
    arrived_at: datetime | None
    after: str
    other_arrived_at: datetime | None


class TermHours(NamedTuple):
    """The closed class hours of some sections: how many were judged again, and which could not be, by day.

    An hour without a frame is neither: another policy sees as little in it.
    """

    again: int
    missing: list[tuple[str, date, int]]


def hours_judged_again(store: Store, run: str, sections: Collection[str], first: date, last: date) -> TermHours:
    """Return which closed class hours a run judged by all that live judged by, and which it could not.

    Raises:
        UnavailableError: the store does not answer.
    """
    rows = store.query(_HOURS, _asked(run, sections, first, last)).rows if sections else []
    return TermHours(sum(row[4] for row in rows), [(row[0], row[1], row[2]) for row in rows if not row[4]])


def verdict_counts(store: Store, run: str, sections: Collection[str], first: date, last: date) -> list[VerdictCount]:
    """Return how many verdicts of class hours that were judged again became what, those that stay included.

    Raises:
        UnavailableError: the store does not answer.
    """
    rows = store.query(_COUNTS, _asked(run, sections, first, last)).rows if sections else []
    return sorted(VerdictCount._make(row) for row in rows)


def changed_verdicts(
    store: Store, run: str, sections: Collection[str], first: date, last: date, most: int
) -> list[ChangedVerdict]:
    """Return the verdicts that differ, by day; at most so many.

    Raises:
        UnavailableError: the store does not answer.
    """
    asked = {**_asked(run, sections, first, last), "most": most}
    rows = store.query(_CHANGED, asked).rows if sections else []
    return [ChangedVerdict._make(row) for row in rows]


def _asked(run: str, sections: Collection[str], first: date, last: date) -> Parameters:
    return {"run": run, "live": LIVE, "sections": [*sections], "first": first, "last": last}
