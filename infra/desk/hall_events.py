"""The changes of live pages: what a page shows is rendered again when its hall changed, and only what differs is sent.

A position is ``boot-number``: a page that was cut off asks for what changed after it, and gets that, or all if this is
another process by now. Numbers only rise, whatever page they are of: one that was let go of and came back is new.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress

__all__ = ["LivePages", "PageChanges", "Positions"]

log = logging.getLogger(__name__)

PAUSE = 0.2
"""Seconds in which changes are gathered before a page is rendered again."""
REFRESH = 5.0
"""Seconds after which a page is rendered again although its hall said nothing: what waits may have changed."""

RENDERERS = 2
"""Threads that render. More of them are no quicker, and keep those waiting that read the topics and answer; one would
have all pages wait for one whose store is away."""

WHOLE = "tiles"
"""The part that holds others: if it is sent, they need not be."""

Parts = Mapping[str, str]
"""What a page consists of: HTML by the id of its element. Those of ``INSIDE`` stand within ``WHOLE``."""

INSIDE = "s-"

LONGEST = 18
"""Digits of a number that was given, at most: nobody has Python read thousands of them."""


class Positions:
    """The positions of all pages of a process. boot: tells it from those before it."""

    def __init__(self, boot: str) -> None:
        self._boot = boot
        self._last = 0

    @property
    def now(self) -> str:
        """The last one that was given: whatever changes later has a later one."""
        return f"{self._boot}-{self._last}"

    def next(self) -> int:
        """Give one more."""
        self._last += 1
        return self._last

    def number(self, position: str) -> int:
        """Return the number of a position; of another process, or of none: before all."""
        boot, _, number = position.rpartition("-")
        return int(number) if boot == self._boot and number.isdecimal() and len(number) <= LONGEST else -1


class PageChanges:
    """The parts of a page, each with the number of the change that it came with."""

    def __init__(self, numbers: "Positions") -> None:
        self._numbers = numbers
        self._parts: dict[str, tuple[str, int]] = {}
        self._inside: tuple[str, ...] = ()

    def update(self, parts: Parts) -> bool:
        """Take the page as it is now, and return whether anything differs."""
        inside = tuple(name for name in parts if name.startswith(INSIDE))
        others = inside != self._inside or WHOLE not in self._parts
        changed = {
            name: html
            for name, html in parts.items()
            if (others if name == WHOLE else self._parts.get(name, (None, 0))[0] != html)
        }
        if changed:
            number = self._numbers.next()
            self._parts |= {name: (html, number) for name, html in changed.items()}
            self._inside = inside
        self._parts = {name: each for name, each in self._parts.items() if name in parts}
        if WHOLE in parts:
            self._parts[WHOLE] = parts[WHOLE], self._parts[WHOLE][1]
        return bool(changed)

    def since(self, position: str) -> list[str]:
        """Return the HTML of what changed after a position; of a position of another process: of everything."""
        after = self._numbers.number(position)
        names = [name for name, (_, changed) in self._parts.items() if changed > after]
        if WHOLE in names:
            names = [name for name in names if not name.startswith(INSIDE)]
        return [self._parts[name][0] for name in names]


class LivePage:
    """One page that somebody watches, of some halls."""

    def __init__(
        self, numbers: Positions, halls: Collection[str], render: Callable[[], Parts], threads: Executor
    ) -> None:
        self.halls = frozenset(halls)
        self.watchers = 0
        self._numbers, self._render, self._threads = numbers, render, threads
        self.changes = PageChanges(numbers)
        self._dirty, self._news = asyncio.Event(), asyncio.Condition()

    def touch(self) -> None:
        """Say that its hall changed."""
        self._dirty.set()

    async def keep(self) -> None:
        """Render it whenever it changed, for ever."""
        loop = asyncio.get_running_loop()
        while True:
            self._dirty.clear()
            try:
                if self.changes.update(await loop.run_in_executor(self._threads, self._render)):
                    async with self._news:
                        self._news.notify_all()
            except Exception:
                log.exception("a live page could not be rendered; it is tried again")
            await asyncio.sleep(PAUSE)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._dirty.wait(), REFRESH)

    async def events(self, after: str) -> AsyncIterator[tuple[str, str]]:
        """Yield position and HTML of what changed after a position, again and again."""
        while True:
            async with self._news:
                while not (parts := self.changes.since(after)):
                    await self._news.wait()
                after = self._numbers.now
            yield after, "".join(parts)


class LivePages:
    """Every page that somebody watches: rendered once, however many watch it."""

    def __init__(self, boot: str) -> None:
        self.positions = Positions(boot)
        self._pages: dict[object, tuple[LivePage, asyncio.Task[None]]] = {}
        self._threads = ThreadPoolExecutor(RENDERERS, "live-pages")

    def close(self) -> None:
        """Render no more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def changed(self, halls: Collection[str]) -> None:
        """Say which halls changed; none: something that concerns all of them."""
        for page, _ in self._pages.values():
            if not halls or page.halls & set(halls):
                page.touch()

    def since(self, key: object, after: str) -> tuple[str, str]:
        """Return position and HTML of what changed after a position, of a page that somebody watches; else nothing."""
        page = self._pages.get(key)
        return self.positions.now, "".join(page[0].changes.since(after)) if page else ""

    async def watch(
        self, key: object, halls: Collection[str], render: Callable[[], Parts], after: str
    ) -> AsyncIterator[tuple[str, str]]:
        """Yield the changes of a page. key: equal for those who see the same. render: called on other threads."""
        if key not in self._pages:
            page = LivePage(self.positions, halls, render, self._threads)
            self._pages[key] = page, asyncio.create_task(page.keep())
        page, task = self._pages[key]
        page.watchers += 1
        try:
            async for each in page.events(after):
                yield each
        finally:
            page.watchers -= 1
            if not page.watchers:
                del self._pages[key]
                task.cancel()
