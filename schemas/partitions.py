"""Which partition a key belongs to: apart from ``topics``, for only who reaches Kafka should wait for its client."""

from kafka.partitioner.default import murmur2

__all__ = ["once_of", "partition_of"]


def partition_of(key: str, partitions: int) -> int:
    """Return the partition of a key, as Kafka's default partitioner (murmur2) chooses it.

    Marks, ticks and observations of a hall must meet in one partition whatever their keys are.
    """
    return int(murmur2(key.encode()) & 0x7FFFFFFF) % partitions


def once_of(key: str, partitions: int) -> list[int]:
    """Return where the records of a key may lie that came before a topic had so many partitions, its own first.

    A topic grows by whole times (``naul topics grow``), so its counts were divisors of what it has now.
    """
    own = partition_of(key, partitions)
    once = {own % each for each in range(1, partitions) if partitions % each == 0}
    return [own, *sorted(once - {own}, reverse=True)]
