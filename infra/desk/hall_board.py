"""What the page of a hall shows, as a function of what is known of the hall. Pure: no request, no clock."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from itertools import pairwise
from typing import Literal, NamedTuple, TypeAlias

from infra.operations.class_hours.hour_evidence import Segment, gaps_of, strip
from infra.operations.class_hours.seats import HallSeat
from schemas.ids import class_hour_id
from schemas.messages import ClassHour, Student
from sinks.coverage_gaps import judged_until
from sinks.hall_now import HallNow
from sinks.rows import AttendanceRow, CoverageRow

__all__ = ["Board", "State", "Tile", "Totals", "board"]

State: TypeAlias = Literal["present", "late", "left", "coming", "absent", "unseen", "excused", "official_leave"]
"""What a tile says: there; there, but late; gone before the end; not yet seen of an hour that runs; absent; it
cannot be said whether he is there, and a person decides; or a person said that he need not be there."""

ORDER: tuple[State, ...] = ("unseen", "coming", "left", "absent", "late", "present", "official_leave", "excused")
"""Whom a professor looks for comes first."""

NOBODY: Mapping[str, HallSeat] = {}


class Tile(NamedTuple):
    """A student of a section as he is now.

    in_last_frame: a face of it was taken for him, by that frame alone. decide: a person should decide.
    by, marked_at: who marked him and when, if anybody did. judged: there is something to tell why. opens_row: where
    students stand by seat, the first of a row.
    """

    section: str
    student_id: str
    name: str
    state: State
    arrived_at: datetime | None
    left_at: datetime | None
    decide: bool
    by: str
    marked_at: datetime | None
    reason: str
    in_last_frame: bool
    strip: tuple[Segment, ...]
    judged: bool
    opens_row: bool = False


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
    now: HallNow,
    hours: Collection[ClassHour],
    taking: Mapping[str, Iterable[Student]],
    order: str = "name",
    seats: Mapping[str, HallSeat] = NOBODY,
) -> Board:
    """Return what the page of a hall shows of some class hours.

    taking: who takes each, by id of the class hour; who has no row yet is coming. order: ``name``, ``state`` or
    ``seat``. seats: of whom a camera knows; whom it does not, or who was named in frames and did not come, comes last.
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

    sits = {each.student_id: seats[each.student_id] for each in tiles if each.arrived_at and each.student_id in seats}

    def place(of: Tile) -> int:
        if order == "state":
            return ORDER.index(of.state)
        return sits[of.student_id].place if of.student_id in sits else len(seats)

    tiles.sort(key=lambda each: (place(each) if order != "name" else 0, each.name, each.student_id))
    if order == "seat":
        of_row = [sits[each.student_id].row if each.student_id in sits else 0 for each in tiles]
        opens = [one != other for one, other in pairwise([None, *of_row])]
        tiles = [each._replace(opens_row=first) for each, first in zip(tiles, opens, strict=True)]
    counts = {state: sum(each.state == state for each in tiles) for state in ORDER}
    here = counts["present"] + counts["late"]
    totals = Totals(here, len(tiles), sum(each.decide for each in tiles), counts)
    return Board(tuple(tiles), totals, now.coverage)


def _strip(hour: ClassHour, row: AttendanceRow | None, covered: CoverageRow | None) -> tuple[Segment, ...]:
    """Return the strip up to what was judged last: what lies after it is to come."""
    if row is None or covered is None:
        return ()
    return strip(hour, row, gaps_of(covered), judged_until(covered))


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
        marked_at=row.marked_at if row and row.source != "camera" else None,
        reason=row.reason if row else "",
        in_last_frame=in_last_frame,
        strip=_strip(hour, row, covered),
        judged=row is not None,
    )


def _state(row: AttendanceRow | None) -> State:
    if row is None:
        return "coming"
    if row.verdict == "unobserved":
        return "unseen" if row.review or row.final else "coming"
    if row.verdict == "left_early" or (row.departed_at is not None and row.verdict in ("present", "late")):
        return "left"
    return row.verdict  # type: ignore[return-value]
