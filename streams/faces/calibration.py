"""What a similarity is worth as evidence: numbers fitted for one engine and one recipe.

Ours are in ``calibration/*.toml``. A site's are in its home, ``engines/NAME/calibration.toml``, and win.
"""

from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from schemas.errors import RefusedError

__all__ = ["MOST_LOOKS", "Calibration", "calibration_file", "calibration_of"]

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


def calibration_file(engine: str, home: Path) -> Path:
    """Return where a site keeps its calibration of an engine; it may not exist."""
    return home / "engines" / engine / "calibration.toml"


def calibration_of(engine: str, home: Path | None = None) -> Calibration:
    """Read the calibration of an engine by its name: the site's if it has one, else ours.

    Raises:
        RefusedError: there is none, or it cannot be read.
    """
    places = [*([calibration_file(engine, home)] if home else []), FOLDER / f"{engine}.toml"]
    for path in places:
        try:
            return msgspec.toml.decode(path.read_bytes(), type=Calibration)
        except FileNotFoundError:
            continue
        except (OSError, UnicodeDecodeError, msgspec.DecodeError) as error:
            raise RefusedError(f"{path}: {error}", f"Fit it anew: naul calibrate --engine {engine}") from error
    raise RefusedError(
        f"the engine {engine} is not calibrated: nobody knows what its similarities are worth",
        f"Run `naul calibrate --engine {engine}`.",
    )
