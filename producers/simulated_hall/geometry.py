"""Where the seats are: a pinhole camera on the front wall looks at tiers that rise towards the back.

Rows are letters from the front (A), seats are numbers from the left of the picture (1); an aisle parts the middle.
Lengths are metres, x to the right of the camera, z above its floor, depth away from it; pixels are of the picture.
"""

from functools import cache
from typing import NamedTuple

__all__ = ["AISLE", "DESK", "EYES", "FACE", "REACH", "Point", "Room", "Row", "Seat", "room"]

Point = tuple[int, int]

FACE = 0.16
"""Width of a face."""
AISLE = 0.34
"""Half the width of the aisle."""
DESK = 0.5
"""Height of the eyes above the desk."""
REACH = 0.25
"""How far before the eyes the desk begins."""
_PITCH = 0.56
_ROW_DEPTH = 0.8
EYES = 1.15
"""Height of the eyes above the floor of the tier."""
_MOST_A_SIDE = 5


class Seat(NamedTuple):
    """A place to sit. x, y: pixels of the middle of a face there. face: its width. desk: where the desk begins."""

    name: str
    row: int
    x: float
    y: float
    face: float
    desk: float


class Row(NamedTuple):
    """A tier. eyes: how high the eyes of whoever sits there are."""

    depth: float
    eyes: float
    seats: tuple[Seat, ...]

    @property
    def floor(self) -> float:
        """How high the tier is."""
        return self.eyes - EYES


class Room(NamedTuple):
    """A hall as its front camera sees it."""

    width: int
    height: int
    focal: float
    camera: float
    rows: tuple[Row, ...]
    half: float

    @property
    def back(self) -> float:
        """Depth of the back wall."""
        return self.rows[-1].depth + 1.0

    def at(self, x: float, z: float, depth: float) -> Point:
        """Return the pixel of a point of the room."""
        scale = self.focal / depth
        return round(self.width / 2 + x * scale), round(self.height * _HORIZON + (self.camera - z) * scale)

    @property
    def seats(self) -> dict[str, Seat]:
        """All seats by name."""
        return {seat.name: seat for row in self.rows for seat in row.seats}


_HORIZON = 0.255
"""Height of the camera's own level in the picture, from the top."""


@cache
def room(width: int, height: int, nearest: float = 62, farthest: float = 31) -> Room:
    """Return the room of a picture of this size whose faces are so many pixels wide in the first and last row."""
    focal = 1.03 * width
    rise = 0.28
    rows: list[Row] = []
    bare = Room(width, height, focal, 2.15, (), 0.0)
    depth = focal * FACE / nearest
    while focal * FACE / depth >= farthest:
        eyes = EYES + rise * len(rows)
        fits = int((width / 2 / focal * depth - AISLE - _PITCH * 0.45) / _PITCH + 0.5)
        places = [AISLE + _PITCH * (n + 0.5) for n in range(min(fits, _MOST_A_SIDE))]
        xs = [*(-x for x in reversed(places)), *places]
        scale = focal / depth
        letter = chr(ord("A") + len(rows))
        seats = tuple(
            Seat(
                f"{letter}{n}",
                len(rows),
                width / 2 + x * scale,
                bare.at(x, eyes, depth)[1],
                FACE * scale,
                bare.at(x, eyes - DESK, depth - REACH)[1],
            )
            for n, x in enumerate(xs, 1)
        )
        rows.append(Row(depth, eyes, seats))
        depth += _ROW_DEPTH
    half = AISLE + _PITCH * max(len(row.seats) for row in rows) / 2 + 0.12
    return bare._replace(rows=tuple(rows), half=half)
