"""In which parts of a frame somebody could have been seen: against what the camera usually shows in this hour."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.faces.frame_view import REGIONS
from streams.judgement.observations import Seen
from streams.judgement.thumbnails import region
from streams.judgement.usual_view import Blindness, UsualView

__all__ = ["Blindness", "HallVisibility", "sight"]

MOST_SEATS = 0.9
"""Of the parts in which people sit; with fewer in sight, whoever was not seen may sit in the others."""

AROUND = 60.0
"""Seconds before and after a frame in which faces are counted with it: heads are bent for half a minute to three."""


class HallVisibility(NamedTuple):
    """visible: (T, *REGIONS), whether a face could have been found there. blindness: of each frame."""

    visible: NDArray[np.bool_]
    blindness: tuple[Blindness, ...]

    @property
    def moved(self) -> NDArray[np.bool_]:
        """Which frames show something else than their camera usually does, (T,)."""
        return np.array([each == "moved" for each in self.blindness], bool)

    def at(self, x: float, y: float, aspect: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return in which frames a point could be seen, (T,). x, y: in frame widths; aspect: (T,), height by width."""
        rows, columns = region(np.full(len(aspect), x), np.full(len(aspect), y) / aspect)
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
            rows, columns = region(places[here, 0], places[here, 1] / aspect[frame[here]])
            seats = np.zeros(REGIONS, bool)
            seats[rows, columns] = True
            if seats.any():
                seen[mine] &= self.visible[mine][:, seats].mean(axis=1) >= MOST_SEATS
        return seen


def sight(frames: Sequence[Seen]) -> HallVisibility:
    """Return what could be seen in the frames of an hour, each against its own camera. Who does not tell saw all."""
    camera_of = np.array([each.camera for each in frames], np.str_)
    visible = np.ones((len(frames), *REGIONS), bool)
    blindness: list[Blindness] = [""] * len(frames)
    tells = np.array([bool(each.detail.size) for each in frames], bool)
    for camera in np.unique(camera_of[tells]):
        told = np.flatnonzero(tells & (camera_of == camera)).tolist()
        usual = UsualView.of([frames[place] for place in told])
        for place in told:
            visible[place], blindness[place] = usual.look(frames[place])
        shows = [place for place in told if not blindness[place]]
        shares = [usual.share(frames[place], visible[place]) for place in shows]
        lately = _means([frames[place].captured_at for place in shows], shares)
        for place, share in zip(shows, lately, strict=True):
            visible[place], blindness[place] = usual.found_in(frames[place], visible[place], share)
    return HallVisibility(visible, tuple(blindness))


def _means(times: Sequence[float], values: Sequence[float]) -> list[float]:
    """Return the mean of the values at most AROUND from each time."""
    at, of = np.array(times), np.array(values)
    return [float(of[np.abs(at - each) <= AROUND].mean()) for each in times]
