"""Sums over the two small pictures of a frame: cells of its thumbnail, and regions that hold some of them.

Those of many frames are summed at once: whatever comes before the last two axes stays.
"""

from functools import cache
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from streams.faces.frame_view import REGIONS, THUMBNAIL

__all__ = ["around", "cell", "cells_of", "correlation", "fitted", "near", "per_region", "region"]

Numbers: TypeAlias = NDArray[np.float64]

LEAST_GAIN = 0.01
"""Of the contrast of a scene; a picture with less is of one colour, and no light makes it that scene."""

_DOWN, _ACROSS = THUMBNAIL[0] // REGIONS[0], THUMBNAIL[1] // REGIONS[1]


def region(x: Numbers, y: Numbers) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the row and column of the regions of points. x, y: in widths and heights of the frame."""
    return _grid(x, y, REGIONS)


def cell(x: Numbers, y: Numbers) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the row and column in the thumbnail of points. x, y: in widths and heights of the frame."""
    return _grid(x, y, THUMBNAIL)


def _grid(x: Numbers, y: Numbers, shape: tuple[int, int]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    row, column = (y * shape[0]).astype(np.intp), (x * shape[1]).astype(np.intp)
    return np.clip(row, 0, shape[0] - 1), np.clip(column, 0, shape[1] - 1)


def cells_of(regions: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which cells of thumbnails belong to these regions, (..., *THUMBNAIL)."""
    return regions.repeat(_DOWN, axis=-2).repeat(_ACROSS, axis=-1)


def per_region(cells: NDArray[np.bool_]) -> Numbers:
    """Return how many cells of each region these are, (..., *REGIONS)."""
    parts = cells.reshape(*cells.shape[:-2], REGIONS[0], _DOWN, REGIONS[1], _ACROSS).view(np.uint8)
    return np.asarray(parts.sum(axis=-1, dtype=np.uint8).sum(axis=-2, dtype=np.uint8), np.float64)


def near(regions: Numbers, window: int, *, beyond: int = cv2.BORDER_REPLICATE) -> Numbers:
    """Return the mean of so many regions across and down round each. beyond: what is outside the picture."""
    sums = regions.reshape(-1, REGIONS[0] * REGIONS[1]) @ _near(window, beyond)
    return np.asarray(sums.reshape(regions.shape) * (1 / window**2), np.float64)


@cache
def _near(window: int, beyond: int) -> Numbers:
    """Return how often each region counts in the sum round each other one, (all, all)."""
    ones = np.eye(REGIONS[0] * REGIONS[1]).reshape(-1, *REGIONS)
    return np.array([_sums(one, (window, window), beyond).reshape(-1) for one in ones])


def around(pictures: Numbers, window: int) -> Numbers:
    """Return the mean of a thumbnail's values in so many regions across and down round the middle of each."""
    down, across = _around(window)
    columns = pictures.reshape(-1, THUMBNAIL[1]) @ across
    sums = down @ columns.reshape(*pictures.shape[:-1], REGIONS[1])
    return np.asarray(sums * (1 / (window**2 * _DOWN * _ACROSS)), np.float64)


@cache
def _around(window: int) -> tuple[Numbers, Numbers]:
    """Return how often each row of a thumbnail counts in each row of regions, and each column in those."""
    down = _sums(np.eye(THUMBNAIL[0]), (1, window * _DOWN), cv2.BORDER_REPLICATE)
    across = _sums(np.eye(THUMBNAIL[1]), (window * _ACROSS, 1), cv2.BORDER_REPLICATE)
    return down[_DOWN // 2 :: _DOWN], across[:, _ACROSS // 2 :: _ACROSS]


def _sums(values: Numbers, window: tuple[int, int], beyond: int) -> Numbers:
    return np.asarray(cv2.boxFilter(values, -1, window, normalize=False, borderType=beyond), np.float64)


ALL = np.ones(THUMBNAIL, bool)


def correlation(pictures: Numbers, scene: Numbers, cells: NDArray[np.bool_] = ALL) -> Numbers:
    """Return the correlation of pictures with a scene in some cells; 0 where one of them is of one brightness."""
    ours, theirs = _contrast(pictures, cells)[0], _contrast(scene, cells)[0]
    alike = _sum(ours * theirs) / np.maximum(np.sqrt(_sum(ours * ours) * _sum(theirs * theirs)), 1e-9)
    return np.asarray(alike, np.float64)


def fitted(pictures: Numbers, scene: Numbers, cells: NDArray[np.bool_]) -> Numbers:
    """Return pictures in the light and contrast in which they are most like a scene in some cells, if there are any."""
    (ours, middle), (theirs, usual) = _contrast(pictures, cells), _contrast(scene, cells)
    gain = np.maximum(_sum(ours * theirs) / np.maximum(_sum(theirs * theirs), 1e-9), LEAST_GAIN)
    there = np.asarray(cells.any(axis=(-2, -1)))[..., None, None]
    return np.where(there, (pictures - middle) / gain[..., None, None] + usual, pictures)


def _contrast(pictures: Numbers, cells: NDArray[np.bool_]) -> tuple[Numbers, Numbers]:
    """Return how far pictures are from their mean brightness in some cells, 0 elsewhere; and that mean, (..., 1, 1)."""
    middle = (_sum(pictures * cells) / np.maximum(_sum(cells), 1))[..., None, None]
    return (pictures - middle) * cells, middle


def _sum(cells: Numbers | NDArray[np.bool_]) -> Numbers:
    return np.asarray(cells.sum(axis=(-2, -1)), np.float64)
