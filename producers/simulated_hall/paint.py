"""Painting surfaces of the room into a picture."""

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from producers.simulated_hall.geometry import Room

__all__ = ["Colour", "Image", "quad"]

Image = NDArray[np.uint8]
"""Shape (height, width, 3), blue green red."""

Colour = tuple[int, int, int]


def quad(image: Image, room: Room, corners: Iterable[tuple[float, float, float]], colour: Colour) -> None:
    """Fill a flat piece of the room, its corners given as x, z and depth in metres."""
    points = np.array([room.at(*corner) for corner in corners], np.int32)
    cv2.fillPoly(image, [points], colour, cv2.LINE_AA)
