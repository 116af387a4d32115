"""People who are too alike to tell apart: how often a look of the one would be given to the other.

The rate follows from the calibration and the cosine of two templates, in a picture of faces as directions in space:

* Cosines of other people's faces spread by ``spread`` round ``center``. Directions spread so in about
  ((1 - center) / spread)^2 dimensions that matter; of centerface-dlib in 14.
* The difference of two faces is a noise in these dimensions, larger between two people than between two pictures of
  one. Where a cosine speaks for neither (its evidence is 0), their sizes m0 = 1 - center and m1 = m0 / r satisfy
  1 - cosine = m0 ln r / (r - 1). So a look of a person has the cosine g = 1 - m1 to his own template.
* Such a look is g of the template A and sqrt(1 - g^2) of a noise across it. It is nearer to B, whose template has the
  cosine rho to A's, with the probability

      rate = Phi(- sqrt(dimensions) * g / sqrt(1 - g^2) * sqrt((1 - rho) / (1 + rho))).

``docs/adr/0012-enrolment.md`` compares it with looks of real people.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from streams.faces.calibration import Calibration

__all__ = ["LEAST_RATE", "AlikePair", "alike_pairs", "confusion_rate"]

LEAST_RATE = 0.02
"""Of a hundred looks two go astray: from here on a pair is named. With two photos each about four pairs in a roster of
forty (10 of 1,770 among 60 people of LFW), with one none."""

BLOCK = 512
"""Templates that are compared with all at once: 10,000 people need 20 MB and two seconds."""

Numbers = NDArray[np.float64]


class AlikePair(NamedTuple):
    """Two rows of the templates, the smaller one first. rate: see the module, 0 to 0.5."""

    one: int
    other: int
    cosine: float
    rate: float


def alike_pairs(
    templates: NDArray[np.floating], photos: ArrayLike, calibration: Calibration, *, least: float = LEAST_RATE
) -> list[AlikePair]:
    """Return the pairs of people whose looks are confused at this rate or more, the worst first.

    templates: (m, d), unit length. photos: (m,), behind each template; a pair is as bad as the one with fewer.
    least: above 0, below 0.5.
    """
    templates = np.asarray(templates, np.float32)
    single = np.asarray(photos) < 2
    bounds = [_bound(least, calibration, photos) for photos in (2, 1)]
    found = []
    for start in range(0, len(templates), BLOCK):
        cosines = templates[start : start + BLOCK] @ templates[start:].T
        either = single[start : start + BLOCK, None] | single[None, start:]
        rows, columns = np.nonzero(np.triu(cosines >= np.where(either, bounds[1], bounds[0]), 1))
        alike = cosines[rows, columns].astype(np.float64)
        rates = confusion_rate(alike, np.where(either[rows, columns], 1, 2), calibration)
        found += [
            AlikePair(start + int(one), start + int(other), float(cosine), float(rate))
            for one, other, cosine, rate in zip(rows, columns, alike, rates, strict=True)
        ]
    return sorted(found, key=lambda pair: (-pair.rate, pair.one, pair.other))


def confusion_rate(cosines: ArrayLike, photos: ArrayLike, calibration: Calibration) -> Numbers:
    """Return the probability that one look of a person is nearer to another one's template, 0 to 0.5.

    cosines: of the two templates. photos: behind the template with fewer. The two broadcast against each other.
    """
    steady = np.where(np.asarray(photos) < 2, _steadiness(calibration, 1), _steadiness(calibration, 2))
    rho = np.clip(np.asarray(cosines, np.float64), -1, 1)
    rates: Numbers = ndtr(-steady * np.sqrt((1 - rho) / np.maximum(1 + rho, 1e-12)))
    return rates


def _bound(rate: float, calibration: Calibration, photos: int) -> float:
    """Return the cosine of two templates that are confused at this rate."""
    if not 0 < rate < 0.5:
        raise ValueError(f"a rate lies between 0 and 0.5, got {rate}")
    tangent = -ndtri(rate) / _steadiness(calibration, photos)
    return float((1 - tangent**2) / (1 + tangent**2))


def _steadiness(calibration: Calibration, photos: int) -> float:
    """Return sqrt(dimensions) * g / sqrt(1 - g^2): how much of a look is the person, against the noise across it."""
    dimensions = ((1 - calibration.center) / calibration.spread) ** 2
    at_zero, at_one = (float(calibration.llr(s, 1, photos)) for s in (0, 1))
    neutral = calibration.center - calibration.spread * at_zero / (at_one - at_zero)
    share = np.clip((1 - neutral) / (1 - calibration.center), 1e-3, 1 - 1e-6)
    own = 1 - (1 - calibration.center) / _ratio(float(share))
    return float(np.sqrt(dimensions) * own / np.sqrt(1 - own**2))


def _ratio(share: float) -> float:
    """Return r with ln r / (r - 1) = share, which falls from 1 to 0 as r grows; share: 0.001 to below 1.

    Halving finds it in no time; SciPy's finders of roots take half a second to import.
    """
    low, high = 0.0, math.log(1e6)
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if middle / math.expm1(middle) > share else (low, middle)
    return math.exp(low)
