"""Whom photographs resemble: one that is unlike a person's others, one face under two ids, two people too alike.

Bounds are in units of the engine's calibration, s = (cosine - center) / spread, so that they hold for engines of other
scales. They were measured with ``tests/benchmarks/likeness.py``; ``docs/adr/0004-consent-and-templates.md`` has the
numbers. All only warn: a person decides.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from streams.faces.calibration import Calibration
from streams.faces.look_alikes import alike_pairs
from streams.faces.templates import cosines

__all__ = ["ALIKE", "ALIKE_SINGLE", "EnrolledFace", "KnownFaces", "Likeness", "Pair", "agreements", "look_alikes"]

ALIKE = 2.9
"""Templates of two photographs or more above this are one face (cosine 0.97 of centerface-dlib)."""

ALIKE_SINGLE = 2.6
"""The same where one of the two has a single photograph (cosine 0.96): it resembles itself less."""

Floats = NDArray[np.float32]


class EnrolledFace(msgspec.Struct, frozen=True, eq=False):
    """A template of one engine. vector: (d,) of unit length. photos: how many are behind it."""

    student_id: str
    vector: Floats
    photos: int


class Pair(msgspec.Struct, frozen=True, order=True):
    """Two ids whose faces are alike, the smaller id first.

    rate: how many looks of the one would be given to the other, 0 to 0.5 (``streams.faces.look_alikes``).
    same: so alike that it is rather one person under two ids.
    """

    one: str
    other: str
    cosine: float
    rate: float
    same: bool


class Likeness(NamedTuple):
    """Whose template a face is like, and its cosine."""

    student_id: str
    cosine: float


class KnownFaces:
    """Everybody whom an engine knows, to find again whose face somebody has."""

    def __init__(self, people: Sequence[EnrolledFace], calibration: Calibration) -> None:
        """people: all templates of one engine. calibration: of this engine."""
        self.calibration = calibration
        self._people = people
        self._rows = {each.student_id: row for row, each in enumerate(people)}
        self._vectors = np.stack([each.vector for each in people]) if people else None
        photos = np.array([each.photos for each in people])
        self._bounds = np.where(photos < 2, ALIKE_SINGLE, ALIKE)

    def of(self, student: str) -> EnrolledFace | None:
        """Return the template of a student, if there is one."""
        return self._people[self._rows[student]] if student in self._rows else None

    def same_face(self, vector: Floats, photos: int, *, besides: str) -> Likeness | None:
        """Return who has the face of a template, the likest one, other than the student himself.

        vector: (d,), of any length. photos: how many are behind it.
        """
        if self._vectors is None:
            return None
        found = cosines(vector[None], self._vectors)[0]
        scores = (found - self.calibration.center) / self.calibration.spread
        bounds = self._bounds if photos > 1 else ALIKE_SINGLE
        scores = np.where(scores > bounds, scores, -np.inf)
        if besides in self._rows:
            scores[self._rows[besides]] = -np.inf
        best = int(scores.argmax())
        return Likeness(self._people[best].student_id, float(found[best])) if np.isfinite(scores[best]) else None


def agreements(embeddings: Sequence[Floats]) -> list[float | None]:
    """Return the cosine of each photograph to the most similar other one of its person; None of the only one.

    embeddings: of shape (d,) each, raw.
    """
    if len(embeddings) < 2:
        return [None] * len(embeddings)
    stacked = np.stack(embeddings)
    alike = cosines(stacked, stacked)
    np.fill_diagonal(alike, -np.inf)
    return [round(float(each), 4) for each in alike.max(axis=1)]


def look_alikes(people: Sequence[EnrolledFace], calibration: Calibration) -> list[Pair]:
    """Return every pair of people who are too alike to tell apart or have one face, the worst first."""
    if not people:
        return []
    pairs = []
    for each in alike_pairs(np.stack([one.vector for one in people]), [one.photos for one in people], calibration):
        one, other = people[each.one], people[each.other]
        bound = ALIKE_SINGLE if min(one.photos, other.photos) == 1 else ALIKE
        same = (each.cosine - calibration.center) / calibration.spread > bound
        first, second = sorted([one.student_id, other.student_id])
        pairs.append(Pair(first, second, each.cosine, each.rate, same))
    return pairs
