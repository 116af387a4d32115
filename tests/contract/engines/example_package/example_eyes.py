"""An engine in a package of its own: it finds faces as Naul does, and compares them as small grey pictures.

Its pyproject.toml says:

    [project.entry-points."naul.engines"]
    example-eyes = "example_eyes"
"""

from pathlib import Path

import cv2
import numpy as np

from streams.faces.alignment import chip
from streams.faces.engines import Detections, Engine, Weight, load_engine
from streams.faces.pictures import Image
from streams.faces.values import Floats

NAME = "example-eyes"


def identity() -> str:
    """Return the engine's id."""
    return f"{NAME}@1"


def weights() -> tuple[Weight, ...]:
    """Return the files that it reads: none of its own."""
    return ()


def load(threads: int, cache: Path | None) -> Engine:
    """Return the engine, ready to look."""
    return ExampleEyes(load_engine("centerface-dlib", threads=threads, cache=cache))


class ExampleEyes(Engine):
    """Faces of 12 x 12 grey pixels, lit alike."""

    name = NAME
    dimension = 144
    frees_gil = True

    def __init__(self, finder: Engine) -> None:
        self.id = identity()
        self.weights = weights()
        self._finder = finder

    def detect(self, image: Image) -> Detections:
        """Return the faces of an image, best score first."""
        return self._finder.detect(image)

    def embed(self, image: Image, detections: Detections) -> Floats:
        """Return the raw embeddings of these faces of the image, (n, 144)."""
        chips = [cv2.cvtColor(chip(image, each), cv2.COLOR_BGR2GRAY)[35:125, 30:120] for each in detections.landmarks]
        small = [cv2.resize(each, (12, 12), interpolation=cv2.INTER_AREA).ravel() for each in chips]
        pixels = np.array(small, np.float32).reshape(-1, self.dimension)
        return np.asarray((pixels - pixels.mean(1, keepdims=True)) / (pixels.std(1, keepdims=True) + 1), np.float32)
