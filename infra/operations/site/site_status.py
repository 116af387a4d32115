"""How a site is: what runs on this machine, how far each stage is behind, and what the cameras sent last."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from infra.machine.lag import RETRIED, STAGES, Cluster
from infra.machine.lifecycle import is_up, unready
from infra.machine.supervisor import Process, processes
from infra.operations.dead_letters.dead_letter_queue import dealt_with
from schemas.broker_disk import BrokerDisk, DiskSpace
from schemas.errors import BadMessageError, UnavailableError
from schemas.frames import FrameHeaders
from schemas.settings import Settings
from streams.reference.live_engine import engine_schedule_of

__all__ = ["CameraStatus", "SiteStatus", "StageStatus", "last_frames", "site_status"]

LOOK_BACK = 100
"""Frames of each partition in which the last one of every camera is searched."""


NEARLY_DELETED = 0.8
"""Share of what Kafka keeps that may wait unseen before a person is warned."""


class StageStatus(msgspec.Struct, frozen=True):
    """A stage: how many records it is behind, and how many workers of it the broker knows.

    retention_used: which part of what Kafka keeps, by age or by size, waits; beyond 1 it is deleted unseen.
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
    """

    hall: str
    camera: str
    last_frame: datetime
    clock_skew: timedelta = timedelta(0)

    def is_refused(self, most: timedelta) -> bool:
        """Whether its frames are refused, since its clock differs by more than that."""
        return abs(self.clock_skew) > most


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
                stages=tuple(
                    StageStatus(each.name, cluster.lag(each), cluster.members(each), cluster.retention_used(each, now))
                    for each in STAGES
                ),
                cameras=last_frames(cluster.last("frames", LOOK_BACK)),
                dead_letters=max(0, cluster.lag(RETRIED) - len(dealt_with(settings).beyond)),
            )
    except UnavailableError as error:
        return msgspec.structs.replace(status, unavailable=error.message)


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
        found = CameraStatus(frame.hall, frame.camera, frame.captured_at, skew)
        known = last.setdefault((frame.hall, frame.camera), found)
        if known.last_frame <= found.last_frame:
            last[frame.hall, frame.camera] = found
    return tuple(each for _, each in sorted(last.items()))
