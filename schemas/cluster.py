"""The one way that every room reaches Kafka: clients whose settings lose nothing, and compacted topics as views.

Durations and sizes that stand here were measured; the page ``docs/adr/0001-broker.md`` says how.
"""

import logging
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Generic, TypeVar

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import (
    AuthorizationError,
    KafkaConfigurationError,
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    TopicAuthorizationFailedError,
)
from kafka.protocol.metadata import CoordinatorType, MetadataRequest
from tenacity import stop_after_delay

from schemas import header_names
from schemas.errors import BadMessageError, ForbiddenError, RefusedError, UnavailableError
from schemas.kafka_access import client_options, turned_away
from schemas.partitions import partition_of
from schemas.retry import retry
from schemas.settings import Settings
from schemas.topics import ROLL
from schemas.translations import Text

__all__ = [
    "EVERYWHERE",
    "MAX_RECORD",
    "Record",
    "View",
    "ViewReader",
    "admin",
    "asking",
    "consumer",
    "end_offsets",
    "forbidden",
    "has_grown",
    "kafka_away",
    "listens",
    "producer",
    "read",
    "send",
    "session_ms",
]

header_names.install()

log = logging.getLogger(__name__)

MAX_RECORD = 5 * 2**20
"""Bytes that clients let through; each topic's own limit is smaller."""

# The default of 30 s between two attempts made the first record after an outage 19 s late instead of 1.
_COMMON = {"reconnect_backoff_max_ms": 1000, "bootstrap_timeout_ms": 10_000}

# One of several that is frozen says nothing: with the defaults a producer stood 30 s and a group 60. And a new client
# asks one broker, drawn by chance, for as long as it may take: so not long, and again (docs/adr/0045-topics.md).
_SEVERAL = {"request_timeout_ms": 11_000, "bootstrap_timeout_ms": 5_000}
_SEVERAL_SEND = {"request_timeout_ms": 6_000}
_ATTEMPTS = 6

_PATIENCE_MS = 10_000
"""How long one question may go unanswered before its asker is told that the broker is away."""

_PARTITIONS_MS = 30_000
"""How soon a view hears that its topic has more partitions."""

V = TypeVar("V")
Record = tuple[str, bytes | None, bytes | None, int | str | None, list[tuple[str, bytes]] | None]
"""topic name (with prefix), key (None: it has none), value (None erases), partition, headers.

partition: None: that of the key; a text: that of this key; EVERYWHERE: a record in each. How many there are the cluster
says when it is sent.
"""

EVERYWHERE = -1
"""Instead of a partition."""


class _Producer(KafkaProducer):  # type: ignore[misc]
    """A producer that is closed after ``close``.

    Kafka-python's own raises when something is still unacknowledged, and goes on sending it from a thread; its
    finalizer then prints a traceback.
    """

    _closing = False

    def close(self, timeout: float | None = None, null_logger: bool = False) -> None:
        self._closing = True
        super().close(timeout, null_logger)

    def flush(self, timeout: float | None = None) -> None:
        try:
            super().flush(timeout)
        except KafkaTimeoutError:
            if not self._closing:
                raise


class _Admin(KafkaAdminClient):  # type: ignore[misc]
    """An admin client that asks each time who coordinates a group.

    Kafka-python's own keeps the first answer: once another broker does, every question about the group fails for ever.
    """

    async def _find_coordinator_ids(self, keys: Any, key_type: Any = CoordinatorType.GROUP) -> Any:
        for key in keys:
            self._manager.cluster._coordinators.pop((CoordinatorType.build_from(key_type), key), None)
        return await super()._find_coordinator_ids(keys, key_type)


class _Consumer(KafkaConsumer):  # type: ignore[misc]
    """A consumer that finishes each join of its group, and that waits for leaders when it asks for offsets.

    Kafka-python's own forgets one that outlasts a poll, if it joined because the partitions of a topic became known or
    more: it is assigned nothing then, sends no heartbeat, and says nothing (docs/adr/0001-broker.md).
    """

    def poll(self, timeout_ms: int = 0, max_records: int | None = None, update_offsets: bool = True) -> Any:
        coordinator = self._coordinator
        if coordinator is not None and coordinator.rejoining:
            coordinator.request_rejoin()  # it goes on with the join that it is in
        return super().poll(timeout_ms, max_records, update_offsets)

    def partitions_for_topic(self, topic: str) -> set[int] | None:
        """Return the partitions of a topic; kafka-python's own has none, too, where the topic is forbidden."""
        found: set[int] | None = super().partitions_for_topic(topic)
        if not found:
            asked = MetadataRequest.MetadataRequestTopic(name=topic)
            request = MetadataRequest(topics=[asked], allow_auto_topic_creation=False)
            told = self._manager.run(self._manager.send, request).topics
            if any(each.error_code == TopicAuthorizationFailedError.errno for each in told):
                raise TopicAuthorizationFailedError(topic)
        return found

    def beginning_offsets(self, partitions: Iterable[TopicPartition], timeout_ms: int | None = None) -> Any:
        return self._of_all(super().beginning_offsets, [*partitions], timeout_ms)

    def end_offsets(self, partitions: Iterable[TopicPartition], timeout_ms: int | None = None) -> Any:
        return self._of_all(super().end_offsets, [*partitions], timeout_ms)

    def _of_all(
        self, ask: Callable[[list[TopicPartition], int], Any], partitions: list[TopicPartition], timeout_ms: int | None
    ) -> Any:
        """Ask until every partition has an answer: kafka-python's own raises KeyError for one without a leader yet."""
        timeout_ms = self.config["request_timeout_ms"] if timeout_ms is None else timeout_ms
        stop = stop_after_delay(timeout_ms / 1000)
        try:
            return retry(lambda: ask(partitions, timeout_ms), errors=KeyError, first=0.05, longest=0.5, stop=stop)
        except KeyError as error:
            raise KafkaTimeoutError(f"no leader of {error} within {timeout_ms} ms") from error


def session_ms(settings: Settings) -> int:
    """Return for how long a member of a group may be silent before others take over what it does.

    Where there are several brokers, one that is frozen must not hold up its groups for longer than need be.
    """
    return 10_000 if len(settings.brokers) > 1 else 30_000


def producer(settings: Settings, **options: Any) -> KafkaProducer:
    """Return a producer whose sends are idempotent and acknowledged by every replica.

    Raises:
        UnavailableError: no broker answers.
    """
    defaults = {"acks": "all", "enable_idempotence": True, "linger_ms": 5, "max_request_size": MAX_RECORD}
    if len(settings.brokers) > 1:
        defaults |= _SEVERAL_SEND
    return _connected(settings, lambda where: _Producer(**(where | defaults | options)))


def consumer(settings: Settings, group: str | None = None, **options: Any) -> KafkaConsumer:
    """Return a consumer that starts at the beginning and commits only when told.

    group: without one, the caller assigns partitions and nothing is committed.

    Raises:
        UnavailableError: no broker answers.
    """
    defaults = {
        "group_id": group,
        "enable_auto_commit": False,
        "auto_offset_reset": "earliest",
        "max_partition_fetch_bytes": MAX_RECORD,
    }
    return _connected(settings, lambda where: _Consumer(**(where | defaults | options)))


def admin(settings: Settings) -> KafkaAdminClient:
    """Return an admin client.

    Raises:
        UnavailableError: no broker answers.
    """
    return _connected(settings, lambda where: _Admin(**where))


def send(settings: Settings, records: Iterable[Record]) -> int:
    """Send records and return how many the broker acknowledged: all of them.

    Raises:
        RefusedError: one is larger than its topic takes.
        ForbiddenError: this user may not write there.
        UnavailableError: one was not acknowledged; sending them all again does no harm.
    """
    client = producer(settings, max_block_ms=_PATIENCE_MS)
    try:
        waiting = [
            client.send(topic, key=key, value=value, partition=partition, headers=headers or [])
            for topic, key, value, place, headers in records
            for partition in _partitions(client, topic, place)
        ]
        for each in waiting:
            each.get(timeout=60)
        return len(waiting)
    except MessageSizeTooLargeError as error:
        raise RefusedError(
            Text("a record is larger than its topic takes: {error}", error=error), "Send less at once."
        ) from error
    except AuthorizationError as error:
        raise forbidden(settings, error) from error
    except KafkaError as error:
        raise UnavailableError(
            Text("Kafka at {bootstrap} did not take it: {error}", bootstrap=settings.bootstrap, error=error),
            "Try again.",
        ) from error
    finally:
        client.close(timeout=10)


def _partitions(client: KafkaProducer, topic: str, place: int | str | None) -> list[int | None]:
    if isinstance(place, str):
        return [partition_of(place, len(client.partitions_for(topic)))]
    return sorted(client.partitions_for(topic)) if place == EVERYWHERE else [place]


def forbidden(settings: Settings, error: AuthorizationError) -> ForbiddenError:
    """Return what tells of a right that this user does not have."""
    return ForbiddenError(
        Text("{user} may not do this at Kafka: {error}", user=settings.kafka_user or "ANONYMOUS", error=error),
        Text("Who administers the cluster grants it: `naul access grant KIND NAME` (docs/kafka-access.md)."),
    )


def kafka_away(settings: Settings, error: KafkaError, remedy: str = "") -> UnavailableError:
    """Return what tells that the brokers do not answer."""
    return UnavailableError(
        Text("Kafka at {bootstrap} does not answer: {error}", bootstrap=settings.bootstrap, error=error), remedy
    )


@contextmanager
def asking(settings: Settings, remedy: str) -> Iterator[None]:
    """Tell of what Kafka's clients raise in the block as Naul does. remedy: if nobody answers.

    Raises:
        ForbiddenError: this user has not the right.
        UnavailableError: the broker does not answer.
    """
    try:
        yield
    except AuthorizationError as error:
        raise forbidden(settings, error) from error
    except KafkaError as error:
        raise kafka_away(settings, error, remedy) from error


def end_offsets(client: KafkaConsumer, *topics: str) -> dict[TopicPartition, int]:
    """Return the offset after the last record of every partition of these topics (with prefix)."""
    partitions = [
        TopicPartition(topic, p) for topic in topics for p in sorted(client.partitions_for_topic(topic) or ())
    ]
    return dict(client.end_offsets(partitions, timeout_ms=_PATIENCE_MS)) if partitions else {}


def has_grown(client: KafkaConsumer) -> bool:
    """Whether a topic has more partitions than a client was assigned all of; it hears of that within five minutes."""
    held = client.assignment()
    return any(len(client.partitions_for_topic(name)) > sum(each.topic == name for each in held)
               for name in {each.topic for each in held})  # fmt: skip


def read(
    settings: Settings, client: KafkaConsumer, starts: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int]
) -> Iterator[Any]:
    """Yield the records from ``starts`` on, up to but without ``ends``. Nothing is committed.

    Raises:
        ForbiddenError: this user may not read them.
        UnavailableError: the broker does not answer.
    """
    with asking(settings, "Try again."):
        client.assign(list(ends))
        for each, start in starts.items():
            client.seek(each, start)
        places = {each: client.position(each) for each in ends}
        while any(places[each] < end for each, end in ends.items()):
            for place, records in client.poll(timeout_ms=_PATIENCE_MS).items():
                yield from (each for each in records if each.offset < ends[place])
            before, places = places, {each: client.position(each) for each in ends}
            if places == before:
                raise KafkaTimeoutError(f"nothing within {_PATIENCE_MS / 1000:g} s")


class View(Generic[V]):
    """A compacted topic as a dictionary: the last value of each key, as of the last ``catch_up``.

    It reads on the caller's thread and only when asked: what was acknowledged before the call is in it after the call.
    """

    def __init__(
        self, settings: Settings, topic: str, read: Callable[[bytes], V], *, reader: "ViewReader | None" = None
    ) -> None:
        """Open a view of a topic (name without prefix).

        read: turns a value into what the view holds; one that it refuses with BadMessageError is passed over.
        reader: of several views, which ask the broker together; by default this one has its own.
        """
        self.topic = settings.topic(topic)
        self._read = read
        self._reader = reader or ViewReader(settings)
        self._reader.add(self)
        self.items: dict[str, V] = {}
        self.changes = 0
        """How many records of somebody or something were read: equal numbers, equal contents."""

    def catch_up(self) -> int:
        """Read to the end as it is now, all views of the reader, and return how many records of this one were new.

        Raises:
            UnavailableError: the broker does not answer, or the topic is not there.
            ForbiddenError: this user may not read it.
        """
        before = self.changes
        self._reader.catch_up()
        return self.changes - before

    def close(self) -> None:
        """Let the connection go."""
        self._reader.close()

    def take(self, key: bytes | None, value: bytes | None) -> None:
        """Take a record."""
        if key == ROLL:
            return
        self.changes += 1
        name = (key or b"").decode("utf-8", "replace")
        if value is None:
            self.items.pop(name, None)
        else:
            try:
                self.items[name] = self._read(value)
            except BadMessageError as error:
                # What stood before still holds. One bad record must not blind whoever reads the others.
                log.error("%s, key %s: %s; it is passed over", self.topic, name, error.message)


class ViewReader:
    """Reads the topics of some views: one question to the broker says whether any of them has something new."""

    def __init__(self, settings: Settings) -> None:
        self._client = consumer(settings, max_poll_records=5000, metadata_max_age_ms=_PARTITIONS_MS)
        self._settings = settings
        self._views: dict[str, View[Any]] = {}
        self._partitions: list[TopicPartition] = []
        self._read_to: dict[TopicPartition, int] = {}

    def add(self, view: View[Any]) -> None:
        """Read the topic of a view, too."""
        self._views[view.topic] = view

    def catch_up(self) -> None:
        """Read all topics to the end as it is now.

        Raises:
            UnavailableError: the broker does not answer, or a topic is not there.
            ForbiddenError: this user may not read one.
        """
        with asking(self._settings, "Waiting for it."):
            self._assign()
            ends = self._client.end_offsets(self._partitions, timeout_ms=_PATIENCE_MS)
            while any(self._read_to.get(each, 0) < end for each, end in ends.items()):
                for place, records in self._client.poll(timeout_ms=_PATIENCE_MS).items():
                    for record in records:
                        self._views[place.topic].take(record.key, record.value)
                was, self._read_to = self._read_to, self._place()
                if self._read_to == was:
                    behind = next(each.topic for each, end in ends.items() if was.get(each, 0) < end)
                    raise KafkaTimeoutError(f"no record of {behind} within {_PATIENCE_MS / 1000:g} s")

    def close(self) -> None:
        """Let the connection go."""
        with suppress(KafkaError):
            self._client.close()

    def _place(self) -> dict[TopicPartition, int]:
        return {each: self._client.position(each, timeout_ms=_PATIENCE_MS) for each in self._partitions}

    def _assign(self) -> None:
        found = []
        for topic in self._views:
            partitions = self._client.partitions_for_topic(topic)
            if not partitions:
                raise UnavailableError(
                    Text("topic {topic} is not there", topic=topic), "Start with `naul up`, which creates it."
                )
            found += [TopicPartition(topic, p) for p in sorted(partitions)]
        if found == self._partitions:
            return
        before, self._partitions = self._place(), found
        self._client.assign(found)
        self._client.seek_to_beginning(*(each for each in found if each not in before))
        for place, offset in before.items():
            self._client.seek(place, offset)
        self._read_to = self._place()


def listens(settings: Settings) -> bool:
    """Whether anything listens where Kafka should be. It may still be starting."""
    for each in settings.brokers:
        with suppress(OSError), socket.create_connection(each, timeout=2):
            return True
    return False


class _Refusals(logging.Handler):
    """Keeps why connections failed while a client is opened: kafka-python only logs it, and goes on trying."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.errors: list[BaseException] = []

    def emit(self, record: logging.LogRecord) -> None:
        arguments = record.args if isinstance(record.args, tuple) else ()
        self.errors += [each for each in arguments if isinstance(each, Exception)]


@contextmanager
def _refusals() -> Iterator[list[BaseException]]:
    handler, logger = _Refusals(), logging.getLogger("kafka.net")
    logger.addHandler(handler)
    try:
        yield handler.errors
    finally:
        logger.removeHandler(handler)


def _connected(settings: Settings, open_client: Callable[[dict[str, Any]], Any]) -> Any:
    waits = _COMMON | (_SEVERAL if len(settings.brokers) > 1 else {})
    options = {"bootstrap_servers": settings.bootstrap.split(","), **waits, **client_options(settings)}
    with _refusals() as errors:
        try:
            # A client that cannot reach any broker waits long, and leaves a thread behind that goes on trying.
            if not listens(settings):
                raise ConnectionRefusedError
            for _ in range(_ATTEMPTS - 1 if len(settings.brokers) > 1 else 0):
                with suppress(KafkaTimeoutError):
                    return open_client(options)
            return open_client(options)
        except KafkaConfigurationError:
            raise  # a mistake of ours, which waiting does not mend
        except (KafkaError, ConnectionRefusedError) as error:
            nobody = Text(
                "no Kafka answers at {bootstrap} ({error})", bootstrap=settings.bootstrap, error=type(error).__name__
            )
            start = "Start it with `naul up`, or set NAUL_KAFKA to a cluster that runs."
            away = isinstance(error, ConnectionRefusedError)
            raise UnavailableError(*(None if away else turned_away(settings, errors)) or (nobody, start)) from error
