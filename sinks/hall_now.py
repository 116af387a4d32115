"""A hall as it is now, put together from what the topics say: what a live screen shows."""

from collections.abc import Mapping
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
    """The class hour that runs in a hall, as far as its messages were taken. Order does not matter; versions decide."""

    def __init__(self, hall: str, keep: int = 12) -> None:
        """keep: how many of the latest happenings are remembered."""
        self.hall = hall
        self.last_frame: datetime | None = None
        self.faces = 0
        self.unknown = 0
        self._keep = keep
        self._hour: tuple[datetime, str] | None = None
        self._rows: dict[tuple[str, str], Attendance] = {}
        self._coverage: dict[str, Coverage] = {}
        self._happened: dict[str, Presence] = {}

    def take(self, message: object) -> bool:
        """Take a message and return whether it is about this hall."""
        if getattr(message, "hall", None) != self.hall:
            return False
        match message:
            case Observation():
                self._see(message)
            case Attendance():
                _keep(self._rows, (message.class_hour, message.student_id), message)
            case Coverage():
                _keep(self._coverage, message.class_hour, message)
                self._hour = max(self._hour or (message.starts_at, ""), (message.starts_at, message.class_hour))
            case Presence():
                _keep(self._happened, message.id, message)
        return True

    @property
    def class_hour(self) -> str | None:
        """The latest class hour that anything was said of."""
        return self._hour[1] if self._hour else None

    @property
    def coverage(self) -> Coverage | None:
        """How much of it the cameras showed."""
        return self._coverage.get(self.class_hour or "")

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
        """Its students, by id."""
        rows = (row for (hour, _), row in self._rows.items() if hour == self.class_hour)
        return sorted(rows, key=lambda row: row.student_id)

    @property
    def here(self) -> list[Attendance]:
        """Those who are in the hall now: arrived, and not gone."""
        return [row for row in self.rows if row.arrived_at and not row.departed_at]

    @property
    def happenings(self) -> list[HallEvent]:
        """The latest arrivals, departures and returns, the newest first."""
        now = [each for each in self._happened.values() if not each.retracted and each.class_hour == self.class_hour]
        now.sort(key=lambda each: (each.at, each.student_id), reverse=True)
        return [HallEvent(at=each.at, student_id=each.student_id, what=each.kind) for each in now[: self._keep]]

    @property
    def names(self) -> Mapping[str, str]:
        """Names of its students by id."""
        return {row.student_id: row.name for row in self.rows}

    def _see(self, seen: Observation) -> None:
        if self.last_frame is None or seen.captured_at >= self.last_frame:
            self.last_frame = seen.captured_at
            self.faces = len(seen.faces)
            self.unknown = sum(face.student is None for face in seen.faces)


def _keep(known: dict[K, V], key: K, message: V) -> None:
    if key not in known or message.version >= known[key].version:
        known[key] = message
