"""The sink: topics to store. Insert, then commit; whatever comes twice is stored once."""

import logging
import signal
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import CommitFailedError, FencedInstanceIdError, KafkaError, RebalanceInProgressError
from kafka.structs import OffsetAndMetadata

from schemas.cluster import Record, consumer, send
from schemas.dead_letters import dead_letter
from schemas.errors import BadMessageError, NaulError, UnavailableError
from schemas.settings import Settings
from sinks.batch import Batch, insert
from sinks.store.embedded import EmbeddedStore
from sinks.store.erasure import Erasures
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
"""or after this many seconds."""


def run(settings: Settings, *, on_ready: Callable[[], None], stop: threading.Event | None = None) -> None:
    """Store until SIGTERM or SIGINT, or until ``stop`` is set; the batch in hand is finished first.

    on_ready: called once, when the tables are there and the broker has given this worker its partitions.

    Raises:
        RefusedError: the store was written by a newer version.
        NaulError: another sink runs in the same slot.
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
            opened.callback(client.close, autocommit=False, timeout_ms=3000)
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
        self._erasures = Erasures(store, settings.slot)
        self._held: dict[TopicPartition, int] = {}
        """Partition -> the first message with an erasure that is under way: it is not to be committed yet."""

    def run(self, on_ready: Callable[[], None]) -> None:
        ready, committed = False, True
        while not self._stop.is_set():
            batch, letters, count = self._collect()
            if not ready and self._client.assignment():
                ready = True
                on_ready()
            if count:
                if not self._write(batch, letters):
                    return
                committed = False
            if self._held and self._erased():
                committed = False
            if not committed:
                committed = self._commit()

    def _collect(self) -> tuple[Batch, list[Record], int]:
        """Poll for a batch, at most ``LINGER`` seconds; return it, its dead letters and the count of its messages."""
        batch, letters, count = Batch(self._settings.run), list[Record](), 0
        until = time.monotonic() + LINGER
        while len(batch) < ROWS and (left := until - time.monotonic()) > 0 and not self._stop.is_set():
            for partition, records in self._poll(left).items():
                for record in records:
                    erasures = batch.erasures
                    try:
                        batch.take(self._names[partition.topic], record.key, record.value)
                    except BadMessageError as error:
                        letters.append(self._dead_letter(record, error))
                    if batch.erasures > erasures:
                        self._held[partition] = min(record.offset, self._held.get(partition, record.offset))
                count += len(records)
        return batch, letters, count

    def _poll(self, seconds: float) -> dict[TopicPartition, list[Any]]:
        try:
            return dict(self._client.poll(timeout_ms=int(seconds * 1000) + 1))
        except FencedInstanceIdError as error:
            raise self._fenced() from error
        except KafkaError as error:
            log.warning("Kafka does not answer (%s); waiting for it", error)
            self._stop.wait(0.5)
            return {}

    def _write(self, batch: Batch, letters: list[Record]) -> bool:
        """Write a batch, or go on trying; return False if told to stop before that. Nothing else is read meanwhile."""

        def work() -> bool:
            self._erasures.begin(batch.erased, batch.forgotten)
            if self._erasures.concerns(batch.student_hours, batch.students) and not self._erasures.advance():
                raise UnavailableError("rows of somebody who is just being erased wait until he is")
            insert(self._store, batch)
            if letters:
                send(self._settings, letters)
            return True

        return bool(_patiently(work, self._stop, self._idle))

    def _idle(self, seconds: float) -> None:
        """Keep the place in the group, which takes a poll now and then, but take nothing."""
        self._client.pause(*self._client.assignment())
        for partition, records in self._poll(0).items():
            self._client.seek(partition, records[0].offset)  # it was assigned to us only just now
        self._client.resume(*self._client.assignment())
        self._stop.wait(seconds)

    def _erased(self) -> bool:
        """Look how far erasures are, and return whether they are done; the store rewrites its files meanwhile."""
        try:
            done = self._erasures.advance()
        except UnavailableError as error:
            log.warning("%s; erasing goes on later", error.message)
            return False
        if done:
            self._held.clear()
        return done

    def _commit(self) -> bool:
        """Commit what was read, since it is written by now, but nothing of whose erasure is not done.

        Return whether that succeeded.
        """
        try:
            self._client.commit(self._offsets() if self._held else None, timeout_ms=3000)
        except FencedInstanceIdError as error:
            raise self._fenced() from error
        except (CommitFailedError, RebalanceInProgressError):
            log.info("partitions change hands; whoever gets them stores the last messages again")
        except KafkaError as error:
            log.warning("Kafka did not take the offsets (%s); trying again", error)
            return False
        return True

    def _offsets(self) -> dict[TopicPartition, OffsetAndMetadata]:
        positions = {each: self._client.position(each, timeout_ms=3000) for each in self._client.assignment()}
        return {
            each: OffsetAndMetadata(min(position, self._held.get(each, position)), "", -1)
            for each, position in positions.items()
            if position is not None
        }

    def _fenced(self) -> NaulError:
        return NaulError(
            f"another sink runs in slot {self._settings.slot!r}", "Give each its own: `naul worker sink --slot NAME`."
        )

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
