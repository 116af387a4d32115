"""Whether those who were not found at their seats left them, or could not be seen: by the picture of the seats."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["ELSEWHERE", "LEFT", "SeatChanges", "emptier", "few"]

FEW, ODDS = 0.6, 2.0
"""Faces are missing where fewer than this part of the usual number were found, and fewer by so many of its roots. Of
552 good frames of full halls none had less than 0.69; with a third of the heads bent a root is 1.7 deviations."""

SOME, LATELY, LATELY_ODDS = 0.85, 0.75, 1.25
"""The same of a frame, where for two minutes less than the second was found, and fewer by 1.25 roots: if that lasts, it
is always the same who are missing. In a twentieth of the light 0.6 were found on average; in good frames of full halls
0.77 at least."""

LEFT = 0.3
"""Of the seats of those who are missing, so many have changed if they left."""

ELSEWHERE = 0.5
"""Of that part, at most so much has changed elsewhere: 0.36 when halls emptied, 1.1 and more of another scene."""


class SeatChanges(NamedTuple):
    """What became of those who usually sit somewhere: of whole frames, (T,); round each region, (T, *REGIONS).

    elsewhere: the part of all cells of the thumbnail without seats that changed, at most 1. found, usual: faces.
    changed, seats: cells in which bodies usually are, those that changed and all.
    """

    elsewhere: float | NDArray[np.float64]
    found: NDArray[np.float64]
    usual: NDArray[np.float64]
    changed: NDArray[np.float64]
    seats: NDArray[np.float64]

    def missing(self, lately: float | NDArray[np.float64] = 1.0) -> NDArray[np.bool_]:
        """Return where people were not found although they did not leave. lately: as of ``few``."""
        return np.asarray(few(self.found, self.usual, lately) & ~self._gone, bool)

    @property
    def left(self) -> NDArray[np.bool_]:
        """Where few were found because most left."""
        return np.asarray(emptier(self.found, self.usual) & self._gone, bool)

    @property
    def _gone(self) -> NDArray[np.bool_]:
        missing = 1 - self.found / np.maximum(self.usual, 1e-9)
        return np.asarray((self._part >= LEFT * missing) & (self.elsewhere <= ELSEWHERE * self._part), bool)

    @property
    def _part(self) -> NDArray[np.float64]:
        return np.asarray(self.changed / np.maximum(self.seats, 1e-9), np.float64)


def emptier(found: NDArray[np.float64], usual: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return where far fewer faces were found than usual."""
    return np.asarray(found < FEW * usual, bool)


def few(
    found: NDArray[np.float64], usual: NDArray[np.float64], lately: float | NDArray[np.float64] = 1.0
) -> NDArray[np.bool_]:
    """Return where fewer faces were found than bent heads explain.

    lately: the mean part of the usual faces in the frames around.
    """
    usual = np.maximum(usual, 1e-9)
    missing = emptier(found, usual) & (found < usual - ODDS * np.sqrt(usual))
    missing |= (found < SOME * usual) & (lately < np.minimum(LATELY, 1 - LATELY_ODDS / np.sqrt(usual)))
    return np.asarray(missing, bool)
