"""The empty hall: walls, doors, windows, lamps and tiers, drawn once; and the clock, which goes."""

from datetime import datetime

import cv2
import numpy as np

from producers.simulated_hall.furniture import tier
from producers.simulated_hall.geometry import Room
from producers.simulated_hall.paint import Image, quad

__all__ = ["backdrop", "clock"]

_CEILING = 1.98  # above the floor of the last row


def backdrop(room: Room) -> Image:
    """Draw everything that is behind the last row's people, shape (height, width, 3)."""
    image = np.full((room.height, room.width, 3), (150, 160, 166), np.uint8)
    _ceiling(image, room)
    _walls(image, room)
    for row in reversed(room.rows):
        tier(image, room, row)
    rng = np.random.default_rng(5)
    grain = cv2.resize(
        rng.normal(0, 3, (room.height // 8, room.width // 8)).astype(np.float32), (room.width, room.height)
    )
    return np.asarray(np.clip(image + grain[..., None], 0, 255), np.uint8)


def clock(image: Image, room: Room, time: datetime) -> None:
    """Draw the clock on the back wall; it shows the hour of ``time`` in its zone."""
    centre = room.at(0, room.rows[-1].floor + _CEILING - 0.3, room.back)
    radius = round(0.14 * room.focal / room.back)
    cv2.circle(image, centre, radius, (60, 60, 60), -1, cv2.LINE_AA)
    cv2.circle(image, centre, radius - 2, (236, 238, 238), -1, cv2.LINE_AA)
    for turns, length in ((time.hour / 12 + time.minute / 720, 0.5), (time.minute / 60, 0.78)):
        angle = 2 * np.pi * turns
        end = round(centre[0] + np.sin(angle) * radius * length), round(centre[1] - np.cos(angle) * radius * length)
        cv2.line(image, centre, end, (40, 40, 40), 2, cv2.LINE_AA)


def _ceiling(image: Image, room: Room) -> None:
    top = room.rows[-1].floor + _CEILING
    near = 1.2
    quad(
        image,
        room,
        [(-room.half, top, near), (room.half, top, near), (room.half, top, room.back), (-room.half, top, room.back)],
        (176, 182, 186),
    )
    depth = room.back - 0.5
    while depth > 2.0:
        for x in (-room.half * 0.5, room.half * 0.5):
            quad(
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
    floor = room.rows[-1].floor
    top = floor + _CEILING
    for side, colour in ((-1, (172, 180, 184)), (1, (162, 170, 176))):
        quad(
            image,
            room,
            [(side * half, -1, 1.0), (side * half, top, 1.0), (side * half, top, back), (side * half, -1, back)],
            colour,
        )
        quad(
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
        quad(image, room, _pane(-half, depth, floor + 0.95, top - 0.2), (238, 232, 222))
        quad(image, room, _pane(-half, depth - 0.08, floor + 1.02, top - 0.27, 0.44), (252, 246, 236))
        quad(image, room, _pane(-half, depth - 0.5, floor + 0.95, top - 0.2, 0.06), (150, 152, 150))
        quad(image, room, _pane(half, depth, floor + 0.95, top - 0.25), (128, 146, 158))
    quad(
        image,
        room,
        [(-half, floor - 1, back), (-half, top, back), (half, top, back), (half, floor - 1, back)],
        (186, 194, 200),
    )
    quad(
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
    quad(
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
    quad(
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
    quad(
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
    quad(
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


def _pane(x: float, depth: float, low: float, high: float, width: float = 1.1) -> list[tuple[float, float, float]]:
    return [(x, low, depth), (x, high, depth), (x, high, depth - width), (x, low, depth - width)]
