"""A hall as it is now, put together from the topics: once, or again and again."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any, NamedTuple

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from enrollment.loaded import hours_kept_elsewhere
from infra.machine.lag import STAGES, Cluster
from infra.operations.site_status import CameraStatus, last_frames
from schemas.broker_disk import BrokerDisk, DiskSpace
from schemas.cluster import consumer
from schemas.errors import BadMessageError, UnavailableError
from schemas.messages import Attendance, Coverage, Presence, Sighting, decode
from schemas.settings import Settings
from sinks.hall_now import HallNow

__all__ = ["WatchedHall", "hall_as_it_is", "watch_hall"]

LOOK_BACK = 500
"""Sightings a partition that are read when the screen opens."""

FRAMES = STAGES[0]

READERS: dict[str, Any] = {"attendance": Attendance | Coverage, "presence": Presence, "sightings": Sighting}


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
    """Return a hall as it is when all that the topics hold now was read.

    Raises:
        UnavailableError: the broker does not answer, or the topics are not there.
    """
    now = _hall(settings, hall)
    with _opened(settings) as (client, cluster), BrokerDisk(settings) as disk:
        ends = _seek(client, settings)
        while any(client.position(each) < end for each, end in ends.items()):
            _take(client, settings, now)
        return WatchedHall(now, cluster.lag(FRAMES), disk.space(), _cameras(cluster, hall))


def watch_hall(settings: Settings, hall: str) -> Generator[WatchedHall, None, None]:
    """Yield a hall for ever, about once a second: it is the same ``HallNow``, which knows more every time.

    Raises:
        UnavailableError: as ``hall_as_it_is``.
    """
    now = _hall(settings, hall)
    with _opened(settings) as (client, cluster), BrokerDisk(settings) as disk:
        _seek(client, settings)
        for poll in count():
            if poll % EVERY == 0:
                cameras = _cameras(cluster, hall)
            yield WatchedHall(now, cluster.lag(FRAMES), disk.space(), cameras)
            _take(client, settings, now)


def _hall(settings: Settings, hall: str) -> HallNow:
    return HallNow(hall, hours_kept_elsewhere(settings, hall))


def _cameras(cluster: Cluster, hall: str) -> tuple[CameraStatus, ...]:
    return tuple(each for each in last_frames(cluster.last("frames", LOOK_AT_FRAMES)) if each.hall == hall)


@contextmanager
def _opened(settings: Settings) -> Iterator[tuple[KafkaConsumer, Cluster]]:
    client = consumer(settings)
    try:
        with Cluster(settings) as cluster:
            yield client, cluster
    except KafkaError as error:
        raise UnavailableError(
            f"Kafka at {settings.bootstrap} does not answer: {error}", "Is `naul up` running?"
        ) from error
    finally:
        client.close()


def _seek(client: KafkaConsumer, settings: Settings) -> dict[TopicPartition, int]:
    """Go to where a screen begins to read, and return where the topics end now."""
    partitions = [
        TopicPartition(name, p)
        for name in map(settings.topic, READERS)
        for p in sorted(client.partitions_for_topic(name) or ())
    ]
    if not partitions:
        raise UnavailableError("the topics are not there", "Start with `naul up`, which creates them.")
    client.assign(partitions)
    starts, ends = client.beginning_offsets(partitions), dict(client.end_offsets(partitions))
    for each in partitions:
        recent = ends[each] - LOOK_BACK if each.topic == settings.topic("sightings") else 0
        client.seek(each, max(starts[each], recent))
    return ends


def _take(client: KafkaConsumer, settings: Settings, now: HallNow) -> None:
    kinds = {settings.topic(name): kind for name, kind in READERS.items()}
    for place, records in client.poll(timeout_ms=1000).items():
        for record in records:
            if record.value is not None:
                try:
                    now.take(decode(record.value, kinds[place.topic]))
                except BadMessageError:  # the stages put it aside; a screen passes it over
                    continue
