"""How many students of a class hour are what: a line of a list of class hours."""

from collections.abc import Collection
from datetime import date
from typing import NamedTuple

from schemas.ids import LIVE, class_hour_id
from schemas.settings import Settings
from sinks.store import open_for_reading
from sinks.store.port import Parameters

__all__ = ["HourTotals", "hour_totals"]

ASKED = """
SELECT section, date, period,
    countIf(verdict IN ('present', 'late', 'left_early')) AS there,
    countIf(verdict IN ('present', 'late') AND departed_at IS NULL) AS here,
    count() AS students, countIf(review = 1) AS review
FROM attendance
WHERE run = %(run)s AND date >= %(first)s AND date <= %(last)s AND section IN %(sections)s
GROUP BY section, date, period
"""


class HourTotals(NamedTuple):
    """Of the students of a class hour: there (late and left early among them); here: there, and not gone.

    review: whom a person should decide.
    """

    there: int
    here: int
    students: int
    review: int


def hour_totals(settings: Settings, sections: Collection[str], first: date, last: date) -> dict[str, HourTotals]:
    """Return what the store says of class hours, by id; of an hour that has no row yet, nothing.

    last: included.

    Raises:
        UnavailableError: the store does not answer.
    """
    if not sections:
        return {}
    with open_for_reading(settings) as store:
        asked: Parameters = {"run": LIVE, "first": first, "last": last, "sections": [*sections]}
        rows = store.query(ASKED, asked).rows
    return {class_hour_id(*row[:3]): HourTotals._make(row[3:]) for row in rows}
