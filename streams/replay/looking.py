"""Frames of a part, looked at as live does it: one after another, with what is remembered of the ones before."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeAlias

from schemas.errors import BadMessageError
from schemas.frames import FrameHeaders
from schemas.messages import FrameRef, Observation
from schemas.settings import Settings
from streams.faces.engines import Engine
from streams.faces.pictures import Image, decode_jpeg
from streams.recognise.engine_pool import LoadedEngine, always
from streams.recognise.engine_runner import Decode, EngineRunner
from streams.recognise.recogniser import Recogniser
from streams.reference.reference_data import Reference

__all__ = ["Decoded", "Looking", "looking"]

Looking: TypeAlias = Callable[[Any, str], Observation | None]
"""What a record of the topic ``frames`` shows to a class hour; None: nothing. Records come in their order."""


class Decoded:
    """The last picture that was decoded: engines that look at the same frame in turn decode it once."""

    def __init__(self, decode: Decode = decode_jpeg) -> None:
        self._decode = decode
        self._last: tuple[bytes, Image] | None = None

    def __call__(self, jpeg: bytes) -> Image:
        """Decode a frame; what cannot be read is refused each time."""
        if self._last is None or self._last[0] is not jpeg:
            self._last = None
            self._last = jpeg, self._decode(jpeg)
        return self._last[1]


@contextmanager
def looking(
    settings: Settings, engine: Engine, reference: Reference, decode: Decode = decode_jpeg
) -> Iterator[Looking]:
    """Give what looks at the frames of a part, remembering nothing of any other.

    reference: as of when the replay began; it does not move on.
    """
    engine_runner = EngineRunner(engine, 1, reuse=settings.reuse_embeddings, alone=True, decode=decode)
    recogniser = Recogniser(settings, always(LoadedEngine(engine, engine_runner)), reference)

    def look(record: Any, class_hour: str) -> Observation | None:
        frame = FrameRef(topic=record.topic, partition=record.partition, offset=record.offset)
        came_at = datetime.fromtimestamp(record.timestamp / 1000, UTC)
        try:
            head = FrameHeaders.unpack(record.headers)
            found = runner.run(recogniser.recognise(head, record.value or b"", came_at, frame))
        except BadMessageError:
            return None
        return next((seen for _, seen in found if seen.class_hour == class_hour), None)

    try:
        with asyncio.Runner() as runner:
            yield look
    finally:
        engine_runner.close()
