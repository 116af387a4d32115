"""What is compared: the mean of a person's looks, and cosines in units of the hall that they come from."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["FITTED_ROSTER", "Units", "hall_units", "mean_look"]

FITTED_ROSTER = 40
"""The constants are fitted in halls of about this many candidates, their own faces included."""


class Units(NamedTuple):
    """Cosines count as (cosine - center) / spread."""

    center: float
    spread: float


def mean_look(looks: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of looks, (d,); of (k, d). Leaving out those far from the others only leaves out poses."""
    mean: NDArray[np.float64] = looks.mean(axis=0)
    return mean


def hall_units(cosines: NDArray[np.floating], candidates: int) -> Units:
    """Return median and scaled median deviation of the cosines of a hall, nearly all of which are of different people.

    In a small roster a larger part of them are matches than where the constants were fitted: that part, the largest
    ones, is left out.

    cosines: of every face and the template of every candidate, in any shape. The spread may be 0.
    """
    matches = max(0.0, 1 / candidates - 1 / FITTED_ROSTER)
    scores, kept = cosines.ravel(), round(cosines.size * (1 - matches))
    if kept < scores.size:
        scores = np.partition(scores, kept)[:kept]
    center = float(np.median(scores))
    return Units(center, 1.4826 * float(np.median(np.abs(scores - center))))
