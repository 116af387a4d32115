"""When the frames of a film were taken, out of what a decoder says of each."""

from typing import Any, Final

import cv2

__all__ = ["REORDERED", "FrameTimes"]

REORDERED: Final = 16
"""Frames that a codec holds back at most, to put those in order that are stored out of it."""
_EXACT: Final = 1e-6


class FrameTimes:
    """The times of a film's frames, in seconds from its beginning.

    A decoder tells a position to the microsecond, counted from what it takes for the beginning, and the time itself in
    steps of the frame rate. Where frames are stored out of their order (Matroska does not say how far) it takes a later
    frame for the beginning, or does so only after some frames: then the position moves while the time goes on.
    """

    def __init__(self, rate: float, *, in_stored_order: bool) -> None:
        """rate: steps a second. in_stored_order: a file that has no times, only an order: AVI."""
        self._step = 1 / rate if 0 < rate < 1e6 else None
        self._in_stored_order = in_stored_order
        self.lead = 0.0
        """Seconds by which the first frame is later than the zero of the file's own times."""
        self._seen = 0
        self._ticks = 0.0
        self._moved = 0.0
        """Seconds from the decoder's beginning to the film's."""
        self._bounds = (0.0, 0.0)
        """Between which the time is ahead of the position, as far as the steps tell."""

    def read(self, video: Any) -> float | None:
        """Return the time of the frame that was grabbed last; None if it has none."""
        asked = cv2.CAP_PROP_POS_MSEC, cv2.CAP_PROP_PTS, cv2.CAP_PROP_DTS_DELAY
        position, ticks, delay = (video.get(each) for each in asked)
        return self.at(position / 1000, ticks, delay)

    def at(self, position: float, ticks: float, delay: float = 0.0) -> float | None:
        """Return the time of the next frame; None if it has none.

        position: seconds from what the decoder takes for the beginning, 0 without a time. ticks: the time in steps, as
        before without one. delay: by how many steps a time of a file without times is late, below zero.
        """
        if self._seen and position == 0 and ticks == self._ticks:
            return None
        if not self._seen:
            late = delay * self._step if self._in_stored_order and self._step else 0.0
            self._moved = max(late, -position)
        if self._step:
            self._follow(position, ticks, self._step)
        self._seen += 1
        self._ticks = ticks
        return position + self._moved

    def _follow(self, position: float, ticks: float, step: float) -> None:
        """Notice that the decoder counts from another moment than before."""
        ahead = ticks * step - position
        here = ahead - step / 2, ahead + step / 2
        low, high = max(here[0], self._bounds[0]), min(here[1], self._bounds[1])
        if not self._seen:
            self._bounds, self.lead = here, max(0.0, ticks * step)
        elif high - low > _EXACT:
            self._bounds = low, high
        elif self._seen <= REORDERED and ticks > self._ticks:
            self._moved += ahead - sum(self._bounds) / 2
            self._bounds = here
