"""The engine that a file describes: its detector or CenterFace finds, its graph or dlib's embeds."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from schemas.errors import RefusedError
from streams.faces.centerface import CenterFace, folded
from streams.faces.embedder import Embedder
from streams.faces.engine import Engine
from streams.faces.engine_file import DetectorPart, read_engine_file, recipe_digest, weight_of
from streams.faces.known import centerface_dlib as own
from streams.faces.pictures import Image
from streams.faces.values import Detections, Floats, Weight
from streams.faces.weights import read_weight
from streams.faces.yunet import YuNet

__all__ = ["Plugged", "PluggedEngine"]

RECIPE = 1
"""Counts up whenever the code here gives other embeddings of the same picture and file."""


class Plugged:
    """For a file what a module of ``known`` is for its engine."""

    def __init__(self, path: Path) -> None:
        """path: of the file.

        Raises:
            RefusedError: it is not what the file of an engine should be.
        """
        self.path, self.file = path, read_engine_file(path)

    def identity(self) -> str:
        """Return the engine's id."""
        kind = self.file.detector.kind if self.file.detector else "centerface"
        intake = self.file.embedder or own.DLIB
        sums = [each.sha256 for each in self.weights()]
        return f"{self.file.name}@{RECIPE}-{recipe_digest(kind, sums, intake.recipe)}"

    def weights(self) -> tuple[Weight, ...]:
        """Return the files of the detector and of the network."""
        folder, detector, embedder = self.path.parent, self.file.detector, self.file.embedder
        found, embedded = own.weights()
        return (
            weight_of(detector, folder) if detector else found,
            weight_of(embedder, folder) if embedder else embedded,
        )

    def load(self, threads: int, cache: Path | None) -> Engine:
        """Return the engine, ready to look.

        Raises:
            RefusedError: its weights are missing, not what the file says, or of no use.
        """
        finds, embeds = self.weights()
        detector, embedder = self.file.detector, self.file.embedder
        return PluggedEngine(
            self,
            _finder(detector, finds, threads) if detector else own.finder(threads, cache).detect,
            Embedder(read_weight(embeds), embedder, threads, str(embeds.path))
            if embedder
            else own.embedder(threads, cache),
        )


class PluggedEngine(Engine):
    """See the module. onnxruntime and OpenCV let go of the GIL, so threads look in parallel."""

    frees_gil = True

    def __init__(self, plugged: Plugged, find: Callable[[Image], Detections], embedder: Embedder) -> None:
        self.name = plugged.file.name
        self.id = plugged.identity()
        self.dimension = embedder.dimension
        self.weights = plugged.weights()
        self._find = find
        self._embedder = embedder

    def detect(self, image: Image) -> Detections:
        """Return the faces of an image, best score first."""
        return self._find(image)

    def embed(self, image: Image, detections: Detections) -> Floats:
        """Return the raw embeddings of these faces of the image, (n, dimension)."""
        return self._embedder.embed(image, detections.landmarks)


def _finder(part: DetectorPart, weight: Weight, threads: int) -> Callable[[Image], Detections]:
    """Return what finds faces, tried on a black picture."""
    model = read_weight(weight)
    try:
        if part.kind == "yunet":
            find = YuNet(model, part.threshold).detect
        else:
            find = partial(CenterFace(folded(model), threads).detect, threshold=part.threshold)
        find(np.zeros((64, 64, 3), np.uint8))
    except Exception as error:  # of the runtimes' many kinds
        raise RefusedError(f"{weight.path}: no {part.kind} ({error})", "Name its file, or another kind.") from error
    return find
