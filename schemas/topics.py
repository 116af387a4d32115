"""The topics, read from ``topics/*.toml``: one file each, named like the topic."""

from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from importlib import resources
from tomllib import loads
from typing import Literal

import msgspec

__all__ = ["HALLS", "ROLL", "Retention", "Topic", "all_topics", "min_insync", "topic"]

ROLL = b'"roll"'
"""Key of a record without value that has Kafka begin a segment: it is about nobody, and every reader passes it over.

In quotes, because keys of Faust's changelog are JSON.
"""

HALLS = "partitions"
"""The setting that counts the partitions of all topics in which a hall has one and the same: they grow together."""

MOST_COPIES = 3
"""Of each record; fewer where there are fewer brokers."""


def min_insync(copies: int) -> int:
    """Return how many copies there must be before a record is acknowledged: with three of them, one may be away."""
    return 2 if copies >= MOST_COPIES else 1


class Retention(msgspec.Struct, frozen=True, kw_only=True):
    """How long Kafka may keep what was erased, what cameras recorded, and the audit.

    erase_within: until nothing of an erased record is left in a compacted topic, its key included.
    frames, sightings: for how long those topics, and what is made of them, keep a record. audit: that topic; its table
    keeps everything.
    """

    erase_within: timedelta
    frames: timedelta
    sightings: timedelta
    audit: timedelta

    @property
    def segment(self) -> timedelta:
        """How long a compacted topic writes into one segment: Kafka never compacts the one it writes into."""
        return self.erase_within / 4

    @property
    def tombstone(self) -> timedelta:
        """How long an erasure stands in a compacted topic after what it erased is gone."""
        return self.erase_within / 8

    @property
    def roll_every(self) -> timedelta:
        """How often a record is added to each partition of them: only then does Kafka begin a segment.

        At worst: segment, roll, compaction, tombstone, and segment and roll once more; 7/8 of the time promised.
        """
        return self.erase_within / 8


class Topic(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One topic as its file declares it.

    owner: the room that writes it. key: what its key is, in words.
    partitions: how many; of a topic that a site may cut finer, at first. counted_by: the setting that says it then.
    kept: with whose retention records are deleted. retention_mib: per partition; 0: as many as there are. Compacted
    topics have neither: they keep the last of each key.
    max_message_bytes: the largest record that the broker takes.
    personal: whether its records say something of a person, whom somebody may erase.
    tombstones_days: of a compacted topic whose keys name nobody: how long it says what was deleted, for whoever keeps a
    copy of it. 0: a part of the time in which an erasure is kept, since keys may be of persons.
    timestamp: who dates a record. Only the broker's time is safe with retention: Kafka deletes by record timestamp.
    """

    name: str
    owner: str
    key: str
    partitions: int
    cleanup: Literal["delete", "compact"]
    kept: Literal["frames", "sightings", "audit"] | None = None
    counted_by: Literal["", "partitions", "frame_partitions"] = ""
    retention_mib: int = 0
    max_message_bytes: int = 1_048_576
    tombstones_days: int = 0
    timestamp: Literal["LogAppendTime", "CreateTime"] = "LogAppendTime"
    personal: bool = True
    messages: tuple[str, ...] = ()
    note: str = ""

    def full_name(self, prefix: str) -> str:
        """The name on the broker: several sites and all tests share one cluster."""
        return f"{prefix}-{self.name}"

    def configs(self, retention: Retention, copies: int = 1) -> dict[str, str]:
        """The topic's settings, as Kafka names them. copies: of each record."""
        configs = {
            "cleanup.policy": self.cleanup,
            "compression.type": "uncompressed",
            "max.message.bytes": str(self.max_message_bytes),
            "message.timestamp.type": self.timestamp,
            "min.insync.replicas": str(min_insync(copies)),
            "retention.bytes": str(self.retention_mib * 2**20 if self.retention_mib > 0 else -1),
            "segment.ms": _ms(self._segment(retention)),
        }
        if self.kept:
            return configs | {"retention.ms": _ms(getattr(retention, self.kept)), "segment.bytes": str(64 * 2**20)}
        return configs | {
            "retention.ms": "-1",
            "max.compaction.lag.ms": _ms(retention.segment),
            "delete.retention.ms": _ms(self.tombstones(retention)),
        }

    def tombstones(self, retention: Retention) -> timedelta:
        """How long a deletion stands in a compacted topic."""
        return timedelta(days=self.tombstones_days) or retention.tombstone

    def gone_after(self, retention: Retention) -> timedelta:
        """After what time a record is gone that was erased, or that nobody erases: a segment goes as a whole."""
        return getattr(retention, self.kept) + self._segment(retention) if self.kept else retention.erase_within

    def _segment(self, retention: Retention) -> timedelta:
        # A segment goes when its newest record is old enough; Kafka's own segments last seven days.
        return getattr(retention, self.kept) / 8 if self.kept else retention.segment


@cache
def all_topics() -> tuple[Topic, ...]:
    """Every topic, sorted by name."""
    return tuple(sorted(_read(), key=lambda each: each.name))


@cache
def topic(name: str) -> Topic:
    """Return the topic of a name.

    Raises:
        KeyError: there is none.
    """
    return {each.name: each for each in all_topics()}[name]


def _ms(time: timedelta) -> str:
    return str(time // timedelta(milliseconds=1))


def _read() -> Iterator[Topic]:
    for file in resources.files("schemas").joinpath("topics").iterdir():
        if file.name.endswith(".toml"):
            declared = loads(file.read_text("utf-8"))
            yield msgspec.convert({"name": file.name.removesuffix(".toml"), **declared}, Topic)
