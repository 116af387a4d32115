"""Faust's clients, mended: what was never committed is fetched again, and nobody waits for one broker for long.

Faust drops what it fetched when the group changes meanwhile, and seeks to what was committed to fetch it again. Where
nothing was committed, neither it nor aiokafka seeks: what was dropped is lost (docs/adr/0005-faust.md).
"""

from collections.abc import Mapping
from typing import Any

from faust.transport.drivers import aiokafka

from streams.runtime import patient_batches

__all__ = ["Transport"]

patient_batches.install()


class _Thread(aiokafka.AIOKafkaConsumerThread):  # type: ignore[misc]
    async def seek_to_committed(self) -> Mapping[Any, int | None]:
        """Seek every partition to what was committed, or else to its beginning."""
        committed: Mapping[Any, int | None] = await super().seek_to_committed()
        tables = self.app.tables.changelog_topics  # their place is the business of the recovery
        never = [place for place, offset in committed.items() if not offset and place.topic not in tables]
        if never:
            for place, offset in (await self.earliest_offsets(*never)).items():
                self.seek(place, offset)
        return committed


class _Consumer(aiokafka.Consumer):  # type: ignore[misc]
    def _new_consumer_thread(self) -> _Thread:
        return _Thread(self, loop=self.loop, beacon=self.beacon)


class _Producer(aiokafka.Producer):  # type: ignore[misc]
    def _new_producer(self, transactional_id: str | None = None) -> Any:
        """Have a request wait no longer than any other one does, and the record for as long as it has to.

        Aiokafka has one setting for both. With Faust's 20 minutes nothing goes on while the leader of a partition is
        frozen, though another broker leads it by then.
        """
        made = super()._new_producer(transactional_id)
        made.client._request_timeout_ms = int(1000 * self.app.conf.broker_request_timeout)
        return made


class Transport(aiokafka.Transport):  # type: ignore[misc]
    """Faust's transport, with this consumer and this producer."""

    Consumer = _Consumer
    Producer = _Producer
