"""The engine on its own cores: pictures go in, faces come out, and the event loop stays free."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial
from pathlib import Path

from schemas.frames import FrameHeaders
from schemas.messages import Profile
from streams.faces.children import process_pool
from streams.faces.engines import Engine, Found, load_engine
from streams.faces.pictures import decode_jpeg
from streams.faces.regions import plan
from streams.faces.reuse import Embed, Reuse

__all__ = ["Eyes", "Look"]

Look = tuple[int, int, list[Found]]
"""Width and height of a picture in pixels, and the faces in it."""


class Eyes:
    """An engine behind a pool: threads where it frees the GIL, spawned processes where it does not."""

    def __init__(self, engine: Engine, workers: int, *, reuse: bool = False) -> None:
        """workers: pictures that are looked at at once, one core each.

        reuse: faces that hardly changed keep their embeddings. Processes know nothing of one another's: they never do.
        """
        self._engine = engine
        self._reuse = Reuse() if reuse else None
        self._pool: Executor
        self._job: Callable[[FrameHeaders, bytes, Profile | None], Look]
        if engine.frees_gil:
            self._pool = ThreadPoolExecutor(workers, thread_name_prefix="eyes")
            self._job = self._here
        else:
            self._pool = process_pool(workers, _open_there, engine.name, engine.home)
            self._job = _look_there

    async def look(self, head: FrameHeaders, jpeg: bytes, profile: Profile | None = None) -> Look:
        """Return the faces of a picture, or those that lie where a camera's profile says.

        Raises:
            BadMessageError: it is no JPEG that can be read.
        """
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._job, head, jpeg, profile)

    def close(self) -> None:
        """Let the pool go without waiting for what it does."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _here(self, head: FrameHeaders, jpeg: bytes, profile: Profile | None) -> Look:
        embed = None
        if self._reuse:
            embed = partial(self._reuse.embed, self._engine.embed, (head.hall, head.camera), head.captured_at)
        return _look(self._engine, jpeg, profile, embed)


_there: Engine | None = None


def _open_there(name: str, home: Path | None) -> None:
    global _there
    _there = load_engine(name, home)


def _look_there(_: FrameHeaders, jpeg: bytes, profile: Profile | None) -> Look:
    if _there is None:
        raise RuntimeError("the pool was not opened")
    return _look(_there, jpeg, profile)


def _look(engine: Engine, jpeg: bytes, profile: Profile | None, embed: Embed | None = None) -> Look:
    picture = decode_jpeg(jpeg)
    height, width = picture.shape[:2]
    return width, height, engine.look(picture, plan(profile, width, height, engine.small), embed)
