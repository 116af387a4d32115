"""The engine of the project of 2019: dlib's HOG detector, five points and network, through ``face_recognition``.

Slow, and it holds the GIL; here to compare with, and for sites that trust it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from streams.faces.weights import Weight, digest, dlib_weight

if TYPE_CHECKING:
    from streams.faces.engine import Engine

__all__ = ["NAME", "identity", "load", "weights"]

NAME = "face-recognition"

RECIPE = 1
"""Counts up whenever the same picture gives other embeddings."""

_NETWORK = "dlib_face_recognition_resnet_model_v1.dat"
_FIVE_POINTS = "shape_predictor_5_face_landmarks.dat"
_ALL_POINTS = "shape_predictor_68_face_landmarks.dat"


def identity() -> str:
    """Return the engine's id."""
    return f"{NAME}@{RECIPE}-{digest(*weights()[:2])}"  # the 68 points touch no embedding


def weights() -> tuple[Weight, ...]:
    """Return the files of the network and of the landmarks."""
    return tuple(dlib_weight(name) for name in (_NETWORK, _FIVE_POINTS, _ALL_POINTS))


def load(threads: int, cache: Path | None) -> Engine:
    """Return the engine, ready to look. It uses one thread and caches nothing."""
    from streams.faces.face_recognition_engine import FaceRecognition  # brings what looks, as in centerface_dlib

    return FaceRecognition(NAME, identity(), weights())
