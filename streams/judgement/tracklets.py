"""Who keeps a place: a face that is there from frame to frame without a break is one person, whoever that is."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from streams.judgement.hall import Hall
from streams.judgement.identity import Evidence, Identification
from streams.judgement.places import RADIUS, Place

__all__ = ["FEWEST_FACES", "Tracklet", "is_at", "tracklet_of", "tracklets_of"]

FOLLOWS = 0.2
"""How fast the middle of a track follows its faces: people slide and lean, and a camera sags."""

FEWEST_FACES = 4
"""Of a tracklet; with fewer, what the detector takes for a face now and then would be one."""

CHANGED = 15.0
"""How far the mean looks before and after a moment may be apart, against chance. 996 tracks of one person reached 14;
of 78 in which one followed another, all but those with a handful of faces of one had 18 to 170."""


class Tracklet(NamedTuple):
    """One person at one place. place: with all n faces, in the order of time. found: what they say together.

    frames: (n,), in which they are. starts, ends: seconds of the time that frames tell of (``Hall.elapsed``).
    """

    place: Place
    found: Evidence
    frames: NDArray[np.intp]
    starts: float
    ends: float


def tracklets_of(looks: Identification, apart: float) -> list[Tracklet]:
    """Return all tracklets of an hour. apart: seconds without a face that end one."""
    hall = looks.hall
    parts = (part for track in _tracks(hall, apart) for part in _parts(hall, track))
    return [tracklet for part in parts if (tracklet := tracklet_of(looks, part))]


def tracklet_of(looks: Identification, faces: NDArray[np.intp]) -> Tracklet | None:
    """Return the tracklet of faces at one place, in the order of time; None if they say nothing."""
    hall = looks.hall
    x, y, width = np.median(hall.places[faces], axis=0)
    place = Place(int(hall.view[faces[0]]), float(x), float(y), float(width), faces)
    if len(faces) < FEWEST_FACES or not (found := looks.evidence([place])):
        return None
    frames = hall.frame[faces]
    return Tracklet(place, found, frames, *(float(hall.elapsed[frame]) for frame in (frames[0], frames[-1])))


def is_at(place: Place, places: Sequence[Place]) -> bool:
    """Whether a place is one of these."""
    return any(
        place.view == each.view and np.hypot(place.x - each.x, place.y - each.y) <= RADIUS * each.width
        for each in places
    )


def _tracks(hall: Hall, apart: float) -> Iterator[NDArray[np.intp]]:
    """Follow faces from frame to frame of a view; each goes to the nearest track there, one to one."""
    track_of = np.zeros(len(hall.frame), np.intp)
    for view in np.unique(hall.view):
        count, frames = 0, np.unique(hall.frame[hall.view == view])
        track, middles, last = np.zeros(0, np.intp), np.zeros((0, 3)), np.zeros(0)  # of those that are not ended yet
        for frame, now in zip(frames.tolist(), hall.elapsed[frames].tolist(), strict=True):
            faces = slice(hall.starts[frame], hall.starts[frame + 1])
            found, goes_on = hall.places[faces], now - last < apart
            if not goes_on.all():
                track, middles, last = track[goes_on], middles[goes_on], last[goes_on]
            rows, those = _nearest(found, middles)
            middles[those] += FOLLOWS * (found[rows] - middles[those])
            last[those] = now
            new = np.ones(len(found), bool)
            new[rows] = False
            if new.any():
                began = count + np.arange(new.sum())
                track, middles = np.append(track, began), np.vstack([middles, found[new]])
                last, count = np.append(last, np.full(len(began), now)), count + len(began)
                track_of[faces][new] = began
            track_of[faces][rows] = track[those]
        mine = np.flatnonzero(hall.view == view)
        order = mine[np.argsort(track_of[mine], kind="stable")]
        yield from np.split(order, np.flatnonzero(np.diff(track_of[order])) + 1)


def _nearest(found: NDArray[np.float64], middles: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return faces that go on a track, and which. found: their places, (n, 3). middles: of the tracks, (m, 3)."""
    (x, y, _), (x0, y0, width) = found.T[..., None], middles.T
    away = np.sqrt((x - x0) ** 2 + (y - y0) ** 2) / width
    near = away < RADIUS
    if (near.sum(axis=0) > 1).any() or (near.sum(axis=1) > 1).any():
        rows, those = linear_sum_assignment(np.maximum(RADIUS - away, 0), maximize=True)
        real = near[rows, those]
        return rows[real], those[real]
    rows, those = near.nonzero()
    return rows, those


def _parts(hall: Hall, track: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
    """Cut a track where somebody else sits down: where the looks before and after differ most, if they differ."""
    kept = np.flatnonzero(hall.has_look[track])
    if len(kept) >= 2 * FEWEST_FACES:
        looks = hall.looks(track[kept])
        cut = np.arange(FEWEST_FACES, len(looks) - FEWEST_FACES + 1)
        total = np.cumsum(looks.T.copy(), axis=1)
        before, all_ = total[:, cut - 1], total[:, -1:]
        apart = ((len(looks) * before - cut * all_) ** 2).sum(axis=0) / (cut * (len(looks) - cut)) ** 2.0
        chance = 1 / cut + 1 / (len(looks) - cut)
        best = int(np.argmax(apart / chance))
        within = ((looks**2).sum() - (all_**2).sum() / len(looks) - apart[best] / chance[best]) / (len(looks) - 2)
        if apart[best] > CHANGED * chance[best] * within:
            yield from _parts(hall, track[: kept[cut[best]]])
            yield from _parts(hall, track[kept[cut[best]] :])
            return
    yield track
