"""The empty hall: walls, doors, windows, lamps, tiers, seats and desks, drawn once.

A layer is what stands in front of something: an image and a mask of its pixels.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from producers.simulated_hall.geometry import AISLE, DESK, EYES, REACH, Point, Room, Row

__all__ = ["Layer", "backdrop", "clock", "desks", "lay"]

Image = NDArray[np.uint8]
Colour = tuple[int, int, int]

_CEILING = 1.98  # above the floor of the last row


class Layer(NamedTuple):
    """top: the row of the picture where it begins. image: (height, width, 3); mask: (height, width), 0 or 255."""

    top: int
    image: Image
    mask: Image


def lay(image: Image, layer: Layer) -> None:
    """Put a layer in front of the image."""
    cv2.copyTo(layer.image, layer.mask, image[layer.top : layer.top + layer.image.shape[0]])


def backdrop(room: Room) -> Image:
    """Draw everything that is behind the last row's people, shape (height, width, 3)."""
    image = np.full((room.height, room.width, 3), (150, 160, 166), np.uint8)
    _ceiling(image, room)
    _walls(image, room)
    for row in reversed(room.rows):
        _tier(image, room, row)
    rng = np.random.default_rng(5)
    grain = cv2.resize(
        rng.normal(0, 3, (room.height // 8, room.width // 8)).astype(np.float32), (room.width, room.height)
    )
    return np.asarray(np.clip(image + grain[..., None], 0, 255), np.uint8)


def clock(image: Image, room: Room, time: datetime) -> None:
    """Draw the clock on the back wall; it shows the hour of ``time`` in its zone."""
    centre = room.at(0, _floor(room.rows[-1]) + _CEILING - 0.3, room.back)
    radius = round(0.14 * room.focal / room.back)
    cv2.circle(image, centre, radius, (60, 60, 60), -1, cv2.LINE_AA)
    cv2.circle(image, centre, radius - 2, (236, 238, 238), -1, cv2.LINE_AA)
    for turns, length in ((time.hour / 12 + time.minute / 720, 0.5), (time.minute / 60, 0.78)):
        angle = 2 * np.pi * turns
        end = round(centre[0] + np.sin(angle) * radius * length), round(centre[1] - np.cos(angle) * radius * length)
        cv2.line(image, centre, end, (40, 40, 40), 2, cv2.LINE_AA)


def desks(room: Room) -> list[tuple[Layer, Layer]]:
    """Draw, for each row from the front, the seat backs behind its people and the desk before them."""
    return [(_layer(room, row, _seat_backs), _layer(room, row, _desk)) for row in room.rows]


def _ceiling(image: Image, room: Room) -> None:
    top = _floor(room.rows[-1]) + _CEILING
    near = 1.2
    _quad(
        image,
        room,
        [(-room.half, top, near), (room.half, top, near), (room.half, top, room.back), (-room.half, top, room.back)],
        (176, 182, 186),
    )
    depth = room.back - 0.5
    while depth > 2.0:
        for x in (-room.half * 0.5, room.half * 0.5):
            _quad(
                image,
                room,
                [
                    (x - 0.45, top, depth),
                    (x + 0.45, top, depth),
                    (x + 0.45, top, depth - 0.16),
                    (x - 0.45, top, depth - 0.16),
                ],
                (246, 250, 252),
            )
        depth -= 0.9


def _walls(image: Image, room: Room) -> None:
    half, back = room.half, room.back
    floor = _floor(room.rows[-1])
    top = floor + _CEILING
    for side, colour in ((-1, (172, 180, 184)), (1, (162, 170, 176))):
        _quad(
            image,
            room,
            [(side * half, -1, 1.0), (side * half, top, 1.0), (side * half, top, back), (side * half, -1, back)],
            colour,
        )
        _quad(
            image,
            room,
            [
                (side * half, -1, 1.0),
                (side * half, floor + 0.75, 1.0),
                (side * half, floor + 0.75, back),
                (side * half, -1, back),
            ],
            (92, 116, 138),
        )
    for depth in (back - 0.5, back - 2.0, back - 3.5):  # windows on the left, panels on the right
        _quad(image, room, _pane(-half, depth, floor + 0.95, top - 0.2), (238, 232, 222))
        _quad(image, room, _pane(-half, depth - 0.08, floor + 1.02, top - 0.27, 0.44), (252, 246, 236))
        _quad(image, room, _pane(-half, depth - 0.5, floor + 0.95, top - 0.2, 0.06), (150, 152, 150))
        _quad(image, room, _pane(half, depth, floor + 0.95, top - 0.25), (128, 146, 158))
    _quad(
        image,
        room,
        [(-half, floor - 1, back), (-half, top, back), (half, top, back), (half, floor - 1, back)],
        (186, 194, 200),
    )
    _quad(
        image,
        room,
        [(-half, floor - 1, back), (-half, floor + 0.8, back), (half, floor + 0.8, back), (half, floor - 1, back)],
        (104, 130, 152),
    )
    for n in range(int(half * 2 / 0.5)):  # seams of the panelling
        x = -half + 0.5 * n
        cv2.line(image, room.at(x, floor, back), room.at(x, floor + 0.8, back), (92, 116, 138), 1, cv2.LINE_AA)
    for x in (-half * 0.62, half * 0.62):
        _door(image, room, x, floor, back)


def _door(image: Image, room: Room, x: float, floor: float, back: float) -> None:
    _quad(
        image,
        room,
        [
            (x - 0.52, floor, back),
            (x - 0.52, floor + 1.72, back),
            (x + 0.52, floor + 1.72, back),
            (x + 0.52, floor, back),
        ],
        (66, 84, 100),
    )
    _quad(
        image,
        room,
        [
            (x - 0.46, floor, back),
            (x - 0.46, floor + 1.66, back),
            (x + 0.46, floor + 1.66, back),
            (x + 0.46, floor, back),
        ],
        (98, 128, 160),
    )
    _quad(
        image,
        room,
        [
            (x + 0.16, floor + 1.0, back),
            (x + 0.16, floor + 1.5, back),
            (x + 0.34, floor + 1.5, back),
            (x + 0.34, floor + 1.0, back),
        ],
        (216, 214, 204),
    )
    _quad(
        image,
        room,
        [
            (x - 0.13, floor + 1.78, back),
            (x - 0.13, floor + 1.87, back),
            (x + 0.13, floor + 1.87, back),
            (x + 0.13, floor + 1.78, back),
        ],
        (96, 168, 70),
    )


def _tier(image: Image, room: Room, row: Row) -> None:
    floor = _floor(row)
    front, behind = row.depth - 0.45, row.depth + 0.35
    half = room.half
    _quad(
        image,
        room,
        [(-half, floor, behind), (half, floor, behind), (half, floor, front), (-half, floor, front)],
        (96, 104, 112),
    )
    _quad(
        image,
        room,
        [(-half, floor, front), (half, floor, front), (half, floor - 0.3, front), (-half, floor - 0.3, front)],
        (74, 82, 90),
    )
    for step, light in ((0.0, 128), (-0.14, 118)):  # the aisle has two steps a tier
        depth = front if step == 0 else front - 0.3
        _quad(
            image,
            room,
            [
                (-AISLE, floor + step, depth + 0.4),
                (AISLE, floor + step, depth + 0.4),
                (AISLE, floor + step, depth),
                (-AISLE, floor + step, depth),
            ],
            (light - 12, light - 4, light),
        )
        _quad(
            image,
            room,
            [
                (-AISLE, floor + step, depth),
                (AISLE, floor + step, depth),
                (AISLE, floor + step - 0.14, depth),
                (-AISLE, floor + step - 0.14, depth),
            ],
            (light - 44, light - 38, light - 34),
        )
        cv2.line(
            image,
            room.at(-AISLE, floor + step, depth),
            room.at(AISLE, floor + step, depth),
            (60, 170, 200),
            2,
            cv2.LINE_AA,
        )


def _seat_backs(image: Image, mask: Image, room: Room, row: Row) -> None:
    depth = row.depth + 0.16
    scale = room.focal / depth
    for seat in row.seats:
        x = (seat.x - room.width / 2) * row.depth / room.focal
        left, top = room.at(x - 0.22, row.eyes - 0.2, depth)
        right, bottom = room.at(x + 0.22, row.eyes - 0.75, depth)
        radius = round(0.08 * scale)
        _rounded(mask, (left, top), (right, bottom), radius, (255, 255, 255))
        _rounded(image, (left, top), (right, bottom), radius, (66, 46, 36))
        _rounded(image, (left + 2, top + 2), (right - 2, bottom), radius - 1, (98, 70, 54))
        middle = (left + right) // 2, top + round(0.16 * scale)
        cv2.ellipse(
            image, middle, (round(0.13 * scale), round(0.05 * scale)), 0, 0, 360, (108, 80, 64), -1, cv2.LINE_AA
        )


def _desk(image: Image, mask: Image, room: Room, row: Row) -> None:
    level = row.eyes - DESK
    far, near = row.depth - REACH, row.depth - REACH - 0.34
    for side in (-1, 1):
        outer = side * room.half
        inner = side * (AISLE + 0.02)
        top = [(inner, level, far), (outer, level, far), (outer, level, near), (inner, level, near)]
        front = [(inner, level, near), (outer, level, near), (outer, level - 0.62, near), (inner, level - 0.62, near)]
        edge = [(inner, level, near), (outer, level, near), (outer, level - 0.035, near), (inner, level - 0.035, near)]
        for quad, colour in ((top, (150, 184, 208)), (front, (96, 126, 150)), (edge, (122, 156, 180))):
            _quad(image, room, quad, colour)
            _quad(mask, room, quad, (255, 255, 255))
        span = abs(outer - inner)
        for n in range(1, int(span / 0.56) + 1):  # joints between the panels
            x = inner + side * 0.56 * n
            cv2.line(
                image, room.at(x, level - 0.05, near), room.at(x, level - 0.62, near), (84, 110, 132), 1, cv2.LINE_AA
            )


def _layer(room: Room, row: Row, draw: object) -> Layer:
    image = np.zeros((room.height, room.width, 3), np.uint8)
    mask = np.zeros_like(image)
    draw(image, mask, room, row)  # type: ignore[operator]
    rows = np.flatnonzero(mask[..., 0].any(axis=1))
    first, last = (int(rows[0]), int(rows[-1]) + 1) if len(rows) else (0, 1)
    return Layer(first, image[first:last].copy(), mask[first:last, :, 0].copy())


def _floor(row: Row) -> float:
    return row.eyes - EYES


def _pane(x: float, depth: float, low: float, high: float, width: float = 1.1) -> list[tuple[float, float, float]]:
    return [(x, low, depth), (x, high, depth), (x, high, depth - width), (x, low, depth - width)]


def _quad(image: Image, room: Room, corners: Iterable[tuple[float, float, float]], colour: Colour) -> None:
    points = np.array([room.at(*corner) for corner in corners], np.int32)
    cv2.fillPoly(image, [points], colour, cv2.LINE_AA)


def _rounded(image: Image, start: Point, end: Point, radius: int, colour: Colour) -> None:
    (left, top), (right, bottom) = start, end
    cv2.rectangle(image, (left + radius, top), (right - radius, bottom), colour, -1)
    cv2.rectangle(image, (left, top + radius), (right, bottom), colour, -1)
    for x in (left + radius, right - radius):
        cv2.circle(image, (x, top + radius), radius, colour, -1, cv2.LINE_AA)
