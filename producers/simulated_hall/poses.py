"""How people sit at a moment: heads up or bent, a little to the side; a pure function of script and time."""

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zlib import crc32

import numpy as np

from producers.simulated_hall.geometry import AISLE, Seat, room
from producers.simulated_hall.script import Role, Script, Stretch

__all__ = ["Box", "Cast", "SeatedPose", "Walk", "boxes_at"]

Box = tuple[float, float, float, float]
"""x1, y1, x2, y2 in pixels."""


class SeatedPose(NamedTuple):
    """A person in a seat.

    x, y: pixels of the middle of the face. picture: counts the portraits that follow each other.
    roll: degrees. turn: -1 to 1. lean: pixels that the body is shifted.
    """

    person: Role
    seat: Seat
    up: bool
    picture: int
    x: float
    y: float
    roll: float
    turn: float
    lean: float


class Walk(NamedTuple):
    """The lecturer in the aisle. x, z, depth: metres (``geometry``). up: he faces the camera."""

    x: float
    depth: float
    up: bool
    picture: int
    sway: float


class Cast:
    """Everybody of a script, with all that is random about them drawn beforehand."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._room = room(script.width, script.height, script.nearest, script.farthest)
        self._bent = {person.face: tuple(_bent(script, person)) for person in script.seated}

    def poses(self, moment: datetime) -> list[SeatedPose]:
        """Return everybody who sits in the hall at this moment."""
        here = [person for person in self._script.seated if any(moment in stay for stay in person.here)]
        return [self._pose(person, moment) for person in here]

    def walk(self, moment: datetime) -> Walk | None:
        """Return where the lecturer walks, or None while he stands below the camera or is not there.

        He goes up the aisle with his back to the camera and comes down facing it.
        """
        lecturer = self._script.lecturer
        if lecturer is None or not any(moment in stay for stay in lecturer.here):
            return None
        seconds = (moment - self._script.record.starts_at).total_seconds()
        way = (seconds / 240) % 1
        if way > 0.6:
            return None
        near, far = self._room.rows[0].depth, self._room.rows[-1].depth - 0.6
        share = 1 - abs(way / 0.3 - 1)
        depth = near + (far - near) * share
        return Walk(AISLE * 0.3 * math.sin(seconds / 17), depth, way > 0.3, int(seconds // 45), math.sin(seconds))

    def _pose(self, person: Role, moment: datetime) -> SeatedPose:
        seat = self._room.seats[person.seat]
        key = crc32(person.face.encode()) % 1000
        seconds = (moment - self._script.record.starts_at).total_seconds()

        def sway(period: float, shift: float) -> float:
            return math.sin(seconds / period + key * shift)

        up = not any(moment in stretch for stretch in self._bent[person.face])
        lean = seat.face * 0.1 * sway(97, 0.7)
        drop = 0.0 if up else 0.42
        return SeatedPose(
            person=person,
            seat=seat,
            up=up,
            picture=int(seconds // (35 + key % 30)) + key,
            x=seat.x + lean + seat.face * 0.06 * sway(11, 1.3),
            y=seat.y + seat.face * (0.05 * sway(29, 2.1) + drop),
            roll=5 * sway(41, 0.4),
            turn=sway(53, 1.9),
            lean=lean,
        )


@lru_cache(maxsize=4)
def _cast(script: Script) -> Cast:
    return Cast(script)


def boxes_at(script: Script, moment: datetime) -> dict[str, Box]:
    """Return where the face of each person is that can be seen at a moment; by student id, or face of a stranger."""
    found = {}
    for pose in _cast(script).poses(moment):
        if pose.up:
            half, tall = pose.seat.face / 2, pose.seat.face * 0.62
            name = getattr(pose.person, "student_id", pose.person.face)
            found[name] = (pose.x - half, pose.y - tall, pose.x + half, pose.y + tall)
    return found


def _bent(script: Script, person: Role) -> Iterator[Stretch]:
    """Yield when a head is bent: half a minute to almost three, as often as the script says."""
    yield from person.head_down
    if script.heads_down == 0:
        return
    rng = np.random.default_rng([script.seed, crc32(person.face.encode())])
    raised = 100 * (1 - script.heads_down) / script.heads_down  # seconds on average; bent ones last 100
    for stay in person.here:
        at = stay.starts_at + script.face_shown
        while True:
            at += timedelta(seconds=float(rng.uniform(0.4, 1.6)) * raised)
            until = at + timedelta(seconds=float(rng.uniform(30, 170)))
            if until > stay.ends_at - script.face_shown:
                break
            if not any(
                at - script.face_shown < told.ends_at and told.starts_at < until + script.face_shown
                for told in person.head_down
            ):
                yield Stretch(at, until)
            at = until
