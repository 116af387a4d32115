"""What stands on the tiers: seats behind people, desks before them, and the steps.

A layer is what stands in front of something: an image and a mask of its pixels.
"""

from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np

from producers.simulated_hall.geometry import AISLE, DESK, REACH, Point, Room, Row
from producers.simulated_hall.paint import Colour, Image, quad

__all__ = ["Layer", "desks", "lay", "tier"]


class Layer(NamedTuple):
    """top: the row of the picture where it begins. image: (height, width, 3); mask: (height, width), 0 or 255."""

    top: int
    image: Image
    mask: Image


def lay(image: Image, layer: Layer) -> None:
    """Put a layer in front of the image."""
    cv2.copyTo(layer.image, layer.mask, image[layer.top : layer.top + layer.image.shape[0]])


def desks(room: Room) -> list[tuple[Layer, Layer]]:
    """Draw, for each row from the front, the seat backs behind its people and the desk before them."""
    return [(_layer(room, row, _seat_backs), _layer(room, row, _desk)) for row in room.rows]


def tier(image: Image, room: Room, row: Row) -> None:
    """Draw the step that a row stands on, and the steps of the aisle beside it."""
    floor = row.floor
    front, behind = row.depth - 0.45, row.depth + 0.35
    half = room.half
    quad(
        image,
        room,
        [(-half, floor, behind), (half, floor, behind), (half, floor, front), (-half, floor, front)],
        (96, 104, 112),
    )
    quad(
        image,
        room,
        [(-half, floor, front), (half, floor, front), (half, floor - 0.3, front), (-half, floor - 0.3, front)],
        (74, 82, 90),
    )
    for step, light in ((0.0, 128), (-0.14, 118)):  # the aisle has two steps a tier
        depth = front if step == 0 else front - 0.3
        quad(
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
        quad(
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
        for surface, colour in ((top, (150, 184, 208)), (front, (96, 126, 150)), (edge, (122, 156, 180))):
            quad(image, room, surface, colour)
            quad(mask, room, surface, (255, 255, 255))
        span = abs(outer - inner)
        for n in range(1, int(span / 0.56) + 1):  # joints between the panels
            x = inner + side * 0.56 * n
            cv2.line(
                image, room.at(x, level - 0.05, near), room.at(x, level - 0.62, near), (84, 110, 132), 1, cv2.LINE_AA
            )


def _layer(room: Room, row: Row, draw: Callable[[Image, Image, Room, Row], None]) -> Layer:
    image = np.zeros((room.height, room.width, 3), np.uint8)
    mask = np.zeros_like(image)
    draw(image, mask, room, row)
    rows = np.flatnonzero(mask[..., 0].any(axis=1))
    first, last = (int(rows[0]), int(rows[-1]) + 1) if len(rows) else (0, 1)
    return Layer(first, image[first:last].copy(), mask[first:last, :, 0].copy())


def _rounded(image: Image, start: Point, end: Point, radius: int, colour: Colour) -> None:
    (left, top), (right, bottom) = start, end
    cv2.rectangle(image, (left + radius, top), (right - radius, bottom), colour, -1)
    cv2.rectangle(image, (left, top + radius), (right, bottom), colour, -1)
    for x in (left + radius, right - radius):
        cv2.circle(image, (x, top + radius), radius, colour, -1, cv2.LINE_AA)
