"""A frame of the hall: everybody in place, from the back row to the front, then light, lens, noise and JPEG."""

from datetime import datetime
from zoneinfo import ZoneInfo

import cv2
import numpy as np
from numpy.typing import NDArray

from producers.simulated_hall import bodies, heads
from producers.simulated_hall.actors import people_of
from producers.simulated_hall.backdrop import backdrop, clock
from producers.simulated_hall.furniture import desks, lay
from producers.simulated_hall.geometry import FACE, room
from producers.simulated_hall.paint import Image
from producers.simulated_hall.poses import Cast, SeatedPose, Walk
from producers.simulated_hall.script import Script, StudentRole
from producers.simulated_hall.sprites import Sprite, paste, turned

__all__ = ["Scene"]

_STANDING = 1.62  # eyes of the lecturer above the step he stands on
_JACKET = (70, 58, 50)
_NOISE = 3.5  # standard deviation of the sensor, of 255
_JPEG_QUALITY = 88


class Scene:
    """A script that can be looked at. Everything that stands still is drawn once."""

    def __init__(self, script: Script) -> None:
        """Draw the hall and read the faces.

        Raises:
            RefusedError: a face is not there.
        """
        self._script = script
        self._cast = Cast(script)
        self._room = room(script.width, script.height, script.nearest, script.farthest)
        self._backdrop = backdrop(self._room)
        self._layers = desks(self._room)
        people = people_of(script.faces, script.shuffle)
        everybody = [*script.seated, *([script.lecturer] if script.lecturer else [])]
        self._portraits = {
            each.face: people.portraits(each.face, enrolled=script.photos * isinstance(each, StudentRole))
            for each in everybody
        }
        self._looks = {
            each.face: bodies.clothes_of(self._portraits[each.face][0], number) for number, each in enumerate(everybody)
        }
        self._grain = self._drawn_grain()
        self._heads: dict[tuple[str, int, int], Sprite] = {}

    def frame(self, moment: datetime) -> Image:
        """Return what the camera sees at a moment, shape (height, width, 3)."""
        image = self._backdrop.copy()
        clock(image, self._room, moment.astimezone(ZoneInfo(self._script.zone)))
        poses = self._cast.poses(moment)
        walk = self._cast.walk(moment)
        for number, row in reversed(list(enumerate(self._room.rows))):
            backs, desk = self._layers[number]
            lay(image, backs)
            sitting = [pose for pose in poses if pose.seat.row == number]
            for pose in sitting:
                self._sit(image, pose)
            lay(image, desk)
            for pose in sitting:
                arms = bodies.hands(self._looks[pose.person.face], round(pose.seat.face))
                paste(image, arms, pose.seat.x + pose.lean - arms.shape[1] / 2, pose.seat.desk - arms.shape[0] * 0.55)
            if walk is not None and row.depth <= walk.depth + 0.4 < row.depth + 0.8:
                self._stand(image, walk, row.floor)
        return self._through_the_lens(image, moment)

    def jpeg(self, moment: datetime) -> bytes:
        """Return the frame as the camera sends it. The same script and moment give the same bytes."""
        done, jpeg = cv2.imencode(".jpg", self.frame(moment), [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
        if not done:
            raise RuntimeError("the JPEG encoder refused a frame")
        return bytes(jpeg)

    def _sit(self, image: Image, pose: SeatedPose) -> None:
        look = self._looks[pose.person.face]
        face = round(pose.seat.face)
        torso = bodies.body(look, face)
        paste(image, torso, pose.seat.x + pose.lean - torso.shape[1] / 2, pose.seat.y)
        head = turned(self._head(pose.person.face, face, pose.up, pose.picture), pose.roll, pose.turn)
        paste(image, head, pose.x - head.shape[1] / 2, pose.y - head.shape[0] / 2)

    def _stand(self, image: Image, walk: Walk, floor: float) -> None:
        lecturer = self._script.lecturer
        if lecturer is None:
            return
        look = self._looks[lecturer.face]._replace(cloth=_JACKET, cut=1 if walk.up else 0)
        face = round(self._room.focal * FACE / walk.depth)
        x, y = self._room.at(walk.x, floor + _STANDING, walk.depth)
        figure = bodies.standing(look, face)
        paste(image, figure, x - figure.shape[1] / 2, y)
        head = turned(self._head(lecturer.face, face, walk.up, walk.picture), 3 * walk.sway, 0)
        paste(image, head, x - head.shape[1] / 2, y - head.shape[0] / 2)

    def _head(self, face: str, width: int, up: bool, picture: int) -> Sprite:
        portraits = self._portraits[face]
        number = picture % len(portraits) if up else -1
        key = face, width, number
        if key not in self._heads:
            look = self._looks[face]
            self._heads[key] = heads.head(portraits[number], look.hair, width) if up else heads.bent_head(look, width)
        return self._heads[key]

    def _drawn_grain(self) -> NDArray[np.int16]:
        """Sensor noise, larger than the picture: each frame takes another part of it."""
        rng = np.random.default_rng(self._script.seed)
        shape = (self._script.height + 64, self._script.width + 64, 3)
        return np.asarray(rng.normal(0, _NOISE, shape).round(), np.int16)

    def _through_the_lens(self, image: Image, moment: datetime) -> Image:
        seconds = round((moment - self._script.record.starts_at).total_seconds())
        rng = np.random.default_rng([self._script.seed, seconds])
        light = 1 + 0.05 * np.sin(seconds / 900) + rng.normal(0, 0.006)
        top, left = (int(each) for each in rng.integers(0, 64, 2))
        grain = self._grain[top : top + image.shape[0], left : left + image.shape[1]]
        soft = cv2.GaussianBlur(image, (3, 3), 0.6)
        return np.asarray(cv2.add(cv2.convertScaleAbs(soft, alpha=float(light)), grain, dtype=cv2.CV_8U), np.uint8)
