"""How a site is: what runs on this machine, how far each stage is behind, and what the cameras sent last."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from kafka.errors import AuthorizationError

from infra.machine.lag import RETRIED, STAGES, Cluster
from infra.machine.lifecycle import is_up, unready
from infra.machine.supervisor import Process, processes
from infra.machine.topic_creation import topics_there
from infra.operations.dead_letters.dead_letter_queue import dealt_with
from infra.operations.site.recent_records import RecentRecords
from schemas.broker_disk import BrokerDisk, DiskSpace
from schemas.errors import BadMessageError, UnavailableError
from schemas.frame_seals import sealed_for
from schemas.frames import FrameHeaders
from schemas.messages import Moment
from schemas.settings import Settings
from schemas.unreadable import UNREADABLE
from sinks.store import open_for_reading
from sinks.store.opening import is_there
from sinks.store.port import HostState
from streams.reference.live_engine import engine_schedule_of

__all__ = [
    "CameraStatus",
    "CopiesStatus",
    "FramesOfLate",
    "HostState",
    "SiteStatus",
    "StageStatus",
    "cameras_of",
    "last_frames",
    "site_status",
]

LOOK_BACK = 100
"""Frames of each partition in which the last one of every camera is searched."""
SEAL_BYTES = 64
"""Of a frame, that are kept: they tell whether it is sealed."""
MORE = 4
"""Times as many sightings: a frame is told once for each class hour that shares its hall."""


NEARLY_DELETED = 0.8
"""Share of what Kafka keeps that may wait unseen before a person is warned."""


class StageStatus(msgspec.Struct, frozen=True):
    """A stage: how many records it is behind, and how many workers of it the broker knows.

    retention_used: for which part of the time that Kafka keeps records the oldest waits; beyond 1 it is deleted unseen.
    """

    name: str
    behind: int
    workers: int
    retention_used: float = 0.0

    @property
    def nearly_deleted(self) -> bool:
        """Whether records will soon be deleted that nobody has dealt with."""
        return self.retention_used > NEARLY_DELETED


class CameraStatus(msgspec.Struct, frozen=True):
    """A camera of a hall, and when the last of its frames was captured.

    clock_skew: how far the clock of the machine that sent it is ahead of the broker's; of a recording zero.
    recent: how many of the last frames that Kafka keeps are its own. waiting: of these, how many nobody has dealt with.
    passed_over: how many recognise dealt with and did not look at: left out since it was behind, or put aside.
    sealed: whether only workers can look at that frame.
    """

    hall: str
    camera: str
    last_frame: datetime
    clock_skew: timedelta = timedelta(0)
    recent: int = 0
    waiting: int = 0
    passed_over: int = 0
    sealed: bool = False

    def is_refused(self, most: timedelta) -> bool:
        """Whether its frames are refused, since its clock differs by more than that."""
        return abs(self.clock_skew) > most


class CopiesStatus(msgspec.Struct, frozen=True):
    """How many copies there are of what Kafka keeps.

    brokers: that are there. copies: of each record, in the topic that has fewest; insync: how many must acknowledge.
    behind: partitions of which a copy is away or behind. refusing: those that take no record, for too many are.
    growing: to how many partitions the site is growing; None: it is not.
    """

    brokers: int
    copies: int
    insync: int
    behind: int = 0
    refusing: int = 0
    growing: int | None = None


class SiteStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A site at a moment.

    up: whether a supervisor runs here. parts: what it says of each program, as far as it runs. unready: names of the
    parts that take no work. store_away: why the store does not answer; empty: it does. store_hosts: its servers, where
    Naul keeps them replicas of one another. live_engine: its id. disk: the room where Kafka keeps frames. copies: of
    all topics. dead_letters: how many wait for a person. unavailable: why the broker did not say; what it was not asked
    then is None or empty.
    """

    up: bool
    parts: tuple[Process, ...]
    unready: tuple[str, ...]
    store_away: str = ""
    store_hosts: tuple[HostState, ...] = ()
    live_engine: str | None = None
    disk: DiskSpace | None = None
    copies: CopiesStatus | None = None
    stages: tuple[StageStatus, ...] = ()
    cameras: tuple[CameraStatus, ...] = ()
    dead_letters: int | None = None
    unavailable: str = ""

    @property
    def ready(self) -> bool:
        """Whether every part takes work and the broker answers."""
        return not self.unready and not self.unavailable and not self.store_away


class FramesOfLate:
    """The last frames and sightings, for whoever looks again and again: no frame is fetched twice."""

    def __init__(self) -> None:
        self.frames = RecentRecords("frames", LOOK_BACK, lambda value: value[:SEAL_BYTES])
        self.sightings = RecentRecords("sightings", MORE * LOOK_BACK, _looked)


def site_status(settings: Settings, now: datetime, of_late: FramesOfLate | None = None) -> SiteStatus:
    """Return how a site is. A broker that is away is part of the answer.

    now: aware; of the engine that is live. of_late: of whoever looked before; as good without, and heavier.
    """
    of_late = of_late or FramesOfLate()
    up = is_up(settings)
    parts, missing = tuple(processes(settings) if up else ()), tuple(unready(settings))
    status = SiteStatus(
        up=up, parts=parts, unready=missing, store_away=_store_away(settings), store_hosts=_store_hosts(settings)
    )
    try:
        with BrokerDisk(settings) as disk:
            status = msgspec.structs.replace(status, disk=disk.space())
        status = msgspec.structs.replace(status, copies=_copies(settings))
        status = msgspec.structs.replace(status, live_engine=engine_schedule_of(settings).at(now))
        with Cluster(settings) as cluster:
            return msgspec.structs.replace(
                status,
                stages=tuple(
                    StageStatus(each.name, cluster.lag(each), cluster.members(each), cluster.retention_used(each, now))
                    for each in STAGES
                ),
                cameras=cameras_of(
                    of_late.frames.look(cluster),
                    of_late.sightings.look(cluster),
                    {each.partition: offset for each, offset in cluster.committed(STAGES[0]).items()},
                ),
                dead_letters=max(0, cluster.lag(RETRIED) - len(dealt_with(settings).beyond)),
            )
    except UnavailableError as error:
        return msgspec.structs.replace(status, unavailable=error.message)


def _copies(settings: Settings) -> CopiesStatus | None:
    """Return how the copies are; None: the cluster keeps that to itself."""
    try:
        there = topics_there(settings)
    except UnavailableError as error:
        if isinstance(error.__cause__, AuthorizationError):
            return None
        raise
    states = there.topics.values()
    return CopiesStatus(
        brokers=len(there.brokers),
        copies=min((each.copies for each in states), default=0),
        insync=min((each.insync for each in states), default=0),
        behind=sum(each.under_replicated for each in states),
        refusing=sum(each.refusing for each in states),
        growing=there.growing,
    )


def _store_away(settings: Settings) -> str:
    if not is_there(settings):
        return ""  # nothing was stored yet
    try:
        with open_for_reading(settings) as store:
            store.query("SELECT 1")
    except UnavailableError as error:
        return error.message
    return ""


def _store_hosts(settings: Settings) -> tuple[HostState, ...]:
    if not settings.store_replicated:
        return ()
    from sinks.store.replicas import host_states  # the driver of a server takes an eighth of a second

    return tuple(host_states(settings))


class _Looked(msgspec.Struct):
    """An observation, as far as it says which frame was looked at."""

    hall: str
    camera: str
    captured_at: Moment


def _looked(value: bytes) -> bytes:
    """Return what of an observation says which frame was looked at; empty: a tick, or nothing that can be read."""
    try:
        return msgspec.json.encode(msgspec.json.decode(value, type=_Looked))
    except UNREADABLE:
        return b""


def cameras_of(frames: Iterable[Any], sightings: Iterable[Any], dealt: Mapping[int, int]) -> tuple[CameraStatus, ...]:
    """Return every camera with its last frame, and what became of those before it.

    frames, sightings: the last records of these topics. dealt: by partition, the first frame that waits.
    """
    frames, looked, begins = list(frames), set[tuple[str, str, datetime]](), dict[str, datetime]()
    for record in sightings:
        try:
            seen = msgspec.json.decode(record.value or b"", type=_Looked)
        except UNREADABLE:
            continue  # a tick, or nothing that can be read
        looked.add((seen.hall, seen.camera, seen.captured_at))
        begins[seen.hall] = min(begins.get(seen.hall, seen.captured_at), seen.captured_at)
    found = {(each.hall, each.camera): each for each in last_frames(frames)}
    for record in frames:
        try:
            frame = FrameHeaders.unpack(record.headers)
        except BadMessageError:
            continue
        key = frame.hall, frame.camera
        waits = record.offset >= dealt.get(record.partition, 0)
        told = frame.hall in begins and frame.captured_at >= begins[frame.hall]  # further back nothing is known
        passed = not waits and told and (*key, frame.captured_at) not in looked
        was = found[key]
        found[key] = msgspec.structs.replace(
            was, recent=was.recent + 1, waiting=was.waiting + waits, passed_over=was.passed_over + passed
        )
    return tuple(found.values())


def last_frames(records: Iterable[Any]) -> tuple[CameraStatus, ...]:
    """Return every camera with its last frame, by hall and camera.

    records: of the topic ``frames``; what cannot be read is passed over, for recognise puts it aside.
    """
    last: dict[tuple[str, str], CameraStatus] = {}
    for record in records:
        try:
            frame = FrameHeaders.unpack(record.headers)
        except BadMessageError:
            continue
        skew = frame.skew(datetime.fromtimestamp(record.timestamp / 1000, UTC)) if frame.live else timedelta(0)
        sealed = sealed_for(record.value or b"") is not None
        found = CameraStatus(frame.hall, frame.camera, frame.captured_at, skew, sealed=sealed)
        known = last.setdefault((frame.hall, frame.camera), found)
        if known.last_frame <= found.last_frame:
            last[frame.hall, frame.camera] = found
    return tuple(each for _, each in sorted(last.items()))
