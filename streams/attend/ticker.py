"""Time as an event in the log: a silent hall is told of it, but never further than frames were looked at."""

from collections.abc import Callable
from datetime import datetime, timedelta

from kafka import TopicPartition
from kafka.errors import KafkaError

from schemas.cluster import View, admin, consumer, end_offsets, kafka_away
from schemas.errors import UnavailableError
from schemas.messages import HallDay, decode
from schemas.settings import Settings
from schemas.translations import Text
from streams.attend.watermark import Watermark

__all__ = ["Ticker"]

EVERY = timedelta(minutes=1)
"""How often a hall is told: frames alone have its running hours judged."""


class Ticker:
    """Compares the topic ``frames`` with what the group of ``recognise`` has committed. Blocking; for one thread."""

    def __init__(self, settings: Settings, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._frames = settings.topic("frames")
        self._group = settings.group("recognise")
        self._settings = settings
        self._consumer = consumer(settings)
        self._admin = admin(settings)
        self._timetable: View[HallDay] = View(settings, "timetable", lambda value: decode(value, HallDay))
        self._watermark: Watermark[TopicPartition] = Watermark()
        self._told: dict[str, datetime] = {}

    def due(self, mine: Callable[[str], bool]) -> dict[str, datetime]:
        """Return the halls that are to be told, and of which moment.

        mine: whether this worker keeps a hall.

        Raises:
            UnavailableError: the broker does not answer.
        """
        self._timetable.catch_up()
        moment = self._looked_at()
        if moment is None:
            return {}
        due = {}
        for hall in {day.hall for day in self._timetable.items.values() if mine(day.hall)}:
            last = self._told.get(hall)
            if last is None or moment - last >= EVERY:
                due[hall] = self._told[hall] = moment
        return due

    def _looked_at(self) -> datetime | None:
        try:
            now, ends = self._clock(), end_offsets(self._consumer, self._frames)
            begins = self._consumer.beginning_offsets(list(ends))
            offsets = self._admin.list_group_offsets(self._group).get(self._group, {})
        except KafkaError as error:
            raise kafka_away(self._settings, error) from error
        if not ends:
            raise UnavailableError(
                Text("Kafka at {where} does not know {frames} yet", where=self._settings.bootstrap, frames=self._frames)
            )
        self._watermark.sample(now, ends)
        # What was deleted before anybody looked at it is not waited for.
        committed = {each: offset.offset for each, offset in offsets.items()}
        return self._watermark.done({each: max(committed.get(each, 0), begins[each]) for each in ends})
