"""A hall as it is now, put together from the store and the topics: once, or again and again."""

from collections.abc import Generator, Iterable, Mapping
from contextlib import closing, suppress
from itertools import chain, count
from typing import Any, NamedTuple

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from enrollment.loaded import class_hours
from infra.machine.lag import STAGES, Cluster
from infra.operations.class_hours.stored_halls import stored_halls
from infra.operations.frames.frame_texts import told
from infra.operations.frames.recording_check import halls
from infra.operations.site.site_status import CameraStatus, last_frames
from schemas.broker_disk import BrokerDisk, DiskSpace
from schemas.cluster import consumer, kafka_away
from schemas.errors import BadMessageError, RefusedError
from schemas.messages import Attendance, Coverage, Sighting, decode
from schemas.settings import Settings
from schemas.texts import nearest
from schemas.translations import say
from sinks.hall_now import HallNow
from sinks.hall_rows import rows_of_hall

__all__ = ["WatchedHall", "hall_as_it_is", "refuse_unknown", "watch_hall"]

LOOK_BACK = 100
"""Sightings a partition that are read when the screen opens."""

FRAMES = STAGES[0]

TOPICS = ("sightings", "attendance")


LOOK_AT_FRAMES = 10
"""Frames a partition in which the last one of the hall's cameras is searched,"""
EVERY = 30
"""and after how many polls of about a second that is done again."""


class WatchedHall(NamedTuple):
    """The hall, and how many frames (of all halls) nobody has looked at yet.

    disk: the room where Kafka keeps frames. cameras: of the hall, as far as they sent anything lately.
    """

    now: HallNow
    frames_waiting: int
    disk: DiskSpace
    cameras: tuple[CameraStatus, ...]


def hall_as_it_is(settings: Settings, hall: str) -> WatchedHall:
    """Return a hall as it is when all that the store and the topics hold now was read.

    Raises:
        UnavailableError: the broker does not answer, or the topics are not there.
    """
    now = HallNow(hall)
    with Cluster(settings) as cluster, BrokerDisk(settings) as disk:
        _read(settings, cluster, now)
        return WatchedHall(now, cluster.lag(FRAMES), disk.space(), _cameras(cluster, hall))


def refuse_unknown(settings: Settings, hall: str) -> None:
    """Refuse a hall that the timetable does not know, with what may be meant.

    Raises:
        RefusedError: it does not.
        UnavailableError: the broker does not answer.
    """
    known = halls(class_hours(settings))
    if hall in known:
        return
    near = nearest(hall, known)
    like = say(settings.language, "; {name} looks like {near}", name=hall, near=near) if near else ""
    raise RefusedError(told(settings, "unknown_hall", hall=hall, near=like), told(settings, "unknown_hall_remedy"))


def watch_hall(settings: Settings, hall: str) -> Generator[WatchedHall, None, None]:
    """Yield a hall for ever, about once a second: it is the same ``HallNow``, which knows more every time.

    Raises:
        UnavailableError: as ``hall_as_it_is``.
    """
    now = HallNow(hall)
    with Cluster(settings) as cluster, BrokerDisk(settings) as disk, closing(consumer(settings)) as client:
        ends = _read(settings, cluster, now)
        client.assign([*ends])
        for each, end in ends.items():
            client.seek(each, end)
        for poll in count():
            if poll % EVERY == 0:
                cameras = _cameras(cluster, hall)
            yield WatchedHall(now, cluster.lag(FRAMES), disk.space(), cameras)
            _take(_next(settings, client), now)


def _read(settings: Settings, cluster: Cluster, now: HallNow) -> Mapping[TopicPartition, int]:
    """Read what the store holds of a hall, and from the topics what it does not hold yet; return where these end.

    Frames come first: they tell which exams of other halls are held here, too.
    """
    ends = cluster.ends(TOPICS)
    begins = cluster.begins(ends)
    frames = {each: end for each, end in ends.items() if each.topic == settings.topic("sightings")}
    verdicts = {each: end for each, end in ends.items() if each not in frames}
    _take(cluster.read({each: max(begins[each], end - LOOK_BACK) for each, end in frames.items()}, frames), now)
    rows, stored = stored_halls(settings, cluster, lambda store: rows_of_hall(store, now.hall, now.seen_here))
    for row in rows or ():
        now.keep(row)
    _take(cluster.read({each: max(begins[each], stored.get(each, 0)) for each in verdicts}, verdicts), now)
    return ends


def _take(records: Iterable[Any], now: HallNow) -> None:
    for record in records:
        if record.value is not None:
            with suppress(BadMessageError):  # the stages put it aside; a screen passes it over
                now.take(decode(record.value, Sighting | Attendance | Coverage))


def _next(settings: Settings, client: KafkaConsumer) -> Iterable[Any]:
    try:
        return chain.from_iterable(client.poll(timeout_ms=1000).values())
    except KafkaError as error:
        raise kafka_away(settings, error, "Is `naul up` running?") from error


def _cameras(cluster: Cluster, hall: str) -> tuple[CameraStatus, ...]:
    return tuple(each for each in last_frames(cluster.last("frames", LOOK_AT_FRAMES)) if each.hall == hall)
