"""How far each stage is behind: what its topics hold against what its group has committed."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.errors import CoordinatorNotAvailableError, KafkaError

from schemas.cluster import admin, consumer, end_offsets
from schemas.errors import UnavailableError
from schemas.settings import Settings

__all__ = ["STAGES", "Cluster", "Stage", "backlog"]


class Stage(msgspec.Struct, frozen=True):
    """A part of the way from a frame to a row, and the topics that it reads."""

    name: str
    topics: tuple[str, ...]


STAGES = (
    Stage("recognise", ("frames",)),
    Stage("attend", ("sightings", "marks")),
    Stage("sink", ("attendance", "sightings")),
)
"""In the order of the data: when one has caught up, what the next one reads no longer grows because of it."""

Offsets = Mapping[TopicPartition, int]


def backlog(ends: Offsets, begins: Offsets, committed: Offsets) -> int:
    """Return how many records lie before ``ends`` and after what was committed.

    begins: the first offset that is still there; what was deleted before anybody read it is not waited for.
    """
    return sum(max(0, end - max(committed.get(each, 0), begins.get(each, 0))) for each, end in ends.items())


class Cluster:
    """Asks the broker how far things are. Close it after use.

    Raises:
        UnavailableError: from every method, if the broker does not answer.
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
        try:
            return end_offsets(self._consumer, *(self._settings.topic(each) for each in topics))
        except KafkaError as error:
            raise self._away(error) from error

    def begins(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """Return the first offset of each partition."""
        try:
            return dict(self._consumer.beginning_offsets(list(partitions)))
        except KafkaError as error:
            raise self._away(error) from error

    def committed(self, stage: Stage) -> dict[TopicPartition, int]:
        """Return what a stage has committed; a partition that it never touched is not in it."""
        group = self._settings.group(stage.name)
        try:
            found = self._admin.list_group_offsets(group).get(group, {})
        except CoordinatorNotAvailableError:
            return {}  # no group has ever committed anything on this cluster
        except KafkaError as error:
            raise self._away(error) from error
        return {each: offset.offset for each, offset in found.items() if offset.offset >= 0}

    def lag(self, stage: Stage, ends: Offsets | None = None) -> int:
        """Return how many records a stage has not dealt with, of those before ``ends`` (else: of all)."""
        ends = self.ends(stage.topics) if ends is None else ends
        return backlog(ends, self.begins(ends), self.committed(stage))

    def held(self, topic: str) -> int:
        """Return how many records a topic holds that nothing compacts."""
        ends = self.ends([topic])
        return backlog(ends, self.begins(ends), {})

    def members(self, stage: Stage) -> int:
        """Return how many workers of a stage the broker knows."""
        group = self._settings.group(stage.name)
        try:
            return len(self._admin.describe_groups([group])[group]["members"])
        except CoordinatorNotAvailableError:
            return 0
        except KafkaError as error:
            raise self._away(error) from error

    def last(self, topic: str, count: int) -> Iterator[Any]:
        """Yield the last ``count`` records of each partition of a topic."""
        try:
            ends = self.ends([topic])
            begins = self.begins(ends)
            starts = {each: max(begins[each], end - count) for each, end in ends.items()}
            self._consumer.assign(list(ends))
            for each, start in starts.items():
                self._consumer.seek(each, start)
            while any(self._consumer.position(each) < end for each, end in ends.items()):
                for records in self._consumer.poll(timeout_ms=200).values():
                    yield from records
        except KafkaError as error:
            raise self._away(error) from error

    def _away(self, error: KafkaError) -> UnavailableError:
        return UnavailableError(f"Kafka at {self._settings.bootstrap} does not answer: {error}", "Try again.")
