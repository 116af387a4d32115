"""CenterFace finds, its five landmarks align, dlib's network (as an ONNX graph) embeds. The default."""

from collections.abc import Sequence
from pathlib import Path

from streams.faces.centerface import CenterFace, folded
from streams.faces.embedder import Embedder, Intake
from streams.faces.engine import Engine
from streams.faces.pictures import Image
from streams.faces.values import Detections, Floats, Weight
from streams.faces.weights import cached, centerface_weight, digest, dlib_weight, read_weight

__all__ = ["DLIB", "CenterFaceDlib", "embedder", "finder", "identity", "load", "weights"]

NAME = "centerface-dlib"

RECIPE = 1
"""Counts up whenever the same picture gives other embeddings."""

_GRAPHS = 2
"""Counts up whenever the code that makes the cached graphs changes."""

DLIB = Intake(size=150, alignment="dlib", colour="rgb", mean=0, scale=1, dimension=128)
"""What the graph of dlib's network takes; it subtracts and divides by itself."""


_EXPECTED = 0.35
"""Least score of a face where faces are known to be: shrunk to 24 px, a face scores lower (ADR 10)."""


def identity() -> str:
    """Return the engine's id."""
    return f"{NAME}@{RECIPE}-{digest(*weights())}"


def weights() -> tuple[Weight, ...]:
    """Return the files of the detector and of the network."""
    return centerface_weight(), dlib_weight()


def load(threads: int, cache: Path | None) -> Engine:
    """Return the engine, ready to look."""
    return CenterFaceDlib(threads, cache)


def finder(threads: int, cache: Path | None) -> CenterFace:
    """Return the detector, ready to look."""
    weight = centerface_weight()
    name = f"centerface-{_GRAPHS}-{digest(weight)}.graph"
    return CenterFace(cached(name, lambda: folded(read_weight(weight)), cache), threads)


def embedder(threads: int, cache: Path | None) -> Embedder:
    """Return the network, ready to embed."""
    weight = dlib_weight()
    graph = cached(f"dlib-{_GRAPHS}-{digest(weight)}.graph", lambda: _dlib_graph(weight), cache)
    return Embedder(graph, DLIB, threads, weight.path.name)


class CenterFaceDlib(Engine):
    """See the module. onnxruntime and OpenCV let go of the GIL, so threads look in parallel."""

    name = NAME
    dimension = DLIB.dimension
    frees_gil = True
    small = 24.0  # docs/adr/0010-camera-profile.md

    def __init__(self, threads: int = 1, cache: Path | None = None) -> None:
        self.id = identity()
        self.weights = weights()
        self._finder = finder(threads, cache)
        self._embedder = embedder(threads, cache)

    def detect(self, image: Image) -> Detections:
        """Return the faces of an image, best score first."""
        return self._finder.detect(image)

    def detect_expected(self, image: Image) -> Detections:
        """Return the faces of an image of a place where faces are known to be: less sure ones count too."""
        return self._finder.detect(image, _EXPECTED)

    def embed(self, image: Image, detections: Detections) -> Floats:
        """Return the raw embeddings of these faces of the image, (n, 128)."""
        return self._embedder.embed(image, detections.landmarks)

    def embed_chips(self, chips: Sequence[Image]) -> Floats:
        """Return the embeddings of upright chips, each (150, 150, 3) BGR; at least one."""
        return self._embedder.embed_chips(chips)


def _dlib_graph(weight: Weight) -> bytes:
    # Only needed the first time on a machine, so only then is the onnx package loaded.
    from streams.faces.dlib_net import as_onnx

    return as_onnx(read_weight(weight))
