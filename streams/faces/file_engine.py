"""The engine that a file describes: its detector or CenterFace finds, its graph or dlib's embeds."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

from schemas.errors import RefusedError
from streams.faces.builtin import centerface_dlib as own
from streams.faces.centerface import CenterFace
from streams.faces.centerface_graph import folded, in_parts
from streams.faces.embedder import RUNTIME_ERRORS, Embedder
from streams.faces.engine import Engine
from streams.faces.engine_file import DetectorPart, read_engine_file, recipe_digest, weight_of
from streams.faces.pictures import Image
from streams.faces.values import Detections, Floats, Weight
from streams.faces.weights import read_weight
from streams.faces.yunet import YuNet

__all__ = ["Plugged", "PluggedEngine"]

RECIPE = 1
"""Counts up whenever the code here gives other embeddings of the same picture and file."""

Find: TypeAlias = Callable[[Image], Detections]


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
        return tuple(mine or ours for mine, ours in zip(self._mine(), own.weights(), strict=True))

    def own_weights(self) -> list[Weight]:
        """Return those of them that the file names."""
        return [each for each in self._mine() if each]

    def load(self, threads: int, cache: Path | None) -> Engine:
        """Return the engine, ready to look.

        Raises:
            RefusedError: its weights are missing, not what the file says, or of no use.
        """
        finds, embeds = self._mine()
        detector, embedder = self.file.detector, self.file.embedder
        if embedder and embeds:
            network = Embedder(read_weight(embeds, self.remedy), embedder, threads, str(embeds.path))
        else:
            network = own.embedder(threads, cache)
        if detector and finds:
            find = _finder(detector, read_weight(finds, self.remedy), threads, str(finds.path))
            return PluggedEngine(self, find, find, network)
        finder = own.finder(threads, cache)
        engine = PluggedEngine(self, finder.detect, partial(finder.detect, threshold=own.EXPECTED), network)
        engine.small = own.CenterFaceDlib.small
        return engine

    @property
    def remedy(self) -> str:
        """What to do when weights are not what they should be."""
        return f"Put the file there that {self.path} names, or correct its name or SHA-256."

    def _mine(self) -> tuple[Weight | None, Weight | None]:
        folder, detector, embedder = self.path.parent, self.file.detector, self.file.embedder
        return (
            weight_of(detector, folder) if detector else None,
            weight_of(embedder, folder) if embedder else None,
        )


class PluggedEngine(Engine):
    """See the module. onnxruntime and OpenCV let go of the GIL, so threads look in parallel."""

    frees_gil = True

    def __init__(self, plugged: Plugged, find: Find, find_expected: Find, embedder: Embedder) -> None:
        self.name = plugged.file.name
        self.id = plugged.identity()
        self.dimension = embedder.dimension
        self.weights = plugged.weights()
        self._find, self._find_expected = find, find_expected
        self._embedder = embedder

    def detect(self, image: Image) -> Detections:
        """Return the faces of an image, best score first."""
        return self._find(image)

    def detect_expected(self, image: Image) -> Detections:
        """Return the faces of an image of a place where faces are known to be: less sure ones count too."""
        return self._find_expected(image)

    def embed(self, image: Image, detections: Detections) -> Floats:
        """Return the raw embeddings of these faces of the image, (n, dimension)."""
        return self._embedder.embed(image, detections.landmarks)


def _finder(part: DetectorPart, model: bytes, threads: int, where: str) -> Find:
    """Return what finds faces, tried on a black picture."""
    try:
        if part.kind == "yunet":
            find = YuNet(model, part.threshold).detect
        else:
            find = partial(CenterFace(in_parts(folded(model)), threads).detect, threshold=part.threshold)
        find(np.zeros((64, 64, 3), np.uint8))
    except (cv2.error, DecodeError, RefusedError, *RUNTIME_ERRORS) as error:
        raise RefusedError(f"{where}: no {part.kind} ({error})", "Name its file, or another kind.") from error
    return find
