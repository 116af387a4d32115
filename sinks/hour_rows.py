"""What the store holds of one class hour of the live run."""

from datetime import datetime
from typing import Any, NamedTuple

from schemas.ids import LIVE, split_class_hour
from schemas.messages import ClassHour
from sinks.rows import AttendanceRow, CoverageRow
from sinks.store import Store

__all__ = [
    "FramesNamed",
    "HourRows",
    "SeatSeen",
    "VerdictVersion",
    "frames_named",
    "moments_named",
    "rows_of_hour",
    "seats_seen",
    "versions_of",
]

HERE = "run = %(run)s AND date = %(date)s AND section = %(section)s AND period = %(period)s"

ATTENDANCE = f"SELECT {', '.join(AttendanceRow._fields)} FROM attendance_rows FINAL WHERE {HERE} ORDER BY student_id"  # noqa: S608  ours
COVERAGE = f"SELECT {', '.join(CoverageRow._fields)} FROM coverage_rows FINAL WHERE {HERE}"  # noqa: S608  ours

NAMED = f"""
FROM sightings_rows
WHERE {HERE} AND hall IN %(halls)s AND captured_at >= %(since)s AND captured_at <= %(until)s
AND student_id = %(student)s
"""
COUNTED = f"SELECT uniqExact(camera, captured_at, captured_us), min(captured_at), max(captured_at) {NAMED}"
MOMENTS = f"SELECT DISTINCT captured_at {NAMED} ORDER BY captured_at"


SEATS = f"""
SELECT student_id, hall, camera, count() AS faces, median((x1 + x2) / 2), median((y1 + y2) / 2), median(y2 - y1)
FROM sightings_rows
WHERE {HERE} AND hall IN %(halls)s AND captured_at >= %(since)s AND captured_at <= %(until)s AND student_id != ''
GROUP BY student_id, hall, camera
"""  # noqa: S608  ours


class HourRows(NamedTuple):
    """Everybody who has a row, the withdrawn included, by student id; and the coverage, once anything was judged."""

    attendance: list[AttendanceRow]
    coverage: CoverageRow | None


class FramesNamed(NamedTuple):
    """In how many frames a face was taken for a student by that frame alone, the first and the last of them."""

    frames: int
    first: datetime
    last: datetime


class SeatSeen(NamedTuple):
    """Where a camera saw a student: how many faces its frames took for him, and their middle and height in pixels."""

    student: str
    hall: str
    camera: str
    faces: int
    x: float
    y: float
    height: float


def rows_of_hour(store: Store, class_hour: str) -> HourRows:
    """Return the rows of a class hour (its id) as they stand.

    Raises:
        UnavailableError: the store does not answer.
    """
    asked = _key(class_hour)
    covered = store.query(COVERAGE, asked).rows
    rows = [AttendanceRow._make(row) for row in store.query(ATTENDANCE, asked).rows]
    return HourRows(rows, CoverageRow._make(covered[0]) if covered else None)


class VerdictVersion(NamedTuple):
    """What was said of a student when it was first said. Fields as in ``verdict_versions``; version: of that row."""

    version: int
    verdict: str
    source: str
    review: int
    reason: str
    marked_at: datetime | None
    seconds_covered: float
    final: int


VERSIONS = f"""
SELECT
    toUInt64(18446744073709551615 - earliness) AS version, verdict, source, review, reason, marked_at, seconds_covered,
    final
FROM verdict_versions FINAL
WHERE {HERE} AND student_id = %(student)s
ORDER BY version
"""  # noqa: S608  ours


def versions_of(store: Store, hour: ClassHour, student: str) -> list[VerdictVersion]:
    """Return what was said of a student (an id) in a class hour, each claim once, as it was first said, by version.

    Raises:
        UnavailableError: the store does not answer.
    """
    return [VerdictVersion._make(row) for row in store.query(VERSIONS, _key(hour.id) | {"student": student}).rows]


def frames_named(store: Store, hour: ClassHour, student: str) -> FramesNamed | None:
    """Return the frames of a class hour that named a student; None if none did. The verdict may say otherwise.

    Raises:
        UnavailableError: the store does not answer.
    """
    [(frames, first, last)] = store.query(COUNTED, _named(hour, student)).rows
    return FramesNamed(frames, first, last) if frames else None


def moments_named(store: Store, hour: ClassHour, student: str) -> list[datetime]:
    """Return when these frames were taken, to the second, in order.

    Raises:
        UnavailableError: the store does not answer.
    """
    return [at for (at,) in store.query(MOMENTS, _named(hour, student)).rows]


def seats_seen(store: Store, hour: ClassHour) -> list[SeatSeen]:
    """Return where each camera saw the students of a class hour.

    Raises:
        UnavailableError: the store does not answer.
    """
    return [SeatSeen._make(row) for row in store.query(SEATS, _of(hour)).rows]


def _named(hour: ClassHour, student: str) -> dict[str, Any]:
    return _of(hour) | {"student": student}


def _of(hour: ClassHour) -> dict[str, Any]:
    return _key(hour.id) | {"since": hour.starts_at, "until": hour.ends_at, "halls": list(hour.halls)}


def _key(class_hour: str) -> dict[str, Any]:
    section, day, period = split_class_hour(class_hour)
    return {"run": LIVE, "section": section, "date": day, "period": period}
