"""The sink: topics to store. Insert, then commit; whatever comes twice is stored once."""

import logging
import signal
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import CommitFailedError, KafkaError
from kafka.structs import OffsetAndMetadata

from schemas.cluster import Record, consumer, send
from schemas.dead_letters import dead_letter
from schemas.errors import BadMessageError, UnavailableError
from schemas.settings import Settings
from sinks.batch import Batch, write
from sinks.store.embedded import EmbeddedStore
from sinks.store.loopback import serving
from sinks.store.opening import open_store
from sinks.store.port import Store

__all__ = ["TOPICS", "run"]

log = logging.getLogger(__name__)

TOPICS = ("attendance", "sightings")
"""What is stored. Departures are part of a verdict: the topic ``presence`` says nothing more."""

ROWS = 5000
"""A batch is written when it has so many rows,"""
LINGER = 0.3
"""or this many seconds after its first message."""


def run(settings: Settings, *, on_ready: Callable[[], None], stop: threading.Event | None = None) -> None:
    """Store until SIGTERM or SIGINT, or until ``stop`` is set; the batch in hand is finished first.

    on_ready: called once, when the tables are there and the broker has given this worker its partitions.

    Raises:
        RefusedError: the store was written by a newer version.
    """
    stop = stop or threading.Event()
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
    with ExitStack() as opened:
        store: Store | None = _patiently(lambda: open_store(settings), stop)
        if store is None:
            return
        opened.enter_context(store)
        if isinstance(store, EmbeddedStore):
            opened.enter_context(serving(store, settings))
        client = _patiently(lambda: _consumer(settings), stop)
        if client is not None:
            opened.callback(client.close)
            _Sink(settings, store, client, stop).run(on_ready)


class _Sink:
    """One consumer, one batch at a time."""

    def __init__(self, settings: Settings, store: Store, client: KafkaConsumer, stop: threading.Event) -> None:
        self._settings = settings
        self._store = store
        self._client = client
        self._stop = stop
        self._names = {settings.topic(name): name for name in TOPICS}
        self._refused = 0

    def run(self, on_ready: Callable[[], None]) -> None:
        ready = False
        while not self._stop.is_set():
            batch, letters, ends = self._collect()
            if not ready and self._client.assignment():
                ready = True
                on_ready()
            if ends:
                self._finish(batch, letters, ends)

    def _collect(self) -> tuple[Batch, list[Record], dict[TopicPartition, int]]:
        """Poll until there is a batch, at most ``LINGER`` seconds after its first message."""
        batch, letters, ends = Batch(self._settings.run), list[Record](), dict[TopicPartition, int]()
        until = time.monotonic() + LINGER
        while len(batch) < ROWS and (left := until - time.monotonic()) > 0 and not self._stop.is_set():
            for partition, records in self._poll(left).items():
                for record in records:
                    try:
                        batch.take(self._names[partition.topic], record.key, record.value)
                    except BadMessageError as error:
                        letters.append(self._dead_letter(record, error))
                ends[partition] = records[-1].offset + 1
        return batch, letters, ends

    def _poll(self, seconds: float) -> dict[TopicPartition, list[Any]]:
        try:
            return dict(self._client.poll(timeout_ms=int(seconds * 1000) + 1))
        except KafkaError as error:
            log.warning("Kafka does not answer (%s); waiting for it", error)
            self._stop.wait(0.5)
            return {}

    def _finish(self, batch: Batch, letters: list[Record], ends: dict[TopicPartition, int]) -> None:
        """Write, then commit. While that cannot be done the place in the group is kept and nothing else is read."""

        def work() -> bool:
            write(self._store, batch)
            if letters:
                send(self._settings, letters)
            return True

        def wait(seconds: float) -> None:
            held = self._client.assignment()
            self._client.pause(*held)
            try:
                self._client.poll(timeout_ms=0)
            except KafkaError as error:
                log.warning("Kafka does not answer (%s)", error)
            self._client.resume(*held)
            self._stop.wait(seconds)

        if _patiently(work, self._stop, wait) and _patiently(lambda: self._commit(ends), self._stop):
            log.debug("stored %d rows", len(batch))

    def _commit(self, ends: dict[TopicPartition, int]) -> bool:
        try:
            self._client.commit({each: OffsetAndMetadata(offset, "", -1) for each, offset in ends.items()})
        except CommitFailedError:
            log.info("partitions went to another worker before the commit; it stores these messages again")
        except KafkaError as error:
            raise UnavailableError(f"Kafka did not take the offsets: {error}", "Trying again.") from error
        return True

    def _dead_letter(self, record: Any, error: BadMessageError) -> Record:
        self._refused += 1
        log.warning(
            "%s %s@%s: %s (%d refused so far)",
            record.topic, record.partition, record.offset, error.message, self._refused,
        )  # fmt: skip
        letter = dead_letter(
            record.topic, record.partition, record.offset, record.key, record.value, record.headers, str(error), "sink"
        )
        return self._settings.topic("dead-letters"), letter.key or b"", letter.value, None, letter.headers


def _consumer(settings: Settings) -> KafkaConsumer:
    group = settings.group("sink")
    client = consumer(
        settings,
        group,
        group_instance_id=f"{group}-{settings.slot}",  # stable: a restart is no rebalance
        session_timeout_ms=30_000,
        max_poll_records=2000,
    )
    client.subscribe([settings.topic(name) for name in TOPICS])
    return client


def _patiently(work: Callable[[], Any], stop: threading.Event, wait: Callable[[float], object] | None = None) -> Any:
    """Return what the work returns, trying until what it needs is there; None if told to stop before that."""
    delay = 0.25
    while True:
        try:
            return work()
        except UnavailableError as error:
            log.warning("%s; trying again in %.2g s", error.message, delay)
        if stop.is_set():
            return None
        (wait or stop.wait)(delay)
        delay = min(2 * delay, 10.0)
