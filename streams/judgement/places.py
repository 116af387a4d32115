"""Where each student sits. A name that turns up all over the hall is chance; one that keeps a seat is a person."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.judgement.hall import Hall
from streams.judgement.matching import NOBODY

__all__ = ["Place", "places_of", "seat_term"]

RADIUS = 0.8
"""Sightings this near to one another, in face widths, are of one place."""

NEAR = 0.6
"""A face this near to the middle of a place, in face widths, is at that place."""

MOST_TRIED = 400
"""Of more sightings than this, only some are tried as the middle of a place: a frame a second needs no more."""

MOST_PLACES = 3
FEWEST_SIGHTINGS = 2
LEAST_PART = 0.05
"""A place holds at least this part of a student's sightings."""

AROUND = 600.0
"""Seconds before and after his sightings there in which a student's place is compared with what others claim."""

LEAST_SHARE = 0.2
"""Of the frames that show a face at his place, at least this part must name him, and nobody may be named more often."""

SEAT_SIGMA = 0.35
"""How far a face strays from its seat, in face widths."""

SEAT_WORTH = 4.0
ELSEWHERE = 0.05
"""At his seat a student's LLR gains 4; far from it, it loses ln(1 / 0.05) = 3."""


class Place(NamedTuple):
    """Where a student was seen: camera, centre and face width in frame widths; faces: his sightings there."""

    camera: int
    x: float
    y: float
    width: float
    faces: NDArray[np.intp]


def places_of(hall: Hall, named: NDArray[np.intp], student: int) -> list[Place]:
    """Return the places that are a student's, the most frequented first.

    named: (F,), the student of each face in its frame alone.
    """
    mine = np.flatnonzero(named == student)
    fewest = max(FEWEST_SIGHTINGS, LEAST_PART * len(mine))
    return [
        place
        for camera in np.unique(hall.camera[mine])
        for place in _clusters(hall, mine[hall.camera[mine] == camera], fewest)
        if _is_his(hall, named, student, place)
    ]


def _clusters(hall: Hall, faces: NDArray[np.intp], fewest: float) -> Iterator[Place]:
    for _ in range(MOST_PLACES):
        if len(faces) < fewest:
            return
        x, y, width = hall.places[faces].T
        tried = slice(None, None, 1 + len(faces) // MOST_TRIED)
        distance = np.hypot(x[tried, None] - x, y[tried, None] - y)
        near = distance <= RADIUS * width[tried, None]
        here = near[np.argmax(near.sum(axis=1))]
        if here.sum() < fewest:
            return
        members = faces[here]
        x0, y0, width0 = np.median(hall.places[members], axis=0)
        yield Place(int(hall.camera[members[0]]), float(x0), float(y0), float(width0), members)
        faces = faces[~here]


def _is_his(hall: Hall, named: NDArray[np.intp], student: int, place: Place) -> bool:
    times = hall.time[place.faces]
    first, last = np.searchsorted(hall.time, [times.min() - AROUND, times.max() + AROUND])
    around = slice(first, last)
    x, y, _ = hall.places[around].T
    there = (hall.camera[around] == place.camera) & (np.hypot(x - place.x, y - place.y) <= NEAR * place.width)
    frames = len(np.unique(hall.frame[around][there]))
    claims = np.bincount(named[around][there & (named[around] != NOBODY)], minlength=student + 1)
    return bool(claims[student] >= LEAST_SHARE * frames and claims[student] == claims.max() > 0)


def seat_term(hall: Hall, places: list[Place]) -> NDArray[np.float64]:
    """Return what each face's place says for an established student, (F,): at his seat +4, elsewhere -3."""
    nearest = np.full(len(hall.frame), np.inf)
    x, y, _ = hall.places.T
    for place in places:
        distance = np.hypot(x - place.x, y - place.y) / place.width
        nearest = np.minimum(nearest, np.where(hall.camera == place.camera, distance, np.inf))
    term: NDArray[np.float64] = np.log(ELSEWHERE + np.exp(SEAT_WORTH - (nearest / SEAT_SIGMA) ** 2 / 2))
    return term
