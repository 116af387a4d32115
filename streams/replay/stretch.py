"""The records of a topic between offsets that were taken once: whoever reads them disturbs nobody."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from schemas.cluster import consumer, end_offsets, kafka_away, read
from schemas.errors import BadMessageError, RefusedError, UnavailableError
from schemas.frame_seals import FrameOpener, NoFramesKeyError, sealed_for
from schemas.frames import FrameHeaders
from schemas.runs import Stretch
from schemas.settings import Settings
from schemas.translations import Text

__all__ = ["Log", "Offsets"]

Offsets: TypeAlias = Mapping[int, Stretch]
"""By partition."""


class Log:
    """Reads topics without a consumer group. Close it after use.

    Raises:
        UnavailableError: from every method, if the broker does not answer.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: KafkaConsumer = consumer(settings)
        self._opener = FrameOpener(settings.frames_key_file)

    def __enter__(self) -> "Log":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def since(self, topic: str, moment: datetime) -> dict[int, Stretch]:
        """Return where what was captured since a moment lies now in a topic (name without prefix), and all after it.

        A record is never older by the broker's clock than its frame, but for as much as clocks may differ.
        """
        earliest = moment - self._settings.clock_skew - timedelta(hours=1)
        try:
            ends = end_offsets(self._client, self._settings.topic(topic))
            if not ends:
                raise UnavailableError(
                    Text("topic {topic} is not there", topic=self._settings.topic(topic)), "Create it with `naul up`."
                )
            milliseconds = max(0, int(earliest.timestamp() * 1000))
            starts = self._client.offsets_for_times(dict.fromkeys(ends, milliseconds))
        except KafkaError as error:
            raise kafka_away(self._settings, error) from error
        return {
            place.partition: (found.offset if (found := starts.get(place)) else end, end) for place, end in ends.items()
        }

    def begins(self, topic: str) -> dict[int, int]:
        """Return the first offset that retention has left in each partition of a topic (name without prefix)."""
        name = self._settings.topic(topic)
        try:
            places = [TopicPartition(name, each) for each in sorted(self._client.partitions_for_topic(name) or ())]
            return {place.partition: offset for place, offset in self._client.beginning_offsets(places).items()}
        except KafkaError as error:
            raise kafka_away(self._settings, error) from error

    def read(self, topic: str, offsets: Offsets) -> Iterator[Any]:
        """Yield the records of a stretch; those that retention deleted meanwhile are not there.

        Frames that were sealed are open. What cannot be opened has no value: recognise has put it aside.

        Raises:
            RefusedError: a frame is sealed, and no key for frames is here at all.
        """
        name = self._settings.topic(topic)
        spans = {TopicPartition(name, place): span for place, span in offsets.items() if span[0] < span[1]}
        starts = {place: start for place, (start, _) in spans.items()}
        records = read(self._settings, self._client, starts, {place: end for place, (_, end) in spans.items()})
        yield from map(self._opened, records) if topic == "frames" else records

    def _opened(self, record: Any) -> Any:
        if sealed_for(record.value or b"") is None:
            return record
        try:
            return record._replace(value=self._opener.picture(FrameHeaders.unpack(record.headers), record.value))
        except BadMessageError as error:
            if isinstance(error, NoFramesKeyError) and not self._settings.frames_key_file.exists():
                raise RefusedError(
                    Text("frame sealed for the key {key}, which is not here", key=sealed_for(record.value)),
                    "Copy frames-key of a machine that runs workers into the home of this one.",
                ) from error
            return record._replace(value=None)
