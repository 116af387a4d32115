"""Little pictures with soft edges that are laid over the picture.

A sprite is an image of shape (height, width, 4), uint8: blue, green, red, opacity.
"""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from producers.simulated_hall.paint import Colour, Image

__all__ = ["FINE", "Sprite", "colour_of", "paste", "shade", "shrunk", "turned"]

Sprite = NDArray[np.uint8]

FINE = 4
"""Paint is drawn so much larger and then shrunk: soft edges."""


def paste(image: Image, sprite: Sprite, x: float, y: float) -> None:
    """Lay a sprite over the image with its upper left corner at x, y; what lies outside is cut off."""
    left, top = round(x), round(y)
    height, width = sprite.shape[:2]
    x1, y1, x2, y2 = max(left, 0), max(top, 0), min(left + width, image.shape[1]), min(top + height, image.shape[0])
    if x1 >= x2 or y1 >= y2:
        return
    part = sprite[y1 - top : y2 - top, x1 - left : x2 - left]
    ground = image[y1:y2, x1:x2]
    opacity = cv2.merge([part[..., 3]] * 3)
    over = cv2.multiply(part[..., :3], opacity, scale=1 / 255)
    under = cv2.multiply(ground, 255 - opacity, scale=1 / 255)
    image[y1:y2, x1:x2] = cv2.add(over, under)


def turned(sprite: Sprite, roll: float, turn: float) -> Sprite:
    """Return a head rolled by degrees to a shoulder, and turned a little to a side (-1 to 1)."""
    side = sprite.shape[0]
    matrix = cv2.getRotationMatrix2D((side / 2, side / 2), -roll, 1.0)
    narrow = np.array([[1 - 0.1 * abs(turn), 0.0], [0.05 * turn, 1.0]])
    matrix[:, :2] = narrow @ matrix[:, :2]
    matrix[:, 2] = side / 2 - matrix[:, :2] @ np.array([side / 2, side / 2])
    return np.asarray(cv2.warpAffine(sprite, matrix, (side, side), flags=cv2.INTER_LINEAR), np.uint8)


def shrunk(sprite: NDArray[Any], width: int) -> Sprite:
    """Return a drawing in the width it is shown with."""
    height = round(sprite.shape[0] * width / sprite.shape[1])
    return np.asarray(cv2.resize(sprite, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def shade(colour: Colour, factor: float) -> Colour:
    """Return a colour made darker (below 1) or lighter."""
    return colour_of(np.asarray(colour) * factor)


def colour_of(values: NDArray[Any]) -> Colour:
    """Return three numbers as a colour."""
    blue, green, red = (int(np.clip(value, 0, 255)) for value in values)
    return blue, green, red
