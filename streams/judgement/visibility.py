"""In which parts of a frame somebody could have been seen: against what the camera usually shows in this hour."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.faces.frame_view import REGIONS
from streams.judgement.observations import Seen
from streams.judgement.thumbnails import region
from streams.judgement.usual_view import Blindness, Shots, UsualView, parts

__all__ = ["Blindness", "HallVisibility", "sight"]

MOST_SEATS = 0.9
"""Of the parts in which people sit; with fewer in sight, whoever was not seen may sit in the others."""

AROUND = 60.0
"""Seconds before and after a frame in which faces are counted with it: heads are bent for half a minute to three."""


class KnownCamera(NamedTuple):
    """What a camera usually shows, and what part of the usual faces was found in frames at some times; both (k,)."""

    usual: UsualView
    times: NDArray[np.float64]
    shares: NDArray[np.float64]


class HallVisibility(NamedTuple):
    """visible: (T, *REGIONS), whether a face could have been found there. blindness: of each frame.

    cameras: by name, what they were compared with.
    """

    visible: NDArray[np.bool_]
    blindness: tuple[Blindness, ...]
    cameras: Mapping[str, KnownCamera] = MappingProxyType({})

    def slim(self) -> "HallVisibility":
        """Return it without the frames that it was taken from."""
        cameras = {name: each._replace(usual=each.usual.slim()) for name, each in self.cameras.items()}
        return self._replace(cameras=cameras)

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


def sight(frames: Sequence[Seen], known: Mapping[str, KnownCamera] = MappingProxyType({})) -> HallVisibility:
    """Return what could be seen in the frames of an hour, each against its own camera. Who does not tell saw all.

    known: what earlier frames told of some cameras; of the others, these tell it.
    """
    camera_of = np.array([each.camera for each in frames], np.str_)
    visible = np.ones((len(frames), *REGIONS), bool)
    blindness = np.full(len(frames), "", "<U8")
    tells = np.array([bool(each.detail.size) for each in frames], bool)
    cameras = dict(known)
    for camera in np.unique(camera_of[tells]).tolist():
        told = np.flatnonzero(tells & (camera_of == camera))
        shots = Shots.of([frames[place] for place in told.tolist()])
        before = known.get(camera) or KnownCamera(UsualView.of(shots), np.zeros(0), np.zeros(0))
        for part in parts(np.arange(len(told))):
            visible[told[part]], blindness[told[part]] = before.usual.look(shots.some(part))
        shows = np.flatnonzero(blindness[told] == "")
        shots, shown = shots.some(shows), told[shows]
        times = np.array([each.captured_at for each in shots.frames], np.float64)
        shares = before.usual.shares(shots, visible[shown])
        cameras[camera] = KnownCamera(before.usual, np.append(before.times, times), np.append(before.shares, shares))
        visible[shown], blind = before.usual.found_in(shots, visible[shown], _lately(cameras[camera], times))
        blindness[shown[blind]] = "blurred"
    return HallVisibility(visible, tuple(blindness.tolist()), cameras)


def _lately(camera: KnownCamera, times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean share of faces at most AROUND from each time, (k,)."""
    around = np.abs(times[:, None] - camera.times) <= AROUND
    return np.asarray(around @ camera.shares / around.sum(axis=1), np.float64)
