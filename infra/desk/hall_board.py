"""What the page of a hall shows, as a function of what is known of the hall. Pure: no request, no clock."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, TypeAlias

from schemas.ids import class_hour_id
from schemas.messages import ClassHour, Student
from sinks.hall_now import HallNow
from sinks.rows import AttendanceRow, CoverageRow

__all__ = ["Board", "Segment", "State", "Tile", "Totals", "board", "strip"]

State: TypeAlias = Literal["present", "late", "left", "coming", "absent", "unseen"]
"""What a tile says: there; there, but late; gone before the end; not yet seen of an hour that runs; absent; or it
cannot be said whether he is there, and a person decides."""

ORDER: tuple[State, ...] = ("unseen", "coming", "left", "absent", "late", "present")
"""Whom a professor looks for comes first."""


class Segment(NamedTuple):
    """A part of the class hour. kind: ``seen``, ``away``, or ``blind``: no frame shows it.

    start, width: shares of the hour, 0 to 1. reason: of blind, as in ``schemas.messages.Gap``.
    """

    kind: Literal["seen", "away", "blind"]
    start: float
    width: float
    reason: str = ""


class Tile(NamedTuple):
    """A student of a section as he is now.

    in_last_frame: a face of it was taken for him, by that frame alone. decide: a person should decide.
    by: who marked him, if anybody did.
    """

    section: str
    student_id: str
    name: str
    state: State
    arrived_at: datetime | None
    left_at: datetime | None
    decide: bool
    by: str
    reason: str
    in_last_frame: bool
    strip: tuple[Segment, ...]


class Totals(NamedTuple):
    """How many of a hall's students are what."""

    here: int
    students: int
    decide: int
    states: Mapping[State, int]


class Board(NamedTuple):
    """All of it. running: whether the class hour still runs at the moment of its last frame."""

    tiles: tuple[Tile, ...]
    totals: Totals
    coverage: CoverageRow | None


def board(
    now: HallNow, hours: Collection[ClassHour], taking: Mapping[str, Iterable[Student]], order: str = "name"
) -> Board:
    """Return what the page of a hall shows of some class hours.

    taking: who takes each, by id of the class hour; who has no row yet is coming. order: ``name`` or ``state``.
    """
    seen = {face.student for each in now.frames.values() for face in each.faces if face.student}
    rows = {(class_hour_id(row.section, row.date, row.period), row.student_id): row for row in now.rows}
    covered = {class_hour_id(each.section, each.date, each.period): each for each in now.covered}
    tiles = list[Tile]()
    for hour in hours:
        named = {each.student_id: each.name for each in taking.get(hour.id, ())}
        named |= {student: row.name for (of, student), row in rows.items() if of == hour.id}
        for student, name in named.items():
            row = rows.get((hour.id, student))
            tiles.append(_tile(hour, student, name, row, covered.get(hour.id), in_last_frame=student in seen))
    tiles.sort(key=lambda each: (ORDER.index(each.state) if order == "state" else 0, each.name, each.student_id))
    counts = {state: sum(each.state == state for each in tiles) for state in ORDER}
    here = counts["present"] + counts["late"]
    totals = Totals(here, len(tiles), sum(each.decide for each in tiles), counts)
    return Board(tuple(tiles), totals, now.coverage)


def strip(hour: ClassHour, row: AttendanceRow | None, covered: CoverageRow | None) -> tuple[Segment, ...]:
    """Return when a student was seen and away, and when nobody could be seen, in the order of time."""
    total = (hour.ends_at - hour.starts_at) / timedelta(seconds=1)

    def segment(kind: Literal["seen", "away", "blind"], start: datetime, end: datetime, reason: str = "") -> Segment:
        first = max((start - hour.starts_at).total_seconds(), 0)
        last = min((end - hour.starts_at).total_seconds(), total)
        return Segment(kind, round(first / total, 4), round(max(last - first, 0) / total, 4), reason)

    found = list[Segment]()
    if row is not None and row.arrived_at is not None:
        until = row.departed_at or _seen_until(hour, covered)
        found.append(segment("seen", row.arrived_at, until))
        for left, back in zip(row.absences_departed_at, row.absences_returned_at, strict=True):
            found.append(segment("away", left, back or _seen_until(hour, covered)))
    if covered is not None:
        reasons = [*covered.gaps_reason, *[""] * len(covered.gaps_start_at)]
        gaps = zip(covered.gaps_start_at, covered.gaps_end_at, reasons, strict=False)
        found += [
            segment("blind", start, end, reason)
            for start, end, reason in gaps
            if covered.final or end < covered.ends_at  # else it is to come
        ]
    return tuple(each for each in found if each.width > 0)


def _seen_until(hour: ClassHour, covered: CoverageRow | None) -> datetime:
    """Until when cameras looked, as of the last judgement: what lies after it is a gap without a reason."""
    if covered is None:
        return hour.starts_at
    if covered.gaps_end_at and covered.gaps_end_at[-1] >= covered.ends_at:
        return covered.gaps_start_at[-1]
    return covered.ends_at


def _tile(
    hour: ClassHour,
    student: str,
    name: str,
    row: AttendanceRow | None,
    covered: CoverageRow | None,
    *,
    in_last_frame: bool,
) -> Tile:
    return Tile(
        section=hour.section,
        student_id=student,
        name=name,
        state=_state(row),
        arrived_at=row.arrived_at if row else None,
        left_at=row.departed_at if row else None,
        decide=bool(row and row.review),
        by=row.source if row and row.source != "camera" else "",
        reason=row.reason if row else "",
        in_last_frame=in_last_frame,
        strip=strip(hour, row, covered),
    )


def _state(row: AttendanceRow | None) -> State:
    if row is None:
        return "coming"
    if row.verdict == "unobserved":
        return "unseen" if row.review or row.final else "coming"
    if row.verdict == "left_early" or (row.departed_at is not None and row.verdict != "absent"):
        return "left"
    return {"present": "present", "late": "late", "absent": "absent"}[row.verdict]  # type: ignore[return-value]
