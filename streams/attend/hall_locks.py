"""Messages of a hall are taken one at a time, in the order they came; halls do not wait for each other."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

__all__ = ["HallLocks"]


class HallLocks:
    """A lock a hall, and one that waits for all of them. Whoever asks first is served first."""

    def __init__(self) -> None:
        self._turnstile = asyncio.Lock()
        self._halls: dict[str, asyncio.Lock] = {}
        self._waiting: Counter[str] = Counter()
        self._inside = 0
        self._empty = asyncio.Event()
        self._empty.set()

    @asynccontextmanager
    async def hall(self, name: str) -> AsyncIterator[None]:
        """Hold one hall."""
        async with self._turnstile:
            self._inside += 1
            self._empty.clear()
        lock = self._halls.setdefault(name, asyncio.Lock())
        try:
            self._waiting[name] += 1
            try:
                await lock.acquire()
            finally:
                self._waiting[name] -= 1
            try:
                yield
            finally:
                lock.release()
        finally:
            self._inside -= 1
            if not self._inside:
                self._empty.set()

    def is_waited_for(self, name: str) -> bool:
        """Whether others wait for a hall."""
        return self._waiting[name] > 0

    @asynccontextmanager
    async def all_halls(self) -> AsyncIterator[None]:
        """Hold everything: whoever is at work ends, and nobody begins meanwhile."""
        async with self._turnstile:
            await self._empty.wait()
            yield
