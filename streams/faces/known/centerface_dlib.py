"""CenterFace finds, its five landmarks align, dlib's network (as an ONNX graph) embeds. The default."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from streams.faces.alignment import chip
from streams.faces.calibration import calibration_of
from streams.faces.centerface import CenterFace, folded
from streams.faces.engine import Engine
from streams.faces.pictures import Image
from streams.faces.runtime import session
from streams.faces.values import Detections, Floats, Weight
from streams.faces.weights import cached, centerface_weight, digest, dlib_weight, read_weight

__all__ = ["CenterFaceDlib", "identity", "load"]

NAME = "centerface-dlib"

RECIPE = 1
"""Counts up whenever the same picture gives other embeddings."""

_GRAPHS = 1
"""Counts up whenever the code that makes the cached graphs changes."""

BATCH = 32
"""Chips embedded at once; more need memory and gain nothing."""


def identity() -> str:
    """Return the engine's id."""
    return f"{NAME}@{RECIPE}-{digest(centerface_weight(), dlib_weight())}"


def load(threads: int, cache: Path | None) -> Engine:
    """Return the engine, ready to look."""
    return CenterFaceDlib(threads, cache)


class CenterFaceDlib(Engine):
    """See the module. onnxruntime and OpenCV let go of the GIL, so threads look in parallel."""

    name = NAME
    dimension = 128
    frees_gil = True

    def __init__(self, threads: int = 1, cache: Path | None = None) -> None:
        finds, embeds = centerface_weight(), dlib_weight()
        self.id = identity()
        self.calibration = calibration_of(NAME)
        self.weights = (finds, embeds)
        finder = cached(f"centerface-{_GRAPHS}-{digest(finds)}.graph", lambda: folded(read_weight(finds)), cache)
        network = cached(f"dlib-{_GRAPHS}-{digest(embeds)}.graph", lambda: _dlib_graph(embeds), cache)
        self._finder = CenterFace(finder, threads)
        self._network = session(network, threads)

    def detect(self, image: Image) -> Detections:
        """Return the faces of an image, best score first."""
        return self._finder.detect(image)

    def embed(self, image: Image, detections: Detections) -> Floats:
        """Return the raw embeddings of these faces of the image, (n, 128)."""
        batches = [detections.landmarks[start : start + BATCH] for start in range(0, len(detections), BATCH)]
        found = [self.embed_chips([chip(image, landmarks) for landmarks in batch]) for batch in batches]
        return np.concatenate([np.empty((0, self.dimension), np.float32), *found])

    def embed_chips(self, chips: Sequence[Image]) -> Floats:
        """Return the embeddings of upright chips, each (150, 150, 3) BGR; at least one."""
        blob = cv2.dnn.blobFromImages(list(chips), swapRB=True)
        embeddings: Floats = self._network.run(None, {"chips": blob})[0]
        return embeddings


def _dlib_graph(weight: Weight) -> bytes:
    # Only needed the first time on a machine, so only then is the onnx package loaded.
    from streams.faces.dlib_net import as_onnx

    return as_onnx(read_weight(weight))
