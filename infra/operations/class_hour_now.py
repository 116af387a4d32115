"""A class hour as it is now: live while its hall shows it, else as the store has it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar

from infra.operations.live_halls import LiveHalls
from schemas.messages import ClassHour, Observation
from schemas.settings import Settings
from sinks.hall_now import HallNow
from sinks.hall_rows import rows_of_hour
from sinks.store import open_for_reading

__all__ = ["cameras_of", "is_live", "see_class_hour"]

T = TypeVar("T")


def is_live(settings: Settings, hour: ClassHour, now: datetime) -> bool:
    """Whether messages of a class hour may still come from its cameras: it runs, or has not closed yet."""
    return hour.starts_at <= now < hour.ends_at + settings.policy.grace


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
        for row in rows_of_hour(store, hour):
            past.keep(row)
    return read(past) if past.class_hours else said


def cameras_of(live: LiveHalls, hour: ClassHour) -> Mapping[str, Observation]:
    """Return what the last frame of each camera showed that looked at a class hour, by camera; of another hall than
    the first with its name before it."""
    found: dict[str, Observation] = {}
    for hall in hour.halls:
        prefix = "" if hall == hour.hall else f"{hall} "
        frames = live.look(hall, lambda now: dict(now.frames))
        found |= {f"{prefix}{name}": seen for name, seen in frames.items() if seen.captured_at in hour}
    return found
