"""What differs between the topics that a site wants and those that its cluster has. Pure.

Nothing here makes less of anything: partitions and copies that are more than wanted stay.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from schemas.settings import Settings
from schemas.topics import MOST_COPIES, Topic, all_topics

__all__ = [
    "COPIES",
    "MIN_INSYNC",
    "MISSING",
    "PARTITIONS",
    "ClusterTopics",
    "Replicas",
    "TopicDifference",
    "TopicState",
    "differences",
    "made_with",
    "spread",
]

MISSING: Final = "topic"
PARTITIONS: Final = "partitions"
COPIES: Final = "replication"
MIN_INSYNC: Final = "min.insync.replicas"

OFFSETS: Final = "__consumer_offsets"
"""Kafka's own: without it nobody knows how far anybody is."""

_NEVER_OTHER = ("cleanup.policy", "message.timestamp.type")
_NEVER_LESS = ("max.message.bytes",)
_NEVER_MORE = ("segment.ms", "max.compaction.lag.ms", "delete.retention.ms")
"""Longer, and what was erased stays for longer than was promised."""


class Replicas(NamedTuple):
    """Of a partition, by broker id: all that keep it, the leader first as far as there is one; those in sync."""

    all: tuple[int, ...]
    in_sync: tuple[int, ...]


class TopicState(NamedTuple):
    """A topic as it is on the cluster: its partitions by number, and its settings as Kafka names them."""

    partitions: Mapping[int, Replicas]
    configs: Mapping[str, str | None]

    @property
    def copies(self) -> int:
        """Of each record, in the partition that has fewest."""
        return min((len(each.all) for each in self.partitions.values()), default=0)

    @property
    def under_replicated(self) -> int:
        """Of how many partitions a copy is away or behind."""
        return sum(len(each.in_sync) < len(each.all) for each in self.partitions.values())

    @property
    def insync(self) -> int:
        """How many copies must acknowledge a record."""
        return int(self.configs.get(MIN_INSYNC) or 1)

    @property
    def refusing(self) -> int:
        """How many partitions have fewer copies in sync than must acknowledge: they take no record."""
        return sum(len(each.in_sync) < self.insync for each in self.partitions.values())


class ClusterTopics(NamedTuple):
    """brokers: ids of those that are there. topics: by name with prefix; of Kafka's own only the offsets.

    growing: to how many partitions the site is growing; None: it is not.
    """

    brokers: tuple[int, ...]
    topics: Mapping[str, TopicState]
    growing: int | None = None


class TopicDifference(NamedTuple):
    """One thing of a topic that is not as the site wants it.

    what: MISSING, PARTITIONS, COPIES, or a setting of the topic. stops: whether nobody should work with it as it is.
    """

    topic: str
    what: str
    found: str
    wanted: str
    stops: bool = False


def differences(settings: Settings, there: ClusterTopics) -> list[TopicDifference]:
    """Return what differs, topic by topic."""
    return [*_of_all(settings, there)]


def made_with(settings: Settings, each: Topic, there: ClusterTopics) -> int:
    """Return how many partitions a missing topic is made with: as many as those that it belongs to have."""
    kin = [other.full_name(settings.prefix) for other in all_topics() if other.counted_by == each.counted_by]
    counts = [len(there.topics[name].partitions) for name in kin if each.counted_by and name in there.topics]
    return max(counts, default=settings.partitions_of(each))


def _of_all(settings: Settings, there: ClusterTopics) -> Iterator[TopicDifference]:
    copies = min(MOST_COPIES, len(there.brokers))
    for each in all_topics():
        name, wanted = each.full_name(settings.prefix), settings.partitions_of(each)
        if name not in there.topics:
            yield TopicDifference(name, MISSING, "-", str(made_with(settings, each, there)), stops=True)
            continue
        state = there.topics[name]
        count, whole = len(state.partitions), bool(each.counted_by)
        # What a site may grow is its own; all others have what every part of Naul expects.
        if count < wanted or (not whole and count != wanted):
            yield TopicDifference(name, PARTITIONS, str(count), str(wanted), stops=not whole)
        yield from _copies(name, state, copies)
        for setting, value in each.configs(settings.retention, max(copies, state.copies)).items():
            if (found := state.configs.get(setting)) != value:
                yield TopicDifference(name, setting, str(found), value, stops=_stops(setting, found, value))
    if OFFSETS in there.topics:
        yield from _copies(OFFSETS, there.topics[OFFSETS], copies)


def _copies(name: str, state: TopicState, wanted: int) -> Iterator[TopicDifference]:
    if state.copies < wanted:
        yield TopicDifference(name, COPIES, str(state.copies), str(wanted))


def _stops(setting: str, found: str | None, wanted: str) -> bool:
    if setting in _NEVER_OTHER:
        return True
    if found is None or not (setting in _NEVER_LESS or setting in _NEVER_MORE):
        return False
    return int(found) < int(wanted) if setting in _NEVER_LESS else int(found) > int(wanted)


def spread(partitions: Mapping[int, Replicas], brokers: Iterable[int], copies: int) -> dict[int, list[int]]:
    """Return who shall keep the partitions that have too few copies: who keeps them now, and whoever keeps least."""
    kept = Counter(broker for each in partitions.values() for broker in each.all)
    there = sorted(brokers)
    found = {}
    for number, now in sorted(partitions.items()):
        more = sorted((each for each in there if each not in now.all), key=lambda each: kept[each])
        added = more[: max(0, copies - len(now.all))]
        if added:
            found[number] = [*now.all, *added]
            kept.update(added)
    return found
