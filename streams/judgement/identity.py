"""Who is here: the mean of a student's looks in different minutes, against all others and nobody."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.faces.calibration import Calibration
from streams.faces.scores import mean_look
from streams.judgement.hall import Hall, Units
from streams.judgement.matching import STRANGER, against
from streams.judgement.places import Place

__all__ = ["Gallery", "Identification", "Identity", "posterior"]

MINUTE = 60.0
MOST_MINUTES = 25
"""Looks that are averaged: the best of each minute, the best minutes."""

FEWEST_MINUTES = 2
"""Looks of one minute are one pose: whoever was seen in fewer minutes is not established."""

ALONE = 0.5
"""Of several places only those count whose looks alone make it likelier than not that it is he."""

ROUNDS = 4


class Gallery(NamedTuple):
    """M people whose faces are known. templates: (M, d), unit length. photos: (M,), behind each template."""

    templates: NDArray[np.float64]
    photos: NDArray[np.int64]


EMPTY = Gallery(np.zeros((0, 0)), np.zeros(0, np.int64))


class Identity(NamedTuple):
    """How sure it is that a student was seen.

    p: the posterior probability, 0 if there is no place of his. minutes: with a look of him. places: where he sits.
    established: p is at least what is accepted, in two minutes or more.
    """

    p: float
    minutes: int
    places: list[Place]
    established: bool


NEVER = Identity(0.0, 0, [], False)


class Evidence(NamedTuple):
    """The looks at some places, averaged. llr: (M,), against each student. minutes: how many were averaged.

    others: what the visitors say against every student (``matching.against``).
    """

    llr: NDArray[np.float64]
    minutes: int
    others: float


@dataclass(frozen=True)
class Identification:
    """How looks of an hour are compared with the students whose faces are known, and with visitors.

    visitors: those who may have been there, of so many that were ``compared``.
    """

    hall: Hall
    gallery: Gallery
    calibration: Calibration
    units: Units
    visitors: Gallery = EMPTY
    compared: int = 0

    def evidence(self, places: list[Place]) -> Evidence | None:
        """Return what the looks at some places say; None if no look was kept there."""
        faces = _best_looks(self.hall, places)
        if not len(faces):
            return None
        mean = mean_look(self.hall.looks(faces))
        mean /= np.linalg.norm(mean) or 1
        others = against(self._llr(self.visitors, mean, len(faces))[None], self.compared)
        return Evidence(self._llr(self.gallery, mean, len(faces)), len(faces), float(others[0]))

    def _llr(self, gallery: Gallery, look: NDArray[np.float64], looks: int) -> NDArray[np.float64]:
        if not len(gallery.photos):
            return np.zeros(0)
        scores = (gallery.templates @ look - self.units.center) / self.units.spread
        return self.calibration.llr(scores, looks, gallery.photos)

    def convincing(self, student: int, places: list[Place]) -> list[Place]:
        """Return the places that speak for the student by themselves; if none of several does, the best one."""
        if len(places) <= 1:
            return places
        everybody = np.ones(len(self.gallery.photos), bool)
        alone = [
            posterior(found.llr, student, everybody, found.others) if (found := self.evidence([place])) else 0.0
            for place in places
        ]
        kept = [place for place, p in zip(places, alone, strict=True) if p >= ALONE]
        return kept or [places[int(np.argmax(alone))]]

    def identities(self, places: Sequence[list[Place]], *, accept: float) -> list[Identity]:
        """Return the identity of each student, M of them.

        places: of each student. Whoever is established leaves the candidates, and the others are computed again.
        """
        candidates = np.ones(len(places), bool)
        identities, looked = [NEVER] * len(places), {}
        for student, everywhere in enumerate(places):
            mine = self.convincing(student, everywhere)
            if found := self.evidence(mine):
                looked[student] = found
                identities[student] = Identity(0.0, found.minutes, mine, False)
        for _ in range(ROUNDS):
            established = []
            for student, found in looked.items():
                if candidates[student]:
                    p = posterior(found.llr, student, candidates, found.others)
                    sure = p >= accept and found.minutes >= FEWEST_MINUTES
                    identities[student] = identities[student]._replace(p=p, established=sure)
                    established += [student] * sure
            candidates[established] = False
            if not established:
                break
        return identities


def posterior(llr: NDArray[np.float64], student: int, candidates: NDArray[np.bool_], others: float = 0.0) -> float:
    """Return how likely a face is a student's, among the candidates, visitors and nobody.

    llr: (M,), of the face against each student. candidates: (M,), the student among them. others: what the visitors
    say against every student.
    """
    share = np.log((1 - STRANGER) / candidates.sum())
    everyone = np.logaddexp.reduce(np.append(llr[candidates] + share, np.log(STRANGER) + others))
    return min(1.0, float(np.exp(llr[student] + share - everyone)))


def _best_looks(hall: Hall, places: list[Place]) -> NDArray[np.intp]:
    """Return the best look of each minute, of the best minutes."""
    faces = np.sort(np.concatenate([np.zeros(0, np.intp), *(place.faces for place in places)]))
    faces = faces[hall.has_look[faces]]
    by_quality = faces[np.argsort(-hall.quality[faces], kind="stable")]
    _, first = np.unique(hall.time[by_quality] // MINUTE, return_index=True)
    best: NDArray[np.intp] = by_quality[np.sort(first)[:MOST_MINUTES]]
    return best
