"""Marks at a kiosk: which class hour and verdict are meant, and what was said of it before."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from schemas.cluster import consumer, end_offsets, read
from schemas.errors import BadMessageError, UnavailableError
from schemas.ids import row_id
from schemas.messages import ClassHour, MarkBatch, Verdict, decode
from schemas.settings import Policy, Settings

__all__ = ["BY", "MarksOfLate", "Standing", "hour_to_mark", "kiosk_mark_id", "verdict_at"]

BY = "kiosk "
"""How whoever marks is called begins so; the hall follows."""

LOOK_BACK = timedelta(days=7)
"""How old a mark may be that a kiosk heeds."""


class Standing(NamedTuple):
    """The mark that holds for a student in a class hour."""

    verdict: Verdict
    by: str
    at: datetime

    @property
    def at_kiosk(self) -> bool:
        """Whether no person gave it."""
        return self.by.startswith(BY)


def verdict_at(hour: ClassHour, now: datetime, policy: Policy) -> Literal["present", "late"]:
    """Return what somebody is who comes at a moment (aware)."""
    return "late" if now - hour.starts_at > policy.late_after else "present"


def hour_to_mark(hours: Iterable[ClassHour], standing: Mapping[str, Standing], now: datetime) -> ClassHour | None:
    """Return the first of a student's class hours that is not over and has no mark yet; else the one that runs.

    hours: of him, those that run and those that begin soon. standing: by class hour. now: aware.
    """
    still = sorted((each for each in hours if now < each.ends_at), key=lambda each: (each.starts_at, each.section))
    return next((each for each in still if each.id not in standing), still[0] if still else None)


def kiosk_mark_id(hour: ClassHour, student: str) -> str:
    """Return the id of a kiosk's mark: sent twice it counts once. It tells nothing of the student."""
    return f"kiosk-{row_id('kiosk', hour.id, student).hex}"


class MarksOfLate:
    """The marks of the last days, kept up to date. For one thread."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: KafkaConsumer | None = None
        self._read: dict[TopicPartition, int] = {}
        self._batches: dict[str, dict[str, MarkBatch]] = {}

    def standing(self, student: str, hours: Sequence[ClassHour], now: datetime) -> dict[str, Standing]:
        """Return the mark of a student in each of these class hours that has one, by their ids. now: aware.

        Raises:
            UnavailableError: the broker does not answer.
        """
        self._catch_up(now)
        found = {}
        for hour in hours:
            mine = [
                (batch.at, batch.id, Standing(mark.verdict, batch.by, batch.at))
                for batch in self._batches.get(hour.id, {}).values()
                for mark in batch.marks
                if mark.student_id == student
            ]
            if mine:
                found[hour.id] = max(mine, key=lambda each: each[:2])[2]
        return found

    def close(self) -> None:
        """Let the connection go."""
        if self._client:
            with suppress(KafkaError):
                self._client.close()

    def _catch_up(self, now: datetime) -> None:
        name = self._settings.topic("marks")
        try:
            self._client = self._client or consumer(self._settings)
            ends = end_offsets(self._client, name)
            if not self._read:
                since = int((now - LOOK_BACK).timestamp() * 1000)
                begins = self._client.offsets_for_times(dict.fromkeys(ends, since))
                self._read = {each: begins[each].offset if begins.get(each) else ends[each] for each in ends}
            for record in read(self._settings, self._client, self._read, ends):
                self._take((record.key or b"").decode("utf-8", "replace"), record.value)
            self._read = dict(ends)
        except KafkaError as error:
            where = self._settings.bootstrap
            raise UnavailableError(f"Kafka at {where} does not answer: {error}", "Try again.") from error
        oldest = (now - LOOK_BACK).date().isoformat()
        for each in [each for each in self._batches if each.split("|")[1:2] < [oldest]]:
            del self._batches[each]

    def _take(self, key: str, value: bytes | None) -> None:
        hour, _, batch = key.rpartition("|")
        if value is None:
            self._batches.get(hour, {}).pop(batch, None)
            return
        with suppress(BadMessageError):  # the worker puts it aside
            self._batches.setdefault(hour, {})[batch] = decode(value, MarkBatch)
