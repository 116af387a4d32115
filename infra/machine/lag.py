"""How far each stage is behind: what its topics hold against what its group has committed."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgspec
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.errors import (
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    NotCoordinatorError,
)
from tenacity import stop_after_delay

from schemas.cluster import admin, asking, consumer, end_offsets, read
from schemas.errors import UnavailableError
from schemas.retry import retry
from schemas.settings import Settings
from schemas.topics import topic
from schemas.translations import Text

__all__ = ["NO_COORDINATOR_YET", "PATIENCE", "RETRIED", "STAGES", "Cluster", "Stage", "backlog"]


class Stage(msgspec.Struct, frozen=True):
    """A part of the way from a frame to a row, and the topics that it reads."""

    name: str
    topics: tuple[str, ...]


STAGES = (
    Stage("recognise", ("frames",)),
    Stage("attend", ("sightings", "marks")),
    Stage("sink", ("attendance", "sightings", "audit")),
)
"""In the order of the data: when one has caught up, what the next one reads no longer grows because of it."""

PATIENCE = 10.0
"""Seconds in which a cluster must find out who keeps a group's offsets; the first time it takes one."""

NO_COORDINATOR_YET = (NotCoordinatorError, CoordinatorLoadInProgressError, CoordinatorNotAvailableError)

T = TypeVar("T")
RETRIED = Stage("dead-letters-retry", ("dead-letters",))
"""What `naul dead-letters retry` has sent again; what lies after it waits for a person."""

Offsets = Mapping[TopicPartition, int]


def backlog(ends: Offsets, begins: Offsets, committed: Offsets) -> int:
    """Return how many records lie before ``ends`` and after what was committed.

    begins: the first offset that is still there; what was deleted before anybody read it is not waited for.
    """
    return sum(_backlogs(ends, begins, committed).values())


def _backlogs(ends: Offsets, begins: Offsets, committed: Offsets) -> dict[TopicPartition, int]:
    return {each: max(0, end - max(committed.get(each, 0), begins.get(each, 0))) for each, end in ends.items()}


class Cluster:
    """Asks the broker how far things are. Close it after use.

    Raises:
        UnavailableError: from every method, if the broker does not answer.
        ForbiddenError: if this user may not ask that.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._admin: KafkaAdminClient = admin(settings)
        self._consumer: KafkaConsumer = consumer(settings)

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()
        self._admin.close()

    def ends(self, topics: Iterable[str]) -> dict[TopicPartition, int]:
        """Return where each partition of these topics (without prefix) ends now."""
        names = [self._settings.topic(each) for each in topics]
        ends = self._ask(lambda: end_offsets(self._consumer, *names))
        if missing := set(names) - {each.topic for each in ends}:
            raise UnavailableError(
                Text("topics are not there: {missing}", missing=", ".join(sorted(missing))),
                "Create them with `naul up`.",
            )
        return ends

    def begins(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """Return the first offset of each partition."""
        return dict(self._ask(lambda: self._consumer.beginning_offsets(list(partitions))))

    def committed(self, stage: Stage) -> dict[TopicPartition, int]:
        """Return what a stage has committed; a partition that it never touched is not in it."""
        group = self._settings.group(stage.name)
        found = self._ask(lambda: self._admin.list_group_offsets(group)).get(group, {})
        return {each: offset.offset for each, offset in found.items() if offset.offset >= 0}

    def lag(self, stage: Stage, ends: Offsets | None = None) -> int:
        """Return how many records a stage has not dealt with, of those before ``ends`` (else: of all)."""
        return sum(self.lags(stage, ends).values())

    def lags(self, stage: Stage, ends: Offsets | None = None) -> dict[TopicPartition, int]:
        """Return the same of each partition."""
        ends = self.ends(stage.topics) if ends is None else ends
        return _backlogs(ends, self.begins(ends), self.committed(stage))

    def retention_used(self, stage: Stage, now: datetime) -> float:
        """Return which part of the time for which Kafka keeps records the oldest waits that a stage has not dealt with.

        now: of the age of the first record that waits.
        """
        ends = self.ends(stage.topics)
        begins, committed = self.begins(ends), self.committed(stage)
        declared = {self._settings.topic(name): topic(name) for name in stage.topics}
        used = [0.0]
        for place, end in ends.items():
            first, kept = max(committed.get(place, 0), begins[place]), declared[place.topic].kept
            if first < end and kept and (oldest := next(self.read({place: first}, {place: first + 1}), None)):
                most: timedelta = getattr(self._settings.retention, kept)
                used.append((now.timestamp() - oldest.timestamp / 1000) / most.total_seconds())
        return max(used)

    def disks(self, topics: Iterable[str]) -> tuple[dict[str, int], dict[int, int]]:
        """Return how many bytes each topic holds, all copies together, and how many each broker has left; as told."""
        names = {self._settings.topic(name): name for name in topics}
        held, usable = dict.fromkeys(names.values(), 0), dict[int, int]()
        for answer in self._ask(lambda: self._admin.describe_log_dirs(list(names))):
            for directory in answer["log_dirs"]:
                if not directory["error_code"] and directory["usable_bytes"] >= 0:
                    usable[answer["broker"]] = usable.get(answer["broker"], 0) + directory["usable_bytes"]
                for found in directory["topics"]:
                    held[names[found["name"]]] += sum(part["partition_size"] for part in found["partitions"])
        return held, usable

    def oldest(self, topic: str) -> datetime | None:
        """Return when the oldest record of a topic came in; None: it has none."""
        ends = self.ends([topic])
        begins = self.begins(ends)
        filled = {each: begins[each] for each, end in ends.items() if begins[each] < end}
        first = [next(self.read({each: begin}, {each: begin + 1}), None) for each, begin in filled.items()]
        return min((datetime.fromtimestamp(each.timestamp / 1000, UTC) for each in first if each), default=None)

    def members(self, stage: Stage) -> int:
        """Return how many workers of a stage the broker knows."""
        group = self._settings.group(stage.name)
        return len(self._ask(lambda: self._admin.describe_groups([group]))[group]["members"])

    def last(self, topic: str, count: int) -> Iterator[Any]:
        """Yield the last ``count`` records of each partition of a topic."""
        ends = self.ends([topic])
        begins = self.begins(ends)
        yield from self.read({each: max(begins[each], end - count) for each, end in ends.items()}, ends)

    def halls_since(self, ends: Offsets) -> set[str]:
        """Return the halls of the frames that were sent after these offsets of the topic ``frames``."""
        begins = self.begins(ends)
        starts = {each: max(begins[each], end) for each, end in ends.items()}
        halls = (dict(record.headers).get("hall", b"") for record in self.read(starts, self.ends(["frames"])))
        return {hall.decode("utf-8", "replace") for hall in halls}

    def read(self, starts: Offsets, ends: Offsets) -> Iterator[Any]:
        """Yield the records from ``starts`` on, up to but without ``ends``."""
        yield from read(self._settings, self._consumer, starts, ends)

    def _ask(self, question: Callable[[], T]) -> T:
        with asking(self._settings, "Try again."):
            return retry(
                question, errors=NO_COORDINATOR_YET, first=0.1, longest=0.5, stop=stop_after_delay(PATIENCE), quiet=True
            )
