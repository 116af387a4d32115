"""Messages of a hall are taken one at a time, in the order they came; halls do not wait for each other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

__all__ = ["HallLocks"]


class HallLocks:
    """A lock a hall, and one that waits for all of them. Whoever asks first is served first."""

    def __init__(self) -> None:
        self._turnstile = asyncio.Lock()
        self._halls: dict[str, asyncio.Lock] = {}
        self._inside = 0
        self._empty = asyncio.Event()
        self._empty.set()

    @asynccontextmanager
    async def hall(self, name: str) -> AsyncIterator[None]:
        """Hold one hall."""
        async with self._turnstile:
            self._inside += 1
            self._empty.clear()
        try:
            async with self._halls.setdefault(name, asyncio.Lock()):
                yield
        finally:
            self._inside -= 1
            if not self._inside:
                self._empty.set()

    @asynccontextmanager
    async def all_halls(self) -> AsyncIterator[None]:
        """Hold everything: whoever is at work ends, and nobody begins meanwhile."""
        async with self._turnstile:
            await self._empty.wait()
            yield
