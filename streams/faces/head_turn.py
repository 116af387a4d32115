"""How far a head is turned between two looks, and whether what turned has depth, by five landmarks.

The nose is told in the plane of eyes and mouth: a picture that is tilted, turned or moved carries all of them along,
and the nose stays where it was on that plane (but for perspective, which is weak: a face is small beside its distance).
The nose of a head stands out, and moves on that plane by its depth times the tangent of the angle. How far a plane is
turned its shape tells, for it gets narrower: so what moved too little for how narrow it got is flat, or merely bent.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.faces.values import Floats

__all__ = ["HeadTurn", "head_turn", "nose_offset"]

_LEAST_SHAPE = 0.05
"""Of a face that is narrower than this nothing can be said."""


class HeadTurn(NamedTuple):
    """From one look to another. shift: of the nose in distances of the eyes, positive to the person's own left.

    depth: of the nose before the plane of eyes and mouth, in distances of the eyes, as the two looks tell it; infinite
    where the face did not get narrower at all.
    """

    shift: float
    depth: float


def nose_offset(landmarks: Floats) -> float:
    """Return how far the nose is beside the middle of the face, in distances of the eyes; 0 where landmarks coincide.

    landmarks: (5, 2), of one face as of ``Detections``, in a picture that is not mirrored. Positive to the person's own
    left, which is right in the picture.
    """
    eyes, down, nose = _axes(landmarks)
    determinant = eyes[0] * down[1] - eyes[1] * down[0]
    return float((nose[0] * down[1] - nose[1] * down[0]) / determinant) if abs(determinant) > 1e-6 else 0.0


def head_turn(front: Floats, turned: Floats) -> HeadTurn:
    """Compare the landmarks of two looks, (5, 2) each; front: of the one that looks into the camera."""
    shift = nose_offset(turned) - nose_offset(front)
    narrow = float(np.clip(_shape(turned) / max(_shape(front), _LEAST_SHAPE), _LEAST_SHAPE, 1))
    tangent = np.sqrt(1 - narrow**2) / narrow
    return HeadTurn(shift, abs(shift) / tangent if tangent > 1e-6 else np.inf)


def _shape(landmarks: Floats) -> float:
    """Return how wide the eyes are apart, in heights from eyes to mouth."""
    eyes, down, _ = _axes(landmarks)
    return float(np.hypot(*eyes) / max(np.hypot(*down), 1e-6))


def _axes(landmarks: Floats) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return from the middle of the eyes: from eye to eye, down to the mouth, and to the nose, (2,) each."""
    left, right, nose, *mouth = landmarks.astype(np.float64)
    middle = (left + right) / 2
    return right - left, np.mean(mouth, axis=0) - middle, nose - middle
