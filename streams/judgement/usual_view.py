"""What a camera usually shows, and where in a frame a face could have been found, compared with that.

A picture is judged by itself: it has its detail, and it is of the same scene. And by its faces: where far fewer were
found than usual, people left if the picture changed at their seats and hardly elsewhere. Otherwise they sit there
still, and nobody could have been found, whatever was the matter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

from streams.faces.frame_view import REGIONS, THUMBNAIL
from streams.judgement.observations import Seen

__all__ = ["Blindness", "UsualView", "region"]

Blindness: TypeAlias = Literal["", "dark", "blurred", "blinded", "moved"]
"""Why a frame as a whole shows nothing; empty: it shows something."""

USUAL = 0.5
"""Frames with this part of the faces that most frames have tell what the camera usually shows."""

DETAIL = 0.6
"""Of the usual detail. Empty halls kept 0.85 of what full ones have; in the dark 0.05 was left, out of focus 0.28, of a
camera that swung 0.40."""

ALIKE = 0.7
"""Correlation of a thumbnail with the usual one. Good frames have 0.89 and more; of a wall 0.15 and less."""

WINDOW = 5
"""Regions across and down that are looked at together: a single student who leaves changes little of so much."""

DETAIL_HERE, ALIKE_HERE, SOMETHING = 0.4, 0.4, 0.2
PLAIN = 3.0
"""Detail below which a part tells nothing: a bare wall is as it always is."""

SPOT, DETAIL_SPOT = 3, 0.75
"""Regions across and down, and the part of the usual detail there, below which something lies before the seats unless
they were left. Full halls had 0.7 and more, emptied ones 0.72, and 0.58 was the median where drops hid a face."""

ENOUGH = 0.8
"""Of the faces that the usual frame has: whoever finds so many can see, whatever the light is. Frames with 0.3 of the
light had 0.85 and more, with 0.1 of it 0.72 at the median, and there the same people were always missing."""

FEW, ODDS = 0.6, 2.0
"""Faces are missing where fewer than this part of the usual number were found, and fewer by so many of its roots. Of
552 good frames of full halls none had less than 0.69; with a third of the heads bent a root is 1.7 deviations."""

CHANGED = 4.0
"""Usual deviations by which a cell of a thumbnail has changed. Of the seats of full halls 0.03 had, at most 0.17; of
the same ones when everybody had left, 0.48 to 0.59; in noise, blur or few bits, 0.12 at most."""

LEFT = 0.3
"""Of the seats of those who are missing, so many have changed if they left."""

ELSEWHERE = 0.5
"""Of that part, at most so much has changed elsewhere: 0.36 when halls emptied, 1.1 and more of another scene."""

ROUNDING = 1.5
"""Grey values of a thumbnail that are within its usual deviation anyhow."""

OFTEN = 0.1
"""Of the frames; where bodies are less often, nobody sits: faces found by chance, or somebody who walks by."""

LEAST_GAIN = 0.01
"""Of the usual contrast; a picture with less is of one colour, and no light makes it a scene."""

LIGHT = 0.4
"""Of the usual brightness; below, it is dark."""

CONTRAST = 0.6
"""Of the usual; with more, what has lost its detail is only out of focus."""

_CELLS = THUMBNAIL[0] // REGIONS[0], THUMBNAIL[1] // REGIONS[1]
"""Of a thumbnail in a region, down and across."""


def region(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the row and column of the regions of points. x, y: in widths and heights of the frame."""
    return _cell(x, y, REGIONS)


def _cell(
    x: NDArray[np.float64], y: NDArray[np.float64], shape: tuple[int, int]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    row, column = (y * shape[0]).astype(np.intp), (x * shape[1]).astype(np.intp)
    return np.clip(row, 0, shape[0] - 1), np.clip(column, 0, shape[1] - 1)


@dataclass(frozen=True, eq=False)
class UsualView:
    """What a camera usually shows.

    detail, found: REGIONS; found is the mean number of faces. scene, deviation: THUMBNAIL, brightness.
    seats: THUMBNAIL, whether bodies of people are there. faces: the median of a frame.
    """

    detail: NDArray[np.float64]
    found: NDArray[np.float64]
    scene: NDArray[np.float64]
    deviation: NDArray[np.float64]
    seats: NDArray[np.bool_]
    faces: float

    @classmethod
    def of(cls, frames: Sequence[Seen]) -> "UsualView":
        """Take it from frames with many faces: a camera that looked at the wall for half an hour showed none."""
        fewest = USUAL * float(np.percentile([len(each.boxes) for each in frames], 90))
        reference = [each for each in frames if len(each.boxes) >= fewest]
        scene = np.median([each.thumbnail for each in reference], axis=0)
        everywhere = np.ones(THUMBNAIL, bool)
        away = [np.abs(_fitted(each.thumbnail, scene, everywhere) - scene) for each in reference]
        return cls(
            np.median([each.detail for each in reference], axis=0),
            np.mean([_count(each) for each in reference], axis=0),
            scene,
            1.4826 * np.median(away, axis=0) + ROUNDING,
            _seats(reference),
            float(np.median([len(each.boxes) for each in reference])),
        )

    def look(self, frame: Seen) -> tuple[NDArray[np.bool_], Blindness]:
        """Return where a face could have been found in a frame, REGIONS, and why nowhere, if that is so."""
        picture, seen = frame.thumbnail.astype(np.float64), self._visible(frame)
        tells = self._detail_here >= PLAIN
        ratio = float(frame.detail[seen].sum() / max(self.detail[seen].sum(), 1))
        alike, as_many = _correlation(picture, self.scene), 0 < ENOUGH * self.faces <= len(frame.boxes)
        nowhere = np.zeros(REGIONS, bool)
        if not tells.any() or (ratio >= DETAIL and seen[tells].mean() >= SOMETHING):
            cells = _cells(seen)
            if not as_many and _correlation(picture[cells], self.scene[cells]) < ALIKE:
                return nowhere, "moved"
            found = self._found_as_usual(frame, seen)
            return found, "" if found.any() else "blurred"
        if alike >= ALIKE and as_many:
            return np.ones(REGIONS, bool), ""  # dim, and yet as many were found as usual
        if picture.mean() < LIGHT * self.scene.mean():
            return nowhere, "dark"
        if alike < ALIKE:
            return nowhere, "moved"
        return nowhere, "blurred" if picture.std() >= CONTRAST * self.scene.std() else "blinded"

    def _visible(self, frame: Seen) -> NDArray[np.bool_]:
        """Return where the picture has its detail and is of the same scene, REGIONS."""
        there = uniform_filter(frame.detail.astype(np.float64), WINDOW, mode="nearest")
        usual = self._detail_here
        covered = (usual >= PLAIN) & (there < DETAIL_HERE * usual)
        picture = frame.thumbnail.astype(np.float64)
        mean, (scene, variance) = _around(picture), self._scene_here
        shared = _around(picture * self.scene) - mean * scene
        own = _around(picture * picture) - mean * mean
        other = (variance >= PLAIN**2) & (shared < ALIKE_HERE * np.sqrt(np.maximum(own * variance, 0)))
        seen: NDArray[np.bool_] = ~(covered | other)
        return seen

    def _found_as_usual(self, frame: Seen, seen: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return where faces were found as usual or people left, REGIONS. seen: where the picture may show them."""
        cells = _cells(seen)
        away = np.abs(_fitted(frame.thumbnail, self.scene, cells) - self.scene)
        changed = away > CHANGED * self.deviation
        each = _count(frame) * seen, self.found * seen, _sum(self.seats & cells & changed), _sum(self.seats & cells)
        bare = cells & ~self.seats
        elsewhere = float((changed & bare).sum() / max(bare.sum(), 1))
        if _missing(*(np.atleast_1d(one.sum()) for one in each), elsewhere).any():
            return np.zeros(REGIONS, bool)
        missing = _missing(*(uniform_filter(one, WINDOW, mode="constant") * WINDOW**2 for one in each), 0.0)
        left, seats = (uniform_filter(one, SPOT, mode="constant") for one in each[2:])
        return np.asarray(seen & ~missing & ~(self._faded(frame) & (left < LEFT * seats)), bool)

    def _faded(self, frame: Seen) -> NDArray[np.bool_]:
        """Return where less detail is left than in most of the frame, REGIONS."""
        both = frame.detail.astype(np.float64), self.detail
        here, usual = (uniform_filter(one, SPOT, mode="nearest") for one in both)
        tells = usual >= PLAIN
        ratio = here / np.maximum(usual, PLAIN)
        light = min(float(np.percentile(ratio[tells], 75)), 1.0) if tells.any() else 1.0
        return np.asarray(tells & (ratio < DETAIL_SPOT * light), bool)

    @cached_property
    def _detail_here(self) -> NDArray[np.float64]:
        return np.asarray(uniform_filter(self.detail, WINDOW, mode="nearest"), np.float64)

    @cached_property
    def _scene_here(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        mean = _around(self.scene)
        return mean, _around(self.scene * self.scene) - mean * mean


def _missing(
    found: NDArray[np.float64],
    usual: NDArray[np.float64],
    left: NDArray[np.float64],
    seats: NDArray[np.float64],
    elsewhere: float,
) -> NDArray[np.bool_]:
    """Return where people were not found although they did not leave.

    found, usual: numbers of faces. left, seats: cells of the thumbnail, those that changed and all. elsewhere: part of
    the others that changed.
    """
    many = np.maximum(usual, 1e-9)
    few = (found < FEW * many) & (found < many - ODDS * np.sqrt(many))
    part = left / np.maximum(seats, 1e-9)
    gone = (part >= LEFT * (1 - found / many)) & (elsewhere <= ELSEWHERE * part)
    return np.asarray(few & ~gone, bool)


def _count(frame: Seen) -> NDArray[np.float64]:
    """Return the number of faces in each region, REGIONS."""
    x, y, _ = frame.places.T
    found = np.zeros(REGIONS)
    np.add.at(found, region(x, y * frame.width / max(frame.height, 1)), 1)
    return found


def _seats(frames: Sequence[Seen]) -> NDArray[np.bool_]:
    """Return where bodies usually are, one and two face widths below the middle of a face, THUMBNAIL."""
    seen = np.zeros(THUMBNAIL)
    for each in frames:
        x, y, width = each.places.T
        here = np.zeros(THUMBNAIL, bool)
        for below in (1, 2):
            here[_cell(x, (y + below * width) * each.width / max(each.height, 1), THUMBNAIL)] = True
        seen += here
    return seen >= OFTEN * len(frames)


def _fitted(thumbnail: NDArray[np.uint8], scene: NDArray[np.float64], cells: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return a thumbnail in the light and contrast in which it is most like a scene, in some cells. All: THUMBNAIL."""
    picture = thumbnail.astype(np.float64)
    if not cells.any():
        return picture
    middle, usual = picture[cells].mean(), scene[cells].mean()
    ours, theirs = picture[cells] - middle, scene[cells] - usual
    gain = float((ours * theirs).sum() / max((theirs * theirs).sum(), 1e-9))
    return np.asarray((picture - middle) / max(gain, LEAST_GAIN) + usual, np.float64)


def _cells(regions: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which cells of a thumbnail belong to these regions, THUMBNAIL."""
    down, across = _CELLS
    return regions.repeat(down, axis=0).repeat(across, axis=1)


def _sum(cells: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return how many cells of each region these are, REGIONS."""
    down, across = _CELLS
    return np.asarray(cells.reshape(REGIONS[0], down, REGIONS[1], across).sum(axis=(1, 3)), np.float64)


def _around(picture: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of a thumbnail's values round the middle of each region, REGIONS."""
    down, across = _CELLS
    mean = uniform_filter(picture, (WINDOW * down, WINDOW * across), mode="nearest")
    return np.asarray(mean[down // 2 :: down, across // 2 :: across], np.float64)


def _correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    if not one.size:
        return 0.0
    a, b = one - one.mean(), other - other.mean()
    return float((a * b).sum() / max(np.sqrt((a * a).sum() * (b * b).sum()), 1e-9))
