"""Sums over the two small pictures of a frame: cells of its thumbnail, and regions that hold some of them."""

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
    """Return which cells of a thumbnail belong to these regions, THUMBNAIL."""
    return regions.repeat(_DOWN, axis=0).repeat(_ACROSS, axis=1)


def per_region(cells: NDArray[np.bool_]) -> Numbers:
    """Return how many cells of each region these are, REGIONS."""
    return np.asarray(cells.reshape(REGIONS[0], _DOWN, REGIONS[1], _ACROSS).sum(axis=(1, 3)), np.float64)


def near(regions: Numbers, window: int, *, beyond: int = cv2.BORDER_REPLICATE) -> Numbers:
    """Return the mean of so many regions across and down round each, REGIONS. beyond: what is outside the picture."""
    return np.asarray(cv2.blur(regions, (window, window), borderType=beyond), np.float64)


def around(picture: Numbers, window: int) -> Numbers:
    """Return the mean of a thumbnail's values in so many regions across and down round the middle of each, REGIONS."""
    mean = cv2.blur(picture, (window * _ACROSS, window * _DOWN), borderType=cv2.BORDER_REPLICATE)
    return np.asarray(mean[_DOWN // 2 :: _DOWN, _ACROSS // 2 :: _ACROSS], np.float64)


def correlation(one: Numbers, other: Numbers) -> float:
    """Return the correlation of two pictures, or parts, of the same shape; 0 if one of them is of one brightness."""
    if not one.size:
        return 0.0
    a, b = one - one.mean(), other - other.mean()
    return float((a * b).sum() / max(np.sqrt((a * a).sum() * (b * b).sum()), 1e-9))


def fitted(thumbnail: NDArray[np.uint8], scene: Numbers, cells: NDArray[np.bool_]) -> Numbers:
    """Return a thumbnail in the light and contrast in which it is most like a scene, in some cells. All: THUMBNAIL."""
    picture = thumbnail.astype(np.float64)
    if not cells.any():
        return picture
    middle, usual = picture[cells].mean(), scene[cells].mean()
    ours, theirs = picture[cells] - middle, scene[cells] - usual
    gain = float((ours * theirs).sum() / max((theirs * theirs).sum(), 1e-9))
    return np.asarray((picture - middle) / max(gain, LEAST_GAIN) + usual, np.float64)
