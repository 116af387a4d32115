"""In which parts of a frame somebody could have been seen: against what the camera usually shows in this hour."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

from streams.faces.frame_view import REGIONS, THUMBNAIL
from streams.judgement.observations import Seen

__all__ = ["Blindness", "HallVisibility", "sight"]

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

ENOUGH = 0.9
"""Of the faces that the usual frame has: whoever finds so many can see, whatever the picture looks like."""

LIGHT = 0.4
"""Of the usual brightness; below, it is dark."""


MOST_SEATS = 0.9
"""Of the parts in which people sit; with fewer in sight, whoever was not seen may sit in the others."""

CONTRAST = 0.6
"""Of the usual; with more, what has lost its detail is only out of focus."""


class HallVisibility(NamedTuple):
    """visible: (T, *REGIONS), whether a face could have been found there. blindness: of each frame."""

    visible: NDArray[np.bool_]
    blindness: tuple[Blindness, ...]

    def at(self, x: float, y: float, aspect: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return in which frames a point could be seen, (T,). x, y: in frame widths; aspect: (T,), height by width."""
        rows, columns = _region(np.full(len(aspect), x), np.full(len(aspect), y), aspect)
        seen: NDArray[np.bool_] = self.visible[np.arange(len(aspect)), rows, columns]
        return seen

    def whole(
        self,
        places: NDArray[np.float64],
        frame: NDArray[np.intp],
        camera_of: NDArray[np.intp],
        aspect: NDArray[np.float64],
    ) -> NDArray[np.bool_]:
        """Return in which frames nearly all of where people sit could be seen, (T,).

        places: (F, 3), of all faces of the hour. frame: (F,), of each face. camera_of, aspect: (T,).
        """
        seen = np.array([not each for each in self.blindness], bool)
        for camera in np.unique(camera_of):
            mine = camera_of == camera
            here = mine[frame]
            rows, columns = _region(places[here, 0], places[here, 1], aspect[frame[here]])
            seats = np.zeros(REGIONS, bool)
            seats[rows, columns] = True
            if seats.any():
                seen[mine] &= self.visible[mine][:, seats].mean(axis=1) >= MOST_SEATS
        return seen


def _region(
    x: NDArray[np.float64], y: NDArray[np.float64], aspect: NDArray[np.float64]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    rows, columns = REGIONS
    row = np.clip((y / aspect * rows).astype(np.intp), 0, rows - 1)
    return row, np.clip((x * columns).astype(np.intp), 0, columns - 1)


def sight(frames: Sequence[Seen], camera_of: NDArray[np.intp]) -> HallVisibility:
    """Return what could be seen in the frames of an hour, each against its own camera. Who does not tell saw all.

    camera_of: (T,), a number a camera.
    """
    visible = np.ones((len(frames), *REGIONS), bool)
    blindness: list[Blindness] = [""] * len(frames)
    tells = np.array([bool(each.detail.size) for each in frames], bool)
    for camera in np.unique(camera_of[tells]):
        told = np.flatnonzero(tells & (camera_of == camera)).tolist()
        usual = _Usual.of([frames[place] for place in told])
        for place in told:
            visible[place], blindness[place] = usual.look(frames[place])
    return HallVisibility(visible, tuple(blindness))


@dataclass(frozen=True, eq=False)
class _Usual:
    """What a camera usually shows. detail: REGIONS. scene: THUMBNAIL. faces: with so many a frame shows the hall."""

    detail: NDArray[np.float64]
    scene: NDArray[np.float64]
    faces: float

    @classmethod
    def of(cls, frames: Sequence[Seen]) -> "_Usual":
        """Take it from frames with many faces: a camera that looked at the wall for half an hour showed none."""
        fewest = USUAL * float(np.percentile([len(each.boxes) for each in frames], 90))
        reference = [each for each in frames if len(each.boxes) >= fewest]
        enough = ENOUGH * float(np.median([len(each.boxes) for each in reference]))
        return cls(
            np.median([each.detail for each in reference], axis=0),
            np.median([each.thumbnail for each in reference], axis=0),
            enough,
        )

    def look(self, frame: Seen) -> tuple[NDArray[np.bool_], Blindness]:
        """Return where a face could have been found in a frame, REGIONS, and why nowhere, if that is so."""
        picture, seen = frame.thumbnail.astype(np.float64), self._visible(frame)
        tells = self._detail_here >= PLAIN
        ratio = float(frame.detail[seen].sum() / max(self.detail[seen].sum(), 1))
        alike = _correlation(picture, self.scene)
        if not tells.any() or (ratio >= DETAIL and seen[tells].mean() >= SOMETHING):
            return seen, ""
        if alike >= ALIKE and 0 < self.faces <= len(frame.boxes):
            return np.ones(REGIONS, bool), ""  # dim, and yet as many were found as usual
        nowhere = np.zeros(REGIONS, bool)
        if picture.mean() < LIGHT * self.scene.mean():
            return nowhere, "dark"
        if alike < ALIKE:
            return nowhere, "moved"
        return nowhere, "blurred" if picture.std() >= CONTRAST * self.scene.std() else "blinded"

    def _visible(self, frame: Seen) -> NDArray[np.bool_]:
        there = uniform_filter(frame.detail.astype(np.float64), WINDOW, mode="nearest")
        usual = self._detail_here
        covered = (usual >= PLAIN) & (there < DETAIL_HERE * usual)
        picture = frame.thumbnail.astype(np.float64)
        mean, (scene, variance) = self._around(picture), self._scene_here
        shared = self._around(picture * self.scene) - mean * scene
        own = self._around(picture * picture) - mean * mean
        other = (variance >= PLAIN**2) & (shared < ALIKE_HERE * np.sqrt(np.maximum(own * variance, 0)))
        seen: NDArray[np.bool_] = ~(covered | other)
        return seen

    @cached_property
    def _detail_here(self) -> NDArray[np.float64]:
        return np.asarray(uniform_filter(self.detail, WINDOW, mode="nearest"), np.float64)

    @cached_property
    def _scene_here(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        mean = self._around(self.scene)
        return mean, self._around(self.scene * self.scene) - mean * mean

    @staticmethod
    def _around(picture: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the mean of a thumbnail's values round the middle of each region, REGIONS."""
        down, across = THUMBNAIL[0] // REGIONS[0], THUMBNAIL[1] // REGIONS[1]
        mean = uniform_filter(picture, (WINDOW * down, WINDOW * across), mode="nearest")
        return np.asarray(mean[down // 2 :: down, across // 2 :: across], np.float64)


def _correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    a, b = one - one.mean(), other - other.mean()
    return float((a * b).sum() / max(np.sqrt((a * a).sum() * (b * b).sum()), 1e-9))
