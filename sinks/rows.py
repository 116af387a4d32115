"""From a message to the rows that it becomes. Pure: no store, no Kafka, no clock.

The fields of a row are the columns of its table, in ``schemas/tables``. What a column could not hold is refused here,
so that one absurd message never holds up the others of its batch.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import NamedTuple
from uuid import UUID

from schemas.errors import BadMessageError
from schemas.ids import base_engine, split_class_hour
from schemas.messages import CAMERA, Attendance, Audited, Coverage, Observation

__all__ = [
    "FIRST_DAY",
    "LAST_DAY",
    "AttendanceRow",
    "AuditRow",
    "CoverageRow",
    "SightingRow",
    "attendance_row",
    "audit_row",
    "coverage_row",
    "sighting_rows",
]


class AttendanceRow(NamedTuple):
    """``attendance_rows``."""

    run: str
    section: str
    date: date
    period: int
    student_id: str
    hall: str
    name: str
    verdict: str
    arrived_at: datetime | None
    departed_at: datetime | None
    absences_departed_at: list[datetime]
    absences_returned_at: list[datetime | None]
    absences_gone_by: list[datetime | None]
    seconds_present: float
    seconds_covered: float
    confidence: float
    review: int
    source: str
    reason: str
    marked_at: datetime | None
    final: int
    version: int
    engine: str
    policy: str
    looks: int
    p: float | None
    withdrawn: int
    camera_verdict: str
    doubts: list[str]


class CoverageRow(NamedTuple):
    """``coverage_rows``."""

    run: str
    section: str
    date: date
    period: int
    hall: str
    starts_at: datetime
    ends_at: datetime
    frames: int
    seconds_covered: float
    gaps_start_at: list[datetime]
    gaps_end_at: list[datetime]
    unknown_faces: float
    final: int
    version: int
    engine: str
    policy: str
    repeated: int
    gaps_reason: list[str]


class SightingRow(NamedTuple):
    """``sightings_rows``."""

    run: str
    hall: str
    camera: str
    captured_at: datetime
    captured_us: int
    engine: str
    face: int
    section: str
    date: date
    period: int
    student_id: str
    x1: float
    y1: float
    x2: float
    y2: float
    score: float
    visitor: str


class AuditRow(NamedTuple):
    """``audit_rows``."""

    id: UUID
    at: datetime
    account: str
    role: str
    action: str
    section: str
    class_hour: str
    student: str
    detail: str
    address: str
    ok: int


def attendance_row(said: Attendance) -> AttendanceRow:
    """Return the row of a verdict, departures included.

    Raises:
        BadMessageError: a value that no column can hold.
    """
    return AttendanceRow(
        run=said.run,
        section=said.section,
        date=_day(said.date),
        period=_count(said.period, 16),
        student_id=said.student_id,
        hall=said.hall,
        name=said.name,
        verdict=said.verdict,
        arrived_at=_time(said.arrived_at),
        departed_at=_time(said.departed_at),
        absences_departed_at=[_moment(each.departed_at) for each in said.absences],
        absences_returned_at=[_time(each.returned_at) for each in said.absences],
        absences_gone_by=[_time(each.gone_by) for each in said.absences],
        seconds_present=said.seconds_present,
        seconds_covered=said.seconds_covered,
        confidence=said.confidence,
        review=int(said.review),
        source=said.source,
        reason=said.reason,
        marked_at=_time(said.marked_at),
        final=int(said.final),
        version=_count(said.version, 64),
        engine=said.engine,
        policy=said.policy,
        looks=_count(said.looks, 32),
        p=said.p,
        withdrawn=int(said.withdrawn),
        camera_verdict=said.judged.verdict if said.judged else said.verdict if said.source == CAMERA else "",
        doubts=list(said.doubts),
    )


def coverage_row(said: Coverage) -> CoverageRow:
    """Return the row of a class hour's coverage.

    Raises:
        BadMessageError: a value that no column can hold.
    """
    return CoverageRow(
        run=said.run,
        section=said.section,
        date=_day(said.date),
        period=_count(said.period, 16),
        hall=said.hall,
        starts_at=_moment(said.starts_at),
        ends_at=_moment(said.ends_at),
        frames=_count(said.frames, 32),
        seconds_covered=said.seconds_covered,
        gaps_start_at=[_moment(each.starts_at) for each in said.gaps],
        gaps_end_at=[_moment(each.ends_at) for each in said.gaps],
        unknown_faces=said.unknown_faces,
        final=int(said.final),
        version=_count(said.version, 64),
        engine=said.engine,
        policy=said.policy,
        repeated=_count(said.repeated, 32),
        gaps_reason=[each.reason for each in said.gaps],
    )


def sighting_rows(seen: Observation, run: str) -> Iterator[SightingRow]:
    """Yield a row for each face. No class hour is period 0 of no section.

    Raises:
        BadMessageError: a value that no column can hold, or a class hour that is none.
    """
    captured_at = _moment(seen.captured_at)
    try:
        section, day, period = split_class_hour(seen.class_hour) if seen.class_hour else ("", captured_at.date(), 0)
    except ValueError as error:
        raise BadMessageError(f"{seen.class_hour!r} is no class hour: {error}", "Find who sent it.") from error
    for index, face in enumerate(seen.faces):
        x1, y1, x2, y2 = face.box
        yield SightingRow(
            run=run,
            hall=seen.hall,
            camera=seen.camera,
            captured_at=captured_at,
            captured_us=seen.captured_at.microsecond,
            engine=base_engine(seen.engine),
            face=_count(index, 16),
            section=section,
            date=_day(day),
            period=_count(period, 16),
            student_id=face.student or "",
            x1=x1,
            y1=y1,
            x2=x2,
            y2=y2,
            score=face.score,
            visitor=face.visitor.student_id if face.visitor else "",
        )


def audit_row(done: Audited) -> AuditRow:
    """Return the row of a deed.

    Raises:
        BadMessageError: a time that no column can hold.
    """
    return AuditRow(
        id=done.id,
        at=_moment(done.at),
        account=done.account,
        role=done.role,
        action=done.action,
        section=done.section,
        class_hour=done.class_hour,
        student=done.student.hex(),
        detail=done.detail,
        address=done.address,
        ok=int(done.ok),
    )


FIRST_DAY, LAST_DAY = date(1970, 1, 2), date(2105, 12, 31)
"""What ClickHouse's Date and DateTime hold, a day of caution at each end."""


def _day(day: date) -> date:
    if not FIRST_DAY <= day <= LAST_DAY:
        raise BadMessageError(f"a date that cannot be stored: {day}", f"Dates go from {FIRST_DAY} to {LAST_DAY}.")
    return day


def _moment(moment: datetime) -> datetime:
    """Whole seconds, downwards: rounding could move an event out of its class hour."""
    _day(moment.date())
    return moment.astimezone(UTC).replace(microsecond=0)


def _time(moment: datetime | None) -> datetime | None:
    return None if moment is None else _moment(moment)


def _count(number: int, bits: int) -> int:
    if not 0 <= number < 2**bits:
        raise BadMessageError(f"a number that cannot be stored: {number}", f"It must be from 0 to 2^{bits} - 1.")
    return number
