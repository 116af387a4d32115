"""Which partition a key belongs to: apart from ``topics``, for only who reaches Kafka should wait for its client."""

from kafka.partitioner.default import murmur2

__all__ = ["partition_of"]


def partition_of(key: str, partitions: int) -> int:
    """Return the partition of a key, as Kafka's default partitioner (murmur2) chooses it.

    Marks, ticks and observations of a hall must meet in one partition whatever their keys are.
    """
    return int(murmur2(key.encode()) & 0x7FFFFFFF) % partitions
