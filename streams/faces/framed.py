"""Whether a face lies inside a rectangle that is brighter or darker than what surrounds it, as one on a telephone does.

Round a living face edges run in all directions; a picture has four straight sides, and the light lies on the same side
of each of them all along. They are looked for in a small window round each face, upright and leaning a little to either
side. Who sits before a door or a blackboard of just that size has such sides too: a reason to look, no proof.
"""

from functools import cache
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from streams.faces.pictures import Image
from streams.faces.values import Floats

__all__ = ["framed"]

_FACE = 16
"""Width of a face in its window, pixels."""

_TALL = 1.25
"""Height of a face in its widths."""

_SIDE = 51
"""Width and height of a window: 3.2 widths of the face."""

_ANGLES = (-8.0, 0.0, 8.0)
"""Degrees by which a window is turned. Between two of them a side strays by a pixel, and that much is allowed."""

_STEP = 40
"""Slope of an edge in Sobel's units: sharp steps of 10 grey values have it, the noise of a sensor seldom has."""

_STRAIGHT = 2
"""An edge is so many times steeper across the side than along it."""

_UNBROKEN = 0.7
"""So much of each side is edge."""

_NEAREST = 0.9
"""How far a side is from the middle of the face at least, in half widths or heights of the face."""

_SMALLEST, _LARGEST = 1.4, 6.0
"""Area of the rectangle in areas of the face."""

Mask = NDArray[np.bool_]


class _Sides(NamedTuple):
    """Where each side of a rectangle may run in m windows, (m, along the side, across it)."""

    left: Mask
    right: Mask
    top: Mask
    bottom: Mask


def framed(image: Image, boxes: Floats) -> list[bool]:
    """Return for each face of the image whether it is inside a rectangle. boxes: (n, 4), x1 y1 x2 y2 in pixels."""
    if not len(boxes):
        return []
    brighter, darker = _edges(_windows(image, boxes))
    found, wide, tall = np.zeros(len(boxes), bool), _FACE / 2, _FACE * _TALL / 2
    for sides in (brighter, darker):
        lines = [
            _lines(sides.left, along=tall, away=-wide),
            _lines(sides.right, along=tall, away=wide),
            _lines(sides.top, along=wide, away=-tall),
            _lines(sides.bottom, along=wide, away=tall),
        ]
        likely = np.logical_and.reduce([each.any(axis=1) for each in lines])
        for window in np.flatnonzero(likely).tolist():
            one = _Sides(*(mask[window] for mask in sides))
            found[window // len(_ANGLES)] |= _closed(one, *(np.flatnonzero(each[window]) for each in lines))
    return [bool(each) for each in found]


def _windows(image: Image, boxes: Floats) -> NDArray[np.uint8]:
    """Return a grey window for each face and angle, below one another, (n * angles * side, side)."""
    levels = [cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)]
    x1, y1, x2, y2 = boxes.T
    windows = []
    for x, y, width in zip((x1 + x2) / 2, (y1 + y2) / 2, np.maximum(x2 - x1, 1), strict=True):
        level = max(0, int(np.log2(width / _FACE)))
        while len(levels) <= level:
            levels.append(cv2.resize(levels[-1], None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
        shrunk = 0.5**level
        grid = _grid() * np.float32(width * shrunk / _FACE) + np.array([x, y], np.float32) * shrunk - 0.5
        windows.append(cv2.remap(levels[level], grid, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))
    return np.concatenate(windows)


@cache
def _grid() -> Floats:
    """Return where the pixels of the windows of one face lie about its middle, (angles * side, side, 2)."""
    x, y = np.meshgrid(*[np.arange(_SIDE) - _SIDE // 2] * 2)
    turned = [
        np.stack([x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)], axis=2)
        for angle in np.radians(_ANGLES)
    ]
    return np.concatenate(turned).astype(np.float32)


def _edges(windows: NDArray[np.uint8]) -> tuple[_Sides, _Sides]:
    """Return where the sides of a rectangle may run if it is brighter than what surrounds it, and if it is darker."""
    across, down = cv2.Sobel(windows, cv2.CV_16S, 1, 0), cv2.Sobel(windows, cv2.CV_16S, 0, 1)
    upright = np.maximum(_STRAIGHT * cv2.absdiff(down, 0), _STEP)
    level = np.maximum(_STRAIGHT * cv2.absdiff(across, 0), _STEP)
    rising, falling = _wide(across > upright, (1, 3)), _wide(-across > upright, (1, 3))
    sinking, climbing = (_wide(each, (3, 1)).transpose(0, 2, 1) for each in (down > level, -down > level))
    return _Sides(rising, falling, sinking, climbing), _Sides(falling, rising, climbing, sinking)


def _wide(edge: Mask, reach: tuple[int, int]) -> Mask:
    """Return edges of all windows made three pixels wide, (m, side, side). A window knows nothing of its neighbours."""
    wide: Mask = cv2.dilate(edge.view(np.uint8), np.ones(reach, np.uint8)).view(bool).reshape(-1, _SIDE, _SIDE)
    wide[:, [0, -1]] = False
    return wide


def _lines(mask: Mask, *, along: float, away: float) -> Mask:
    """Return which lines pass the face unbroken, (m, side).

    along: half the size of the face along the line. away: half of it across; negative: the line lies before the face.
    """
    middle, half = _SIDE // 2, int(along)
    passing: Mask = mask[:, middle - half : middle + half + 1].mean(axis=1) >= _UNBROKEN
    nearest = middle + int(_NEAREST * away)
    passing[:, slice(nearest + 1, None) if away < 0 else slice(nearest)] = False
    return passing


def _closed(sides: _Sides, *lines: NDArray[np.intp]) -> bool:
    """Whether some left, right, top and bottom line close a rectangle of the size of a picture."""
    left, right, top, bottom = (each.ravel() for each in np.meshgrid(*lines))
    wide, tall = right - left, bottom - top
    faces = wide * tall / (_FACE * _FACE * _TALL)
    good = (faces >= _SMALLEST) & (faces <= _LARGEST)
    ends = ((left, top, bottom), (right, top, bottom), (top, left, right), (bottom, left, right))
    for mask, (line, start, end) in zip(sides, ends, strict=True):
        edge = np.cumsum(mask, axis=0, dtype=np.int64)
        good &= (edge[end, line] - edge[start, line]) >= _UNBROKEN * (end - start)
    return bool(good.any())
