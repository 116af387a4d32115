"""What a similarity is worth as evidence: numbers fitted for one engine and one recipe, in ``calibration/*.toml``."""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["MOST_LOOKS", "Calibration", "calibration_of"]

MOST_LOOKS = 7
"""More different looks than this add no evidence: nothing beyond was measured."""

FOLDER = Path(__file__).parent / "calibration"


class Calibration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The numbers of an engine.

    center, spread: median and scaled median deviation of the cosines between faces and other people's templates in a
    hall; what holds until a hall has shown its own.
    several, single: a, b, c, d of the log likelihood ratio for templates of two photographs or more, and of one.
    """

    center: float
    spread: float
    several: tuple[float, float, float, float]
    single: tuple[float, float, float, float]

    def __post_init__(self) -> None:
        if not self.spread > 0:
            raise ValueError(f"spread must be above 0, got {self.spread}")

    def llr(self, s: ArrayLike, looks: ArrayLike, photos: ArrayLike) -> NDArray[np.float64]:
        """Return ln(P(score | same person) / P(score | another)) = (a + b L) s + c L + d with L = ln min(looks, 7).

        s: cosines in units of the hall, (cosine - center) / spread. looks: different looks averaged into the face,
        at least 1. photos: photographs in the template, at least 1. The three broadcast against each other.
        """
        several = np.asarray(photos)[..., None] >= 2
        a, b, c, d = np.moveaxis(np.where(several, self.several, self.single), -1, 0)
        length = np.log(np.clip(looks, 1, MOST_LOOKS))
        llr: NDArray[np.float64] = (a + b * length) * np.asarray(s, np.float64) + c * length + d
        return llr


def calibration_of(engine: str) -> Calibration:
    """Read the calibration of an engine by its name."""
    values: Any = msgspec.toml.decode((FOLDER / f"{engine}.toml").read_bytes())
    return msgspec.convert(values, Calibration)
