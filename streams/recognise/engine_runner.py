"""The engine on its own cores: pictures go in, faces come out, and the event loop stays free."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeAlias

from schemas.frames import FrameHeaders
from schemas.messages import Profile
from streams.faces.engines import Engine, Found, load_engine
from streams.faces.frame_view import FrameView, view_of
from streams.faces.pictures import Image, decode_jpeg
from streams.faces.process_pools import process_pool
from streams.faces.regions import plan
from streams.faces.reuse import Camera, Embed, Reuse
from streams.recognise.keyed_order import KeyedOrder, Turn

__all__ = ["Decode", "EngineRunner", "FrameFaces"]


class FrameFaces(NamedTuple):
    """What was found in a picture. width, height: pixels. view: how well it could be seen; None if nobody looked."""

    width: int
    height: int
    found: list[Found]
    view: FrameView | None = None


Decode: TypeAlias = Callable[[bytes], Image]
"""As ``decode_jpeg``."""


class EngineRunner:
    """An engine behind a pool: threads where it frees the GIL, spawned processes where it does not."""

    def __init__(
        self, engine: Engine, workers: int, *, reuse: bool = False, alone: bool = False, decode: Decode = decode_jpeg
    ) -> None:
        """workers: pictures that are looked at at once, one core each.

        reuse: faces that hardly changed keep their embeddings. Processes know nothing of one another's: they never do.
        alone: nothing else needs this process; every engine looks in it. decode: makes an image of a frame, in threads.
        """
        self._engine = engine
        self._threads = alone or engine.frees_gil
        self._decode = decode
        self._reuse = Reuse() if reuse and engine.frees_gil else None
        self._turns = KeyedOrder[Camera]()
        self._pool: Executor
        if self._threads:
            self._pool = ThreadPoolExecutor(workers, thread_name_prefix="engine")
        else:
            self._pool = process_pool(workers, _open_there, engine.name, engine.home)

    async def look(self, head: FrameHeaders, jpeg: bytes, profile: Profile | None = None) -> FrameFaces:
        """Return the faces of a picture, or those that lie where a camera's profile says.

        Raises:
            BadMessageError: it is no JPEG that can be read.
        """
        job: Future[FrameFaces]
        if self._reuse is not None:
            turn = self._turns.take((head.hall, head.camera))
            job = self._pool.submit(self._remembering, self._reuse, turn, head, jpeg, profile)
            job.add_done_callback(lambda _: turn.leave())  # also of one that was cancelled
        elif self._threads:
            job = self._pool.submit(_look, self._engine, jpeg, profile, self._decode)
        else:
            job = self._pool.submit(_look_there, jpeg, profile)
        return await asyncio.wrap_future(job)

    def close(self) -> None:
        """Let the pool go without waiting for what it does."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _remembering(
        self, reuse: Reuse, turn: Turn, head: FrameHeaders, jpeg: bytes, profile: Profile | None
    ) -> FrameFaces:
        embed = partial(reuse.embed, self._engine.embed, (head.hall, head.camera), head.captured_at, turn=turn)
        try:
            return _look(self._engine, jpeg, profile, self._decode, embed)
        finally:
            with turn:  # of a frame that cannot be read, too: the next one must not go before the last one
                pass


_there: Engine | None = None


def _open_there(name: str, home: Path | None) -> None:
    global _there
    _there = load_engine(name, home)


def _look_there(jpeg: bytes, profile: Profile | None) -> FrameFaces:
    if _there is None:
        raise RuntimeError("the pool was not opened")
    return _look(_there, jpeg, profile, decode_jpeg)


def _look(
    engine: Engine, jpeg: bytes, profile: Profile | None, decode: Decode, embed: Embed | None = None
) -> FrameFaces:
    picture = decode(jpeg)
    height, width = picture.shape[:2]
    found = engine.look(picture, plan(profile, width, height, engine.small), embed)
    return FrameFaces(width, height, found, view_of(picture))
