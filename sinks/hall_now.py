"""A hall as it is now, put together from rows of the store and from what the topics say: what a live screen shows.

Several sections may sit in it at once; they are shown together.
"""

from collections.abc import Iterator, Mapping, Set
from datetime import datetime
from typing import TypeVar

import msgspec

from schemas.ids import class_hour_id
from schemas.messages import Attendance, Coverage, Observation
from sinks.coverage_gaps import LONG, Unseen, unseen_in
from sinks.rows import AttendanceRow, CoverageRow, attendance_row, coverage_row

__all__ = ["HallEvent", "HallNow"]


class HallEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened: when, to whom (a student's id), and what."""

    at: datetime
    student_id: str
    what: str


K = TypeVar("K")
V = TypeVar("V", AttendanceRow, CoverageRow)


class HallNow:
    """The class hours that run in a hall, as far as their rows and messages came. Order does not matter; versions do.

    An exam whose facts another hall keeps is shown from the first frame on that a camera of this hall sends.
    """

    def __init__(self, hall: str, keep: int = 12) -> None:
        """Expect rows and messages. keep: how many of the latest happenings are remembered."""
        self.hall = hall
        self._seen_here: dict[str, datetime] = {}
        self._keep = keep
        self._frames: dict[str, Observation] = {}
        self._rows: dict[str, dict[str, AttendanceRow]] = {}
        self._coverage: dict[str, CoverageRow] = {}

    @property
    def seen_here(self) -> Set[str]:
        """Ids of the class hours that cameras of this hall saw; the facts of an exam may be another hall's."""
        return self._seen_here.keys()

    @property
    def frames(self) -> Mapping[str, Observation]:
        """What the last frame of each camera showed, by camera."""
        return self._frames

    @property
    def last(self) -> Observation | None:
        """What the last frame of all showed."""
        return max(self._frames.values(), key=lambda each: each.captured_at, default=None)

    @property
    def last_frame(self) -> datetime | None:
        """When it was captured."""
        return self.last.captured_at if self.last else None

    @property
    def faces(self) -> int:
        """How many faces it showed."""
        return len(self.last.faces) if self.last else 0

    @property
    def unknown(self) -> int:
        """How many of them nobody knows."""
        return sum(face.student is None for face in self.last.faces) if self.last else 0

    def take(self, message: object) -> None:
        """Take a message; one that is not about this hall is passed over.

        Raises:
            BadMessageError: no row can hold it.
        """
        match message:
            case Observation() if message.hall == self.hall:
                self._see(message)
            case Attendance():
                self.keep(attendance_row(message))
            case Coverage():
                self.keep(coverage_row(message))

    def keep(self, row: AttendanceRow | CoverageRow) -> None:
        """Take a row; one that is not about this hall is passed over."""
        hour = class_hour_id(row.section, row.date, row.period)
        if row.hall != self.hall and hour not in self._seen_here:
            return
        if isinstance(row, AttendanceRow):
            _keep(self._rows.setdefault(hour, {}), row.student_id, row)
        else:
            _keep(self._coverage, hour, row)

    def drop(self, class_hour: str, student: str) -> None:
        """Forget a row that was erased."""
        self._rows.get(class_hour, {}).pop(student, None)

    def rows_of(self, class_hour: str) -> list[AttendanceRow | CoverageRow]:
        """Return what is known of a class hour."""
        return [*filter(None, [self._coverage.get(class_hour)]), *self._rows.get(class_hour, {}).values()]

    def forget_past(self) -> None:
        """Let go of class hours that are no longer shown, also of those of which only a frame or a row came."""
        last, now = self.coverage, {*self.class_hours}
        if last is None:
            return
        past = self._coverage.keys() - now
        past |= {hour for hour, at in self._seen_here.items() if hour not in now and at < last.starts_at}
        past |= {hour for hour, rows in self._rows.items() if all(row.date < last.date for row in rows.values())} - now
        for hour in past:
            self._coverage.pop(hour, None)
            self._rows.pop(hour, None)
            self._seen_here.pop(hour, None)

    @property
    def class_hours(self) -> list[str]:
        """The latest class hour that anything was said of, and those that run with it: their ids, sorted."""
        last = self.coverage
        return sorted(
            hour
            for hour, each in self._coverage.items()
            if last and each.starts_at < last.ends_at and each.ends_at > last.starts_at
        )

    @property
    def coverage(self) -> CoverageRow | None:
        """How much of the latest one the cameras showed."""
        return max(self._coverage.values(), key=lambda each: (each.starts_at, each.section), default=None)

    @property
    def covered(self) -> list[CoverageRow]:
        """How much of each of those class hours the cameras showed."""
        return [self._coverage[hour] for hour in self.class_hours]

    @property
    def unseen(self) -> list[Unseen]:
        """When nobody could be seen for a minute or more, until the last frame, in the order of time."""
        it = self.coverage
        until = self.last_frame or (it.ends_at if it and it.final else None)
        if it is None or until is None:
            return []
        ended = [each._replace(ends_at=min(each.ends_at, until)) for each in unseen_in(it)]
        return [each for each in ended if each.ends_at - each.starts_at >= LONG]

    @property
    def rows(self) -> list[AttendanceRow]:
        """Their students, by id and section."""
        rows = (row for hour in self.class_hours for row in self._rows.get(hour, {}).values() if not row.withdrawn)
        return sorted(rows, key=lambda row: (row.student_id, row.section))

    @property
    def here(self) -> list[AttendanceRow]:
        """Those who are in the hall now: arrived, and not gone."""
        return [row for row in self.rows if row.arrived_at and not row.departed_at]

    @property
    def happenings(self) -> list[HallEvent]:
        """The latest arrivals, departures and returns, the newest first."""
        happened = sorted((each for row in self.rows for each in _events(row)), key=lambda each: each.student_id)
        return sorted(happened, key=lambda each: each.at, reverse=True)[: self._keep]

    @property
    def names(self) -> Mapping[str, str]:
        """Names of their students by id."""
        return {row.student_id: row.name for row in self.rows}

    def _see(self, seen: Observation) -> None:
        if seen.class_hour:
            at = self._seen_here.get(seen.class_hour, seen.captured_at)
            self._seen_here[seen.class_hour] = max(at, seen.captured_at)
        known = self._frames.get(seen.camera)
        if known is None or seen.captured_at >= known.captured_at:
            self._frames[seen.camera] = seen


def _events(row: AttendanceRow) -> Iterator[HallEvent]:
    if row.arrived_at:
        yield HallEvent(at=row.arrived_at, student_id=row.student_id, what="arrived")
    for departed, returned in zip(row.absences_departed_at, row.absences_returned_at, strict=True):
        yield HallEvent(at=departed, student_id=row.student_id, what="departed")
        if returned:
            yield HallEvent(at=returned, student_id=row.student_id, what="returned")


def _keep(known: dict[K, V], key: K, row: V) -> None:
    if key not in known or row.version >= known[key].version:
        known[key] = row
