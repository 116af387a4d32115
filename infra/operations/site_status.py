"""How a site is: what runs on this machine, how far each stage is behind, and what the cameras sent last."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from infra.machine.lag import RETRIED, STAGES, Cluster
from infra.machine.lifecycle import is_up, unready
from infra.machine.supervisor import Process, processes
from schemas.broker_disk import BrokerDisk, DiskSpace
from schemas.errors import BadMessageError, UnavailableError
from schemas.frames import FrameHeaders
from schemas.settings import Settings
from streams.reference.live_engine import engine_schedule_of

__all__ = ["CameraStatus", "SiteStatus", "StageStatus", "last_frames", "site_status"]

LOOK_BACK = 100
"""Frames of each partition in which the last one of every camera is searched."""


class StageStatus(msgspec.Struct, frozen=True):
    """A stage: how many records it is behind, and how many workers of it the broker knows."""

    name: str
    behind: int
    workers: int


class CameraStatus(msgspec.Struct, frozen=True):
    """A camera of a hall, and when the last of its frames was captured."""

    hall: str
    camera: str
    last_frame: datetime


class SiteStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A site at a moment.

    up: whether a supervisor runs here. parts: what it says of each program, as far as it runs. unready: names of the
    parts that take no work. live_engine: its id. disk: the room where Kafka keeps frames. dead_letters: how many wait
    for a person. unavailable: why the broker did not say; what it was not asked then is None or empty.
    """

    up: bool
    parts: tuple[Process, ...]
    unready: tuple[str, ...]
    live_engine: str | None = None
    disk: DiskSpace | None = None
    stages: tuple[StageStatus, ...] = ()
    cameras: tuple[CameraStatus, ...] = ()
    dead_letters: int | None = None
    unavailable: str = ""

    @property
    def ready(self) -> bool:
        """Whether every part takes work and the broker answers."""
        return not self.unready and not self.unavailable


def site_status(settings: Settings, now: datetime) -> SiteStatus:
    """Return how a site is. A broker that is away is part of the answer.

    now: aware; of the engine that is live.
    """
    up = is_up(settings)
    status = SiteStatus(up=up, parts=tuple(processes(settings) if up else ()), unready=tuple(unready(settings)))
    try:
        with BrokerDisk(settings) as disk:
            status = msgspec.structs.replace(status, disk=disk.space())
        status = msgspec.structs.replace(status, live_engine=engine_schedule_of(settings).at(now))
        with Cluster(settings) as cluster:
            return msgspec.structs.replace(
                status,
                stages=tuple(StageStatus(each.name, cluster.lag(each), cluster.members(each)) for each in STAGES),
                cameras=last_frames(record.headers for record in cluster.last("frames", LOOK_BACK)),
                dead_letters=cluster.lag(RETRIED),
            )
    except UnavailableError as error:
        return msgspec.structs.replace(status, unavailable=error.message)


def last_frames(headers: Iterable[Any]) -> tuple[CameraStatus, ...]:
    """Return every camera with its last frame, by hall and camera.

    headers: of records of the topic ``frames``; what cannot be read is passed over, for recognise puts it aside.
    """
    last: dict[tuple[str, str], datetime] = {}
    for each in headers:
        try:
            frame = FrameHeaders.unpack(each)
        except BadMessageError:
            continue
        camera = (frame.hall, frame.camera)
        last[camera] = max(last.get(camera, frame.captured_at), frame.captured_at)
    return tuple(CameraStatus(hall, camera, at) for (hall, camera), at in sorted(last.items()))
