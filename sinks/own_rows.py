"""What the store holds of one student in the class hours of some days: his rows, and nobody else's."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, NamedTuple

from schemas.ids import LIVE, class_hour_id
from schemas.rivals import rival_in, without_rival
from sinks.store.port import Parameters, Store

__all__ = ["OwnRow", "kept_rows", "own_rows"]


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


ASKED = f"""
SELECT {", ".join(OwnRow._fields)}
FROM attendance_by_student
WHERE run = %(run)s AND date BETWEEN %(first)s AND %(last)s AND section IN %(sections)s AND student_id = %(student)s
"""  # noqa: S608  ours


def own_rows(store: Store, student: str, sections: Collection[str], first: date, last: date) -> dict[str, OwnRow]:
    """Return the rows of a student (an id) that hold, by class hour; last: included. Withdrawn ones are left out.

    Reasons name nobody else.

    Raises:
        UnavailableError: the store does not answer.
    """
    if not (student and sections):
        return {}
    asked: Parameters = {"run": LIVE, "first": first, "last": last, "sections": [*sections], "student": student}
    rows = [OwnRow._make(row) for row in store.query(ASKED, asked).rows]
    rows = [each._replace(reason=without_rival(each.reason, rival_in(each.reason))) for each in rows]
    return {class_hour_id(each.section, each.date, each.period): each for each in rows}


KEPT = {
    "attendance": """
SELECT * FROM student_rows FINAL WHERE student_id = %(student)s ORDER BY run, date, section, period
""",
    "versions": """
SELECT
    section, date, period, verdict, source, review, reason, marked_at, seconds_covered, engine, policy, final,
    toUInt64(18446744073709551615 - earliness) AS version
FROM verdict_versions FINAL
WHERE student_id = %(student)s
ORDER BY date, section, period, version
""",
    "faces": """
SELECT
    run, section, date, period, hall, camera, engine, countIf(student_id = %(student)s) AS faces,
    countIf(visitor = %(student)s) AS faces_as_visitor, min(captured_at) AS first, max(captured_at) AS last
FROM sightings_rows
WHERE student_id = %(student)s OR visitor = %(student)s
GROUP BY run, section, date, period, hall, camera, engine
ORDER BY date, section, period
""",
}


def kept_rows(store: Store, student: str) -> dict[str, list[dict[str, Any]]]:
    """Return everything that the store has of a student (an id), by a name of it; reasons name nobody else.

    attendance: his rows of every run. versions: what was said of him before. faces: how often faces were taken for his.

    Raises:
        UnavailableError: the store does not answer.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for name, asked in KEPT.items():
        table = store.query(asked, {"student": student})
        rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
        for each in rows:
            if "reason" in each:
                each["reason"] = without_rival(each["reason"], rival_in(each["reason"]))
        found[name] = rows
    return found
