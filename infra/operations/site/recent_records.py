"""The last records of a topic without what is heavy in them: who looks again asks Kafka only for what came since."""

from collections import deque
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any, NamedTuple

from kafka import TopicPartition

from infra.machine.lag import Cluster

__all__ = ["LightRecord", "RecentRecords"]


class LightRecord(NamedTuple):
    """A record of Kafka with what is kept of its value."""

    partition: int
    offset: int
    timestamp: int
    headers: list[tuple[str, bytes]]
    value: bytes


class RecentRecords:
    """The last records of each partition of a topic. Not for use by several threads at once."""

    def __init__(self, topic: str, count: int, keep: Callable[[bytes], bytes]) -> None:
        """topic: without prefix. count: of each partition. keep: what of a value is kept."""
        self._topic, self._count, self._keep = topic, count, keep
        self._known: dict[TopicPartition, deque[LightRecord]] = {}
        self._next: dict[TopicPartition, int] = {}

    def look(self, cluster: Cluster) -> Iterator[LightRecord]:
        """Return the last records that Kafka still has, each partition's in their order.

        Raises:
            UnavailableError: the broker does not answer; what is known stays.
        """
        ends = cluster.ends([self._topic])
        begins = cluster.begins(ends)
        if any(end < self._next.get(each, 0) for each, end in ends.items()):  # the topic was made anew
            self._known.clear()
            self._next.clear()
        starts = {each: max(begins[each], end - self._count, self._next.get(each, 0)) for each, end in ends.items()}
        for each in cluster.read(starts, ends):
            place = TopicPartition(each.topic, each.partition)
            light = LightRecord(each.partition, each.offset, each.timestamp, each.headers, self._kept(each.value))
            self._known.setdefault(place, deque(maxlen=self._count)).append(light)
            self._next[place] = each.offset + 1
        self._next = dict(ends)
        return chain.from_iterable(
            (each for each in self._known.get(place, ()) if each.offset >= begins[place]) for place in sorted(ends)
        )

    def _kept(self, value: Any) -> bytes:
        return self._keep(value or b"")
