"""Work on the messages of a stream: several at once, done in any order, acknowledged in the order in which they came.

Faust takes what to commit from what was acknowledged, and steps over a gap of one message of a partition: it must never
see one.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Hashable
from typing import Any

from schemas.pulse import PULSE

__all__ = ["Pipeline"]

_WINDOW = 8
"""For each message under way, so many may be done and wait for an older one. They are held in memory."""


class Pipeline:
    """Messages under way, as ``async with``. A failure of one ends all of them and whoever is inside."""

    def __init__(
        self, most: int, ack: Callable[[Any], Awaitable[object]], partition: Callable[[Any], Hashable] = lambda _: None
    ) -> None:
        """most: messages worked on at once. ack: says of a message that it may be committed.

        partition: of a message; only messages of the same one are acknowledged in their order.
        """
        self._ack = ack
        self._partition = partition
        self._group = asyncio.TaskGroup()
        self._room = asyncio.Semaphore(most)
        self._window = asyncio.Semaphore(_WINDOW * most)
        # In the order they came: message, whether it is done.
        self._lines: defaultdict[Hashable, deque[list[Any]]] = defaultdict(deque)

    async def __aenter__(self) -> "Pipeline":
        await self._group.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> None:
        await self._group.__aexit__(*error)

    async def put(self, message: Any, work: Callable[[Any], Awaitable[object]]) -> None:
        """Start to work on a message as soon as there is room. It is done when the work returns.

        Work on messages is begun in the order they were put.
        """
        await self._room.acquire()
        place = await self._place(message)
        self._group.create_task(self._do(work, place))

    async def leave_out(self, message: Any) -> None:
        """Take a message as done."""
        await self._finish(await self._place(message))

    async def _place(self, message: Any) -> list[Any]:
        await self._window.acquire()
        self._lines[self._partition(message)].append(place := [message, False])
        return place

    async def _do(self, work: Callable[[Any], Awaitable[object]], place: list[Any]) -> None:
        await work(place[0])
        self._room.release()
        await self._finish(place)

    async def _finish(self, place: list[Any]) -> None:
        place[1] = True
        line = self._lines[self._partition(place[0])]
        while line and line[0][1]:
            message, _ = line.popleft()
            await self._ack(message)
            PULSE.progressed()
            self._window.release()
