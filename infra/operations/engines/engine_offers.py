"""Engines that Naul offers and does not carry: which there are, and whose package has the weights."""

from dataclasses import dataclass
from pathlib import Path

__all__ = ["OFFERS", "Offer"]

HERE = Path(__file__).parent / "offers"


@dataclass(frozen=True, slots=True)
class Offer:
    """An engine whose description is ours and whose weights lie in a package of npm.

    spec: the package with its version. member: the weights in its archive.
    """

    name: str
    spec: str
    member: str

    @property
    def path(self) -> Path:
        """Its description."""
        return HERE / self.name / "engine.toml"


OFFERS = {
    each.name: each
    for each in (Offer("faceplugin", "faceplugin-face-recognition-js@0.0.1", "package/model/fr_feature.onnx"),)
}
