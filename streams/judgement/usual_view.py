"""What a camera usually shows, and where in a frame a face could have been found, compared with that.

A picture is judged by itself: it has its detail, and it is of the same scene. And by its faces: where far fewer were
found than usual, people left if the picture changed at their seats and hardly elsewhere. Otherwise they sit there
still, and nobody could have been found, whatever was the matter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation

from streams.faces.frame_view import REGIONS, THUMBNAIL
from streams.judgement.observations import Seen
from streams.judgement.seat_changes import ELSEWHERE, LEFT, SeatChanges
from streams.judgement.thumbnails import around, cell, cells_of, correlation, fitted, near, per_region, region

__all__ = ["Blindness", "UsualView"]

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


@dataclass(frozen=True, eq=False)
class UsualView:
    """What a camera usually shows.

    detail, found: REGIONS; found is the mean number of faces. scene, deviation: THUMBNAIL, brightness.
    seats, people: THUMBNAIL, whether bodies of people are there, and anything of people. faces: the median of a frame.
    """

    detail: NDArray[np.float64]
    found: NDArray[np.float64]
    scene: NDArray[np.float64]
    deviation: NDArray[np.float64]
    seats: NDArray[np.bool_]
    people: NDArray[np.bool_]
    faces: float

    @classmethod
    def of(cls, frames: Sequence[Seen]) -> "UsualView":
        """Take it from frames with many faces: a camera that looked at the wall for half an hour showed none."""
        fewest = USUAL * float(np.percentile([len(each.boxes) for each in frames], 90))
        reference = [each for each in frames if len(each.boxes) >= fewest]
        scene = np.median([each.thumbnail for each in reference], axis=0)
        everywhere = np.ones(THUMBNAIL, bool)
        away = [np.abs(fitted(each.thumbnail, scene, everywhere) - scene) for each in reference]
        return cls(
            np.median([each.detail for each in reference], axis=0),
            np.mean([_count(each) for each in reference], axis=0),
            scene,
            1.4826 * np.median(away, axis=0) + ROUNDING,
            _cells(reference, (1, 2)),
            np.asarray(binary_dilation(_cells(reference, (0, 1, 2)), np.ones((3, 3), bool)), bool),
            float(np.median([len(each.boxes) for each in reference])),
        )

    def look(self, frame: Seen) -> tuple[NDArray[np.bool_], Blindness]:
        """Return where the picture of a frame may show a face, REGIONS, and why nowhere, if that is so."""
        picture, seen = frame.thumbnail.astype(np.float64), self._visible(frame)
        tells = self._detail_here >= PLAIN
        ratio = float(frame.detail[seen].sum() / max(self.detail[seen].sum(), 1))
        alike = correlation(picture, self.scene)
        as_many = alike >= ALIKE and 0 < ENOUGH * self.faces <= len(frame.boxes)
        nowhere = np.zeros(REGIONS, bool)
        if not tells.any() or (ratio >= DETAIL and seen[tells].mean() >= SOMETHING):
            cells = cells_of(seen)
            same = as_many or self._in_their_places(frame)
            if not same and correlation(picture[cells], self.scene[cells]) < ALIKE:
                return nowhere, "moved"
            return seen, ""
        if as_many:
            return np.ones(REGIONS, bool), ""  # dim, and yet as many were found as usual
        if picture.mean() < LIGHT * self.scene.mean():
            return nowhere, "dark"
        if alike < ALIKE:
            return nowhere, "moved"
        return nowhere, "blurred" if picture.std() >= CONTRAST * self.scene.std() else "blinded"

    def _visible(self, frame: Seen) -> NDArray[np.bool_]:
        """Return where the picture has its detail and is of the same scene, REGIONS."""
        there = near(frame.detail.astype(np.float64), WINDOW)
        usual = self._detail_here
        covered = (usual >= PLAIN) & (there < DETAIL_HERE * usual)
        picture = frame.thumbnail.astype(np.float64)
        mean, (scene, variance) = around(picture, WINDOW), self._scene_here
        shared = around(picture * self.scene, WINDOW) - mean * scene
        own = around(picture * picture, WINDOW) - mean * mean
        other = (variance >= PLAIN**2) & (shared < ALIKE_HERE * np.sqrt(np.maximum(own * variance, 0)))
        seen: NDArray[np.bool_] = ~((covered | other) & self._background_changed(frame))
        return seen

    def _in_their_places(self, frame: Seen) -> bool:
        """Whether those who were found sit where people do, and nothing but people tells one picture from another."""
        x, y, _ = frame.places.T
        sit = self.people[cell(x, y * frame.width / max(frame.height, 1))]
        bare = self.scene[~self.people]
        return bool(bare.size and bare.std() < PLAIN_WALL and sit.size >= USUAL * self.faces and sit.mean() >= ENOUGH)

    def _background_changed(self, frame: Seen) -> NDArray[np.bool_]:
        """Return where what lies before the seats lies before the rest, too, REGIONS; also where nothing but seats is.

        An empty seat before a plain wall is as plain as a hand.
        """
        away = np.abs(fitted(frame.thumbnail, self.scene, ~self.people) - self.scene)
        changed = near(per_region(~self.people & (away > CHANGED * self.deviation)), WINDOW)
        rest = near(per_region(~self.people), WINDOW)
        return np.asarray((changed >= BACKGROUND * rest) | (rest < 1), bool)

    def share(self, frame: Seen, seen: NDArray[np.bool_]) -> float:
        """Return the part of the usual number of faces that was found where the picture may show them."""
        return float(_count(frame)[seen].sum() / max(self.found[seen].sum(), 1e-9))

    def found_in(self, frame: Seen, seen: NDArray[np.bool_], lately: float) -> tuple[NDArray[np.bool_], Blindness]:
        """Return where faces were found as usual or people left, REGIONS, and why nowhere, if that is so.

        seen: where the picture may show them. lately: the mean share of faces in the frames around.
        """
        cells = cells_of(seen)
        away = np.abs(fitted(frame.thumbnail, self.scene, cells) - self.scene)
        changed, bare = away > CHANGED * self.deviation, cells & ~self.seats
        each = (
            _count(frame) * seen,
            self.found * seen,
            per_region(self.seats & cells & changed),
            per_region(self.seats & cells),
        )
        elsewhere = float((changed & bare).sum() / max(bare.sum(), 1))
        total = SeatChanges(elsewhere, *(np.asarray(one.sum()) for one in each))
        if total.missing(lately):
            return np.zeros(REGIONS, bool), "blurred"
        if total.left:
            return seen, ""  # an emptied part has less detail, too
        here = SeatChanges(0.0, *(near(one, WINDOW, beyond=cv2.BORDER_CONSTANT) * WINDOW**2 for one in each))
        parts = (self.seats & cells & changed, self.seats & cells, bare & changed, bare)
        left, seats, other, rest = (near(per_region(one), SPOT, beyond=cv2.BORDER_CONSTANT) for one in parts)
        part = left / np.maximum(seats, 1e-9)
        emptied = (part >= LEFT) & (other <= ELSEWHERE * part * rest)
        faded = self._faded(frame) & (seats > 0) & ~emptied & self._background_changed(frame)
        found = seen & ~here.missing() & ~faded
        return np.asarray(found, bool), "" if found.any() else "blurred"

    def _faded(self, frame: Seen) -> NDArray[np.bool_]:
        """Return where less detail is left than in most of the frame, REGIONS."""
        here, usual = near(frame.detail.astype(np.float64), SPOT), near(self.detail, SPOT)
        tells = usual >= PLAIN
        ratio = here / np.maximum(usual, PLAIN)
        light = min(float(np.percentile(ratio[tells], 75)), 1.0) if tells.any() else 1.0
        return np.asarray(tells & (ratio < DETAIL_SPOT * light), bool)

    @cached_property
    def _detail_here(self) -> NDArray[np.float64]:
        return near(self.detail, WINDOW)

    @cached_property
    def _scene_here(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        mean = around(self.scene, WINDOW)
        return mean, around(self.scene * self.scene, WINDOW) - mean * mean


def _count(frame: Seen) -> NDArray[np.float64]:
    """Return the number of faces in each region, REGIONS."""
    x, y, _ = frame.places.T
    found = np.zeros(REGIONS)
    np.add.at(found, region(x, y * frame.width / max(frame.height, 1)), 1)
    return found


def _cells(frames: Sequence[Seen], below: Sequence[int]) -> NDArray[np.bool_]:
    """Return what usually lies so many face widths below the middle of a face, THUMBNAIL: 1 and 2 are the body."""
    seen = np.zeros(THUMBNAIL)
    for each in frames:
        x, y, width = each.places.T
        here = np.zeros(THUMBNAIL, bool)
        for down in below:
            here[cell(x, (y + down * width) * each.width / max(each.height, 1))] = True
        seen += here
    return seen >= OFTEN * len(frames)
