"""Up to when every frame has been looked at: the time that a hall may be told."""

from collections import deque
from collections.abc import Mapping
from datetime import datetime
from typing import Generic, TypeVar

__all__ = ["Watermark"]

P = TypeVar("P")


class Watermark(Generic[P]):
    """Compares where topics ended at past moments with what a group has committed since.

    A lagging stage thus holds time back: a class hour never closes while frames of it still wait in a queue.
    """

    def __init__(self, keep: int = 1000) -> None:
        """keep: samples that are remembered; the oldest go first."""
        self._samples: deque[tuple[datetime, dict[P, int]]] = deque(maxlen=keep)
        self._done: datetime | None = None

    def sample(self, now: datetime, ends: Mapping[P, int]) -> None:
        """Note where each partition ends now (the offset after its last record)."""
        self._samples.append((now, dict(ends)))

    def done(self, committed: Mapping[P, int]) -> datetime | None:
        """Return the last noted moment whose records are all committed, or None if there is none yet.

        committed: the next offset of each partition; one that is missing has committed nothing.
        """
        while self._samples and all(committed.get(p, 0) >= end for p, end in self._samples[0][1].items()):
            self._done = self._samples.popleft()[0]
        return self._done
