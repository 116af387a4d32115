"""How many partitions the halls of a site are spread over: of all topics in which a hall has one and the same.

Faust refuses tables whose topics differ only when the first row is written. And while a site grows (``naul topics
grow``), rows and records are on their way from one partition to another: whoever worked on them then would lose some.
"""

import re
from collections.abc import Iterable
from contextlib import closing
from typing import NamedTuple

from kafka.errors import KafkaError

from schemas.cluster import admin, kafka_away
from schemas.errors import UnavailableError
from schemas.settings import Settings
from schemas.topics import HALLS, all_topics
from schemas.translations import Text

__all__ = ["Growth", "co_partitioned", "co_partitions", "growth_under_way"]


class Growth(NamedTuple):
    """From how many partitions to how many a site grows. A topic without records, of this name, says that it does."""

    old: int
    new: int

    def topic(self, settings: Settings) -> str:
        """The name of that topic: it is there from the first step to the last, whoever is killed meanwhile."""
        return f"{settings.prefix}-growing-{self.old}-{self.new}"


def growth_under_way(settings: Settings, topics: Iterable[str]) -> Growth | None:
    """Return the growth that was begun and not finished. topics: all names of the cluster."""
    form = re.compile(rf"{settings.prefix}-growing-(\d+)-(\d+)")
    found = [Growth(int(it[1]), int(it[2])) for each in topics if (it := form.fullmatch(each))]
    return found[0] if found else None


def co_partitioned(settings: Settings) -> tuple[str, ...]:
    """Return the names on the broker of the topics in which a hall has one and the same partition."""
    return tuple(each.full_name(settings.prefix) for each in all_topics() if each.counted_by == HALLS)


def co_partitions(settings: Settings) -> int:
    """Return how many partitions the halls of a site are spread over. Blocking.

    Raises:
        UnavailableError: the broker does not answer, the topics are not there, they differ, or the site grows.
    """
    names = co_partitioned(settings)
    try:
        with closing(admin(settings)) as client:
            there = set(client.list_topics())
            found = client.describe_topics([each for each in names if each in there])
    except KafkaError as error:
        raise kafka_away(settings, error) from error
    if growth := growth_under_way(settings, there):
        raise UnavailableError(
            Text("the site grows from {old} to {new} partitions", old=growth.old, new=growth.new),
            Text("Wait for its end. If it was broken off: `naul topics grow --partitions {new}`", new=growth.new),
        )
    counts = {each["name"]: len(each["partitions"]) for each in found}
    if missing := set(names) - counts.keys():
        raise UnavailableError(
            Text("topics are not there: {missing}", missing=", ".join(sorted(missing))), "Create them with `naul up`."
        )
    if len({*counts.values()}) > 1:
        told = ", ".join(f"{name}: {count}" for name, count in sorted(counts.items()))
        raise UnavailableError(
            Text("topics that belong together differ in partitions: {told}", told=told),
            Text("Bring them together: `naul topics grow --partitions {new}`", new=max(counts.values())),
        )
    return next(iter(counts.values()))
