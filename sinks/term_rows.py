"""What the store says of a term: how many closed class hours of each student are what, and how much was missed."""

from collections.abc import Collection
from datetime import date
from typing import NamedTuple

from schemas.ids import LIVE
from schemas.messages import TermRule
from sinks.store.port import Parameters, Store

__all__ = ["JUDGED_AGAIN", "WOULD_BE", "TermCounts", "TermRow", "term_rows"]

JUDGED_AGAIN = """
    SELECT section, date, period
    FROM
    (
        SELECT section, date, period, frames AS kept, engine AS looked
        FROM coverage
        WHERE run = %(run)s AND date BETWEEN %(first)s AND %(last)s AND section IN %(sections)s AND final = 1
    ) AS judged_again
    ALL INNER JOIN
    (
        SELECT section, date, period, frames, engine
        FROM coverage
        WHERE run = %(live)s AND date BETWEEN %(first)s AND %(last)s AND section IN %(sections)s AND final = 1
    ) AS judged
    USING (section, date, period)
    WHERE kept >= frames AND looked = engine
"""
"""Class hours that a run judged by all that live had judged by: of others it knows too little to say what differs."""

WOULD_BE = f"""
    SELECT
        section, date, period, student_id, name, verdict_now, came_now, left_now,
        multiIf(
            stays, verdict_now, by_again = 'camera', verdict_again, camera_again = '', verdict_now, camera_again
        ) AS would_be,
        if(stays, came_now, came_again) AS would_come,
        if(stays, left_now, left_again) AS would_leave
    FROM
    (
        SELECT
            section, date, period, student_id, name, verdict_now, came_now, left_now,
            verdict_again, came_again, left_again, by_again, camera_again,
            by_now != 'camera' OR by_again = '' AS stays
        FROM
        (
            SELECT
                section, date, period, student_id, name,
                verdict AS verdict_now, arrived_at AS came_now, departed_at AS left_now, source AS by_now
            FROM attendance
            WHERE run = %(live)s AND date BETWEEN %(first)s AND %(last)s AND section IN %(sections)s AND final = 1
        ) AS now
        ALL LEFT JOIN
        (
            SELECT
                section, date, period, student_id,
                verdict AS verdict_again, arrived_at AS came_again, departed_at AS left_again, source AS by_again,
                camera_verdict AS camera_again
            FROM attendance
            WHERE run = %(run)s AND date BETWEEN %(first)s AND %(last)s AND section IN %(sections)s AND final = 1
                AND (section, date, period) IN ({JUDGED_AGAIN})
        ) AS again
        USING (section, date, period, student_id)
    ) AS beside
"""  # noqa: S608  ours
"""Live rows, and what they would be by a run. What a person says of them now holds in both, whenever he said it: a run
has the marks of when it was made. Who takes the class hour is who does now."""

_OF_LIVE = "run = %(live)s"
_OF_HIM = "run = %(live)s AND student_id = %(student)s"
_BY_RUN = f"""
(
    SELECT
        section, date, period, student_id, name, would_be AS verdict, would_come AS arrived_at,
        would_leave AS departed_at, 1 AS final
    FROM ({WOULD_BE}) AS would
)
"""  # noqa: S608  ours

_COUNTED = """
SELECT
    section, student_id, any(name) AS name,
    countIf(verdict = 'absent') AS absent,
    countIf(verdict = 'late') AS late,
    countIf(far_too_late) AS too_late,
    countIf(verdict = 'left_early') AS left_early,
    countIf(verdict = 'official_leave') AS official_leave,
    countIf(verdict = 'excused') AS excused,
    countIf(verdict = 'unobserved') AS unobserved,
    sumIf(minutes, verdict = 'absent') AS absent_minutes,
    sumIf(minutes, far_too_late) AS too_late_minutes,
    sumIf(missed, verdict = 'late' AND NOT far_too_late) AS late_minutes,
    sumIf(missed, verdict = 'left_early') AS left_early_minutes,
    sumIf(minutes, verdict = 'official_leave') AS official_leave_minutes,
    sumIf(minutes, verdict = 'excused') AS excused_minutes
FROM
(
    SELECT
        section, student_id, name, verdict, minutes,
        verdict = 'late' AND %(late_absent_after)s > 0 AND late_by > %(late_absent_after)s AS far_too_late,
        floor((late_by + early_by) / %(block)s) * %(block)s AS missed
    FROM
    (
        SELECT
            section, student_id, name, verdict,
            (toInt64(ends) - toInt64(starts)) / 60 AS minutes,
            greatest(toInt64(ifNull(toUnixTimestamp(arrived_at), starts)) - toInt64(starts), 0) / 60 AS late_by,
            greatest(toInt64(ends) - toInt64(ifNull(toUnixTimestamp(departed_at), ends)), 0) / 60 AS early_by
        FROM
        (
            SELECT section, date, period, student_id, name, verdict, arrived_at, departed_at
            FROM {rows}
            WHERE {of} AND date BETWEEN %(first)s AND %(last)s AND section IN %(sections)s AND final = 1
        ) AS rows
        ALL INNER JOIN
        (
            SELECT section, date, period, toUnixTimestamp(starts_at) AS starts, toUnixTimestamp(ends_at) AS ends
            FROM coverage
            WHERE run = %(live)s AND date BETWEEN %(first)s AND %(last)s AND section IN %(sections)s
        ) AS hours
        USING (section, date, period)
    ) AS timed
) AS counted
GROUP BY section, student_id
ORDER BY section, student_id
"""


class TermCounts(NamedTuple):
    """A student's closed class hours in a section, added up.

    absent to unobserved: how many hours are that. too_late: how many of those late began after so long that the rule
    charges an absence. absent_minutes and the like: how long those hours were. late_minutes, left_early_minutes: how
    much of them was missed, in whole blocks of the rule, those too late left out.
    """

    absent: int = 0
    late: int = 0
    too_late: int = 0
    left_early: int = 0
    official_leave: int = 0
    excused: int = 0
    unobserved: int = 0
    absent_minutes: float = 0
    too_late_minutes: float = 0
    late_minutes: float = 0
    left_early_minutes: float = 0
    official_leave_minutes: float = 0
    excused_minutes: float = 0


class TermRow(NamedTuple):
    """A student in a section."""

    section: str
    student_id: str
    name: str
    counts: TermCounts


def term_rows(
    store: Store,
    sections: Collection[str],
    first: date,
    last: date,
    rule: TermRule,
    student: str = "",
    *,
    run: str = LIVE,
) -> list[TermRow]:
    """Return what the closed class hours of some sections add up to, by section and student id.

    first, last: included. rule: of all these sections. student: him alone, by id; empty: everybody. run: whose verdicts
    count, as of ``WOULD_BE``, in class hours that it judged by all that live had; then everybody is meant.

    Raises:
        UnavailableError: the store does not answer.
    """
    if not sections:
        return []
    asked: Parameters = {
        "run": run,
        "live": LIVE,
        "first": first,
        "last": last,
        "sections": [*sections],
        "student": student,
        "late_absent_after": rule.late_absent_after,
        "block": rule.block_minutes,
    }
    his, everybodys = ("attendance_by_student", _OF_HIM), ("attendance", _OF_LIVE)
    rows, of = (his if student else everybodys) if run == LIVE else (_BY_RUN, "1")
    sql = _COUNTED.replace("{rows}", rows).replace("{of}", of)
    return [TermRow(row[0], row[1], row[2], TermCounts._make(row[3:])) for row in store.query(sql, asked).rows]
