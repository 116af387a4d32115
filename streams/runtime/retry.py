"""Waiting for what is away: the broker, the store. Nothing is committed meanwhile, and the log says so once."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from schemas.errors import UnavailableError

__all__ = ["retry_until_available"]

T = TypeVar("T")
log = logging.getLogger(__name__)


async def retry_until_available(
    work: Callable[[], T], *, pause: Callable[[float], Awaitable[None]] = asyncio.sleep, longest: float = 10.0
) -> T:
    """Run blocking work on a thread until it succeeds, with pauses that double up to ``longest`` seconds.

    Only ``UnavailableError`` is waited out; anything else is raised.
    """
    delay = 0.5
    while True:
        try:
            return await asyncio.to_thread(work)
        except UnavailableError as error:
            log.warning("%s; trying again in %.1f s. %s", error.message, delay, error.remedy)
        await pause(delay)
        delay = min(2 * delay, longest)
