"""The engine that a file describes: its detector or CenterFace finds, its graph or dlib's embeds."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

from schemas.errors import RefusedError
from schemas.translations import Text
from streams.faces import centerface_dlib_engine as own
from streams.faces.centerface import CenterFace
from streams.faces.centerface_graph import folded, in_parts
from streams.faces.described import Described
from streams.faces.devices import CPU, Device, variant_of
from streams.faces.embedder import RUNTIME_ERRORS, Embedder
from streams.faces.engine import Engine
from streams.faces.engine_file import DetectorPart
from streams.faces.pictures import Image
from streams.faces.values import Detections, Floats
from streams.faces.weights import read_weight
from streams.faces.yunet import YuNet

__all__ = ["PluggedEngine", "loaded"]

Find: TypeAlias = Callable[[Image], Detections]


def loaded(plugged: Described, threads: int, cache: Path | None, device: Device = CPU) -> Engine:
    """Return the engine of a file, ready to look; see ``Plugged.load``."""
    finds, embeds = plugged.parts()
    detector, embedder = plugged.file.detector, plugged.file.embedder
    if embedder and embeds:
        network = Embedder(read_weight(embeds, plugged.remedy), embedder, threads, str(embeds.path), device)
    else:
        network = own.embedder(threads, cache, device)
    if detector and finds:
        find = _finder(detector, read_weight(finds, plugged.remedy), threads, str(finds.path), device)
        engine = PluggedEngine(plugged, find, find, network)
    else:
        finder = own.finder(threads, cache, device)
        engine = PluggedEngine(plugged, finder.detect, partial(finder.detect, threshold=own.EXPECTED), network)
        engine.small = own.CenterFaceDlib.small
    engine.device, engine.variant = device, variant_of(device)
    engine.elsewhere = partial(loaded, plugged, threads, cache)
    return engine


class PluggedEngine(Engine):
    """See the module. onnxruntime and OpenCV let go of the GIL, so threads look in parallel."""

    frees_gil = True
    elsewhere: Callable[[Device], Engine]

    def __init__(self, plugged: Described, find: Find, find_expected: Find, embedder: Embedder) -> None:
        self.name = plugged.file.name
        self.id = plugged.identity()
        self.dimension = embedder.dimension
        self.weights = plugged.weights()
        self._find, self._find_expected = find, find_expected
        self._embedder = embedder

    def on(self, device: Device) -> Engine:
        """Return it on a device; see ``Engine.on``. YuNet stays where OpenCV runs it."""
        other = self.elsewhere(device)
        other.home = self.home
        return other

    def detect(self, image: Image) -> Detections:
        """Return the faces of an image, best score first."""
        return self._find(image)

    def detect_expected(self, image: Image) -> Detections:
        """Return the faces of an image of a place where faces are known to be: less sure ones count too."""
        return self._find_expected(image)

    def embed(self, image: Image, detections: Detections) -> Floats:
        """Return the raw embeddings of these faces of the image, (n, dimension)."""
        return self._embedder.embed(image, detections.landmarks)


def _finder(part: DetectorPart, model: bytes, threads: int, where: str, device: Device) -> Find:
    """Return what finds faces, tried on a black picture."""
    try:
        if part.kind == "yunet":
            find = YuNet(model, part.threshold).detect
        else:
            find = partial(CenterFace(in_parts(folded(model)), threads, device).detect, threshold=part.threshold)
        find(np.zeros((64, 64, 3), np.uint8))
    except (cv2.error, DecodeError, RefusedError, *RUNTIME_ERRORS) as error:
        raise RefusedError(
            Text("{where}: no {kind} ({error})", where=where, kind=part.kind, error=error),
            "Name its file, or another kind.",
        ) from error
    return find
