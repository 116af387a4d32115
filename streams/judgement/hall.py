"""The frames of a class hour as one table: a row a face, a column a student whose face is known."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby

import numpy as np
from numpy.typing import ArrayLike, NDArray

from streams.faces.calibration import Calibration
from streams.faces.scores import Units, hall_units
from streams.judgement.matching import NOBODY, assign, prior
from streams.judgement.observations import AWAY, Seen

__all__ = ["FEWEST_CANDIDATES", "SMALL", "Hall", "Units", "units"]

FEWEST_CANDIDATES = 8
"""With fewer, a student's own faces are so large a part of all scores that no median hides them."""

SMALL = 22.0
"""Pixels. Of students with narrower faces, a third were told absent in halls of 1280 x 720; from 24 on, nobody."""

MOST_FRAMES = 75
"""Percentile of the faces of a frame that is taken for the number of people."""

FRAME_LASTS = 60.0
"""Seconds; of a longer pause between frames with faces only so much counts: nothing is known of the rest."""

FEWEST_SCORES = 100
"""Scores of different people that a hall must show before its own units are better than the fixed ones.

From n scores the median is off by 1.25 / sqrt(n) and the scaled median deviation by 1.16 / sqrt(n) spreads: at 100, by
about 0.12 each; halls differ among themselves by 0.2 spreads.
"""


@dataclass(frozen=True, eq=False, repr=False)
class Hall:
    """F faces in T frames, M students.

    frames: in the order of time, T. camera_of: (T,), a number a camera. view_of: (T,), another one
    while it shows something else than usual: a place is in one view. times: (T,), POSIX seconds.
    compared: (T, M), whose face a frame was compared with. frame: (F,), the frame of each face. places: (F, 3), centre
    x and y and width in frame widths. has_look: (F,). cosines: (F, M), NaN where not compared, or ``AWAY``.
    """

    frames: tuple[Seen, ...]
    camera_of: NDArray[np.intp]
    view_of: NDArray[np.intp]
    times: NDArray[np.float64]
    compared: NDArray[np.bool_]
    frame: NDArray[np.intp]
    places: NDArray[np.float64]
    has_look: NDArray[np.bool_]
    cosines: NDArray[np.float32]

    @classmethod
    def of(
        cls,
        frames: Sequence[Seen],
        students: Sequence[str],
        moved: NDArray[np.bool_] | None = None,
        cameras: Sequence[str] | None = None,
    ) -> "Hall":
        """Lay out frames, in the order of time, for the students whose faces are known.

        moved: (T,), whether the camera shows something else than usual; by default it never does. cameras: sorted, all
        of the hour; by default those of the frames.
        """
        names = [seen.camera for seen in frames]
        camera_of = np.searchsorted(
            np.array(cameras if cameras else sorted(set(names)), np.str_), np.array(names, np.str_)
        )
        cosines, compared = [np.zeros((0, len(students)), np.float32)], []
        for candidates, run in groupby(frames, key=lambda seen: seen.students):
            here, there = _columns(candidates, students)
            together = [seen.cosines for seen in run]
            cosines.append(np.full((sum(map(len, together)), len(students)), np.nan, np.float32))
            cosines[-1][:, there] = np.concatenate(together)[:, here]
            compared += [np.isin(np.arange(len(students)), there)] * len(together)
        return cls(
            frames=tuple(frames),
            camera_of=camera_of,
            view_of=2 * camera_of + (0 if moved is None else moved),
            times=np.array([seen.captured_at for seen in frames], np.float64),
            compared=np.array(compared, bool).reshape(len(frames), len(students)),
            frame=np.repeat(np.arange(len(frames)), [len(seen.boxes) for seen in frames]),
            places=np.concatenate([np.zeros((0, 3)), *(seen.places for seen in frames)]),
            has_look=np.concatenate([np.zeros(0, bool), *(seen.has_look for seen in frames)]),
            cosines=np.concatenate(cosines),
        )

    def slim(self, frames: Sequence[Seen]) -> "Hall":
        """Return the table without what faces look like, and what was computed of it. frames: these, slim."""
        return replace(self, frames=tuple(frames), cosines=AWAY)

    def then(self, later: "Hall") -> "Hall":
        """Return the table of these frames and later ones."""
        away = self.cosines is AWAY or later.cosines is AWAY
        return Hall(
            frames=self.frames + later.frames,
            frame=np.concatenate([self.frame, len(self.frames) + later.frame]),
            cosines=AWAY if away else np.concatenate([self.cosines, later.cosines]),
            **{
                name: np.concatenate([getattr(self, name), getattr(later, name)])
                for name in ("camera_of", "view_of", "times", "compared", "places", "has_look")
            },
        )

    @cached_property
    def view(self) -> NDArray[np.intp]:
        """The view of each face, (F,)."""
        return self.view_of[self.frame]

    @cached_property
    def time(self) -> NDArray[np.float64]:
        """When each face was seen, (F,)."""
        return self.times[self.frame]

    @cached_property
    def people(self) -> float:
        """How many people are in the hall: what most frames of each camera show, since some have their heads bent."""
        faces = np.diff(self.starts)
        cameras = (faces[self.camera_of == each] for each in np.unique(self.camera_of))
        return float(sum(np.percentile(each, MOST_FRAMES) for each in cameras))

    @cached_property
    def aspect(self) -> NDArray[np.float64]:
        """Height by width of each frame, (T,)."""
        return np.array([seen.height / seen.width for seen in self.frames], np.float64)

    @cached_property
    def until(self) -> NDArray[np.float64]:
        """When the camera of each frame took its next one, (T,).

        After its last one as much is taken as usually passed between two: a recording that ends early covers nothing
        after that. Infinite for the only one.
        """
        until = np.full(len(self.times), np.inf)
        for camera in np.unique(self.camera_of):
            mine = np.flatnonzero(self.camera_of == camera)
            until[mine[:-1]] = self.times[mine[1:]]
            if len(mine) > 1:
                until[mine[-1]] = self.times[mine[-1]] + np.median(np.diff(self.times[mine]))
        return until

    @cached_property
    def starts(self) -> NDArray[np.intp]:
        """Where the faces of each frame begin among all faces, and where the last ones end, (T + 1,)."""
        return np.searchsorted(self.frame, np.arange(len(self.frames) + 1))

    @cached_property
    def elapsed(self) -> NDArray[np.float64]:
        """Seconds until each frame with faces, (T,), without those of which no such frame tells."""
        frames, elapsed = np.unique(self.frame), np.zeros(len(self.times))
        steps = np.diff(self.times[frames], prepend=self.times[frames[:1]])
        elapsed[frames] = np.cumsum(np.minimum(steps, FRAME_LASTS))
        return elapsed

    @cached_property
    def framed(self) -> NDArray[np.bool_]:
        """Whether each face is inside a rectangle, (F,)."""
        framed = np.zeros(len(self.frame), bool)
        for start, seen in zip(self.starts, self.frames, strict=False):
            framed[[start + face for face in seen.framed]] = True
        return framed

    @cached_property
    def small(self) -> NDArray[np.bool_]:
        """Whether each face is too small to be known, (F,)."""
        pixels = np.array([seen.width for seen in self.frames], np.float64)[self.frame]
        return self.places[:, 2] * pixels < SMALL

    @cached_property
    def _looks(self) -> NDArray[np.float32]:
        """The embeddings of all faces, (F, d); a row of NaN where none was kept."""
        dimension = max((seen.looks.shape[-1] for seen in self.frames), default=0)
        missing = (np.full((len(seen.boxes), dimension), np.nan, np.float32) for seen in self.frames)
        rows = (seen.looks if seen.looks.shape[-1] else none for seen, none in zip(self.frames, missing, strict=True))
        return np.concatenate([np.zeros((0, dimension), np.float32), *rows])

    def looks(self, faces: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return the embeddings of faces that have one, (k, d)."""
        return self._looks[faces].astype(np.float64)

    def names(self, llr: NDArray[np.float64], others: ArrayLike = 0) -> NDArray[np.intp]:
        """Return the student of each face, (F,), one to one within each frame; NOBODY if none.

        llr: (F, M), log likelihood ratios. others: (F,), what visitors say against each face.
        """
        gain = llr + prior(llr.shape[1]) - np.reshape(others, (-1, 1))
        student = np.full(len(gain), NOBODY, np.intp)
        face, likely = np.divmod(np.flatnonzero(gain > 0), max(gain.shape[1], 1))
        name = self.frame[face] * gain.shape[1] + likely  # of a student in a frame
        alone = (np.bincount(face)[face] == 1) & (np.bincount(name)[name] == 1)
        student[face[alone]] = likely[alone]
        rest = np.unique(face[~alone])
        for faces in np.split(rest, np.flatnonzero(np.diff(self.frame[rest])) + 1):
            student[faces] = assign(gain[faces])
        return student


def units(hall: Hall, calibration: Calibration) -> Units:
    """Return the units of the hour; of a hall that has shown too little, the fixed ones of the calibration."""
    scores = hall.cosines[np.isfinite(hall.cosines)]
    candidates = int(hall.compared.sum(axis=1).max(initial=0))
    people = int(np.diff(hall.starts).max(initial=0))
    if candidates < FEWEST_CANDIDATES or people * candidates < FEWEST_SCORES:
        return Units(calibration.center, calibration.spread)
    found = hall_units(scores, candidates)
    return found if found.spread > 0 else Units(calibration.center, calibration.spread)


def _columns(candidates: Sequence[str], students: Sequence[str]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    column = {student: place for place, student in enumerate(students)}
    known = [(here, column[student]) for here, student in enumerate(candidates) if student in column]
    here, there = np.array(known, np.intp).reshape(-1, 2).T
    return here, there
