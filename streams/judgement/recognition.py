"""Whose face is where in an hour: names by each frame alone, places, identities, names once more, tracklets."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.settings import Policy
from streams.faces.calibration import Calibration
from streams.judgement.association import associate
from streams.judgement.hall import Hall, Units, units
from streams.judgement.identity import Gallery, Identification, Identity, Person
from streams.judgement.matching import against
from streams.judgement.places import elsewhere, places_of, seat_term

__all__ = ["Recognition", "Sought", "follow", "recognise"]


class Recognition(NamedTuple):
    """Who was seen, and the student of each face, (F,). units: what cosines were measured in."""

    identities: list[Identity]
    named: NDArray[np.intp]
    units: Units


class Sought(NamedTuple):
    """Whom faces are compared with, and how. known: the students whose faces are known, sorted.

    visitors: who compete with them and get no name.
    """

    known: Sequence[Person]
    visitors: Sequence[Person]
    policy: Policy
    calibration: Calibration

    @property
    def students(self) -> list[str]:
        """Ids of the known students."""
        return [each.student_id for each in self.known]

    @property
    def photos(self) -> NDArray[np.int64]:
        """Behind the template of each known student."""
        return np.array([each.photos for each in self.known], np.int64)


def recognise(hall: Hall, sought: Sought) -> Recognition:
    """Return who was seen, and where."""
    calibration, scale = sought.calibration, units(hall, sought.calibration)
    llr = calibration.llr((hall.cosines - scale.center) / scale.spread, 1, sought.photos)
    # Without the visitors: whose a place is, all looks there decide, and visitors take part in that.
    first = hall.names(llr)
    places = [places_of(hall, first, student) for student in range(len(sought.known))]
    gallery, strays = _gallery(sought.known), _gallery(sought.visitors)
    looks = Identification(hall, gallery, calibration, scale, strays, _compared(hall))
    identities = looks.identities(places, accept=sought.policy.accept)
    for student, identity in enumerate(identities):
        if identity.established:
            llr[:, student] += seat_term(hall, identity.places)
            mine = np.concatenate([each.faces for each in identity.places])
            for place in identity.not_his:
                llr[np.setdiff1d(place.faces, mine), student] = -np.inf
    apart = sought.policy.departure_after.total_seconds()
    named = hall.names(llr, _others(hall, sought, scale))
    return Recognition(*associate(looks, identities, named, accept=sought.policy.accept, apart=apart), scale)


def follow(hall: Hall, sought: Sought, before: Recognition) -> NDArray[np.intp]:
    """Return the student of each face of frames that came after those that told who sits where, (F,)."""
    scale = before.units
    llr = sought.calibration.llr((hall.cosines - scale.center) / scale.spread, 1, sought.photos)
    everywhere = np.arange(len(hall.frame))
    for student, identity in enumerate(before.identities):
        if identity.established:
            llr[:, student] += seat_term(hall, identity.places)
            if identity.not_his:
                away = elsewhere(hall, identity.places, everywhere)
                llr[away & ~elsewhere(hall, identity.not_his, everywhere), student] = -np.inf
    return hall.names(llr, _others(hall, sought, scale))


def _compared(hall: Hall) -> int:
    """Return with how many visitors faces were compared."""
    return max((seen.visitors for seen in hall.frames), default=0)


def _others(hall: Hall, sought: Sought, scale: Units) -> NDArray[np.float64]:
    """Return what visitors say against each face, (F,)."""
    return against(_visits(hall, sought.visitors, sought.calibration, scale)[:, None], _compared(hall))


def _gallery(people: Sequence[Person]) -> Gallery:
    return Gallery(
        np.array([each.template for each in people], np.float64), np.array([each.photos for each in people], np.int64)
    )


def _visits(hall: Hall, visitors: Sequence[Person], calibration: Calibration, scale: Units) -> NDArray[np.float64]:
    """Return what speaks for the visitor whom each face may be, (F,); NaN where there is none."""
    photos = {each.student_id: each.photos for each in visitors}
    llr = np.full(len(hall.frame), np.nan)
    for start, seen in zip(hall.starts, hall.frames, strict=False):
        for visit in seen.visits:
            if visit.student in photos:
                score = (visit.cosine - scale.center) / scale.spread
                llr[start + visit.face] = calibration.llr(score, 1, photos[visit.student])
    return llr
