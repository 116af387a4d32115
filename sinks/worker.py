"""The sink: topics to store. Insert, then commit; whatever comes twice is stored once."""

import logging
import signal
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from kafka import KafkaConsumer, OffsetAndMetadata, TopicPartition
from kafka.admin import MemberToRemove
from kafka.errors import (
    AuthorizationError,
    CommitFailedError,
    FencedInstanceIdError,
    KafkaError,
    KafkaTimeoutError,
    RebalanceInProgressError,
)
from tenacity import stop_when_event_set

from schemas.cluster import Record, admin, consumer, forbidden, send, session_ms
from schemas.dead_letters import REASONS, BadMessageLimit, RecordPlace, dead_letter, reason_code
from schemas.errors import BadMessageError, NaulError, RefusedError, UnavailableError
from schemas.metrics import CAPTURE_TO_ROW, DEAD_LETTERS, RECONNECTS, STORE_BATCHES, STORE_ROWS, STORE_WRITING
from schemas.pulse import PULSE
from schemas.retry import retry
from schemas.settings import Settings
from schemas.translations import Text
from sinks.batch import Batch, insert
from sinks.insertion import Insertion, Limits, StoredMessage
from sinks.lingering import Lingering, is_awaited
from sinks.migration_lock import migration_lock
from sinks.ownership import Ownership, store_name
from sinks.store.embedded import EmbeddedStore, InUseError
from sinks.store.erasure import Erasures
from sinks.store.loopback import read_address, serving
from sinks.store.opening import open_store, store_directory
from sinks.store.port import RefusedRowsError, Store

__all__ = ["TOPICS", "run"]

T = TypeVar("T")
log = logging.getLogger(__name__)

TOPICS = ("attendance", "sightings", "audit")
"""What is stored. Departures are part of a verdict: the topic ``presence`` says nothing more."""

ROWS = 5000
"""A batch is written when it has so many rows, or as ``Lingering`` says."""


def run(
    settings: Settings,
    *,
    on_ready: Callable[[], None],
    stop: threading.Event | None = None,
    take_over: bool = False,
) -> None:
    """Store until SIGTERM or SIGINT, or until ``stop`` is set; the batch in hand is finished first.

    on_ready: called once, when the tables are there and the broker has given this worker its partitions.
    take_over: become the site's store, whichever was it, and be filled from the start; so is a server that lost all.

    Raises:
        RefusedError: the store was written by a newer version, or the site has its store elsewhere.
        NaulError: another sink runs in the same slot.
    """
    stop = stop or threading.Event()
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
    with ExitStack() as opened:
        store: Store | None = _until_there(lambda: _open(settings), stop)
        if store is None:
            return
        opened.enter_context(store)
        if isinstance(store, EmbeddedStore):
            opened.enter_context(serving(store, settings))
        name = store_name(store_directory(settings)) if isinstance(store, EmbeddedStore) else None
        client = _until_there(lambda: _consumer(settings, name), stop)
        if client is None:
            return
        if name:
            opened.callback(_leave, settings, name)
        opened.callback(client.close, autocommit=False, timeout_ms=3000)
        # A broker of this home has no other store: if the name is another one, the one of before is lost.
        refill, take_over = take_over and name is None, take_over or settings.own_broker
        first = TopicPartition(settings.topic(TOPICS[0]), 0)
        ownership = Ownership(settings, client, first, name, take_over=take_over, refill=refill)
        if _until_there(ownership.check, stop):
            _Sink(settings, store, client, ownership, stop).run(on_ready)


class _Sink:
    """One consumer, one batch at a time."""

    def __init__(
        self, settings: Settings, store: Store, client: KafkaConsumer, ownership: Ownership, stop: threading.Event
    ) -> None:
        self._settings = settings
        self._store = store
        self._client = client
        self._ownership = ownership
        self._settled: int | None = None
        self._polled: set[TopicPartition] = set()
        self._stop = stop
        self._names = {settings.topic(name): name for name in TOPICS}
        self._refused = 0
        self._unreadable = BadMessageLimit()
        self._unstorable = Limits()
        self._erasures = Erasures(store, settings.slot)
        for reason in REASONS:
            DEAD_LETTERS.labels("sink", reason)  # a count that begins at one is no increase
        self._held: dict[TopicPartition, int] = {}
        """Partition -> the first message with an erasure that is under way: it is not to be committed yet."""

    def run(self, on_ready: Callable[[], None]) -> None:
        ready, committed = False, True
        while not self._stop.is_set():
            insertion, letters, count = self._collect()
            PULSE.turned()
            if not self._settle():
                return
            if not ready and self._settled is not None:
                ready = True
                on_ready()
            if count:
                if not self._write(insertion, letters):
                    return
                committed = False
            if self._held and self._erased():
                committed = False
            if not committed:
                committed = self._commit()
                if committed:
                    PULSE.progressed()

    def _settle(self) -> bool:
        """Make sure after each change of partitions that this sink may write; return False if told to stop."""

        def work() -> bool:
            generation = self._client.group_metadata().generation_id
            if self._client.assignment() and generation != self._settled:
                try:
                    self._ownership.settle()
                except FencedInstanceIdError as error:
                    raise self._fenced() from error
                self._settled = generation
            PULSE.holds(frozenset((each.topic, each.partition) for each in self._client.assignment()))
            return True

        return bool(_until_there(work, self._stop, self._idle))

    def _collect(self) -> tuple[Insertion, list[Record], int]:
        """Poll for a batch; return it, its dead letters and the count of its messages."""
        insertion, letters, count = (
            Insertion(self._write_batch, self._settings.run, self._unstorable),
            list[Record](),
            0,
        )
        lingering = Lingering(time.monotonic())
        while len(insertion) < ROWS and (left := lingering.left(time.monotonic())) > 0 and not self._stop.is_set():
            for partition, records in self._poll(left).items():
                for record in records:
                    message = StoredMessage(
                        self._names[partition.topic], partition.partition, record.offset,
                        record.key, record.value, record.headers,
                    )  # fmt: skip
                    erasures = insertion.erasures
                    try:
                        insertion.take(message)
                    except BadMessageError as error:
                        letters.append(self._dead_letter(message, error))
                        self._unreadable.bad()
                    else:
                        self._unreadable.good()
                    lingering.came(time.monotonic(), awaited=is_awaited(insertion.newest_mark, record.timestamp / 1000))
                    if insertion.erasures > erasures:
                        self._held[partition] = min(record.offset, self._held.get(partition, record.offset))
                count += len(records)
                self._polled.add(partition)
        return insertion, letters, count

    def _poll(self, seconds: float) -> dict[TopicPartition, list[Any]]:
        try:
            return dict(self._client.poll(timeout_ms=int(seconds * 1000) + 1))
        except FencedInstanceIdError as error:
            raise self._fenced() from error
        except AuthorizationError as error:
            raise forbidden(self._settings, error) from error  # who starts it again is told what is missing
        except KafkaError as error:
            log.warning("Kafka does not answer (%s); waiting for it", error)
            RECONNECTS.labels("kafka").inc()
            PULSE.waits("kafka")
            self._stop.wait(0.5)
            return {}

    def _write(self, insertion: Insertion, letters: list[Record]) -> bool:
        """Write a batch, or go on trying; return False if told to stop before that. Nothing else is read meanwhile."""

        def work() -> bool:
            insertion.write()
            while insertion.refused:
                letters.append(self._dead_letter(*insertion.refused.pop(0)))
            if letters:
                send(self._settings, letters)
            return True

        return bool(_until_there(work, self._stop, self._idle))

    def _write_batch(self, batch: Batch) -> None:
        self._erasures.begin(batch.erased, batch.forgotten)
        if self._erasures.concerns(batch.student_hours, batch.students) and not self._erasures.advance():
            raise UnavailableError("rows of somebody who is just being erased wait until he is")
        self._insert(batch)

    def _insert(self, batch: Batch) -> None:
        outcome = "written"
        try:
            with STORE_WRITING.time():
                insert(self._store, batch)
        except (RefusedRowsError, UnavailableError) as error:
            outcome = "refused" if isinstance(error, RefusedRowsError) else "away"
            raise
        finally:
            STORE_BATCHES.labels(outcome).inc()
        now = datetime.now(UTC)
        for moment in batch.captured:
            CAPTURE_TO_ROW.observe((now - moment).total_seconds())
        for name in ("attendance", "coverage", "sightings", "audit"):
            STORE_ROWS.labels(f"{name}_rows").inc(len(getattr(batch, name)))

    def _idle(self, seconds: float) -> None:
        """Keep the place in the group, which takes a poll now and then, but take nothing."""
        self._client.pause(*self._client.assignment())
        for partition, records in self._poll(0).items():
            self._client.seek(partition, records[0].offset)  # it was assigned to us only just now
        self._client.resume(*self._client.assignment())
        self._stop.wait(seconds)

    def _erased(self) -> bool:
        """Look how far erasures are, and return whether they are done; the store rewrites its files meanwhile."""
        PULSE.excused()  # what waits for it is not committed meanwhile
        try:
            done = self._erasures.advance()
        except UnavailableError as error:
            log.warning("%s; erasing goes on later", error.message)
            return False
        if done:
            self._polled |= self._held.keys()  # what was held back is to be committed
            self._held.clear()
        return done

    def _commit(self) -> bool:
        """Commit what was read, since it is written by now, but nothing of whose erasure is not done.

        Return whether that succeeded.
        """
        try:
            self._client.commit(self._positions(), timeout_ms=3000)
        except FencedInstanceIdError as error:
            raise self._fenced() from error
        except (CommitFailedError, RebalanceInProgressError):
            log.info("partitions change hands; whoever gets them stores the last messages again")
        except KafkaError as error:
            log.warning("Kafka did not take the offsets (%s); trying again", error)
            return False
        self._polled.clear()
        return True

    def _positions(self) -> dict[TopicPartition, OffsetAndMetadata]:
        found = {}
        for each in self._polled & self._client.assignment():
            position = self._client.position(each, timeout_ms=3000)
            if position is None:
                raise KafkaTimeoutError(f"no position in {each}")
            found[each] = OffsetAndMetadata(min(position, self._held.get(each, position)), self._ownership.metadata, -1)
        return found

    def _fenced(self) -> NaulError:
        if self._settings.store == "embedded":
            return NaulError(
                "another sink runs with a copy of this store",
                Text("Remove one of the two; this one is in {home}.", home=self._settings.home),
            )
        return NaulError(
            Text("another sink runs in slot {slot!r}", slot=self._settings.slot),
            "Give each its own: `naul worker sink --slot NAME`.",
        )

    def _dead_letter(self, message: StoredMessage, error: BadMessageError) -> Record:
        self._refused += 1
        reason = "store" if isinstance(error, RefusedRowsError) else reason_code(error.message)
        DEAD_LETTERS.labels("sink", reason).inc()
        place = RecordPlace(self._settings.topic(message.topic), message.partition, message.offset)
        log.warning("%s %s@%s: %s (%d refused so far)", *place[:3], error.message, self._refused)
        letter = dead_letter(place, message.key, message.value, message.headers, str(error), "sink")
        return self._settings.topic("dead-letters"), letter.key or b"", letter.value, None, letter.headers


def _open(settings: Settings) -> Store:
    try:
        return open_store(settings, partial(migration_lock, settings))
    except InUseError as error:
        sink = read_address(settings)
        if sink is not None and str(sink.pid) == error.pid:  # anybody else lets it go soon
            raise RefusedError(
                Text("another sink of {home} runs: process {pid}", home=settings.home, pid=sink.pid),
                "One is enough; `naul status` shows it.",
            ) from error
        raise


def _consumer(settings: Settings, store: str | None) -> KafkaConsumer:
    """Return a client that joins the group at its first poll. store: the name of the embedded one."""
    client = consumer(
        settings,
        settings.group("sink"),
        group_instance_id=_member(settings, store or settings.slot),  # stable: a restart is no rebalance
        session_timeout_ms=session_ms(settings),
        max_poll_records=2000,
    )
    client.subscribe([settings.topic(name) for name in TOPICS])
    return client


def _member(settings: Settings, name: str) -> str:
    return f"{settings.group('sink')}-{name}"


def _leave(settings: Settings, store: str) -> None:
    """Leave the group, which a member with a stable name does not do by itself: the next store must not wait for us."""
    with suppress(KafkaError, NaulError), closing(admin(settings)) as client:
        client.remove_group_members(
            settings.group("sink"), [MemberToRemove(group_instance_id=_member(settings, store))]
        )


def _until_there(
    work: Callable[[], T], stop: threading.Event, sleep: Callable[[float], object] | None = None
) -> T | None:
    """Return what the work returns, trying until what it needs is there; None if told to stop before that."""
    try:
        return retry(work, stop=stop_when_event_set(stop), sleep=sleep or stop.wait)
    except UnavailableError:
        return None
