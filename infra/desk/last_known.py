"""What was answered last: shown with its age while the part that would answer is away."""

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from schemas.errors import UnavailableError

__all__ = ["KnownAnswer", "LastKnown"]

T = TypeVar("T")


class KnownAnswer(NamedTuple):
    """An answer. at: when it was given; None: never. away: whether it could not be asked again just now."""

    value: Any
    at: datetime | None
    away: bool


class LastKnown:
    """Keeps the last answer to each question; nothing that names students is asked through it."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._answers: dict[str, tuple[Any, datetime]] = {}

    def ask(self, name: str, question: Callable[[], T], otherwise: T) -> KnownAnswer:
        """Ask, and return the answer; if nobody answers, the last one. otherwise: if there never was one."""
        try:
            value = question()
        except UnavailableError:
            with self._lock:
                known = self._answers.get(name)
            return KnownAnswer(known[0], known[1], away=True) if known else KnownAnswer(otherwise, None, away=True)
        at = self._clock()
        with self._lock:
            self._answers[name] = value, at
        return KnownAnswer(value, at, away=False)
