"""A script that is played as if it happened now: fast until it has caught up with the clock, then in real time."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from producers.delivery import Clock
from producers.shots import WHOLE, Refused, Shot, file_name
from producers.simulated_hall.camera import SimulatedCamera
from producers.simulated_hall.script import Script, Stretch
from schemas.messages import ClassHour

__all__ = ["PlayedHall", "first_hour", "moved_to", "starting_point"]

FAST = 0.75
"""The part of a script that is played fast. What remains is long enough to do something in it."""


class PlayedHall:
    """A source of frames: the simulated camera, which waits until each frame is due, and never sends one of the future.

    It counts as a recording: its time may pass faster than the clock, and no frame of it is shed.
    """

    live = False
    shortfall = WHOLE

    def __init__(self, script: Script, speed: float, clock: Clock) -> None:
        """Draw the hall. speed: seconds of the script in one of the clock."""
        self.name = script.name
        self._script, self._speed, self._clock = script, speed, clock
        self._moments = script.moments()
        self.total: int | None = len(self._moments)

    def moments(self) -> Sequence[datetime]:
        """Return when the frames are taken."""
        return self._moments

    def shots(self) -> Iterator[Shot | Refused]:
        """Yield each frame when it is due."""
        camera, began = SimulatedCamera(self._script), self._clock.now()
        for moment in self._moments:
            due = max(began + (moment - self._script.record.starts_at) / self._speed, moment)
            self._clock.sleep(max((due - self._clock.now()).total_seconds(), 0))
            yield Shot(moment, camera.jpeg(moment), file_name(moment))


def starting_point(script: Script, speed: float, now: datetime) -> datetime:
    """Return when a script has to start so that it catches up with the clock when ``FAST`` of it has been played.

    In real time it starts now; ten times as fast, two thirds of it lie before now. Whole minutes.
    """
    length = script.record.ends_at - script.record.starts_at
    start = now - length * FAST * (1 - 1 / speed)
    return start.replace(second=0, microsecond=0)


def first_hour(script: Script) -> Script:
    """Return the first class hour of a script, with two minutes before and after it.

    Of a day that passes faster than the clock an hour would be over by the clock before it was played.
    """
    hour = min(script.hours, key=lambda each: each.starts_at)
    beside = timedelta(minutes=2)
    record = Stretch(hour.starts_at - beside, hour.ends_at + beside)
    return msgspec.structs.replace(script, hours=(hour,), record=record)


def moved_to(script: Script, starts_at: datetime) -> Script:
    """Return a script in which everything happens so much later, or earlier, that its camera starts at a moment.

    Dates of class hours follow, in the script's zone.
    """
    moved: Script = _moved(script, starts_at - script.record.starts_at, ZoneInfo(script.zone))
    return moved


def _moved(value: Any, by: timedelta, zone: ZoneInfo) -> Any:
    if isinstance(value, datetime):
        return value + by
    if isinstance(value, tuple):
        return tuple(_moved(each, by, zone) for each in value)
    if isinstance(value, ClassHour):
        starts_at: datetime = value.starts_at + by
        of: date = starts_at.astimezone(zone).date()
        return msgspec.structs.replace(value, starts_at=starts_at, ends_at=value.ends_at + by, date=of)
    if isinstance(value, msgspec.Struct):
        changed = {name: _moved(getattr(value, name), by, zone) for name in value.__struct_fields__}
        return msgspec.structs.replace(value, **changed)
    return value
