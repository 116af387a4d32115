"""A hall for one question: which faces are found? Rows of real faces of known widths, and where each of them is."""

import os
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from producers.simulated_hall.actors import people_of
from producers.simulated_hall.backdrop import backdrop
from producers.simulated_hall.bodies import body, clothes_of, hands
from producers.simulated_hall.furniture import desks, lay
from producers.simulated_hall.geometry import DESK, EYES, FACE, REACH, Room, Row, Seat
from producers.simulated_hall.heads import head
from producers.simulated_hall.sprites import paste, turned
from streams.faces.pictures import Image, decode_jpeg

__all__ = ["WIDTHS", "Crowd", "boxes_of", "crowd", "faces_of_benchmark", "hall", "taken"]

WIDTHS = (64, 48, 32, 24, 20, 16, 12)
"""Of faces, from the front row to the back, in pixels."""

_PITCH = 0.62
"""Metres from seat to seat."""
_MOST_A_ROW = 24
_TOP, _HORIZON, _CAMERA = 0.1, 0.255, 2.15


class Light(NamedTuple):
    """How a camera sees. blur, noise: standard deviations, pixels and grey values. quality: of its JPEGs."""

    bright: float
    blur: float
    noise: float
    quality: int


GOOD, POOR = Light(1.0, 0.6, 3.5, 88), Light(0.45, 1.0, 7.0, 70)


class Crowd(NamedTuple):
    """A frame as the camera sends it, and what is true of it.

    boxes: (n, 4), x1 y1 x2 y2 of every face. widths: (n,), the row's face width.
    """

    jpeg: bytes
    boxes: NDArray[np.float32]
    widths: NDArray[np.int64]

    @property
    def image(self) -> Image:
        """Its pixels."""
        return decode_jpeg(self.jpeg)


def faces_of_benchmark() -> str:
    """Return whose faces are used: the folder that BENCH_FACES names (laid out like LFW), else ORL."""
    return os.environ.get("BENCH_FACES") or "orl"


def hall(width: int, height: int) -> Room:
    """Return a hall in a picture of this size whose rows show the faces of ``WIDTHS``."""
    focal = 1.03 * width
    depths = [focal * FACE / face for face in WIDTHS]
    # The tiers rise so that the last row sits just below the upper edge of the picture.
    top = _CAMERA + (_HORIZON - _TOP) * height * depths[-1] / focal
    slope = (top - EYES) / (depths[-1] - depths[0])
    room = Room(width, height, focal, _CAMERA, (), _PITCH * (_MOST_A_ROW / 2 + 1))
    rows = []
    for number, (face, depth) in enumerate(zip(WIDTHS, depths, strict=True)):
        eyes, pitch = EYES + slope * (depth - depths[0]), _PITCH / FACE * face
        seats = min(_MOST_A_ROW, int((width - face) / pitch))
        places = (np.arange(seats) - (seats - 1) / 2) * pitch + width / 2
        y, desk = room.at(0, eyes, depth)[1], room.at(0, eyes - DESK, depth - REACH)[1]
        letter = chr(ord("A") + number)
        row = tuple(Seat(f"{letter}{n}", number, float(x), y, face, desk) for n, x in enumerate(places, 1))
        rows.append(Row(depth, eyes, row))
    return room._replace(rows=tuple(rows))


@lru_cache(maxsize=1)
def _portraits(faces: str) -> list[list[Image]]:
    people = people_of(faces)
    return [people.portraits(name, enrolled=0) for name in people.names()]


def taken(room: Room, seed: int) -> list[tuple[Seat, float, float]]:
    """Return every seat with the middle of the face of whoever sits there, moved a little."""
    rng = np.random.default_rng(seed)
    seats = [seat for row in room.rows for seat in row.seats]
    return [
        (seat, seat.x + rng.uniform(-0.16, 0.16) * seat.face, seat.y + rng.uniform(-0.05, 0.05) * seat.face)
        for seat in seats
    ]


def boxes_of(people: Sequence[tuple[Seat, float, float]]) -> NDArray[np.float32]:
    """Return the box of each face, (n, 4)."""
    return np.array([
        (x - seat.face / 2, y - seat.face * 0.62, x + seat.face / 2, y + seat.face * 0.62) for seat, x, y in people
    ], np.float32)  # fmt: skip


def crowd(room: Room, seed: int, faces: str, light: Light = GOOD) -> Crowd:
    """Return a full hall: everybody looks up, a little turned and tilted."""
    rng = np.random.default_rng([seed, 1])
    portraits, people = _portraits(faces), taken(room, seed)
    image, layers = backdrop(room).copy(), desks(room)
    who = np.resize(rng.permutation(len(portraits)), len(people))
    for number in reversed(range(len(room.rows))):
        sitting = [(int(who[n]), *each) for n, each in enumerate(people) if each[0].row == number]
        backs, front = layers[number]
        lay(image, backs)
        for person, seat, x, y in sitting:
            portrait = portraits[person][rng.integers(len(portraits[person]))]
            look, face = clothes_of(portrait, person), round(seat.face)
            torso = body(look, face)
            paste(image, torso, seat.x - torso.shape[1] / 2, seat.y)
            sprite = turned(head(portrait, look.hair, face), rng.uniform(-12, 12), rng.uniform(-1, 1))
            paste(image, sprite, x - sprite.shape[1] / 2, y - sprite.shape[0] / 2)
        lay(image, front)
        for person, seat, _, _ in sitting:
            arms = hands(clothes_of(portraits[person][0], person), round(seat.face))
            paste(image, arms, seat.x - arms.shape[1] / 2, seat.desk - arms.shape[0] * 0.55)
    soft = cv2.convertScaleAbs(cv2.GaussianBlur(image, (0, 0), light.blur), alpha=light.bright)
    grain = rng.normal(0, light.noise, image.shape).round().astype(np.int16)
    jpeg = cv2.imencode(".jpg", cv2.add(soft, grain, dtype=cv2.CV_8U), [cv2.IMWRITE_JPEG_QUALITY, light.quality])[1]
    return Crowd(bytes(jpeg), boxes_of(people), np.array([round(seat.face) for seat, _, _ in people]))
