"""What gives away a picture that stands in for a face, or for the whole hall. A person is asked: no verdict changes.

A photograph on a stand does not lean and turn as people do; it lies in a frame of its own; and of a frozen camera or a
replayed recording two frames are the same to the last pixel, which the noise of a sensor never lets happen, or to that
noise, although people are in it. A picture that somebody sways in his hand, a video, or a mask cut out along the head
has none of these signs.
"""

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from schemas.messages import DoubtCode
from streams.judgement.hall import Hall
from streams.judgement.observations import AWAY, Seen
from streams.judgement.places import Place

__all__ = ["Pictures", "doubts", "fresh", "never_moved", "repeated_from", "shake"]

FEWEST_SIGHTINGS = 10
SHORTEST = 300.0
"""Seconds. People keep still for a moment; so many sightings over so long a time tell."""

STILL = 0.02
"""How far the middle and the width of a face may be spread, in face widths, and still be those of a picture.

Noise and JPEG alone spread them by at most 0.013 (28 to 70 pixels); swaying by a tenth of a face, by 0.042 and more.
"""

MANY = 10
"""With fewer faces in a frame their common movement would be that of one of them."""

STOPPED, FEWEST_ALIVE = 3, 3
"""Grey values by which no part of a thumbnail differs when a picture is sent again with fresh noise (2 at most), and
faces that make it strange. With so many, 20 s apart, some part of every frame differed by 5 and more."""

FEWEST_FRAMED, FRAMED_SHARE = 5, 0.5
"""Of a student's sightings so many, and this part, must be inside a rectangle. Of living faces 0.2 % are by chance."""


class Pictures:
    """What a camera showed so far: which of its frames, in the order of time, repeat an earlier picture."""

    def __init__(self) -> None:
        self.frames: list[Seen] = []
        self.repeats: list[bool] = []
        self._first: set[bytes] = set()
        self._last: Seen | None = None

    def take(self, now: Seen) -> None:
        """Take the next frame."""
        copy, whole = now.picture and now.picture in self._first, now.whole()
        self._first.add(now.picture)
        repeats = bool(copy or (self._last and _stopped(self._last, whole)))
        if not repeats:
            self._last = replace(whole, cosines=AWAY, looks=AWAY)
        self.frames.append(now)
        self.repeats.append(repeats)


def fresh(frames: Sequence[Seen], known: dict[str, Pictures] | None = None) -> list[Seen]:
    """Return the frames, in the order of time, without those that repeat an earlier picture of their camera.

    Repeated is what is the same to the last pixel as any before, or but for noise as the last one that was not.
    known: by camera, what was found before and is not looked for again; it changes. It makes no other difference.
    """
    known = {} if known is None else known
    own: dict[str, list[Seen]] = {}
    for each in frames:
        own.setdefault(each.camera, []).append(each)
    repeated = set()
    for camera, those in own.items():
        before = known.get(camera)
        # A frame is compared by identity: the same facts are the same objects from one judgement to the next.
        if before is None or before.frames != those[: len(before.frames)]:
            before = known[camera] = Pictures()
        for each in those[len(before.frames) :]:
            before.take(each)
        repeated |= {id(each) for each, repeats in zip(before.frames, before.repeats, strict=True) if repeats}
    return [each for each in frames if id(each) not in repeated]


def repeated_from(frames: Sequence[Seen], taken: Sequence[Seen]) -> NDArray[np.float64]:
    """Return when the camera of each frame next repeated a picture, (T,), infinite if it did not.

    frames: those of ``taken`` that are fresh, in the order of time. A frame covers nothing from then on.
    """
    kept, until = {id(each) for each in frames}, {id(each): np.inf for each in frames}
    last: dict[str, Seen] = {}
    for each in taken:
        if id(each) in kept:
            last[each.camera] = each
        elif each.camera in last:
            until[id(last[each.camera])] = min(until[id(last[each.camera])], each.captured_at)
    return np.array([until[id(each)] for each in frames], np.float64)


def _stopped(before: Seen, now: Seen) -> bool:
    """Return whether people are in two frames, and nobody moved."""
    if before.thumbnail.shape != now.thumbnail.shape or min(len(before.boxes), len(now.boxes)) < FEWEST_ALIVE:
        return False
    return bool(now.thumbnail.size and cv2.norm(before.thumbnail, now.thumbnail, cv2.NORM_INF) <= STOPPED)


def shake(hall: Hall, places: Sequence[Place]) -> NDArray[np.float64]:
    """Return how far each frame is shifted as a whole, (T, 2), in frame widths: x and y of the median of all faces.

    places: of everybody who is established.
    """
    shift = np.zeros((len(hall.times), 2))
    if places:
        faces = np.concatenate([each.faces for each in places])
        middles = np.repeat([(each.x, each.y) for each in places], [len(each.faces) for each in places], axis=0)
        away, frame = hall.places[faces, :2] - middles, hall.frame[faces]
        frames, starts, counts = np.unique(np.sort(frame), return_index=True, return_counts=True)
        enough = counts >= MANY
        first, last = starts + (counts - 1) // 2, starts + counts // 2  # the middle ones of each frame
        for axis in (0, 1):
            ordered = away[np.lexsort((away[:, axis], frame)), axis]
            shift[frames[enough], axis] = ((ordered[first] + ordered[last]) / 2)[enough]
    return shift


def never_moved(hall: Hall, places: Sequence[Place], shift: NDArray[np.float64]) -> bool:
    """Whether a face at one of a student's places keeps as still as a picture. shift: of every frame (``shake``)."""
    return any(_still(hall, place, shift) for place in places)


def doubts(hall: Hall, mine: NDArray[np.intp], *, still: bool) -> tuple[DoubtCode, ...]:
    """Return why the face of an established student may be a picture.

    mine: his sightings, faces. still: whether he never moved.
    """
    inside = int(hall.framed[mine].sum()) >= max(FEWEST_FRAMED, FRAMED_SHARE * len(mine))
    told: tuple[tuple[DoubtCode, bool], ...] = (("never_moved", still), ("inside_frame", inside))
    return tuple(code for code, holds in told if holds)


def _still(hall: Hall, place: Place, shift: NDArray[np.float64]) -> bool:
    times = hall.time[place.faces]
    if len(times) < FEWEST_SIGHTINGS or np.ptp(times) < SHORTEST:
        return False
    seen, moved = hall.places[place.faces], shift[hall.frame[place.faces]]
    wide = _spread(seen[:, 2:])
    if wide > STILL * place.width:
        return False
    # A camera that shakes moves everybody alike; one that does not needs no correction that adds the others' swaying.
    middle = min(_spread(seen[:, :2]), _spread(seen[:, :2] - moved))
    return bool(np.hypot(middle, wide) <= STILL * place.width)


def _spread(values: NDArray[np.float64]) -> float:
    """Return the standard deviation of (n, k) values over all k, from median deviations: some outliers do no harm."""
    away = np.abs(values - np.median(values, axis=0))
    return float(np.linalg.norm(1.4826 * np.median(away, axis=0)))
