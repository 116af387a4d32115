"""What an engine is: a detector, an aligner, an embedder, and the numbers that say what a similarity is worth.

Thresholds and templates are never shared between engines; the id tells them apart.
"""

from abc import ABC, abstractmethod
from functools import cached_property
from pathlib import Path

from streams.faces.calibration import Calibration, calibration_of
from streams.faces.pictures import Image
from streams.faces.quality import qualities
from streams.faces.values import Detections, Floats, Found, Weight

__all__ = ["Engine"]


class Engine(ABC):
    """Eyes of one kind. One engine may be shared by threads, each looking at another image.

    name: as in the settings. id: stored with every template and sighting. dimension: of an embedding.
    frees_gil: whether threads look in parallel; if not, use processes.
    home: of the site, whose own calibration wins; whoever loads the engine for a site sets it.
    """

    name: str
    id: str
    dimension: int
    frees_gil: bool
    weights: tuple[Weight, ...]
    home: Path | None = None

    @cached_property
    def calibration(self) -> Calibration:
        """What its similarities are worth.

        Raises:
            RefusedError: nobody has calibrated it.
        """
        return calibration_of(self.name, self.home)

    @abstractmethod
    def detect(self, image: Image) -> Detections:
        """Return the faces of an image, best score first."""

    @abstractmethod
    def embed(self, image: Image, detections: Detections) -> Floats:
        """Return the raw embeddings of these faces of the image, (n, dimension)."""

    def look(self, image: Image) -> list[Found]:
        """Return every face of the image with its embedding, best score first."""
        faces = self.detect(image)
        embeddings = self.embed(image, faces)
        return [
            Found(box=(x1, y1, x2, y2), score=score, quality=quality, embedding=embedding)
            for (x1, y1, x2, y2), score, quality, embedding in zip(
                faces.boxes.tolist(), faces.scores.tolist(), qualities(image, faces), embeddings, strict=True
            )
        ]
