"""Whose face is where in an hour: names by each frame alone, places, identities, names once more, tracklets."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from schemas.settings import Policy
from streams.faces.calibration import Calibration
from streams.judgement.association import Association, associate
from streams.judgement.hall import Hall, Units, units
from streams.judgement.identity import Gallery, Identification, Person
from streams.judgement.matching import against
from streams.judgement.places import places_of, seat_term

__all__ = ["recognise"]


def recognise(
    hall: Hall, known: Sequence[Person], visitors: Sequence[Person], policy: Policy, calibration: Calibration
) -> Association:
    """Return who was seen, and the student of each face.

    known: the students whose faces are known, sorted. visitors: who compete with them and get no name.
    """
    gallery, strays = _gallery(known), _gallery(visitors)
    scale = units(hall, calibration)
    compared = max((seen.visitors for seen in hall.frames), default=0)
    others = against(_visits(hall, visitors, calibration, scale)[:, None], compared)
    llr = calibration.llr((hall.cosines - scale.center) / scale.spread, 1, gallery.photos)
    # Without the visitors: whose a place is, all looks there decide, and visitors take part in that.
    first = hall.names(llr)
    places = [places_of(hall, first, student) for student in range(len(known))]
    looks = Identification(hall, gallery, calibration, scale, strays, compared)
    identities = looks.identities(places, accept=policy.accept)
    for student, identity in enumerate(identities):
        if identity.established:
            llr[:, student] += seat_term(hall, identity.places)
            mine = np.concatenate([each.faces for each in identity.places])
            for place in identity.not_his:
                llr[np.setdiff1d(place.faces, mine), student] = -np.inf
    apart = policy.departure_after.total_seconds()
    return associate(looks, identities, hall.names(llr, others), accept=policy.accept, apart=apart)


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
