"""Which live frames a worker that fell behind leaves out, so that it looks at every camera now and then.

The further behind it is, the fewer frames of each camera it looks at, down to as few as still cover a class hour whole.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

__all__ = ["MAX_WAIT", "LoadShedder", "QueuedFrame"]

MAX_WAIT = timedelta(seconds=30)
"""How long a live frame may wait before it may be left out."""


class QueuedFrame(NamedTuple):
    """A frame in the queue: its camera, whether it is live, when it was captured, and for how long it has waited."""

    camera: str
    live: bool
    captured_at: datetime
    waited: timedelta


class LoadShedder:
    """Compares each frame with the last one of its camera that was not left out, whichever batch that came in."""

    def __init__(self, frame_cover: timedelta) -> None:
        """frame_cover: a frame stands for the time up to the next one, at most this long."""
        self._most = frame_cover * 5 / 6  # cameras do not keep time to the second
        self._kept: dict[str, datetime] = {}

    def leaves_out(self, frame: QueuedFrame) -> bool:
        """Say of the next frame in the queue whether it is left out; a recording's never is.

        What is left out is never reported as covered, for there is no observation of it.
        """
        if not frame.live:
            return False
        last = self._kept.get(frame.camera)
        apart = min(frame.waited / 2, self._most)
        if frame.waited > MAX_WAIT and last is not None and last <= frame.captured_at < last + apart:
            return True
        self._kept[frame.camera] = frame.captured_at
        return False
