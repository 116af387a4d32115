"""What the store holds of one student in the class hours of some days: his rows, and nobody else's."""

from collections.abc import Collection
from datetime import date, datetime
from typing import NamedTuple

from schemas.ids import LIVE, class_hour_id
from sinks.store.port import Parameters, Store

__all__ = ["OwnRow", "own_rows"]


class OwnRow(NamedTuple):
    """His row of a class hour; fields as in ``AttendanceRow``."""

    section: str
    date: date
    period: int
    version: int
    verdict: str
    source: str
    reason: str
    marked_at: datetime | None
    arrived_at: datetime | None
    departed_at: datetime | None
    review: int
    final: int
    withdrawn: int
    engine: str


# Versions that are not merged yet are few, and his alone: to have the store leave them out reads everybody's rows.
ASKED = f"""
SELECT {", ".join(OwnRow._fields)}
FROM attendance_rows
WHERE run = %(run)s AND date BETWEEN %(first)s AND %(last)s AND section IN %(sections)s AND student_id = %(student)s
ORDER BY version
"""  # noqa: S608  ours


def own_rows(store: Store, student: str, sections: Collection[str], first: date, last: date) -> dict[str, OwnRow]:
    """Return the rows of a student (an id) that hold, by class hour; last: included. Withdrawn ones are left out.

    Raises:
        UnavailableError: the store does not answer.
    """
    if not (student and sections):
        return {}
    asked: Parameters = {"run": LIVE, "first": first, "last": last, "sections": [*sections], "student": student}
    rows = [OwnRow._make(row) for row in store.query(ASKED, asked).rows]
    newest = {class_hour_id(each.section, each.date, each.period): each for each in rows}
    return {hour: each for hour, each in newest.items() if not each.withdrawn}
