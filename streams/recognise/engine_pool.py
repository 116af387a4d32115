"""The engines of a worker: each is loaded when it is first needed, and no other ever looks in its place."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import NamedTuple, TypeAlias

from schemas.errors import NaulError, UnavailableError
from schemas.retry import retry_until_available
from schemas.settings import Settings
from schemas.translations import Text
from streams.faces.engines import Engine, load_engine
from streams.faces.placement import placed
from streams.recognise.engine_runner import EngineRunner
from streams.reference.live_engine import name_here

__all__ = ["EngineLookup", "EnginePool", "LoadedEngine", "always"]

log = logging.getLogger(__name__)


class LoadedEngine(NamedTuple):
    """An engine, and the threads or processes in which it looks."""

    engine: Engine
    runner: EngineRunner


EngineLookup: TypeAlias = Callable[[str], Awaitable[LoadedEngine]]
"""Returns the loaded engine of an id."""


def always(loaded: LoadedEngine) -> EngineLookup:
    """Return what answers with one engine, whatever is live."""

    async def of(_: str) -> LoadedEngine:
        return loaded

    return of


class EnginePool:
    """The engines of a worker. What was loaded stays: the engine before is asked for as long as old frames come."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._open: dict[str, LoadedEngine] = {}
        self._opening: dict[str, asyncio.Task[LoadedEngine]] = {}

    def open(self, engine: str) -> LoadedEngine:
        """Load an engine (its id) and return it.

        Raises:
            UnavailableError: it is not on this machine, or is another one here; the text says what to do.
        """
        settings = self._settings
        try:
            loaded = load_engine(name_here(settings, engine), settings.home, threads=1)
            _ = loaded.calibration  # refuses now, not at the first frame
            loaded, said = placed(loaded, settings.arithmetic, settings.device)
        except NaulError as error:
            raise UnavailableError(
                Text("an engine cannot look here: {message}", message=error.message), error.remedy
            ) from error
        log.info("engine %s: %s; %d frames at once", engine, said, settings.threads)
        self._open[engine] = LoadedEngine(
            loaded, EngineRunner(loaded, settings.threads, reuse=settings.reuse_embeddings)
        )
        return self._open[engine]

    async def of(self, engine: str) -> LoadedEngine:
        """Return an engine; wait for as long as it cannot be loaded here."""
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
            each.runner.close()

    def _load(self, engine: str) -> "asyncio.Task[LoadedEngine]":
        if engine not in self._opening:
            loading = retry_until_available(partial(self.open, engine), longest=60.0, away="")
            self._opening[engine] = asyncio.create_task(loading)
        return self._opening[engine]
