"""Bodies, from paint: clothes, shoulders, arms on the desk."""

from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from producers.simulated_hall.paint import Colour, Image
from producers.simulated_hall.sprites import FINE, Sprite, colour_of, shade, shrunk

__all__ = ["Clothes", "body", "clothes_of", "hands", "standing"]

_CLOTHES: tuple[Colour, ...] = (
    (92, 58, 38), (60, 62, 66), (44, 40, 120), (126, 132, 138), (70, 92, 58), (150, 120, 78),
    (48, 52, 92), (176, 182, 190), (96, 74, 110), (38, 86, 130), (112, 108, 64), (66, 44, 32), (104, 112, 150),
)  # fmt: skip


class Clothes(NamedTuple):
    """What a person looks like below and around the face. cut: 0 round collar, 1 open shirt, 2 hood."""

    cloth: Colour
    hair: Colour
    skin: Colour
    cut: int
    laptop: bool


def clothes_of(portrait: Image, number: int) -> Clothes:
    """Choose clothes by a person's number; take hair and skin from a portrait (shape (height, width, 3))."""
    height, width = portrait.shape[:2]
    crown = portrait[: height // 10, width // 3 : 2 * width // 3]
    cheeks = portrait[height // 2 : 2 * height // 3, width // 3 : 2 * width // 3]
    hair = np.median(crown.reshape(-1, 3), axis=0) * 0.85
    hair = (hair + 2 * hair.mean()) / 3  # less red than skin
    skin = np.median(cheeks.reshape(-1, 3), axis=0)
    return Clothes(
        cloth=_CLOTHES[number * 5 % len(_CLOTHES)],
        hair=colour_of(np.minimum(hair, 110)),
        skin=colour_of(skin),
        cut=number % 3,
        laptop=number * 3 % 5 < 2,
    )


@lru_cache(maxsize=512)
def body(look: Clothes, face: float) -> Sprite:
    """Draw neck, shoulders and chest. The middle of the upper edge is the middle of the face."""
    u = face * FINE
    width, height = round(u * 3.4), round(u * 4.0)
    x = width // 2
    paint = np.zeros((height, width, 4), np.uint8)
    cloth, dark = look.cloth, shade(look.cloth, 0.72)
    if look.cut == 2:
        cv2.ellipse(paint, (x, _i(u * 0.76)), (_i(u * 0.66), _i(u * 0.4)), 0, 0, 360, (*dark, 255), -1)
    neck = [
        (x - _i(u * 0.3), 0),
        (x + _i(u * 0.3), 0),
        (x + _i(u * 0.36), _i(u * 1.1)),
        (x - _i(u * 0.36), _i(u * 1.1)),
    ]
    cv2.fillPoly(paint, [np.array(neck)], (*shade(look.skin, 0.78), 255))
    cv2.fillPoly(paint, [_shoulders(x, u)], (*cloth, 255))
    if look.cut == 1:
        collar = [(x - _i(u * 0.34), _i(u * 0.74)), (x + _i(u * 0.34), _i(u * 0.74)), (x, _i(u * 1.35))]
        cv2.fillPoly(paint, [np.array(collar)], (*shade(look.skin, 0.85), 255))
        cv2.polylines(
            paint, [np.array([collar[0], collar[2], collar[1]])], False, (*shade(cloth, 1.25), 255), _i(u * 0.07)
        )
        cv2.line(paint, (x, _i(u * 1.35)), (x, height), (*dark, 255), _i(u * 0.03))
    else:
        cv2.ellipse(
            paint, (x, _i(u * 0.7)), (_i(u * 0.36), _i(u * 0.24)), 0, 0, 180, (*shade(look.skin, 0.78), 255), -1
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
    return shrunk(cv2.GaussianBlur(paint, (0, 0), FINE * 0.4), round(width / FINE))


@lru_cache(maxsize=512)
def standing(look: Clothes, face: float) -> Sprite:
    """Draw somebody who stands, from the neck to the shoes. The middle of the upper edge is that of the face."""
    u = face * FINE
    width, height = round(u * 3.4), round(u * 9.4)
    x = width // 2
    paint = np.zeros((height, width, 4), np.uint8)
    for side in (-1, 1):
        hip, hem, foot = x + side * _i(u * 0.5), x + side * _i(u * 0.48), (x + side * _i(u * 0.5), _i(u * 9.2))
        leg = [(x, _i(u * 3.4)), (hip + side * _i(u * 0.5), _i(u * 3.4)), (hem + side * _i(u * 0.34), foot[1])]
        leg += [(hem - side * _i(u * 0.36), foot[1]), (x + side * _i(u * 0.06), _i(u * 4.4))]
        cv2.ellipse(paint, foot, (_i(u * 0.4), _i(u * 0.16)), 0, 0, 360, (28, 26, 26, 255), -1)
        cv2.fillPoly(paint, [np.array(leg)], (62, 54, 50, 255))
        cv2.circle(paint, (x + side * _i(u * 1.34), _i(u * 4.1)), _i(u * 0.2), (*shade(look.skin, 0.9), 255), -1)
        arm = [(x + side * _i(u * 1.2), _i(u * 1.6)), (x + side * _i(u * 1.34), _i(u * 3.9))]
        cv2.line(paint, arm[0], arm[1], (*shade(look.cloth, 0.8), 255), _i(u * 0.4))
    sprite = shrunk(cv2.GaussianBlur(paint, (0, 0), FINE * 0.4), round(width / FINE))
    torso = body(look, face)[: round(face * 3.5)]
    chest = np.abs(np.arange(torso.shape[1]) - torso.shape[1] / 2) < face * 1.22
    shown = chest[None, :] & (torso[..., 3] > 127)
    sprite[: len(torso)][shown] = torso[shown]
    return sprite


@lru_cache(maxsize=512)
def hands(look: Clothes, face: float) -> Sprite:
    """Draw forearms on the desk, and a laptop seen from behind or an open book."""
    u = face * FINE
    width, height = round(u * 3.0), round(u * 1.3)
    x = width // 2
    paint = np.zeros((height, width, 4), np.uint8)
    for side in (-1, 1):
        start, end = (x + side * _i(u * 1.1), _i(u * 0.5)), (x + side * _i(u * 0.42), _i(u * 0.82))
        cv2.line(paint, start, end, (*shade(look.cloth, 0.9), 255), _i(u * 0.32))
        cv2.circle(paint, end, _i(u * 0.15), (*shade(look.skin, 0.92), 255), -1)
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
    return shrunk(cv2.GaussianBlur(paint, (0, 0), FINE * 0.4), round(width / FINE))


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


def _i(value: float) -> int:
    return round(value)
