"""How good a face is to compare: sharp, from the front, well lit.

Used to refuse photographs and to say what to improve; never to choose or weigh the looks of an hour, where it was
measured to gain nothing.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from streams.faces.pictures import Image
from streams.faces.values import Floats

__all__ = ["Light", "Pose", "light", "pose", "sharpness"]

_SIDE = 48
"""Faces are brought to this width, so that the sharpness of a large and a small one compare."""

_NOSE = 0.55
"""How far a nose stands out before the eyes, in distances between these: of an average head."""


@dataclass(frozen=True, slots=True)
class Pose:
    """How a head is held, in degrees, as far as five landmarks tell.

    yaw: turned aside, positive to the right of the image; within about 10. roll: tilted, positive clockwise.
    """

    yaw: float
    roll: float


@dataclass(frozen=True, slots=True)
class Light:
    """How a face is lit, in grey values 0 to 255.

    bright: only a twentieth of the face is brighter. contrast: between that and what only a twentieth is darker than.
    The mean would say more of the skin than of the light.
    """

    bright: float
    contrast: float


def sharpness(image: Image, box: Floats) -> float:
    """Return the variance of the Laplacian over the variance of the grey values of a face, or 0 of a flat one.

    box: (4,), x1 y1 x2 y2. Lit brighter or darker, the same face is as sharp.
    """
    grey = _grey(image, box)
    smaller = grey.shape[1] > _SIDE
    side = (_SIDE, max(1, round(_SIDE * grey.shape[0] / grey.shape[1])))
    grey = cv2.resize(grey, side, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)
    contrast = float(grey.var())
    return float(cv2.Laplacian(grey, cv2.CV_64F).var()) / contrast if contrast >= 1 else 0.0


def pose(landmarks: Floats) -> Pose:
    """Return how a head is held. landmarks: (5, 2), of one face as of ``Detections``."""
    left, right, nose = landmarks[:3].astype(np.float64)
    across = right - left
    along = (nose - left) @ across / max(across @ across, 1e-6)
    yaw, roll = np.arctan((along - 0.5) / _NOSE), np.arctan2(across[1], across[0])
    return Pose(yaw=float(np.degrees(yaw)), roll=float(np.degrees(roll)))


def light(image: Image, box: Floats) -> Light:
    """Return how a face is lit. box: (4,), x1 y1 x2 y2."""
    grey = _grey(image, box)
    step = max(1, grey.shape[1] // _SIDE)  # of a large face some pixels say as much, and sorting all takes 50 ms
    dark, bright = np.percentile(grey[::step, ::step], (5, 95))
    return Light(bright=float(bright), contrast=float(bright - dark))


def _grey(image: Image, box: Floats) -> Image:
    """Return the grey values of a box, as far as the image goes, (h, w)."""
    height, width = image.shape[:2]
    x1, y1 = np.clip(np.floor(box[:2]), 0, (width - 1, height - 1)).astype(int)
    x2, y2 = np.clip(np.ceil(box[2:]), (x1 + 1, y1 + 1), (width, height)).astype(int)
    grey: Image = cv2.cvtColor(image[y1:y2, x1:x2], cv2.COLOR_BGR2GRAY)
    return grey
