"""The engine that looks behind ``builtin/centerface_dlib``."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from schemas.translations import Text
from streams.faces.arithmetic import LEAST, gain, key
from streams.faces.centerface import THRESHOLD, CenterFace
from streams.faces.centerface_graph import folded, in_parts
from streams.faces.devices import CPU, Device, variant_of
from streams.faces.embedder import Embedder
from streams.faces.engine import Arithmetic, Engine
from streams.faces.intake import DLIB
from streams.faces.own_recipe import NAME, identity, weights
from streams.faces.pictures import Image
from streams.faces.ranges import ranges_of
from streams.faces.values import Detections, Floats
from streams.faces.weights import Weight, cached, centerface_weight, digest, dlib_weight, read_weight

__all__ = ["EXPECTED", "CenterFaceDlib", "embedder", "finder"]

_GRAPHS = 4
"""Counts up whenever the code that makes the cached graphs changes."""

QUANTISED = "q8"
"""Variant of sight: both graphs in 8 bits."""

_QUANTISED_THRESHOLD = 0.4
"""Least score of a face in 8 bits: rounding moves scores, and at 0.5 faces that float just finds are lost (ADR 9)."""

_FACES = 16
"""To embed when the speed is measured: of a frame of a hall that is not quite full."""

EXPECTED = 0.35
"""Least score of a face where faces are known to be: shrunk to 24 px, a face scores lower (ADR 10)."""


def finder(threads: int, cache: Path | None, device: Device = CPU, *, quantised: bool = False) -> CenterFace:
    """Return the detector, ready to look."""
    weight = centerface_weight()
    name = _name("centerface", weight, quantised)
    parts = cached(name, lambda: in_parts(_graph("centerface", weight, folded, quantised)), cache)
    return CenterFace(parts, threads, device)


def embedder(threads: int, cache: Path | None, device: Device = CPU, *, quantised: bool = False) -> Embedder:
    """Return the network, ready to embed."""
    weight = dlib_weight()
    graph = cached(_name("dlib", weight, quantised), lambda: _graph("dlib", weight, _dlib_graph, quantised), cache)
    return Embedder(graph, DLIB, threads, weight.path.name, device)


class CenterFaceDlib(Engine):
    """See the module. onnxruntime and OpenCV let go of the GIL, so threads look in parallel."""

    name = NAME
    dimension = DLIB.dimension
    frees_gil = True
    small = 24.0  # docs/adr/0010-camera-profile.md

    def __init__(self, threads: int = 1, cache: Path | None = None, device: Device = CPU) -> None:
        self.id = identity()
        self.weights = weights()
        self._threads, self._cache, self._least = threads, cache, THRESHOLD
        self._finder = finder(threads, cache, device)
        self._embedder = embedder(threads, cache, device)
        self.device, self.variant = device, variant_of(device)

    def on(self, device: Device) -> "CenterFaceDlib":
        """Return it on a device; see ``Engine.on``."""
        other = CenterFaceDlib(self._threads, self._cache, device)
        other.home = self.home
        return other

    def quicken(self, arithmetic: Arithmetic) -> str:
        """Go over to 8 bits if that is set, or faster here; see ``Engine.quicken``."""
        if arithmetic == "float":
            return Text("float, as it is set")
        finds = finder(self._threads, self._cache, quantised=True)
        embeds = embedder(self._threads, self._cache, quantised=True)
        told = Text("as it is set")
        if arithmetic == "auto":
            gain = self._gain(finds, embeds)
            if gain < LEAST:
                return Text("float; 8 bits are {gain:.1f} times as fast here", gain=gain)
            told = Text("{gain:.1f} times faster than float here", gain=gain)
        self._finder, self._embedder = finds, embeds
        self._least, self.variant = _QUANTISED_THRESHOLD, QUANTISED
        return Text("8 bits, {told}", told=told)

    def _gain(self, finds: CenterFace, embeds: Embedder) -> float:
        noise = np.random.default_rng(0)
        frame = noise.integers(0, 256, (1080, 1920, 3), np.uint8)
        chips = list(noise.integers(0, 256, (_FACES, DLIB.size, DLIB.size, 3), np.uint8))

        def look(finder: CenterFace, embedder: Embedder) -> None:
            finder.detect(frame)
            embedder.embed_chips(chips)

        return gain(
            key(self._threads, *_graph_names()),
            partial(look, self._finder, self._embedder),
            partial(look, finds, embeds),
            self._cache,
        )

    def detect(self, image: Image) -> Detections:
        """Return the faces of an image, best score first."""
        return self._finder.detect(image, self._least)

    def detect_expected(self, image: Image) -> Detections:
        """Return the faces of an image of a place where faces are known to be: less sure ones count too."""
        return self._finder.detect(image, EXPECTED)

    def embed(self, image: Image, detections: Detections) -> Floats:
        """Return the raw embeddings of these faces of the image, (n, 128)."""
        return self._embedder.embed(image, detections.landmarks)

    def embed_chips(self, chips: Sequence[Image]) -> Floats:
        """Return the embeddings of upright chips, each (150, 150, 3) BGR; at least one."""
        return self._embedder.embed_chips(chips)


def _graph_names() -> tuple[str, ...]:
    both = list(zip(("centerface", "dlib"), weights(), strict=True))
    return tuple(_name(part, weight, quantised) for quantised in (False, True) for part, weight in both)


def _name(part: str, weight: Weight, quantised: bool) -> str:
    ranges = f"-{ranges_of(part, weight).digest}" if quantised else ""
    return f"{part}-{_GRAPHS}-{digest(weight)}{ranges}.graph"


def _graph(part: str, weight: Weight, make: Callable[[bytes], bytes], quantised: bool) -> bytes:
    graph = make(read_weight(weight))
    if not quantised:
        return graph
    from streams.faces.quantised import quantised as rounded  # brings onnx, like every ``make``

    return rounded(graph, ranges_of(part, weight).values)


def _dlib_graph(model: bytes) -> bytes:
    from streams.faces.dlib_net import as_onnx  # brings onnx: only the first time on a machine

    return as_onnx(model)
