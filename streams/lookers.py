"""Engines that look: each is loaded when it is first needed, and no other ever looks in its place."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import NamedTuple, TypeAlias

from schemas.errors import NaulError, UnavailableError
from schemas.settings import Settings
from streams.eyes import Eyes
from streams.faces.engines import Engine, load_engine
from streams.live import name_here
from streams.patience import patiently

__all__ = ["Looker", "LookerOf", "Lookers", "always"]

log = logging.getLogger(__name__)


class Looker(NamedTuple):
    """An engine and its eyes."""

    engine: Engine
    eyes: Eyes


LookerOf: TypeAlias = Callable[[str], Awaitable[Looker]]
"""Returns the looker of an engine's id."""


def always(looker: Looker) -> LookerOf:
    """Return what answers with one looker, whatever is live."""

    async def of(_: str) -> Looker:
        return looker

    return of


class Lookers:
    """The lookers of a worker. What was loaded stays: the engine before is asked for as long as old frames come."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._open: dict[str, Looker] = {}
        self._opening: dict[str, asyncio.Task[Looker]] = {}

    def open(self, engine: str) -> Looker:
        """Load an engine (its id) and return its looker.

        Raises:
            UnavailableError: it is not on this machine, or is another one here; the text says what to do.
        """
        settings = self._settings
        try:
            loaded = load_engine(name_here(settings, engine), settings.home, threads=1)
            _ = loaded.calibration  # refuses now, not at the first frame
            arithmetic = loaded.quicken(settings.arithmetic)
        except NaulError as error:
            raise UnavailableError(f"an engine cannot look here: {error.message}", error.remedy) from error
        log.info("engine %s, arithmetic: %s, %d frames at once", engine, arithmetic, settings.threads)
        self._open[engine] = Looker(loaded, Eyes(loaded, settings.threads, reuse=settings.reuse_embeddings))
        return self._open[engine]

    async def of(self, engine: str) -> Looker:
        """Return the looker of an engine; wait for as long as it cannot be loaded here."""
        found = self._open.get(engine)
        return found if found else await asyncio.shield(self._load(engine))

    def prepare(self, engines: Iterable[str]) -> None:
        """Begin to load what will be needed."""
        for each in engines:
            if each not in self._open:
                self._load(each)

    def close(self) -> None:
        """Let all pools go."""
        for each in self._open.values():
            each.eyes.close()

    def _load(self, engine: str) -> "asyncio.Task[Looker]":
        if engine not in self._opening:
            self._opening[engine] = asyncio.create_task(patiently(partial(self.open, engine), longest=60.0))
        return self._opening[engine]
