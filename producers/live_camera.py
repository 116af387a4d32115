"""A live camera: read as fast as it delivers, opened again as often as it breaks off."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, Final

import cv2
import numpy as np

from producers.jpeg import encode
from producers.shots import Refused, Shot, Thinner
from schemas.errors import RefusedError
from schemas.retry import pauses

__all__ = ["Live", "LiveEdge", "masked", "open_capture"]

LONGEST_PAUSE: Final = 30.0
"""Seconds between two attempts at most: a camera that comes back is seen within this time and what opening it takes."""

_NETWORK_TIMEOUT_MS = 10_000
_PACE = 0.5
"""Seconds, of the clock or of the stream, after which their paces are compared."""
_PASSWORD = re.compile(r"(?<=://)([^:/@]*):.*@|((?:password|passwd|pwd|pass)=)[^&\s]*", re.IGNORECASE)


class Live:
    """A device or a network stream.

    Every frame is taken off the stream at once, so that what is kept is now and not what a buffer held; only those
    that are due are decoded. The clock dates a frame when it arrives; what waited while the stream was opened is not
    kept, for nobody knows when it was taken.
    """

    live = True
    total: int | None = None

    def __init__(
        self,
        source: int | str,
        *,
        every: timedelta,
        say: Callable[[str], None],
        clock: Callable[[], datetime],
        sleep: Callable[[float], object],
        connect: Callable[[int | str], Any] | None = None,
    ) -> None:
        """Keep what is needed to open the camera; it is opened by ``shots``.

        clock: gives aware times. sleep: waits seconds. connect: opens the source as ``cv2.VideoCapture`` does.
        """
        self.name = f"camera {source}" if isinstance(source, int) else masked(source)
        self._source = source
        self._thinner = Thinner(every)
        self._say = say
        self._clock = clock
        self._sleep = sleep
        self._connect = connect or open_capture

    def shots(self) -> Iterator[Shot | Refused]:
        """Yield for ever what the camera shows; close the iterator to stop."""
        waits, away = pauses(LONGEST_PAUSE), False
        while True:
            asked_at = self._clock()
            capture = self._connect(self._source)
            edge = LiveEdge((self._clock() - asked_at).total_seconds())
            try:
                while capture.isOpened() and capture.grab():
                    if away:
                        self._say(f"{self.name} gives pictures again.")
                    waits, away = pauses(LONGEST_PAUSE), False
                    captured_at = self._clock()
                    position = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
                    if edge.reached(captured_at, position) and self._thinner.keeps(captured_at):
                        yield self._shot(capture, captured_at)
            finally:
                capture.release()
            pause, away = next(waits), True
            self._say(
                f"{self.name} gives no picture; trying again in {pause:.1f} s. Check its cable, address and password."
            )
            self._sleep(pause)

    def _shot(self, capture: Any, captured_at: datetime) -> Shot | Refused:
        name = f"{self.name} at {captured_at.isoformat()}"
        read, image = capture.retrieve()
        if not read:
            return Refused(name, "damaged on its way from the camera")
        try:
            return Shot(captured_at, encode(np.asarray(image)), name)
        except RefusedError as error:
            return Refused(name, str(error))


class LiveEdge:
    """Tells when a stream shows now, and no longer what waited in the connection while it was opened.

    What waited comes faster than it was taken, and no more of it waited than was shown in that time.
    """

    def __init__(self, opening: float) -> None:
        """Expect the stream's first frame. opening: seconds that it took to open."""
        self._waiting = opening
        self._looked: tuple[datetime, float] | None = None

    def reached(self, arrived_at: datetime, position: float) -> bool:
        """Say whether a frame shows now.

        position: in the stream, in seconds; of a source that does not know, always the same.
        """
        self._looked = self._looked or (arrived_at, position)
        passed, shown = (arrived_at - self._looked[0]).total_seconds(), position - self._looked[1]
        if max(passed, shown) >= _PACE:
            self._waiting = 0 if passed >= shown * 3 / 4 else self._waiting - shown
            self._looked = arrived_at, position
        return self._waiting <= 0


def masked(source: str) -> str:
    """Return an address without its password, be it before the host or among the parameters."""
    return _PASSWORD.sub(lambda found: f"{found[2]}***" if found[2] else f"{found[1]}:***@", source)


def open_capture(source: int | str) -> Any:
    """Open a video source; ``isOpened`` of the answer says whether that worked."""
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)  # Naul says itself what is wrong
    if isinstance(source, str) and "://" in source:
        limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, cv2.CAP_PROP_READ_TIMEOUT_MSEC]
        return cv2.VideoCapture(
            source, cv2.CAP_FFMPEG, [part for each in limits for part in (each, _NETWORK_TIMEOUT_MS)]
        )
    return cv2.VideoCapture(source)
