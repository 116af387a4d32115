"""Somebody before a kiosk's camera, of the ORL pictures: he looks into it, and turns his head to either side.

No set of pictures at hand shows heads that are turned as far as a kiosk asks: a picture of somebody who looks aside
is turned further by drawing, its nose and the rounding of its head standing out; mirrored, it is the other side.
"""

import cv2
import numpy as np

from producers.simulated_hall.actors import people_of
from streams.faces.engines import DEFAULT, load_engine
from streams.faces.pictures import Image, read_photo
from streams.faces.values import Floats

__all__ = ["pictures_of", "portrait"]

FRONT, ASIDE = 1, 10
"""Pictures of s4: into the camera, and some 20 degrees to his own left."""
FURTHER = np.radians(25)


def portrait(person: str, number: int) -> Image:
    """Return a picture of somebody."""
    return read_photo(people_of("orl").pictures(person)[number - 1])


def pictures_of(person: str) -> dict[str, bytes]:
    """Return what the camera shows, JPEGs: ``front``, ``half left``, ``left``, ``half right``, ``right``."""
    front, half = (_before_camera(portrait(person, number)) for number in (FRONT, ASIDE))
    full = _turned(half, load_engine(DEFAULT).detect(half).landmarks[0])
    found = {"front": front, "half left": half, "left": full, "half right": half[:, ::-1], "right": full[:, ::-1]}
    return {name: cv2.imencode(".jpg", np.ascontiguousarray(each))[1].tobytes() for name, each in found.items()}


def _before_camera(picture: Image) -> Image:
    image = cv2.resize(picture, None, fx=3.2, fy=3.2, interpolation=cv2.INTER_CUBIC)
    y, x = 480 - image.shape[0], 640 - image.shape[1]
    sides = y // 2, y - y // 2, x // 2, x - x // 2
    wide = cv2.copyMakeBorder(image, *sides, cv2.BORDER_REPLICATE)
    inside = cv2.GaussianBlur(
        cv2.copyMakeBorder(np.ones_like(image, np.float32), *sides, cv2.BORDER_CONSTANT), (0, 0), 9
    )
    return np.asarray(
        wide * inside + cv2.GaussianBlur(wide, (0, 0), 40) * (1 - inside), np.uint8
    )  # a wall out of focus


def _turned(image: Image, landmarks: Floats) -> Image:
    """Return a face turned further to its own left: each pixel moves by how far it stands out."""
    size, middle, nose = 0.9 * np.hypot(*(landmarks[3] - landmarks[0])), landmarks[:2, 0].mean(), landmarks[2]
    x, y = np.meshgrid(np.arange(image.shape[1], dtype=np.float32), np.arange(image.shape[0], dtype=np.float32))
    bump = np.exp(-(((y - nose[1]) / (0.5 * size)) ** 2))
    origin = x.copy()
    for _ in range(60):  # where a pixel comes from, step by step
        depth = 0.75 * size * bump * np.exp(-(((origin - nose[0]) / (0.45 * size)) ** 2))
        depth -= 0.4 * size * np.clip(np.abs(origin - middle) / (1.1 * size), 0, 1) ** 2
        origin += 0.4 * (middle + (x - middle - depth * np.sin(FURTHER)) / np.cos(FURTHER) - origin)
    return cv2.remap(image, origin.astype(np.float32), y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[return-value]
