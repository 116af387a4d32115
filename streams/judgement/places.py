"""Where each student sits. A name that turns up all over the hall is chance; one that keeps a seat is a person."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.judgement.hall import Hall
from streams.judgement.matching import NOBODY

__all__ = ["Place", "elsewhere", "places_of", "seat_term"]

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
"""Seconds before and after the frames that name him there in which a place is looked at: who else is named, and what
those look like who are not."""

SEAT_SIGMA = 0.35
"""How far a face strays from its seat, in face widths."""

SEAT_WORTH = 4.0
ELSEWHERE = 0.05
"""At his seat a student's LLR gains 4; far from it, it loses ln(1 / 0.05) = 3."""


class Place(NamedTuple):
    """Where a student was seen: view, centre and face width in frame widths.

    faces: all faces there that no frame gave to another student. Those that were taken for him are the ones most like
    him, of a stranger too; all of them together are not.
    """

    view: int
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
        for view in np.unique(hall.view[mine])
        for cluster in _clusters(hall, mine[hall.view[mine] == view], fewest)
        if (place := _his(hall, named, student, cluster))
    ]


def _clusters(hall: Hall, faces: NDArray[np.intp], fewest: float) -> Iterator[Place]:
    for _ in range(MOST_PLACES):
        if len(faces) < fewest:
            return
        x, y, width = hall.places[faces].T
        tried = slice(None, None, 1 + len(faces) // MOST_TRIED)
        near = _squared(x[tried, None] - x, y[tried, None] - y) <= (RADIUS * width[tried, None]) ** 2
        here = near[np.argmax(near.sum(axis=1))]
        if here.sum() < fewest:
            return
        members = faces[here]
        x0, y0, width0 = np.median(hall.places[members], axis=0)
        yield Place(int(hall.view[members[0]]), float(x0), float(y0), float(width0), members)
        faces = faces[~here]


def _his(hall: Hall, named: NDArray[np.intp], student: int, cluster: Place) -> Place | None:
    """Return the place with all faces there that may be his; None if another student is named there more often."""
    times = hall.time[cluster.faces]
    first, last = np.searchsorted(hall.time, [times.min() - AROUND, times.max() + AROUND])
    x, y, _ = hall.places[first:last].T
    near = _squared(x - cluster.x, y - cluster.y) <= (NEAR * cluster.width) ** 2
    there = first + np.flatnonzero((hall.view[first:last] == cluster.view) & near)
    claims = np.bincount(named[there][named[there] != NOBODY], minlength=student + 1)
    if not claims[student] == claims.max() > 0:
        return None
    return cluster._replace(faces=there[np.isin(named[there], (student, NOBODY))])


def seat_term(hall: Hall, places: list[Place]) -> NDArray[np.float64]:
    """Return what each face's place says for an established student, (F,): at his seat +4, elsewhere -3."""
    away = _away(hall, places, slice(None)) / SEAT_SIGMA**2
    term: NDArray[np.float64] = np.log(ELSEWHERE + np.exp(SEAT_WORTH - away / 2))
    return term


def elsewhere(hall: Hall, places: Iterable[Place], faces: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Return whether faces are at none of these places. faces: (k,)."""
    return _away(hall, places, faces) > RADIUS**2


def _away(hall: Hall, places: Iterable[Place], faces: NDArray[np.intp] | slice) -> NDArray[np.float64]:
    """Return the square of how far faces are from the nearest of these places, in widths of the face there."""
    (x, y, _), view = hall.places[faces].T, hall.view[faces]
    nearest = np.full(len(view), np.inf)
    for place in places:
        distance = _squared(x - place.x, y - place.y) / place.width**2
        nearest = np.minimum(nearest, np.where(view == place.view, distance, np.inf))
    return nearest


def _squared(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the square of a distance; its root would take longer than everything else."""
    return x * x + y * y
