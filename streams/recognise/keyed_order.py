"""Frames of a camera are looked at side by side; what one knows of the others must not hang on which was faster."""

from threading import Event, Lock
from typing import Generic, TypeVar

__all__ = ["KeyedOrder", "Turn"]

K = TypeVar("K")


class Turn:
    """A place in a line, as ``with``: inside, all who came before have been there. Only once; more does nothing."""

    def __init__(self, before: Event | None) -> None:
        self._before, self.over = before, Event()

    def __enter__(self) -> None:
        if self._before is not None:
            self._before.wait()
            self._before = None

    def __exit__(self, *_: object) -> None:
        self.over.set()

    def leave(self) -> None:
        """Leave the line without having been there: nobody waits for this one any more."""
        self.over.set()


class KeyedOrder(Generic[K]):
    """Lines by key. Whoever takes a turn must take it to its end, or leave."""

    def __init__(self) -> None:
        self._last: dict[K, Event] = {}
        self._lock = Lock()

    def take(self, key: K) -> Turn:
        """Return the next place in a line."""
        with self._lock:
            turn = Turn(self._last.get(key))
            self._last[key] = turn.over
            return turn
