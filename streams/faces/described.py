"""What a file of a site says of its engine: an id and weights, without anything that looks."""

from pathlib import Path

from streams.faces import own_recipe as own
from streams.faces.engine_file import read_engine_file, recipe_digest, weight_of
from streams.faces.intake import DLIB
from streams.faces.weights import Weight

__all__ = ["Described"]

RECIPE = 1
"""Counts up whenever the code here gives other embeddings of the same picture and file."""


class Described:
    """The file, read."""

    def __init__(self, path: Path) -> None:
        """path: of the file.

        Raises:
            RefusedError: it is not what the file of an engine should be.
        """
        self.path, self.file = path, read_engine_file(path)

    def identity(self) -> str:
        """Return the engine's id."""
        kind = self.file.detector.kind if self.file.detector else "centerface"
        intake = self.file.embedder or DLIB
        sums = [each.sha256 for each in self.weights()]
        return f"{self.file.name}@{RECIPE}-{recipe_digest(kind, sums, intake.recipe)}"

    def weights(self) -> tuple[Weight, ...]:
        """Return the files of the detector and of the network."""
        return tuple(mine or ours for mine, ours in zip(self.parts(), own.weights(), strict=True))

    def own_weights(self) -> list[Weight]:
        """Return those of them that the file names."""
        return [each for each in self.parts() if each]

    @property
    def remedy(self) -> str:
        """What to do when weights are not what they should be."""
        return f"Put the file there that {self.path} names, or correct its name or SHA-256."

    def parts(self) -> tuple[Weight | None, Weight | None]:
        """Return the weights of the detector and of the network, as far as the file names them."""
        folder, detector, embedder = self.path.parent, self.file.detector, self.file.embedder
        return (
            weight_of(detector, folder) if detector else None,
            weight_of(embedder, folder) if embedder else None,
        )
