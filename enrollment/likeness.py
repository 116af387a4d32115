"""Whom photographs resemble: one that is unlike a person's others, and one face under two ids.

Bounds are in units of the engine's calibration, s = (cosine - center) / spread, so that they hold for engines of other
scales. They were measured with ``tests/benchmarks/likeness.py``; ``docs/adr/0004-consent-and-templates.md`` has the
numbers. Both only warn: a person decides.
"""

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from streams.faces.calibration import Calibration
from streams.faces.templates import cosines

__all__ = ["ALIKE", "ALIKE_SINGLE", "UNLIKE", "Known", "Pair", "odd_photos", "same_faces"]

UNLIKE = 1.1
"""A photograph below this to each other one of its person is odd (cosine 0.91 of centerface-dlib)."""

ALIKE = 2.9
"""Templates of two photographs or more above this are one face (cosine 0.97 of centerface-dlib)."""

ALIKE_SINGLE = 2.6
"""The same where one of the two has a single photograph (cosine 0.96): it resembles itself less."""

Floats = NDArray[np.float32]


class Known(msgspec.Struct, frozen=True, eq=False):
    """A template of one engine. vector: (d,) of unit length. photos: how many are behind it."""

    student_id: str
    vector: Floats
    photos: int


class Pair(msgspec.Struct, frozen=True, order=True):
    """Two ids with one face, the smaller id first."""

    one: str
    other: str
    cosine: float


def odd_photos(embeddings: Sequence[Floats], calibration: Calibration) -> list[int]:
    """Return which photographs are like none of the others of their person. Of two that differ, both are.

    embeddings: of shape (d,) each, raw.
    """
    if len(embeddings) < 2:
        return []
    stacked = np.stack(embeddings)
    alike = (cosines(stacked, stacked) - calibration.center) / calibration.spread
    np.fill_diagonal(alike, -np.inf)
    return np.flatnonzero(alike.max(axis=1) < UNLIKE).tolist()


def same_faces(new: Sequence[Known], enrolled: Sequence[Known], calibration: Calibration) -> list[Pair]:
    """Return every pair of ids with one face of which at least one is new, sorted.

    enrolled: of the same engine; those who are new as well are passed over.
    """
    ids = {each.student_id for each in new}
    everybody = [*new, *(each for each in enrolled if each.student_id not in ids)]
    if len(everybody) < 2 or not new:
        return []
    vectors = np.stack([each.vector for each in everybody])
    single = np.array([each.photos == 1 for each in everybody])
    pairs = []
    for at, each in enumerate(new):
        alike = cosines(each.vector[None], vectors[at + 1 :])[0]
        bound = np.where(single[at + 1 :] | single[at], ALIKE_SINGLE, ALIKE)
        for found in np.flatnonzero((alike - calibration.center) / calibration.spread > bound):
            one, other = sorted([each.student_id, everybody[at + 1 + found].student_id])
            pairs.append(Pair(one, other, float(alike[found])))
    return sorted(pairs)
