"""The frames of a part, looked at as live does it: one after another, with what is remembered of the ones before."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from schemas.errors import BadMessageError
from schemas.frames import FrameHeaders
from schemas.messages import FrameRef, Observation
from schemas.settings import Settings
from streams.eyes import Eyes
from streams.faces.engines import Engine
from streams.recognise import Recogniser
from streams.reference import Reference

__all__ = ["look"]


def look(
    settings: Settings, engine: Engine, reference: Reference, records: Iterable[Any]
) -> Iterator[Observation | None]:
    """Yield what each frame showed; None: it can never be looked at.

    records: of the topic ``frames``, in their order. reference: as of when the replay began; it does not move on.
    """
    eyes = Eyes(engine, 1, reuse=settings.reuse_embeddings)
    recogniser = Recogniser(settings, engine, eyes, reference)
    try:
        with asyncio.Runner() as runner:
            for record in records:
                yield _one(runner.run, recogniser, record)
    finally:
        eyes.close()


def _one(run: Callable[[Any], Observation], recogniser: Recogniser, record: Any) -> Observation | None:
    frame = FrameRef(topic=record.topic, partition=record.partition, offset=record.offset)
    came_at = datetime.fromtimestamp(record.timestamp / 1000, UTC)
    try:
        head = FrameHeaders.unpack(record.headers)
        return run(recogniser.recognise(head, record.value or b"", came_at, frame))
    except BadMessageError:
        return None
