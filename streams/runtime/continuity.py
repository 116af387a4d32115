"""Whether every message of a topic was delivered: offsets of a topic that only deletes by age follow without a gap."""

import logging
from collections.abc import Callable
from contextlib import closing
from typing import Any

from kafka import TopicPartition
from kafka.errors import KafkaError

from schemas.cluster import admin, kafka_away
from schemas.retry import retry_until_available
from schemas.settings import Settings

__all__ = ["Continuity", "committed_by"]

log = logging.getLogger(__name__)


def committed_by(settings: Settings, group: str) -> Callable[[str, int], int | None]:
    """Return what tells up to where a group has committed a partition; None: nothing yet. Blocking.

    Raises, when it is asked:
        UnavailableError: the broker does not answer.
    """

    def ask(topic: str, partition: int) -> int | None:
        with closing(admin(settings)) as client:
            try:
                offsets = client.list_group_offsets(group).get(group, {})
            except KafkaError as error:
                raise kafka_away(settings, error) from error
        found = offsets.get(TopicPartition(topic, partition))
        return found.offset if found and found.offset >= 0 else None

    return ask


class Continuity:
    """Notices a message that Kafka held and Faust never delivered, and those that retention deleted unseen."""

    def __init__(self, app: Any, committed: Callable[[str, int], int | None]) -> None:
        """committed: up to where the group has committed a partition; asked with topic and partition, on a thread."""
        self._app = app
        self._committed = committed
        self._next: dict[Any, int] = {}

    async def check(self, message: Any) -> int:
        """Take note of a message, and return how many before it were deleted before anybody saw them.

        Raises:
            RuntimeError: one before it was skipped; the process must start again from what it committed.
        """
        place, offset = message.tp, message.offset
        wanted = self._next.get(place)
        self._next[place] = offset + 1
        if wanted is not None and offset <= wanted:
            return 0
        # The first one, or somebody else had the partition meanwhile, or some are missing.
        committed = await retry_until_available(lambda: self._committed(place.topic, place.partition))
        begin = (await self._app.consumer.earliest_offsets(place))[place]
        wanted = max((each for each in (wanted, committed) if each is not None), default=begin)
        if offset > max(wanted, begin):
            raise RuntimeError(
                f"{place}: offset {offset} came where {max(wanted, begin)} was to: messages were skipped"
            )
        deleted = max(0, int(offset) - wanted)
        if deleted:
            log.error("%s: %d messages before offset %d were deleted unseen", place, deleted, offset)
        return deleted
