"""Trying again: the one way in which every room waits for what is away.

Pauses grow, and are drawn by chance: what waited for the same broker does not come back in step.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from itertools import count
from typing import Any, TypeVar

from tenacity import AsyncRetrying, RetryCallState, Retrying, retry_if_exception_type, stop_never
from tenacity.wait import wait_random_exponential

from schemas.errors import StoreAwayError, UnavailableError
from schemas.pulse import PULSE

__all__ = ["pauses", "retry", "retry_until_available"]

T = TypeVar("T")
Stop = Callable[[RetryCallState], bool]
log = logging.getLogger(__name__)


def retry(
    work: Callable[[], T],
    *,
    errors: type[BaseException] | tuple[type[BaseException], ...] = UnavailableError,
    first: float = 0.5,
    longest: float = 10.0,
    stop: Stop = stop_never,
    sleep: Callable[[float], Any] = time.sleep,
    quiet: bool = False,
) -> T:
    """Return what the work returns, trying again while it raises one of the errors; anything else is raised.

    first, longest: bounds of the pauses in seconds. stop: says after a failure whether to give up; then the error is
    raised. quiet: the log says nothing of it.
    """
    attempts = _Attempts("kafka")
    found: T = Retrying(
        retry=retry_if_exception_type(errors),
        wait=_wait(first, longest),
        stop=stop,
        sleep=sleep,
        before_sleep=None if quiet else attempts.failed,
        reraise=True,
    )(work)
    attempts.succeeded()
    return found


async def retry_until_available(
    work: Callable[[], T],
    *,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    longest: float = 10.0,
    away: str = "kafka",
) -> T:
    """Run blocking work on a thread until it succeeds. Only ``UnavailableError`` is waited out.

    away: what does not answer meanwhile, so that this process is not ready; empty: it is.
    """
    attempts = _Attempts(away)
    again = AsyncRetrying(
        retry=retry_if_exception_type(UnavailableError),
        wait=_wait(0.5, longest),
        sleep=pause,
        before_sleep=attempts.failed,
        reraise=True,
    )
    found: T = await again(asyncio.to_thread, work)
    attempts.succeeded()
    return found


def pauses(longest: float, *, first: float = 1.0) -> Iterator[float]:
    """Yield the seconds to wait before each further attempt, for who makes the attempts himself."""
    wait, state = _wait(first, longest), RetryCallState(Retrying(), None, (), {})
    for state.attempt_number in count(1):
        yield wait(state)


def _wait(first: float, longest: float) -> wait_random_exponential:
    return wait_random_exponential(multiplier=first, max=longest, min=first / 2)


class _Attempts:
    """Tells the log, metrics and the pulse of attempts that fail, and of the one that does not."""

    def __init__(self, away: str) -> None:
        """away: what does not answer, unless it is the store; empty: nothing that this process needs now."""
        self._away = away
        self._waited = False

    def failed(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        pause = state.next_action.sleep if state.next_action else 0.0
        if isinstance(error, UnavailableError):
            self._note("store" if isinstance(error, StoreAwayError) else self._away)
            log.warning("%s; trying again in %.1f s. %s", error.message, pause, error.remedy)
        else:
            log.warning("%s; trying again in %.1f s", error, pause)

    def succeeded(self) -> None:
        if self._waited:
            PULSE.reached()

    def _note(self, away: str) -> None:
        if not away:
            PULSE.excused()
            return
        from schemas.metrics import RECONNECTS  # only now: commands that wait for nothing need not load its library

        RECONNECTS.labels(away).inc()
        PULSE.waits(away)
        self._waited = True
