"""Names in one frame: each face gets at most one student, each student at most one face, and nobody is allowed."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linear_sum_assignment

from streams.faces.calibration import Calibration

__all__ = ["NOBODY", "STRANGER", "Names", "against", "assign", "candidate_faces", "likely_visitors", "names", "prior"]

STRANGER = 0.2
"""How likely a face is nobody of the roster, before it is compared: as likely a visitor as somebody unknown."""

NOBODY = -1
"""The place in the roster of who is not in it."""

KEEP_LOOK = -2.0
"""A face whose best LLR is below this wins no name, not even at the seat of the student it resembles."""

KEEP_VISITOR = -2.0
"""A visitor is worth a name when his log odds against somebody unknown are at least this. One look of a real visitor
reaches it more often than not among a thousand, one in six times among 20,000; the best of so many by chance hardly."""


class Names(NamedTuple):
    """student: (n,), the candidate each face was taken for, NOBODY if none. llr: (n, m), of one look."""

    student: NDArray[np.intp]
    llr: NDArray[np.float64]


def prior(candidates: int) -> float:
    """Return the log odds of one candidate against nobody, before a face is compared."""
    return float(np.log((1 - STRANGER) / max(candidates, 1)) - np.log(STRANGER))


def against(llr: NDArray[np.floating], visitors: int) -> NDArray[np.float64]:
    """Return by how much visitors lower the log odds of every candidate, (n,), never below 0.

    Half of the prior of nobody is the visitors', in equal parts. A face that is like no visitor is as likely a stranger
    as before: nobody is named because others are enrolled.

    llr: (n, v), against those visitors who may be it; NaN where there is none. visitors: how many were compared.
    """
    alike = np.logaddexp.reduce(np.nan_to_num(llr, nan=-np.inf), axis=1, initial=-np.inf)
    against_: NDArray[np.float64] = np.logaddexp(0, alike - np.log(max(visitors, 1))) - np.log(2)
    return np.maximum(against_, 0)


def likely_visitors(llr: NDArray[np.floating], visitors: int) -> NDArray[np.bool_]:
    """Return which faces may be the visitor that they are most like, (n,).

    llr: (n,), of one look. visitors: how many were compared.
    """
    likely: NDArray[np.bool_] = llr - np.log(max(visitors, 1)) >= KEEP_VISITOR
    return likely


def assign(gain: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return which candidate each face gets, (n,), so that the sum of gains is greatest.

    gain: (n, m), log odds against nobody, NaN where they were not compared. A pair that is not above 0 is no pair; so
    cutting the gains off at 0 leaves the best assignment as it is, and a row or column without a positive gain is left
    out.
    """
    student = np.full(len(gain), NOBODY, np.intp)
    likely = gain > 0
    faces, columns = np.flatnonzero(likely.any(axis=1)), np.flatnonzero(likely.any(axis=0))
    if len(faces):
        positive = np.where(likely, gain, 0)[np.ix_(faces, columns)]
        rows, picks = linear_sum_assignment(positive, maximize=True)
        real = positive[rows, picks] > 0
        student[faces[rows[real]]] = columns[picks[real]]
    return student


def names(
    cosines: NDArray[np.floating],
    photos: NDArray[np.integer],
    calibration: Calibration,
    *,
    center: float,
    spread: float,
    others: ArrayLike = 0,
) -> Names:
    """Name the faces of one frame by that frame alone.

    cosines: (n, m), of each face to the template of each candidate. photos: (m,), behind each template.
    center, spread: the units that cosines are measured in. others: (n,), what visitors say ``against`` each face.
    """
    llr = calibration.llr((cosines - center) / spread, 1, photos)
    return Names(assign(llr + prior(llr.shape[1]) - np.reshape(others, (-1, 1))), llr)


def candidate_faces(llr: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which faces may be a candidate's, (n,): only their embeddings may be kept.

    llr: (n, m), of one look.
    """
    kept: NDArray[np.bool_] = llr.max(axis=1, initial=-np.inf) >= KEEP_LOOK
    return kept
