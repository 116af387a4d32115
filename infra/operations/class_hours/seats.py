"""Where students sit, as the camera sees it: front row first, from left to right in the picture."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from threading import Lock
from typing import NamedTuple

from schemas.errors import UnavailableError
from schemas.messages import ClassHour
from schemas.settings import Settings
from sinks.hour_rows import SeatSeen, seats_seen
from sinks.store import open_for_reading

__all__ = ["HallSeat", "Seats", "in_order"]

FRESH = timedelta(seconds=15)
"""How long what the store said of a class hour is taken for true: people sit still."""

ROW = 0.8
"""Faces of a row differ in height by less than this, in heights of a face."""


class HallSeat(NamedTuple):
    """A seat among all of a class hour.

    row: from 1, the front row of the first camera. place: from 0, row by row, and from left to right.
    """

    row: int
    place: int


class Seats:
    """The order of the seats of class hours, for all who look at them. For any thread."""

    def __init__(self, settings: Settings, clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._clock = clock
        self._known: dict[str, tuple[datetime, Mapping[str, HallSeat]]] = {}
        self._lock = Lock()

    def of(self, hour: ClassHour) -> Mapping[str, HallSeat]:
        """Return each student's seat; whom no frame named has none.

        While the store is away it is what was known before.
        """
        with self._lock:
            now = self._clock()
            at, found = self._known.get(hour.id, (None, {}))
            if at is None or not timedelta(0) <= now - at < FRESH:
                try:
                    with open_for_reading(self._settings) as store:
                        found = in_order(seats_seen(store, hour))
                except UnavailableError:
                    return found
                self._known = {each: it for each, it in self._known.items() if now - it[0] < FRESH}
                self._known[hour.id] = now, found
            return found


def in_order(seen: Iterable[SeatSeen]) -> Mapping[str, HallSeat]:
    """Return each student's seat: by camera, the front row first, and from left to right.

    seen: where each camera saw a student; where he was seen most often he sits.
    """
    seats: dict[str, SeatSeen] = {}
    for each in sorted(seen, key=lambda each: (each.faces, each.camera)):
        seats[each.student] = each
    rows: list[tuple[int, float, str]] = []
    row, front = 0, None
    for each in sorted(seats.values(), key=lambda each: (each.hall, each.camera, -each.y, each.student)):
        if front is None or each[1:3] != front[1:3] or front.y - each.y > ROW * front.height:
            row, front = row + 1, each
        rows.append((row, each.x, each.student))
    return {student: HallSeat(row, place) for place, (row, _, student) in enumerate(sorted(rows))}
