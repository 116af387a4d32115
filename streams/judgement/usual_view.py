"""What a camera usually shows, and where in a frame a face could have been found, compared with that.

A picture is judged by itself: it has its detail, and it is of the same scene. And by its faces: where far fewer were
found than usual, people left if the picture changed at their seats and hardly elsewhere. Otherwise they sit there
still, and nobody could have been found, whatever was the matter.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation

from streams.faces.frame_view import REGIONS, THUMBNAIL
from streams.judgement.observations import Seen
from streams.judgement.seat_changes import ELSEWHERE, LEFT, SeatChanges, emptier, few
from streams.judgement.thumbnails import around, cell, cells_of, correlation, fitted, near, per_region, region

__all__ = ["Blindness", "Shots", "UsualView", "parts"]

Blindness: TypeAlias = Literal["", "dark", "blurred", "blinded", "moved"]
"""Why a frame as a whole shows nothing; empty: it shows something."""

USUAL = 0.5
"""Frames with this part of the faces that most frames have tell what the camera usually shows."""

DETAIL = 0.6
"""Of the usual detail. Empty halls kept 0.85 of what full ones have; in the dark 0.05 was left, out of focus 0.28, of a
camera that swung 0.40."""

ALIKE = 0.7
"""Correlation of a thumbnail with the usual one. Good frames have 0.89 and more; of a wall 0.15 and less, of a
camera that was nudged by 6 % of the picture 0.35: everybody is found there, and nobody at his place."""

WINDOW = 5
"""Regions across and down that are looked at together: a single student who leaves changes little of so much."""

DETAIL_HERE, ALIKE_HERE, SOMETHING = 0.4, 0.4, 0.2
PLAIN = 3.0
"""Detail below which a part tells nothing: a bare wall is as it always is."""

PLAIN_WALL = 5.0
"""Grey values; where all that is not people differs by less, a picture without some of them is like no other."""

SPOT, DETAIL_SPOT = 3, 0.75
"""Regions across and down, and the part of the usual detail there, below which something lies before the seats unless
they were left. Full halls had 0.7 and more, emptied ones 0.72, and 0.58 was the median where drops hid a face."""

ENOUGH = 0.8
"""Of the faces that the usual frame has: whoever finds so many can see, whatever the light is. Frames with 0.3 of the
light had 0.85 and more, with 0.1 of it 0.72 at the median, and there the same people were always missing."""

CHANGED = 4.0
"""Usual deviations by which a cell of a thumbnail has changed. Of the seats of full halls 0.03 had, at most 0.17; of
the same ones when everybody had left, 0.48 to 0.59; in noise, blur or few bits, 0.12 at most."""

BACKGROUND = 0.3
"""Of the cells without people; where fewer have changed, nothing lies before them."""

ROUNDING = 1.5
"""Grey values of a thumbnail that are within its usual deviation anyhow."""

OFTEN = 0.1
"""Of the frames; where bodies are less often, nobody sits: faces found by chance, or somebody who walks by."""

LIGHT = 0.4
"""Of the usual brightness; below, it is dark."""

CONTRAST = 0.6
"""Of the usual; with more, what has lost its detail is only out of focus."""


AT_ONCE = 64
"""Frames whose pictures are compared at a time."""


@dataclass(frozen=True, eq=False)
class Shots:
    """What T frames of one camera show.

    frames: T. detail, found: (T, *REGIONS); found is the number of faces. pictures: (T, *THUMBNAIL), brightness.
    faces: (T,), how many.
    """

    frames: Sequence[Seen]
    detail: NDArray[np.uint8]
    found: NDArray[np.float64]
    pictures: NDArray[np.uint8]
    faces: NDArray[np.intp]

    @classmethod
    def of(cls, frames: Sequence[Seen]) -> "Shots":
        """Take them from frames that tell what could be seen in them."""
        found = np.zeros((len(frames), *REGIONS))
        frame, (x, y, _), aspect = _places(frames)
        np.add.at(found, (frame, *region(x, y * aspect)), 1)
        detail, pictures = np.array([each.detail for each in frames]), np.array([each.thumbnail for each in frames])
        return cls(frames, detail, found, pictures, np.array([len(each.boxes) for each in frames], np.intp))

    def some(self, these: NDArray[np.intp]) -> "Shots":
        """Return some of them, by their numbers."""
        frames = [self.frames[each] for each in these]
        return Shots(frames, self.detail[these], self.found[these], self.pictures[these], self.faces[these])


@dataclass(frozen=True, eq=False)
class UsualView:
    """What a camera usually shows.

    reference: the frames that tell; None once they are no longer needed. detail, found: REGIONS; found is the mean
    number of faces. scene: THUMBNAIL, brightness. seats, people: THUMBNAIL, whether bodies of people are there, and
    anything of people. faces: the median of a frame.
    """

    reference: Shots | None
    detail: NDArray[np.float64]
    found: NDArray[np.float64]
    scene: NDArray[np.float64]
    seats: NDArray[np.bool_]
    people: NDArray[np.bool_]
    faces: float

    @classmethod
    def of(cls, shots: Shots) -> "UsualView":
        """Take it from frames with many faces: a camera that looked at the wall for half an hour showed none."""
        fewest = USUAL * float(np.percentile(shots.faces, 90))
        many = shots.some(np.flatnonzero(shots.faces >= fewest))
        return cls(
            many,
            np.median(many.detail, axis=0),
            np.mean(many.found, axis=0),
            np.median(many.pictures, axis=0),
            _often(many.frames, (1, 2)),
            np.asarray(binary_dilation(_often(many.frames, (0, 1, 2)), np.ones((3, 3), bool)), bool),
            float(np.median(many.faces)),
        )

    def slim(self) -> "UsualView":
        """Return it without the frames that told it."""
        slim = replace(self, reference=None)
        slim.__dict__["_deviation"] = self._deviation
        return slim

    def look(self, shots: Shots) -> tuple[NDArray[np.bool_], NDArray[np.str_]]:
        """Return where each picture may show a face, (T, *REGIONS), and why nowhere, if that is so, (T,)."""
        pictures, seen = shots.pictures.astype(np.float64), self._visible(shots)
        tells = self._detail_here >= PLAIN
        as_usual = _total(shots.detail * seen) / np.maximum(_total(self.detail * seen), 1) >= DETAIL
        shows = as_usual & (seen[:, tells].mean(axis=1) >= SOMETHING) if tells.any() else np.ones(len(seen), bool)
        alike = correlation(pictures, self.scene)
        as_many = (alike >= ALIKE) & (self.faces > 0) & (shots.faces >= ENOUGH * self.faces)
        moved = shows & ~as_many
        moved[moved] = correlation(pictures[moved], self.scene, cells_of(seen[moved])) < ALIKE
        for frame in np.flatnonzero(moved).tolist():
            moved[frame] = not self._in_their_places(shots.frames[frame])
        mean, contrast = pictures.mean(axis=(1, 2)), pictures.std(axis=(1, 2))
        blindness = np.full(len(seen), "blinded")
        for holds, why in (
            (contrast >= CONTRAST * self.scene.std(), "blurred"),
            (alike < ALIKE, "moved"),
            (mean < LIGHT * self.scene.mean(), "dark"),
            (shows | as_many, ""),  # dim, and yet as many were found as usual
            (moved, "moved"),
        ):
            blindness[holds] = why  # what comes later is the better reason
        seen[~shows & as_many] = True
        seen[blindness != ""] = False
        return seen, blindness

    def _visible(self, shots: Shots) -> NDArray[np.bool_]:
        """Return where the pictures have their detail and are of the same scene, (T, *REGIONS)."""
        usual = self._detail_here
        covered = (usual >= PLAIN) & (near(shots.detail.astype(np.float64), WINDOW) < DETAIL_HERE * usual)
        pictures = shots.pictures.astype(np.float64)
        mean, (scene, variance) = around(pictures, WINDOW), self._scene_here
        shared = around(pictures * self.scene, WINDOW) - mean * scene
        own = around(pictures * pictures, WINDOW) - mean * mean
        other = (variance >= PLAIN**2) & (shared < ALIKE_HERE * np.sqrt(np.maximum(own * variance, 0)))
        return ~self._where_changed(shots, covered | other)

    def _in_their_places(self, frame: Seen) -> bool:
        """Whether those who were found sit where people do, and nothing but people tells one picture from another."""
        x, y, _ = frame.places.T
        sit = self.people[cell(x, y * frame.width / max(frame.height, 1))]
        bare = self.scene[~self.people]
        return bool(
            bare.size
            and bare.std() < PLAIN_WALL
            and sit.size
            and sit.size >= USUAL * self.faces
            and sit.mean() >= ENOUGH
        )

    def _where_changed(self, shots: Shots, where: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return those parts, (T, *REGIONS), where what lies before the seats lies before the rest, too.

        An empty seat before a plain wall is as plain as a hand. Where nothing but seats is, it does.
        """
        changed, these = where.copy(), np.flatnonzero(where.any(axis=(1, 2)))
        for part in parts(these):
            there = near(per_region(~self.people & self._changed(shots.pictures[part], ~self.people)), WINDOW)
            rest = near(per_region(~self.people), WINDOW)
            changed[part] &= (there >= BACKGROUND * rest) | (rest < 1)
        return changed

    def _changed(self, pictures: NDArray[np.uint8], cells: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which cells of pictures are others than usual, in the light of some cells, (T, *THUMBNAIL)."""
        away = np.abs(fitted(pictures.astype(np.float64), self.scene, cells) - self.scene)
        return np.asarray(away > CHANGED * self._deviation, bool)

    def shares(self, shots: Shots, seen: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return the part of the usual number of faces that was found where each picture may show them, (T,)."""
        return _total(shots.found * seen) / np.maximum(_total(self.found * seen), 1e-9)

    def found_in(
        self, shots: Shots, seen: NDArray[np.bool_], lately: NDArray[np.float64]
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return where faces were found as usual or people left, (T, *REGIONS), and whether that is nowhere, (T,).

        seen: where the pictures may show them. lately: (T,), the mean share of faces in the frames around.
        """
        found, usual = shots.found * seen, self.found * seen
        total, usually = _total(found), _total(usual)
        faint = self._faint(shots, seen)
        doubtful = few(total, usually, lately) | emptier(total, usually)
        doubtful |= (few(_together(found), _together(usual)) | faint).any(axis=(1, 2))
        visible, left = seen.copy(), np.zeros(len(seen), bool)
        for part in parts(np.flatnonzero(doubtful)):  # in most frames nobody is missing whom the picture may show
            visible[part], left[part] = self._explained(shots.some(part), seen[part], lately[part], faint[part])
        return visible, ~visible.any(axis=(1, 2)) & ~left

    def _explained(
        self, shots: Shots, seen: NDArray[np.bool_], lately: NDArray[np.float64], faint: NDArray[np.bool_]
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return where faces were found as usual or people left, (T, *REGIONS), and in which frames most left, (T,)."""
        changed = self._changed(shots.pictures, cells_of(seen))
        at_seats, elsewhere = per_region(changed & self.seats) * seen, per_region(changed & ~self.seats) * seen
        seats, bare = per_region(self.seats) * seen, per_region(~self.seats) * seen
        numbers = shots.found * seen, self.found * seen, at_seats, seats
        total = SeatChanges(_total(elsewhere) / np.maximum(_total(bare), 1), *(_total(each) for each in numbers))
        here = SeatChanges(0.0, *(_together(each) for each in numbers))
        left, sat, other, rest = (_near_spot(each) for each in (at_seats, seats, elsewhere, bare))
        part = left / np.maximum(sat, 1e-9)
        emptied = (part >= LEFT) & (other <= ELSEWHERE * part * rest)
        faded = self._where_changed(shots, faint & ~emptied)  # an emptied part has less detail, too
        visible = np.where(total.left[:, None, None], seen, seen & ~here.missing() & ~faded)
        visible[total.missing(lately)] = False
        return visible, total.left

    def _faint(self, shots: Shots, seen: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return where people sit and less detail is left than in most of the frame, (T, *REGIONS)."""
        here, usual = near(shots.detail.astype(np.float64), SPOT), near(self.detail, SPOT)
        tells = usual >= PLAIN
        if not tells.any():
            return np.zeros(seen.shape, bool)
        ratio = here / np.maximum(usual, PLAIN)
        light = np.minimum(np.percentile(ratio[:, tells], 75, axis=1), 1)
        sat = _near_spot(per_region(self.seats) * seen) > 0
        return np.asarray(tells & (ratio < DETAIL_SPOT * light[:, None, None]) & sat, bool)

    @cached_property
    def _deviation(self) -> NDArray[np.float64]:
        """How far each cell usually is from the scene, THUMBNAIL."""
        if self.reference is None:
            raise TypeError("it was not computed before its frames were let go")
        everywhere = np.ones(THUMBNAIL, bool)
        away = np.zeros(self.reference.pictures.shape, np.float32)
        for part in parts(np.arange(len(away))):
            pictures = self.reference.pictures[part].astype(np.float64)
            away[part] = np.abs(fitted(pictures, self.scene, everywhere) - self.scene)
        return 1.4826 * _median(away.reshape(len(away), -1)).reshape(THUMBNAIL) + ROUNDING

    @cached_property
    def _detail_here(self) -> NDArray[np.float64]:
        return near(self.detail, WINDOW)

    @cached_property
    def _scene_here(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        mean = around(self.scene, WINDOW)
        return mean, around(self.scene * self.scene, WINDOW) - mean * mean


def parts(these: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
    """Divide numbers of frames, so that the pictures of a part fit into a cache."""
    return (these[first : first + AT_ONCE] for first in range(0, len(these), AT_ONCE))


def _median(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the median of each column; twice as fast as along the first axis of values as they lie."""
    ordered = np.sort(np.ascontiguousarray(values.T), axis=1).astype(np.float64)
    return np.asarray((ordered[:, (len(values) - 1) // 2] + ordered[:, len(values) // 2]) / 2, np.float64)


def _total(regions: NDArray[np.float64] | NDArray[np.uint8]) -> NDArray[np.float64]:
    return np.asarray(regions.sum(axis=(1, 2)), np.float64)


def _together(regions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sums over the window round each region; beyond the picture there is nothing."""
    return near(regions, WINDOW, beyond=cv2.BORDER_CONSTANT) * WINDOW**2


def _near_spot(regions: NDArray[np.float64]) -> NDArray[np.float64]:
    return near(regions, SPOT, beyond=cv2.BORDER_CONSTANT)


def _places(frames: Sequence[Seen]) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64]]:
    """Return the frame of each face, (F,), its x, y and width in widths of the frame, (3, F), and width by height."""
    frame = np.repeat(np.arange(len(frames)), [len(each.boxes) for each in frames])
    places = np.concatenate([np.zeros((0, 3)), *(each.places for each in frames)])
    aspect = np.array([each.width / max(each.height, 1) for each in frames], np.float64)
    return frame, places.T, aspect[frame]


def _often(frames: Sequence[Seen], below: Sequence[int]) -> NDArray[np.bool_]:
    """Return what usually lies so many face widths below the middle of a face, THUMBNAIL: 1 and 2 are the body."""
    frame, (x, y, width), aspect = _places(frames)
    seen = np.zeros((len(frames), *THUMBNAIL), bool)
    for down in below:
        seen[frame, *cell(x, (y + down * width) * aspect)] = True
    return np.asarray(seen.sum(axis=0) >= OFTEN * len(frames), bool)
