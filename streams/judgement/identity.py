"""Who is here: the mean of all looks at a student's places, against all others and nobody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.faces.calibration import Calibration
from streams.faces.look_alikes import alike_pairs
from streams.faces.scores import mean_look
from streams.judgement.hall import Hall, Units
from streams.judgement.matching import against, prior
from streams.judgement.places import Place

__all__ = ["FEWEST_MINUTES", "SINGLE", "Gallery", "Identification", "Identity", "Person", "posterior"]

MINUTE = 60.0
"""Looks of one minute are nearly one look: so many different ones are counted."""

FEWEST_MINUTES = 2
"""Whoever was seen in fewer minutes is not established: it may be one pose."""

ALONE = 0.5
"""Of several places only those count whose looks alone make it likelier than not that it is he."""

AT_ONCE = 0.1
"""Of the frames of the rarer of two places; a face found twice, or somebody who leans over, is in fewer."""

ROUNDS = 4

SUPPOSED, STAYS = 20, 0.01
"""The odds before are computed again at most so often, and until they move by less than this."""

HERE = 0.5
"""At least so many of the roster are reckoned with."""

STRANGERS = 0.05
"""At least this part of the hall, and one person, is reckoned to be a stranger."""

SINGLE = 0.5
"""Of the doubt that is allowed, so much is of a student of one photograph: absent ones of them are named more often."""


@dataclass(frozen=True, eq=False, repr=False)
class Person:
    """A student of the roster, or a visitor.

    template: (d,), float32, unit length; None if the engine does not know the face.
    """

    student_id: str
    template: NDArray[np.float32] | None
    photos: int


class Gallery(NamedTuple):
    """M people whose faces are known. templates: (M, d), unit length. photos: (M,), behind each template."""

    templates: NDArray[np.float64]
    photos: NDArray[np.int64]


EMPTY = Gallery(np.zeros((0, 0)), np.zeros(0, np.int64))


class Identity(NamedTuple):
    """How sure it is that a student was seen.

    p: the posterior probability, 0 if there is no place of his. minutes: with a look of him. places: where he sits.
    established: p is at least what is accepted, in two minutes or more. rival: another student who is too like him and
    to whom the looks may belong instead; -1 if there is none. not_his: places where somebody like him sits while he is
    at his own. maybe: how likely he sits at one of the places of which nobody knows whose they are.
    """

    p: float
    minutes: int
    places: list[Place]
    established: bool
    rival: int = -1
    not_his: tuple[Place, ...] = ()
    maybe: float = 0.0


NEVER = Identity(0.0, 0, [], False)


class Evidence(NamedTuple):
    """The looks at some places, averaged. llr: (M,), against each student. minutes: in which they were seen.

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
        together = np.concatenate([np.zeros(0, np.intp), *(place.faces for place in places)])
        faces = np.unique(together) if len(places) > 1 else together  # those of a place are in the order of time
        faces = faces[self.hall.has_look[faces]]
        if not len(faces):
            return None
        minutes = 1 + int(np.count_nonzero(np.diff(self.hall.time[faces] // MINUTE)))
        mean = mean_look(self.hall.looks(faces))
        mean /= np.linalg.norm(mean) or 1
        others = against(self._llr(self.visitors, mean, minutes)[None], self.compared)
        return Evidence(self._llr(self.gallery, mean, minutes), minutes, float(others[0]))

    def _llr(self, gallery: Gallery, look: NDArray[np.float64], looks: int) -> NDArray[np.float64]:
        if not len(gallery.photos):
            return np.zeros(0)
        scores = (gallery.templates @ look - self.units.center) / self.units.spread
        return self.calibration.llr(scores, looks, gallery.photos)

    def convincing(self, student: int, places: list[Place]) -> tuple[list[Place], tuple[Place, ...]]:
        """Return the places that speak for the student by themselves; if none of several does, the best one.

        Nobody is at two places at once: the mean of two people is like many. The others where somebody is while he is
        at his own are somebody else's, and come second.
        """
        if len(places) <= 1:
            return places, ()
        everybody = np.ones(len(self.gallery.photos), bool)
        alone = [
            posterior(found.llr, student, everybody, found.others) if (found := self.evidence([place])) else 0.0
            for place in places
        ]
        kept: list[Place] = []
        for best in sorted(range(len(places)), key=lambda each: -alone[each]):
            if not kept or (alone[best] >= ALONE and not any(self._at_once(places[best], each) for each in kept)):
                kept.append(places[best])
        others = (place for place in places if any(self._at_once(place, each) for each in kept if each is not place))
        return kept, tuple(others)

    def _at_once(self, one: Place, other: Place) -> bool:
        """Whether faces are at two places of a view in the same frames: then they are not one person."""
        if one.view != other.view:
            return False
        alone = np.setxor1d(one.faces, other.faces)  # places may overlap, and a face be at both
        here, there = (np.unique(self.hall.frame[np.intersect1d(each.faces, alone)]) for each in (one, other))
        both = len(np.intersect1d(here, there, assume_unique=True))
        return both > AT_ONCE * min(len(here), len(there))

    def identities(self, places: Sequence[list[Place]], *, accept: float) -> list[Identity]:
        """Return the identity of each student, M of them.

        places: of each student. How many of the roster are here is told by the hour: some prior is supposed, who is
        here follows, and from them the prior, until it stays. So two lucky likenesses in a hall of another class stay
        unlikely, and where nearly every face has a name the doubtful ones are likelier.
        """
        looked = {}
        for student, everywhere in enumerate(places):
            mine, not_his = self.convincing(student, everywhere)
            if found := self.evidence(mine):
                looked[student] = found, Identity(0.0, found.minutes, mine, False, not_his=not_his)
        odds, alike = prior(len(places)), self._alike()
        for _ in range(SUPPOSED):
            identities = self._supposing(looked, alike, odds, accept)
            told = self.odds(identities)
            if abs(told - odds) < STAYS:
                break
            odds = told
        return identities

    def odds(self, identities: Sequence[Identity]) -> float:
        """Return the log odds of one student of the roster against nobody, of somebody in this hall, given who is here.

        A student is here as likely as the roster is, and of the people in the hall whoever is not of it is a stranger.
        """
        people, here = self.hall.people, sum(each.p for each in identities)
        strangers = max(people - here, STRANGERS * people, 1)
        return float(np.log(max(here, HERE) / max(len(identities), 1)) - np.log(strangers))

    def _supposing(
        self, looked: Mapping[int, tuple[Evidence, Identity]], alike: NDArray[np.bool_], odds: float, accept: float
    ) -> list[Identity]:
        """Return the identities if these are the odds of a student before he is seen.

        Whoever is established leaves the candidates, and the others are computed again; but nobody leaves those of whom
        he is too like: a face is not the one because the other is here as well.
        """
        candidates, identities = np.ones(len(alike), bool), [NEVER] * len(alike)
        for student, (_, mine) in looked.items():
            identities[student] = mine
        for _ in range(ROUNDS):
            established = []
            for student, (found, _) in looked.items():
                if candidates[student]:
                    p = posterior(found.llr, student, candidates | alike[student], found.others, odds)
                    doubt = (1 - accept) * (SINGLE if self.gallery.photos[student] < 2 else 1)
                    sure = p >= 1 - doubt and found.minutes >= FEWEST_MINUTES
                    rival = -1 if sure else self._rival(found, alike[student])
                    identities[student] = identities[student]._replace(p=p, established=sure, rival=rival)
                    established += [student] * sure
            candidates[established] = False
            if not established:
                break
        for student, identity in enumerate(identities):
            if identity.rival >= 0 and not identities[identity.rival].established:
                identities[identity.rival] = identities[identity.rival]._replace(rival=student)
        return identities

    def _alike(self) -> NDArray[np.bool_]:
        """Return which students are too like which, (M, M)."""
        alike = np.zeros((len(self.gallery.photos),) * 2, bool)
        for pair in alike_pairs(*self.gallery, self.calibration):
            alike[[pair.one, pair.other], [pair.other, pair.one]] = True
        return alike

    def _rival(self, found: Evidence, alike: NDArray[np.bool_]) -> int:
        """Return who of those too like a student is likelier there than nobody; -1 if none is."""
        llr = np.where(alike, found.llr, -np.inf)
        best = int(llr.argmax())
        return best if llr[best] + prior(len(llr)) > 0 else -1


def posterior(
    llr: NDArray[np.float64],
    student: int,
    candidates: NDArray[np.bool_],
    others: float = 0.0,
    odds: float | None = None,
) -> float:
    """Return how likely a face is a student's, among the candidates, visitors and nobody.

    llr: (M,), of the face against each student. candidates: (M,), the student among them. others: what the visitors
    say against every student. odds: the log odds of each student against nobody before.
    """
    share = prior(len(llr)) if odds is None else odds
    everyone = np.logaddexp.reduce(np.append(llr[candidates] + share, others))
    return min(1.0, float(np.exp(llr[student] + share - everyone)))
