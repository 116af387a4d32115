"""Whom of all visitors a face is most like, and whether that is likely enough to say."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.faces.calibration import Calibration
from streams.judgement.matching import likely_visitors
from streams.reference.visitors import Visitors

__all__ = ["Nearest", "nearest"]


class Nearest(NamedTuple):
    """The likeliest visitor of each of n faces. row: (n,), his in everybody. cosine, llr: (n,), of one look.

    likely: (n,), whether he is likely enough to be named; where not, llr is NaN.
    """

    row: NDArray[np.intp]
    cosine: NDArray[np.float32]
    llr: NDArray[np.float64]
    likely: NDArray[np.bool_]


def nearest(embeddings: NDArray[np.float32], visitors: Visitors, calibration: Calibration) -> Nearest:
    """Compare faces with all visitors, in the fixed units of the calibration.

    embeddings: (n, d), raw.
    """
    everybody, count = visitors.everybody, len(embeddings)
    row, cosine = np.zeros(count, np.intp), np.zeros(count, np.float32)
    llr = np.full(count, np.nan)
    if visitors.number:
        lengths = np.linalg.norm(embeddings, axis=1, keepdims=True)
        alike = (embeddings / np.maximum(lengths, 1e-12)) @ everybody.templates.T
        alike[:, visitors.roster] = -np.inf
        # Among those of one photo, and of several, the greatest cosine has the greatest LLR: 20,000 LLR are not needed.
        for start, end in ((0, everybody.single), (everybody.single, len(everybody.students))):
            if start < end:
                best = start + alike[:, start:end].argmax(axis=1)
                value = alike[np.arange(count), best]
                score = (value - calibration.center) / calibration.spread
                mine = calibration.llr(score, 1, everybody.photos[start])
                better = ~(mine <= llr) & np.isfinite(value)
                row, cosine = np.where(better, best, row), np.where(better, value, cosine)
                llr = np.where(better, mine, llr)
    likely = likely_visitors(llr, visitors.number)
    return Nearest(row, cosine, np.where(likely, llr, np.nan), likely)
