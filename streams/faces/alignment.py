"""Five landmarks to an upright chip: the similarity transform (turn, scale, shift) of least squares, in closed form."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from streams.faces.intake import CHIP, POSITIONS
from streams.faces.pictures import Image
from streams.faces.values import Floats

__all__ = ["chip", "similarity"]

_FINEST = 1 / 16
"""A smaller scale than this shrinks a face of more than 2,000 px: it is sampled as if it were this one."""


def similarity(landmarks: Floats, positions: Floats = POSITIONS) -> NDArray[np.float64]:
    """Return the 2 x 3 matrix that carries landmarks to positions with the least squared error, never mirrored.

    landmarks, positions: (k, 2). Points that all coincide, or that no turn and scale brings nearer than their centre,
    are only shifted.
    """
    # With points as complex numbers a similarity is z -> a z + b, and least squares has this one line as solution.
    here = landmarks[:, 0].astype(np.float64) + 1j * landmarks[:, 1]
    there = positions[:, 0].astype(np.float64) + 1j * positions[:, 1]
    centred, target = here - here.mean(), there - there.mean()
    size = float(np.vdot(centred, centred).real)
    a = np.vdot(centred, target) / size if size > 1e-6 else 1.0
    a = complex(a) if abs(a) > 1e-6 else 1 + 0j
    b = complex(there.mean()) - a * complex(here.mean())
    return np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]])


def chip(image: Image, landmarks: Floats, positions: Floats = POSITIONS, size: int = CHIP) -> Image:
    """Return the upright chip of a face, (size, size, 3) BGR; black where it reaches over the border of the image.

    landmarks: (5, 2). positions: where they come to lie on the chip.
    """
    matrix = similarity(landmarks, positions)
    scale = math.hypot(matrix[0, 0], matrix[1, 0])
    # Sampling at the chip's own size would skip pixels of a large face: sample finer, then average.
    finer = math.ceil(1 / max(scale, _FINEST)) if scale < 0.75 else 1
    # Pixel centres: (x + 1/2) * finer - 1/2.
    matrix = matrix * finer + np.array([[0, 0, (finer - 1) / 2], [0, 0, (finer - 1) / 2]])
    large = cv2.warpAffine(image, matrix, (size * finer, size * finer), flags=cv2.INTER_LINEAR)
    result: Image = large if finer == 1 else cv2.resize(large, (size, size), interpolation=cv2.INTER_AREA)
    return result
