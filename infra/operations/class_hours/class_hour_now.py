"""A class hour as it is now: live while its hall shows it, else as the store has it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple, TypeVar

from infra.operations.class_hours.live_halls import LiveHalls
from schemas.messages import ClassHour, Observation
from schemas.settings import Settings
from sinks.hall_now import HallNow
from sinks.hour_rows import rows_of_hour
from sinks.store import open_for_reading

__all__ = ["CameraView", "cameras_of", "see_class_hour"]

T = TypeVar("T")


def see_class_hour(settings: Settings, live: LiveHalls, hour: ClassHour, read: Callable[[HallNow], T]) -> T:
    """Return what ``read`` says of a class hour.

    Raises:
        UnavailableError: it is over, and the store does not answer.
    """
    shown, said = live.look(hour.hall, lambda now: (hour.id in now.class_hours, read(now)))
    if shown:
        return said
    past = HallNow(hour.hall)
    with open_for_reading(settings) as store:
        rows = rows_of_hour(store, hour.id)
    if rows.coverage:
        past.keep(rows.coverage)
    for row in rows.attendance:
        past.keep(row)
    return read(past) if past.class_hours else said


class CameraView(NamedTuple):
    """What the last frame of a camera showed.

    fresh_at: of a live camera when it was captured, of a recording when it was looked at: whether more comes.
    """

    seen: Observation
    fresh_at: datetime


def cameras_of(live: LiveHalls, hour: ClassHour) -> Mapping[str, CameraView]:
    """Return what the last frame of each camera showed that looked at a class hour, by camera.

    One of another hall than the first has the hall's name before its own.
    """
    found: dict[str, CameraView] = {}
    for hall in hour.halls:
        for name, seen in live.look(hall, lambda now: dict(now.frames)).items():
            if seen.captured_at in hour:
                looked = None if seen.live else live.received_at(hall, name)
                found[name if hall == hour.hall else f"{hall} {name}"] = CameraView(seen, looked or seen.captured_at)
    return found
