"""No frames while a disk of Kafka is nearly full: what is decided of the frames that are there still needs room."""

import time
from collections.abc import Callable

from schemas.broker_disk import DiskSpace
from schemas.errors import UnavailableError
from schemas.translations import Text

__all__ = ["DiskLimit", "LowDiskError"]

EVERY = 1.0
"""Seconds between two questions: in that time a camera sends some MB, and the limit is some GB."""


class LowDiskError(UnavailableError):
    """Kafka's disk has less room than the limit."""


class DiskLimit:
    """Says before a frame is sent whether there is room for it."""

    def __init__(
        self,
        ask: Callable[[], DiskSpace],
        *,
        clock: Callable[[], float] = time.monotonic,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        """ask: returns how much room there is now, like ``BrokerDisk.space``. clock: seconds.

        say: is told once if nobody tells how full the disk is; then frames are sent without knowing.
        """
        self._ask = ask
        self._clock = clock
        self._asked: float | None = None
        self._space = DiskSpace(None, 0)
        self._say = say
        self._unknown = False

    def check(self) -> None:
        """Return if frames may be sent.

        Raises:
            LowDiskError: they may not.
            UnavailableError: Kafka does not answer.
        """
        now = self._clock()
        if self._asked is None or now >= self._asked + EVERY:
            self._space = self._ask()
            self._asked = now
            if self._space.usable is None and not self._unknown:
                self._say(Text("{space}: frames are sent without knowing.", space=self._space))
            self._unknown = self._space.usable is None
        if self._space.low:
            raise LowDiskError(f"{self._space}.", "Make room there; frames go on by themselves.")
