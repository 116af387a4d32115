"""The app ``recognise``: frames become sightings. It keeps no state; more of it means more frames a second."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import msgspec

from schemas.errors import BadMessageError
from schemas.frame_seals import FrameOpener
from schemas.frames import FrameHeaders
from schemas.messages import FrameRef, encode
from schemas.metrics import CLOCK_SKEW, FACES, FRAMES, LAST_FRAME, LOOKING, few
from schemas.retry import retry_until_available
from schemas.settings import Settings
from streams.recognise.deletions import Deletions
from streams.recognise.engine_pool import EnginePool
from streams.recognise.recogniser import Recogniser
from streams.recognise.shedding import LoadShedder, QueuedFrame
from streams.reference.reference_data import Reference
from streams.runtime.co_partitions import co_partitions
from streams.runtime.continuity import Continuity, committed_by
from streams.runtime.faust_app import App, BadMessageLimit, execute, put_aside
from streams.runtime.pipeline import Pipeline

__all__ = ["run"]

log = logging.getLogger(__name__)


def build(settings: Settings, engine_pool: EnginePool, reference: Reference) -> App:
    """Build the Faust app round the recogniser."""
    app = App(settings, "recognise", partitions=co_partitions(settings))
    frames, sightings = app.raw_topic(settings.topic("frames")), app.raw_topic(settings.topic("sightings"))
    letters = app.raw_topic(settings.topic("dead-letters"))
    recogniser = Recogniser(settings, engine_pool.of, reference)
    order = Continuity(app, committed_by(settings, settings.group("recognise")))
    limit, shedder, deletions = BadMessageLimit(), LoadShedder(settings.policy.frame_cover), Deletions()
    opener = FrameOpener(settings.frames_key_file)

    def read(event: Any) -> tuple[FrameHeaders, bytes]:
        try:
            head = FrameHeaders.unpack(event.message.headers)
            jpeg = opener.picture(head, event.value or b"")
        except BadMessageError:
            limit.bad()
            raise
        limit.good()
        return head, jpeg

    async def one(event: Any, *, after_deleted: bool) -> None:
        message = event.message
        frame = FrameRef(topic=message.topic, partition=message.partition, offset=message.offset)
        try:
            came_at = datetime.fromtimestamp(message.timestamp, UTC)
            head, jpeg = read(event)
            with _looking(head, came_at):
                found = await recogniser.recognise(head, jpeg, came_at, frame)
        except BadMessageError as error:
            FRAMES.labels("put_aside").inc()
            sent = [await put_aside(letters, message, error, "recognise")]
        else:
            FACES.inc(len(found[0].observation.faces))
            told = [(hall, msgspec.structs.replace(each, after_deleted=after_deleted)) for hall, each in found]
            sent = [await sightings.send(key=hall.encode(), value=encode(each)) for hall, each in told]
        await asyncio.gather(*sent)

    @app.agent(frames)
    async def recognise(stream: Any) -> None:
        async with Pipeline(2 * settings.threads, stream.ack, lambda event: event.message.tp) as pipeline:
            async for events in stream.noack_take(4 * settings.threads, within=0.1):
                for event in events:
                    if deleted := await order.check(event.message):
                        FRAMES.labels("deleted_unseen").inc(deleted)
                        deletions.note(event.message.tp)
                await recogniser.catch_up()
                now = datetime.now(UTC)
                engine_pool.prepare(reference.engine_schedule.since(now))
                left_out = [_is_left_out(shedder, event, now) for event in events]
                if any(left_out):
                    log.warning("behind: left out %d live frames of %d", sum(left_out), len(events))
                for event, out in zip(events, left_out, strict=True):
                    if out:
                        FRAMES.labels("left_out").inc()
                        await pipeline.leave_out(event)
                    else:
                        first = deletions.is_first_after(event.message.tp, event.message.key)
                        await pipeline.put(event, partial(one, after_deleted=first))

    return app


@contextmanager
def _looking(head: FrameHeaders, came_at: datetime) -> Iterator[None]:
    """Have metrics tell of a frame that is being looked at."""
    camera = few(head.hall, head.camera) if head.live else None
    if camera:
        CLOCK_SKEW.labels(*camera).set(head.skew(came_at).total_seconds())  # also of a clock that has it refused
    with LOOKING.time():
        yield
    FRAMES.labels("looked_at").inc()
    if camera:
        LAST_FRAME.labels(*camera).set(head.captured_at.timestamp())


def _is_left_out(shedder: LoadShedder, event: Any, now: datetime) -> bool:
    try:
        head = FrameHeaders.unpack(event.message.headers)
    except BadMessageError:
        return False  # it is put aside in its turn
    waited = timedelta(seconds=now.timestamp() - event.message.timestamp)
    camera = head.key.decode("utf-8", "replace")
    return shedder.leaves_out(QueuedFrame(camera, head.live, head.captured_at, waited))


def run(settings: Settings, *, on_ready: Callable[[], None]) -> None:
    """Run the worker until it is told to stop."""
    reference, engine_pool = Reference(settings), EnginePool(settings)
    asyncio.run(retry_until_available(reference.catch_up))
    try:
        engine_pool.open(
            reference.engine_schedule.at(datetime.now(UTC))
        )  # who starts a worker that cannot look is told now
        execute(build(settings, engine_pool, reference), on_ready)
    finally:
        engine_pool.close()
