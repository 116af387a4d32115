"""What an engine is: a detector, an aligner, an embedder, and the numbers that say what a similarity is worth.

Thresholds and templates are never shared between engines; the id tells them apart.
"""

from abc import ABC, abstractmethod
from functools import cached_property
from pathlib import Path
from typing import Literal, TypeAlias

from schemas.errors import RefusedError, SettingsError
from schemas.translations import Text
from streams.faces.calibration import Calibration, calibration_of
from streams.faces.devices import CPU, Device
from streams.faces.framed import framed
from streams.faces.pictures import Image
from streams.faces.regional_detection import detect_in
from streams.faces.regions import Plan
from streams.faces.reuse import Embed
from streams.faces.values import Detections, Floats, Found
from streams.faces.weights import Weight

__all__ = ["Arithmetic", "Engine"]

Arithmetic: TypeAlias = Literal["auto", "float", "quantised"]


class Engine(ABC):
    """What finds and embeds faces. One engine may be shared by threads, each looking at another image.

    name: as in the settings. id: stored with every template and sighting. dimension: of an embedding.
    frees_gil: whether threads look in parallel; if not, use processes.
    home: of the site, whose own calibration wins; whoever loads the engine for a site sets it.
    """

    name: str
    id: str
    dimension: int
    frees_gil: bool
    weights: tuple[Weight, ...]

    small: float | None = None
    """Width in pixels from which it finds every face, so that larger ones may be shrunk to it; None: not measured."""

    variant: str = ""
    """How faces are found, if not as usual; it does not change what an embedding is (``schemas.ids.base_engine``)."""
    home: Path | None = None

    device: Device = CPU
    """On which its networks run."""

    @cached_property
    def calibration(self) -> Calibration:
        """What its similarities are worth.

        Raises:
            RefusedError: nobody has calibrated it, or only another recipe of its name.
        """
        return calibration_of(self.id, self.home)

    def quicken(self, arithmetic: Arithmetic) -> str:
        """Look with 8-bit arithmetic if that is set, or (auto) faster here, and say in words what was chosen.

        Once, before anybody looks. Embeddings stay comparable; the variant tells observations apart.

        Raises:
            SettingsError: 8 bits are set and this engine knows none.
        """
        if arithmetic == "quantised":
            raise SettingsError(
                Text("the engine {name} has no 8-bit graphs", name=self.name), "Set NAUL_ARITHMETIC to auto or float."
            )
        return "float, the only one of this engine"

    def on(self, device: Device) -> "Engine":
        """Return the same engine with its networks, in float, on a device; the variant says so.

        Raises:
            RefusedError: it has none that could run there, or the device is missing.
        """
        raise RefusedError(
            Text("the engine {name} looks on the processor alone", name=self.name), "Set NAUL_DEVICE to auto or cpu."
        )

    @abstractmethod
    def detect(self, image: Image) -> Detections:
        """Return the faces of an image, best score first."""

    def detect_expected(self, image: Image) -> Detections:
        """Return the faces of an image of a place where faces are known to be: less sure ones count too."""
        return self.detect(image)

    @abstractmethod
    def embed(self, image: Image, detections: Detections) -> Floats:
        """Return the raw embeddings of these faces of the image, (n, dimension)."""

    def look(self, image: Image, regions: Plan = (), embed: Embed | None = None) -> list[Found]:
        """Return every face of the image, or of these regions of it, with its embedding, best score first.

        embed: in place of the engine's own, such as one that remembers earlier frames (``streams.faces.reuse``).
        """
        faces = detect_in(self.detect_expected, image, regions) if regions else self.detect(image)
        embeddings = (embed or self.embed)(image, faces)
        return [
            Found(box=(x1, y1, x2, y2), score=score, embedding=embedding, framed=inside)
            for (x1, y1, x2, y2), score, embedding, inside in zip(
                faces.boxes.tolist(), faces.scores.tolist(), embeddings, framed(image, faces.boxes), strict=True
            )
        ]
