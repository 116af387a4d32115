"""What was answered last: shown with its age while the part that would answer is away."""

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from infra.desk.site import Desk
from schemas.errors import UnavailableError

__all__ = ["KnownAnswer", "LastKnown", "of_students"]

MOST = 1000
"""Answers about students: of a term of one some 20 KB."""

T = TypeVar("T")


class KnownAnswer(NamedTuple):
    """An answer. at: when it was given; None: never. away: whether it could not be asked again just now."""

    value: Any
    at: datetime | None
    away: bool


class LastKnown:
    """Keeps the last answers to so many questions. Whoever keeps what is about students has ``forget`` called."""

    def __init__(self, clock: Callable[[], datetime], most: int = 100) -> None:
        self._clock, self._most = clock, most
        self._lock = threading.Lock()
        self._answers: dict[str, tuple[Any, datetime]] = {}

    def ask(self, name: str, question: Callable[[], T], otherwise: T) -> KnownAnswer:
        """Ask, and return the answer; if nobody answers, the last one. otherwise: if there never was one."""
        try:
            value = question()
        except UnavailableError:
            return self.last(name, otherwise)
        return self.keep(name, value)

    def keep(self, name: str, value: T) -> KnownAnswer:
        """Keep an answer, and return it."""
        at = self._clock()
        with self._lock:
            self._answers.pop(name, None)
            self._answers[name] = value, at
            while len(self._answers) > self._most:
                del self._answers[next(iter(self._answers))]
        return KnownAnswer(value, at, away=False)

    def last(self, name: str, otherwise: T) -> KnownAnswer:
        """Return the last answer, for nobody answers now. otherwise: if there never was one."""
        with self._lock:
            known = self._answers.get(name)
        return KnownAnswer(known[0], known[1], away=True) if known else KnownAnswer(otherwise, None, away=True)

    def forget(self) -> None:
        """Keep nothing of what was answered."""
        with self._lock:
            self._answers.clear()


def of_students(desk: Desk) -> LastKnown:
    """Return what keeps the last answers about students; nothing of them is kept when somebody is erased."""

    def made(mine: Desk) -> LastKnown:
        known = LastKnown(mine.clock, MOST)
        mine.drawn.append(known.forget)
        return known

    return desk.kept("last_known_of_students", made)
