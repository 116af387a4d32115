"""Heads: cut out of photographs with soft edges, or bent over a book so that only hair is seen."""

import cv2
import numpy as np
from numpy.typing import NDArray

from producers.simulated_hall.bodies import Clothes
from producers.simulated_hall.paint import Colour, Image
from producers.simulated_hall.sprites import FINE, Sprite, shrunk

__all__ = ["bent_head", "head", "toned"]

FACE_OF_PORTRAIT = 0.78
"""Width of the face, as CenterFace boxes it, in the width of a portrait (mean of 119 ORL pictures)."""


def toned(grey: NDArray[np.uint8], warmth: float = 1.0) -> Image:
    """Colour a grey portrait like skin and hair; its lightness stays what it was.

    grey: shape (height, width). warmth: 0 leaves it grey.
    """
    light = np.arange(256, dtype=np.float32)
    skin = np.clip((light - 50) / 60, 0.15, 1) * np.clip((285 - light) / 90, 0.3, 1) * warmth
    red = np.clip(128 + 22 * skin, 0, 255).astype(np.uint8)
    blue = np.clip(128 - 18 * skin, 0, 255).astype(np.uint8)
    mixed = cv2.merge([grey, cv2.LUT(grey, red), cv2.LUT(grey, blue)])
    return np.asarray(cv2.cvtColor(mixed, cv2.COLOR_YCrCb2BGR), np.uint8)


def head(portrait: Image, hair: Colour, face: float) -> Sprite:
    """Cut the head out of a portrait with soft edges, hair around it.

    face: width in pixels. The middle of the sprite is the middle of the face.
    """
    width = face / FACE_OF_PORTRAIT
    size = max(8, round(width)), max(8, round(width * 112 / 92))
    small = cv2.resize(portrait, size, interpolation=cv2.INTER_AREA)
    side = round(width * 1.9)
    canvas = np.full((side, side, 3), hair, np.uint8)
    top, left = round(side * 0.5 - size[1] * 0.55), (side - size[0]) // 2
    canvas[top : top + size[1], left : left + size[0]] = small
    middle = (side / 2, top + size[1] * 0.47)
    inner = _ellipse(side, middle, size[0] * 0.45, size[1] * 0.5, feather=width * 0.045)
    outer = _ellipse(side, (middle[0], middle[1] - size[1] * 0.04), size[0] * 0.5, size[1] * 0.52, width * 0.025)
    neck = np.clip((np.arange(side, dtype=np.float32)[:, None] - middle[1]) / (size[1] * 0.2), 0, 1)
    outer *= 1 - neck  # hair is above the jaw
    blend = inner[..., None]
    colour = canvas * blend + np.asarray(hair, np.float32) * (1 - blend)
    return np.dstack([colour, np.maximum(inner, outer) * 255]).astype(np.uint8)


def bent_head(look: Clothes, face: float) -> Sprite:
    """Draw a head bent over a book: hair, and a little of the brow."""
    big = face * FINE
    side = round(big * 2)
    middle = side // 2
    rng = np.random.default_rng(round(face * 10) + look.hair[0])
    paint = np.full((side, side, 3), look.hair, np.float32)
    rows, columns = np.mgrid[0:side, 0:side].astype(np.float32)
    crown = (middle - big * 0.06, middle - big * 0.22)
    angle = np.arctan2(rows - crown[1], columns - crown[0])
    strands = np.interp(angle, np.linspace(-np.pi, np.pi, 121), rng.normal(0, 10, 121))
    away = np.hypot(rows - crown[1], columns - crown[0]) / big
    paint += (strands + 26 * np.exp(-((away / 0.3) ** 2)) - 14)[..., None]
    brow = _ellipse(side, (middle, middle + big * 0.52), big * 0.34, big * 0.16, big * 0.05)[..., None]
    paint = paint * (1 - brow) + np.asarray(look.skin, np.float32) * 0.8 * brow
    opacity = _ellipse(side, (middle, middle + big * 0.05), big * 0.52, big * 0.58, big * 0.03) * 255
    sprite = np.dstack([np.clip(paint, 0, 255), opacity]).astype(np.uint8)
    return shrunk(sprite, round(side / FINE))


def _ellipse(side: int, middle: tuple[float, float], a: float, b: float, feather: float) -> NDArray[np.float32]:
    """Return opacity 0 to 1 of an ellipse with soft edges, shape (side, side)."""
    rows, columns = np.mgrid[0:side, 0:side].astype(np.float32)
    away = np.hypot((columns - middle[0]) / a, (rows - middle[1]) / b)
    return np.asarray(np.clip((1 - away) * min(a, b) / max(feather, 0.5) + 0.5, 0, 1), np.float32)
