"""Frames that wait to be sent: never more than a fixed number, and when they are too many, the oldest go first."""

from collections import Counter, deque
from collections.abc import Callable, Iterator
from threading import Condition, Thread
from typing import Generic, TypeVar

__all__ = ["Backlog", "Feed"]

T = TypeVar("T")


class Backlog(Generic[T]):
    """The policy, without threads: a queue of at most ``capacity`` items.

    sheds: what happens when it is full. A live camera sheds: the oldest item makes room, for now matters more than a
    minute ago. A recording does not: ``offer`` says no and the reader waits.
    """

    def __init__(self, capacity: int, *, sheds: bool, reason: Callable[[], str] = lambda: "") -> None:
        """reason: why items have to wait at present, in a few words."""
        if capacity < 1:
            raise ValueError(f"capacity must be at least 1, got {capacity}")
        self._items: deque[T] = deque()
        self._capacity = capacity
        self._sheds = sheds
        self._reason = reason
        self.dropped: Counter[str] = Counter()
        """How many items made room for newer ones, by the reason why they had to wait."""

    def __len__(self) -> int:
        return len(self._items)

    def offer(self, item: T) -> bool:
        """Take the item; False, and nothing is taken, if there is no room and nothing may be shed."""
        if len(self._items) >= self._capacity:
            if not self._sheds:
                return False
            self._items.popleft()
            self.dropped[self._reason()] += 1
        self._items.append(item)
        return True

    def take(self) -> T | None:
        """Return the oldest item, or None if there is none."""
        return self._items.popleft() if self._items else None


class Feed(Generic[T]):
    """A backlog filled by a thread of its own, so that a camera is read on while Kafka is away."""

    def __init__(self, items: Callable[[], Iterator[T]], backlog: Backlog[T]) -> None:
        self._items = items
        self._backlog = backlog
        self._changed = Condition()
        self._ended = False
        self._stopped = False
        self._error: BaseException | None = None
        self._thread = Thread(target=self._fill, name="feed", daemon=True)
        self._thread.start()

    def take(self, timeout: float) -> T | None:
        """Return the oldest item, or None if none came within the timeout (seconds) or none will.

        Raises:
            BaseException: what ended the source, if it ended badly.
        """
        with self._changed:
            if not self._backlog and not self._ended:
                self._changed.wait(timeout)
            item = self._backlog.take()
            self._changed.notify_all()
            if item is None and self._error is not None:
                raise self._error
            return item

    @property
    def ended(self) -> bool:
        """Whether no item waits and none will come."""
        with self._changed:
            return self._ended and not self._backlog and self._error is None

    def stop(self) -> None:
        """Ask the source for no more. What waits can still be taken."""
        with self._changed:
            self._stopped = True
            self._ended = True
            self._changed.notify_all()

    def _fill(self) -> None:
        try:
            for item in self._items():
                with self._changed:
                    while not self._stopped and not self._backlog.offer(item):
                        self._changed.wait()
                    if self._stopped:
                        return
                    self._changed.notify_all()
        except Exception as error:  # noqa: BLE001  handed to whoever takes
            self._error = error
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()
