"""One sink of a site at a time makes the tables of a server: Kafka decides which, and whoever dies lets it go.

ClickHouse has no lock, and two that add the same column at once collide. Of a consumer group one member is given a
partition: it is the holder for as long as it lives.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from kafka import KafkaConsumer, TopicPartition

from schemas.cluster import asking, consumer, session_ms
from schemas.errors import UnavailableError
from schemas.settings import Settings
from sinks.store.port import MIGRATES_WITHIN

__all__ = ["migration_lock"]

PATIENCE = 10.0
"""Seconds to wait for it; a group of a cluster gathers its members for three."""


@contextmanager
def migration_lock(settings: Settings) -> Iterator[None]:
    """Wait until nobody else holds it, hold it, and let it go at the end. Nothing is read or committed.

    Raises:
        UnavailableError: Kafka does not answer, or another sink holds it: ask again.
        ForbiddenError: this user may not be a member of that group.
    """
    client = consumer(
        settings,
        settings.group("sink-migrations"),
        session_timeout_ms=session_ms(settings),
        max_poll_interval_ms=int(MIGRATES_WITHIN * 1000),  # so long nobody else is given the partition
    )
    try:
        with asking(settings, "Waiting for it."):
            mine = _is_given(client, TopicPartition(settings.topic("attendance"), 0))
        if not mine:
            raise UnavailableError("another sink makes the tables of the store", "Waiting for its end.")
        yield
    finally:
        client.close(autocommit=False)


def _is_given(client: KafkaConsumer, place: TopicPartition) -> bool:
    client.subscribe([place.topic])
    until = time.monotonic() + PATIENCE
    while place not in client.assignment() and time.monotonic() < until:
        client.poll(timeout_ms=100)  # what it brings is read again by whoever stores it
    return place in client.assignment()
