"""People as little pictures with soft edges: heads from photographs, bodies from paint.

A sprite is an image of shape (height, width, 4), uint8: blue, green, red, opacity.
"""

from functools import lru_cache
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["Look", "Sprite", "bent_head", "body", "hands", "head", "look_of", "paste", "standing", "turned"]

Sprite = NDArray[np.uint8]
Colour = tuple[int, int, int]

FACE_OF_PORTRAIT = 0.78
"""Width of the face, as CenterFace boxes it, in the width of a portrait (mean of 119 ORL pictures)."""

_FINE = 4  # paint is drawn larger and shrunk: soft edges
_CLOTHES: tuple[Colour, ...] = (
    (92, 58, 38), (60, 62, 66), (44, 40, 120), (126, 132, 138), (70, 92, 58), (150, 120, 78),
    (48, 52, 92), (176, 182, 190), (96, 74, 110), (38, 86, 130), (112, 108, 64), (66, 44, 32), (104, 112, 150),
)  # fmt: skip


class Look(NamedTuple):
    """What a person looks like below and around the face. cut: 0 round collar, 1 open shirt, 2 hood."""

    cloth: Colour
    hair: Colour
    skin: Colour
    cut: int
    laptop: bool


def toned(grey: NDArray[np.uint8], warmth: float = 1.0) -> NDArray[np.uint8]:
    """Colour a grey portrait like skin and hair; its lightness stays what it was.

    grey: shape (height, width). warmth: 0 leaves it grey.
    """
    light = np.arange(256, dtype=np.float32)
    skin = np.clip((light - 50) / 60, 0.15, 1) * np.clip((285 - light) / 90, 0.3, 1) * warmth
    red = np.clip(128 + 22 * skin, 0, 255).astype(np.uint8)
    blue = np.clip(128 - 18 * skin, 0, 255).astype(np.uint8)
    mixed = cv2.merge([grey, cv2.LUT(grey, red), cv2.LUT(grey, blue)])
    return np.asarray(cv2.cvtColor(mixed, cv2.COLOR_YCrCb2BGR), np.uint8)


def look_of(portrait: NDArray[np.uint8], number: int) -> Look:
    """Choose clothes by a person's number; take hair and skin from a portrait (shape (height, width, 3))."""
    height, width = portrait.shape[:2]
    crown = portrait[: height // 10, width // 3 : 2 * width // 3]
    cheeks = portrait[height // 2 : 2 * height // 3, width // 3 : 2 * width // 3]
    hair = np.median(crown.reshape(-1, 3), axis=0) * 0.85
    hair = (hair + 2 * hair.mean()) / 3  # less red than skin
    skin = np.median(cheeks.reshape(-1, 3), axis=0)
    return Look(
        cloth=_CLOTHES[number * 5 % len(_CLOTHES)],
        hair=_colour(np.minimum(hair, 110)),
        skin=_colour(skin),
        cut=number % 3,
        laptop=number * 3 % 5 < 2,
    )


def head(portrait: NDArray[np.uint8], hair: Colour, face: float) -> Sprite:
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


def bent_head(look: Look, face: float) -> Sprite:
    """Draw a head bent over a book: hair, and a little of the brow."""
    big = face * _FINE
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
    return _shrunk(sprite, round(side / _FINE))


@lru_cache(maxsize=512)
def body(look: Look, face: float) -> Sprite:
    """Draw neck, shoulders and chest. The middle of the upper edge is the middle of the face."""
    u = face * _FINE
    width, height = round(u * 3.4), round(u * 4.0)
    x = width // 2
    paint = np.zeros((height, width, 4), np.uint8)
    cloth, dark = look.cloth, _shade(look.cloth, 0.72)
    if look.cut == 2:
        cv2.ellipse(paint, (x, _i(u * 0.76)), (_i(u * 0.66), _i(u * 0.4)), 0, 0, 360, (*dark, 255), -1)
    neck = [
        (x - _i(u * 0.3), 0),
        (x + _i(u * 0.3), 0),
        (x + _i(u * 0.36), _i(u * 1.1)),
        (x - _i(u * 0.36), _i(u * 1.1)),
    ]
    cv2.fillPoly(paint, [np.array(neck)], (*_shade(look.skin, 0.78), 255))
    cv2.fillPoly(paint, [_shoulders(x, u)], (*cloth, 255))
    if look.cut == 1:
        collar = [(x - _i(u * 0.34), _i(u * 0.74)), (x + _i(u * 0.34), _i(u * 0.74)), (x, _i(u * 1.35))]
        cv2.fillPoly(paint, [np.array(collar)], (*_shade(look.skin, 0.85), 255))
        cv2.polylines(
            paint, [np.array([collar[0], collar[2], collar[1]])], False, (*_shade(cloth, 1.25), 255), _i(u * 0.07)
        )
        cv2.line(paint, (x, _i(u * 1.35)), (x, height), (*dark, 255), _i(u * 0.03))
    else:
        cv2.ellipse(
            paint, (x, _i(u * 0.7)), (_i(u * 0.36), _i(u * 0.24)), 0, 0, 180, (*_shade(look.skin, 0.78), 255), -1
        )
        cv2.ellipse(paint, (x, _i(u * 0.7)), (_i(u * 0.38), _i(u * 0.26)), 0, 0, 180, (*dark, 255), _i(u * 0.06))
    for side in (-1, 1):  # the fold between sleeve and chest
        cv2.line(
            paint, (x + side * _i(u * 0.86), _i(u * 1.6)), (x + side * _i(u * 0.78), height), (*dark, 255), _i(u * 0.05)
        )
    folds = cv2.resize(
        np.random.default_rng(look.skin[0]).normal(0, 0.05, (7, 6)), (width, height), interpolation=cv2.INTER_CUBIC
    )
    columns = np.linspace(-1, 1, width, dtype=np.float32)[None, :, None]
    rows = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    light = 1.1 - 0.4 * columns**2 - 0.3 * rows - 0.07 * columns + folds[..., None]
    paint[..., :3] = np.clip(paint[..., :3] * light, 0, 255)
    return _shrunk(cv2.GaussianBlur(paint, (0, 0), _FINE * 0.4), round(width / _FINE))


@lru_cache(maxsize=512)
def standing(look: Look, face: float) -> Sprite:
    """Draw somebody who stands, from the neck to the shoes. The middle of the upper edge is that of the face."""
    u = face * _FINE
    width, height = round(u * 3.4), round(u * 9.4)
    x = width // 2
    paint = np.zeros((height, width, 4), np.uint8)
    for side in (-1, 1):
        hip, hem, foot = x + side * _i(u * 0.5), x + side * _i(u * 0.48), (x + side * _i(u * 0.5), _i(u * 9.2))
        leg = [(x, _i(u * 3.4)), (hip + side * _i(u * 0.5), _i(u * 3.4)), (hem + side * _i(u * 0.34), foot[1])]
        leg += [(hem - side * _i(u * 0.36), foot[1]), (x + side * _i(u * 0.06), _i(u * 4.4))]
        cv2.ellipse(paint, foot, (_i(u * 0.4), _i(u * 0.16)), 0, 0, 360, (28, 26, 26, 255), -1)
        cv2.fillPoly(paint, [np.array(leg)], (62, 54, 50, 255))
        cv2.circle(paint, (x + side * _i(u * 1.34), _i(u * 4.1)), _i(u * 0.2), (*_shade(look.skin, 0.9), 255), -1)
        arm = [(x + side * _i(u * 1.2), _i(u * 1.6)), (x + side * _i(u * 1.34), _i(u * 3.9))]
        cv2.line(paint, arm[0], arm[1], (*_shade(look.cloth, 0.8), 255), _i(u * 0.4))
    sprite = _shrunk(cv2.GaussianBlur(paint, (0, 0), _FINE * 0.4), round(width / _FINE))
    torso = body(look, face)[: round(face * 3.5)]
    chest = np.abs(np.arange(torso.shape[1]) - torso.shape[1] / 2) < face * 1.22
    shown = chest[None, :] & (torso[..., 3] > 127)
    sprite[: len(torso)][shown] = torso[shown]
    return sprite


@lru_cache(maxsize=512)
def hands(look: Look, face: float) -> Sprite:
    """Draw forearms on the desk, and a laptop seen from behind or an open book."""
    u = face * _FINE
    width, height = round(u * 3.0), round(u * 1.3)
    x = width // 2
    paint = np.zeros((height, width, 4), np.uint8)
    for side in (-1, 1):
        start, end = (x + side * _i(u * 1.1), _i(u * 0.5)), (x + side * _i(u * 0.42), _i(u * 0.82))
        cv2.line(paint, start, end, (*_shade(look.cloth, 0.9), 255), _i(u * 0.32))
        cv2.circle(paint, end, _i(u * 0.15), (*_shade(look.skin, 0.92), 255), -1)
    if look.laptop:
        lid = [
            (x - _i(u * 0.62), _i(u * 0.2)),
            (x + _i(u * 0.62), _i(u * 0.2)),
            (x + _i(u * 0.68), _i(u)),
            (x - _i(u * 0.68), _i(u)),
        ]
        cv2.fillPoly(paint, [np.array(lid)], (86, 82, 80, 255))
        cv2.circle(paint, (x, _i(u * 0.58)), _i(u * 0.06), (150, 148, 146, 255), -1)
        cv2.line(paint, lid[3], lid[2], (50, 48, 46, 255), _i(u * 0.06))
    else:
        page = [
            (x - _i(u * 0.4), _i(u * 0.72)),
            (x + _i(u * 0.4), _i(u * 0.72)),
            (x + _i(u * 0.5), _i(u * 1.05)),
            (x - _i(u * 0.5), _i(u * 1.05)),
        ]
        cv2.fillPoly(paint, [np.array(page)], (214, 222, 226, 255))
        cv2.line(paint, (x, _i(u * 0.72)), (x, _i(u * 1.05)), (160, 168, 172, 255), _i(u * 0.04))
    return _shrunk(cv2.GaussianBlur(paint, (0, 0), _FINE * 0.4), round(width / _FINE))


def turned(sprite: Sprite, roll: float, turn: float) -> Sprite:
    """Return a head rolled by degrees to a shoulder, and turned a little to a side (-1 to 1)."""
    side = sprite.shape[0]
    matrix = cv2.getRotationMatrix2D((side / 2, side / 2), -roll, 1.0)
    narrow = np.array([[1 - 0.1 * abs(turn), 0.0], [0.05 * turn, 1.0]])
    matrix[:, :2] = narrow @ matrix[:, :2]
    matrix[:, 2] = side / 2 - matrix[:, :2] @ np.array([side / 2, side / 2])
    return np.asarray(cv2.warpAffine(sprite, matrix, (side, side), flags=cv2.INTER_LINEAR), np.uint8)


def paste(image: NDArray[np.uint8], sprite: Sprite, x: float, y: float) -> None:
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


def _shoulders(x: int, u: float) -> NDArray[np.int32]:
    """The outline from the neck over the shoulder down, smooth."""
    profile = [
        (0.34, 0.66),
        (0.44, 0.76),
        (0.64, 0.86),
        (0.88, 0.95),
        (1.08, 1.07),
        (1.21, 1.26),
        (1.29, 1.54),
        (1.36, 4.1),
    ]
    right = [(x + _i(dx * u), _i(dy * u)) for dx, dy in profile]
    left = [(x - _i(dx * u), _i(dy * u)) for dx, dy in reversed(profile)]
    return np.array([*right, *left], np.int32)


def _ellipse(side: int, middle: tuple[float, float], a: float, b: float, feather: float) -> NDArray[np.float32]:
    """Return opacity 0 to 1 of an ellipse with soft edges, shape (side, side)."""
    rows, columns = np.mgrid[0:side, 0:side].astype(np.float32)
    away = np.hypot((columns - middle[0]) / a, (rows - middle[1]) / b)
    return np.asarray(np.clip((1 - away) * min(a, b) / max(feather, 0.5) + 0.5, 0, 1), np.float32)


def _shrunk(sprite: NDArray[Any], width: int) -> Sprite:
    height = round(sprite.shape[0] * width / sprite.shape[1])
    return np.asarray(cv2.resize(sprite, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _shade(colour: Colour, factor: float) -> Colour:
    return _colour(np.asarray(colour) * factor)


def _colour(values: NDArray[Any]) -> Colour:
    blue, green, red = (int(np.clip(value, 0, 255)) for value in values)
    return blue, green, red


def _i(value: float) -> int:
    return round(value)
