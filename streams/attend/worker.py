"""The app ``attend``: sightings and marks become presence and attendance. Its table holds the facts, one a row."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from schemas.broker_clock import BrokerClock
from schemas.errors import BadMessageError, UnavailableError
from schemas.messages import MarkBatch, Sighting, decode
from schemas.metrics import MESSAGES
from schemas.partitions import partition_of
from schemas.settings import Settings
from schemas.topics import topic
from streams.attend.hour_processor import HourProcessor, Received, here_now
from streams.attend.ticker import Ticker
from streams.reference.reference_data import Reference
from streams.runtime.changelog import changelog
from streams.runtime.co_partitions import co_partitions
from streams.runtime.continuity import Continuity, committed_by
from streams.runtime.faust_app import App, BadMessageLimit, execute, put_aside
from streams.runtime.pipeline import Pipeline

__all__ = ["build", "run"]

log = logging.getLogger(__name__)

UNDER_WAY = 32
"""Messages of a topic at once: those of a hall wait for each other, and a slow hall for nobody but itself."""

TICKS = 5.0
"""Seconds between looks at the clock."""


def build(settings: Settings) -> App:
    """Build the Faust app round the processor."""
    partitions = co_partitions(settings)
    app = App(settings, "attend", partitions=partitions)
    table = app.kept_table("facts", changelog(settings, topic("attend-facts-changelog")), partitions=partitions)
    letters = app.raw_topic(settings.topic("dead-letters"))
    processor = HourProcessor(settings, app, table, Reference(settings))
    order, limit = Continuity(app, committed_by(settings, settings.group("attend"))), BadMessageLimit()

    async def take(event: Any, kind: Any) -> None:
        message, here = event.message, here_now()
        try:
            taken = decode(event.value, kind)
            hall = taken.hall if isinstance(taken, MarkBatch) else (message.key or b"").decode("utf-8", "replace")
            arrival = Received(datetime.fromtimestamp(message.timestamp, UTC), message.partition, hall, here)
            await processor.take(taken, event.value, arrival)
            MESSAGES.labels("marks" if isinstance(taken, MarkBatch) else "sightings").inc()
            limit.good()
        except BadMessageError as error:
            limit.bad()
            await (await put_aside(letters, message, error, "attend"))

    def under_way(stream: Any) -> Pipeline:
        return Pipeline(UNDER_WAY, stream.ack, lambda event: event.message.tp)

    @app.agent(app.raw_topic(settings.topic("sightings")))
    async def sightings(stream: Any) -> None:
        async with under_way(stream) as pipeline:
            async for event in stream.noack().events():
                await order.check(event.message)
                await pipeline.put(event, partial(take, kind=Sighting))

    @app.agent(app.raw_topic(settings.topic("marks")))
    async def marks(stream: Any) -> None:
        async with under_way(stream) as pipeline:
            async for event in stream.noack().events():
                if event.value is None:
                    await pipeline.leave_out(event)
                else:
                    await pipeline.put(event, partial(take, kind=MarkBatch))

    # Both: an event that was queued before the assignment must not freeze a table that is not recovered yet.
    @app.on_partitions_assigned.connect
    async def assigned(*_: Any, **__: Any) -> None:
        processor.reassigned()

    @table.on_recover
    async def recovered() -> None:
        processor.reassigned()

    _keep_ticking(settings, app, processor)
    return app


def _keep_ticking(settings: Settings, app: App, processor: HourProcessor) -> None:
    """Look at the clock now and then, for the halls that this worker has."""
    partitions = app.conf.topic_partitions
    ticker: list[Ticker] = []

    def mine(hall: str) -> bool:
        held = {tp.partition for tp in app.consumer.assignment() if tp.topic == settings.topic("sightings")}
        return partition_of(hall, partitions) in held

    @app.timer(TICKS)
    async def tick() -> None:
        try:
            if not ticker:
                ticker.append(await asyncio.to_thread(Ticker, settings, BrokerClock(settings).now))
            halls = await asyncio.to_thread(ticker[0].due, mine)
            await processor.tick(halls)
        except UnavailableError as error:
            log.warning("the clock waits: %s", error.message)


def run(settings: Settings, *, on_ready: Callable[[], None]) -> None:
    """Run the worker until it is told to stop."""
    execute(build(settings), on_ready)
