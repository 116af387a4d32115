"""The topics, read from ``topics/*.toml``: one file each, named like the topic."""

from collections.abc import Iterator
from functools import cache
from importlib import resources
from tomllib import loads
from typing import Literal

import msgspec
from kafka.partitioner.default import murmur2

__all__ = ["Topic", "all_topics", "partition_of", "topic"]


class Topic(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One topic as its file declares it.

    owner: the room that writes it. key: what its key is, in words.
    retention_hours, retention_mib: per partition; -1 keeps everything. Compacted topics keep the last of each key.
    max_message_bytes: the largest record that the broker takes.
    timestamp: who dates a record. Only the broker's time is safe with retention: Kafka deletes by record timestamp.
    """

    name: str
    owner: str
    key: str
    partitions: int
    cleanup: Literal["delete", "compact"]
    retention_hours: int = -1
    retention_mib: int = -1
    max_message_bytes: int = 1_048_576
    timestamp: Literal["LogAppendTime", "CreateTime"] = "LogAppendTime"
    messages: tuple[str, ...] = ()
    note: str = ""

    def full_name(self, prefix: str) -> str:
        """The name on the broker: several sites and all tests share one cluster."""
        return f"{prefix}-{self.name}"

    def configs(self) -> dict[str, str]:
        """The topic's settings, as Kafka names them."""
        configs = {
            "cleanup.policy": self.cleanup,
            "compression.type": "uncompressed",
            "max.message.bytes": str(self.max_message_bytes),
            "message.timestamp.type": self.timestamp,
            "retention.ms": str(self.retention_hours * 3_600_000 if self.retention_hours > 0 else -1),
            "retention.bytes": str(self.retention_mib * 2**20 if self.retention_mib > 0 else -1),
        }
        if self.cleanup == "delete":
            configs["segment.bytes"] = str(64 * 2**20)
        return configs


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


def _read() -> Iterator[Topic]:
    for file in resources.files("schemas").joinpath("topics").iterdir():
        if file.name.endswith(".toml"):
            declared = loads(file.read_text("utf-8"))
            yield msgspec.convert({"name": file.name.removesuffix(".toml"), **declared}, Topic)


def partition_of(key: str, partitions: int) -> int:
    """Return the partition of a key, as Kafka's default partitioner (murmur2) chooses it.

    Marks, ticks and observations of a hall must meet in one partition whatever their keys are.
    """
    return int(murmur2(key.encode()) & 0x7FFFFFFF) % partitions
