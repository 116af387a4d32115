"""What the store says of some days for reports: class hours added up, a student's own, who slips away, all rows.

Only class hours that have closed count. Every class of verdict is counted, ``unobserved`` too: it is nobody's absence,
and it is left out of nothing.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from schemas.ids import LIVE
from sinks.store.port import Parameters, Store

__all__ = [
    "HourTally",
    "SlipRow",
    "StudentHourRow",
    "VerdictRow",
    "decided_hours",
    "hour_tallies",
    "slips",
    "student_rows",
    "verdict_rows",
]

_HERE = """
run = %(run)s AND date BETWEEN %(first)s AND %(last)s AND (%(everything)s = 1 OR section IN %(sections)s)
"""

_HOURS = f"""
SELECT section, date, period, hall AS kept_in, starts_at, ends_at
FROM coverage_rows FINAL
WHERE {_HERE}
"""  # noqa: S608  ours

TALLIES = f"""
SELECT section, date, period, kept_in, starts_at, present, late, left_early, absent, unobserved, excused, official_leave
FROM
(
    SELECT
        section, date, period,
        countIf(verdict = 'present') AS present,
        countIf(verdict = 'late') AS late,
        countIf(verdict = 'left_early') AS left_early,
        countIf(verdict = 'absent') AS absent,
        countIf(verdict = 'unobserved') AS unobserved,
        countIf(verdict = 'excused') AS excused,
        countIf(verdict = 'official_leave') AS official_leave
    FROM attendance_rows FINAL
    WHERE {_HERE} AND withdrawn = 0 AND final = 1
    GROUP BY section, date, period
) AS told
ALL INNER JOIN ({_HOURS}) AS hours
USING (section, date, period)
ORDER BY date, starts_at, section, period
"""  # noqa: S608  ours

OF_STUDENT = f"""
SELECT
    section, date, period, kept_in, starts_at, ends_at, name, verdict, arrived_at, departed_at,
    round(seconds_present / 60, 1) AS minutes_present, round(seconds_covered / 60, 1) AS minutes_covered, source, reason
FROM
(
    SELECT
        section, date, period, name, verdict, arrived_at, departed_at, seconds_present, seconds_covered, source, reason
    FROM attendance_by_student
    WHERE {_HERE} AND student_id = %(student)s AND final = 1
) AS told
ALL INNER JOIN ({_HOURS}) AS hours
USING (section, date, period)
ORDER BY date, starts_at, section, period
"""  # noqa: S608  ours

SLIPS = f"""
SELECT
    section, student_id, any(name) AS name,
    uniqExact(toUInt32(date) * 65536 + period) AS class_hours,
    countIf(verdict = 'left_early' AND place = 1) AS left_early,
    countIf(back_at IS NULL) AS left,
    countIf(back_at IS NOT NULL) AS returned,
    round(sum(greatest(toInt64(ifNull(toUnixTimestamp(back_at), ends)) - toInt64(toUnixTimestamp(left_at)), 0)) / 60, 1)
        AS minutes
FROM
(
    SELECT section, date, period, student_id, name, verdict, left_at, back_at, place
    FROM
    (
        SELECT
            section, date, period, student_id, name, verdict,
            absences_departed_at AS departures, absences_returned_at AS returns
        FROM attendance_rows FINAL
        WHERE {_HERE} AND withdrawn = 0 AND final = 1 AND notEmpty(absences_departed_at)
            AND verdict IN ('present', 'late', 'left_early')
    )
    ARRAY JOIN departures AS left_at, returns AS back_at, arrayEnumerate(departures) AS place
) AS told
ALL INNER JOIN
(
    SELECT section, date, period, toUnixTimestamp(ends_at) AS ends FROM coverage_rows FINAL WHERE {_HERE}
) AS hours
USING (section, date, period)
GROUP BY section, student_id
ORDER BY minutes DESC, left_early DESC, section, student_id
"""  # noqa: S608  ours

HOURS = f"{_HOURS} ORDER BY date, starts_at, section, period"

ROWS = f"""
SELECT section, date, period, student_id, name, verdict, arrived_at, departed_at, source
FROM attendance_rows FINAL
WHERE {_HERE} AND withdrawn = 0 AND final = 1
ORDER BY date, section, period, student_id
"""  # noqa: S608  ours; without a join: a term has 250,000 rows, and each would carry the times of its class hour as text

DECIDED = f"""
SELECT section, student_id, countIf(verdict IN ('present', 'late', 'left_early', 'absent')) AS decided
FROM attendance_rows FINAL
WHERE {_HERE} AND withdrawn = 0 AND final = 1
GROUP BY section, student_id
"""  # noqa: S608  ours


class HourTally(NamedTuple):
    """How many students of a closed class hour are what. hall: the one that keeps it. starts_at: aware, UTC."""

    section: str
    date: date
    period: int
    hall: str
    starts_at: datetime
    present: int
    late: int
    left_early: int
    absent: int
    unobserved: int
    excused: int
    official_leave: int


class StudentHourRow(NamedTuple):
    """What a student was in a closed class hour. Times are aware, UTC; minutes to a tenth."""

    section: str
    date: date
    period: int
    hall: str
    starts_at: datetime
    ends_at: datetime
    name: str
    verdict: str
    arrived_at: datetime | None
    departed_at: datetime | None
    minutes_present: float
    minutes_covered: float
    source: str
    reason: str


class SlipRow(NamedTuple):
    """How often a student of a section was away in class hours that he attended.

    class_hours: in which he was. left_early: that are called so. left, returned: departures without and with a return.
    minutes: he was away, up to the return, else to the end of the class hour.
    """

    section: str
    student_id: str
    name: str
    class_hours: int
    left_early: int
    left: int
    returned: int
    minutes: float


class VerdictRow(NamedTuple):
    """What somebody was in a closed class hour."""

    section: str
    date: date
    period: int
    hall: str
    starts_at: datetime
    ends_at: datetime
    student_id: str
    name: str
    verdict: str
    arrived_at: datetime | None
    departed_at: datetime | None
    source: str


def hour_tallies(store: Store, first: date, last: date, sections: Collection[str] | None) -> list[HourTally]:
    """Return the closed class hours of some days, in the order of time. last: included. sections: None: all.

    Raises:
        UnavailableError: the store does not answer.
    """
    return [HourTally._make(row) for row in _asked(store, TALLIES, first, last, sections)]


def student_rows(
    store: Store, student: str, first: date, last: date, sections: Collection[str] | None
) -> list[StudentHourRow]:
    """Return what a student (an id) was in each closed class hour of some days, in the order of time.

    Raises:
        UnavailableError: the store does not answer.
    """
    rows = _asked(store, OF_STUDENT, first, last, sections, student=student)
    return [StudentHourRow._make(row) for row in rows]


def slips(store: Store, first: date, last: date, sections: Collection[str] | None) -> list[SlipRow]:
    """Return who left early or was away in the middle, whoever missed most first.

    Raises:
        UnavailableError: the store does not answer.
    """
    return [SlipRow._make(row) for row in _asked(store, SLIPS, first, last, sections)]


def verdict_rows(store: Store, first: date, last: date, sections: Collection[str] | None) -> Iterator[VerdictRow]:
    """Yield every row of the closed class hours of some days, by date, section, period and student.

    Raises:
        UnavailableError: the store does not answer.
    """
    hours = {row[:3]: row[3:] for row in _asked(store, HOURS, first, last, sections)}
    for row in _asked(store, ROWS, first, last, sections):
        if hour := hours.get(row[:3]):
            yield VerdictRow(*row[:3], *hour, *row[3:])


def decided_hours(
    store: Store, first: date, last: date, sections: Collection[str] | None
) -> dict[tuple[str, str], int]:
    """Return in how many class hours it is known whether somebody was there, by section and student's id.

    Raises:
        UnavailableError: the store does not answer.
    """
    return {row[:2]: row[2] for row in _asked(store, DECIDED, first, last, sections)}


def _asked(
    store: Store, sql: str, first: date, last: date, sections: Collection[str] | None, **more: str
) -> Sequence[tuple[Any, ...]]:
    if sections is not None and not sections:
        return []
    asked: Parameters = {
        "run": LIVE,
        "first": first,
        "last": last,
        "everything": int(sections is None),
        "sections": [""] if sections is None else [*sections],
        **more,
    }
    return store.query(sql, asked).rows
