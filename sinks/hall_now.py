"""A hall as it is now, put together from what the topics say: what a live screen shows.

Several sections may sit in it at once; they are shown together.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec

from schemas.messages import Attendance, Coverage, Gap, Observation, Presence

__all__ = ["HallEvent", "HallNow"]

LONG = timedelta(minutes=1)
"""Of a gap that is told; shorter ones are the time between frames."""


class HallEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened: when, to whom (a student's id), and what."""

    at: datetime
    student_id: str
    what: str


K = TypeVar("K")
V = TypeVar("V", Attendance, Coverage, Presence)


class HallNow:
    """The class hours that run in a hall, as far as their messages came. Order does not matter; versions decide."""

    def __init__(self, hall: str, also: Collection[str] = (), keep: int = 12) -> None:
        """Expect messages.

        also: ids of class hours that meet here and whose facts another hall keeps. keep: how many of the latest
        happenings are remembered.
        """
        self.hall = hall
        self.last_frame: datetime | None = None
        self.faces = 0
        self.unknown = 0
        self._also = frozenset(also)
        self._keep = keep
        self._rows: dict[tuple[str, str], Attendance] = {}
        self._coverage: dict[str, Coverage] = {}
        self._happened: dict[str, Presence] = {}

    def take(self, message: object) -> bool:
        """Take a message and return whether it is about this hall."""
        if getattr(message, "hall", None) != self.hall and not (
            isinstance(message, Attendance | Coverage | Presence) and message.class_hour in self._also
        ):
            return False
        match message:
            case Observation():
                self._see(message)
            case Attendance():
                _keep(self._rows, (message.class_hour, message.student_id), message)
            case Coverage():
                _keep(self._coverage, message.class_hour, message)
            case Presence():
                _keep(self._happened, message.id, message)
        return True

    @property
    def class_hours(self) -> list[str]:
        """The latest class hour that anything was said of, and those that run with it: their ids, sorted."""
        last = self.coverage
        return sorted(
            name
            for name, each in self._coverage.items()
            if last and each.starts_at < last.ends_at and each.ends_at > last.starts_at
        )

    @property
    def coverage(self) -> Coverage | None:
        """How much of the latest one the cameras showed."""
        return max(self._coverage.values(), key=lambda each: (each.starts_at, each.class_hour), default=None)

    @property
    def unseen(self) -> list[Gap]:
        """When nobody could be seen for a minute or more, until the last frame, in the order of time."""
        if self.coverage is None or self.last_frame is None:
            return []
        ended = [
            msgspec.structs.replace(each, ends_at=min(each.ends_at, self.last_frame)) for each in self.coverage.gaps
        ]
        return [each for each in ended if each.ends_at - each.starts_at >= LONG]

    @property
    def rows(self) -> list[Attendance]:
        """Their students, by id and section."""
        now = set(self.class_hours)
        rows = (row for (hour, _), row in self._rows.items() if hour in now and not row.withdrawn)
        return sorted(rows, key=lambda row: (row.student_id, row.section))

    @property
    def here(self) -> list[Attendance]:
        """Those who are in the hall now: arrived, and not gone."""
        return [row for row in self.rows if row.arrived_at and not row.departed_at]

    @property
    def happenings(self) -> list[HallEvent]:
        """The latest arrivals, departures and returns, the newest first."""
        hours = set(self.class_hours)
        now = [each for each in self._happened.values() if not each.retracted and each.class_hour in hours]
        now.sort(key=lambda each: (each.at, each.student_id), reverse=True)
        return [HallEvent(at=each.at, student_id=each.student_id, what=each.kind) for each in now[: self._keep]]

    @property
    def names(self) -> Mapping[str, str]:
        """Names of their students by id."""
        return {row.student_id: row.name for row in self.rows}

    def _see(self, seen: Observation) -> None:
        if self.last_frame is None or seen.captured_at >= self.last_frame:
            self.last_frame = seen.captured_at
            self.faces = len(seen.faces)
            self.unknown = sum(face.student is None for face in seen.faces)


def _keep(known: dict[K, V], key: K, message: V) -> None:
    if key not in known or message.version >= known[key].version:
        known[key] = message
