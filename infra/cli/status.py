"""``naul status``: what runs, how far behind it is, and what the cameras sent last."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import click
from rich.table import Table

from infra.cli.common import console, with_settings
from infra.machine.lag import RETRIED, STAGES, Cluster
from infra.machine.lifecycle import is_up, unready
from infra.machine.supervisor import processes
from schemas.broker_disk import BrokerDisk
from schemas.errors import BadMessageError, UnavailableError
from schemas.frames import FrameHeaders
from schemas.settings import Settings
from streams.reference.live_engine import engine_schedule_of

__all__ = ["command"]

LOOK_BACK = 100
"""Frames of each partition in which the last one of every hall is searched."""


@click.command(epilog="Example: naul status || naul up --detach")
@with_settings
def command(settings: Settings) -> int:
    """Show processes, the live engine, lag of each stage, last frame of each hall, dead letters.

    Exit status 0: every part is ready.
    """
    missing = unready(settings)
    if is_up(settings):
        console.print(_processes(settings, missing))
    else:
        console.print(f"nothing is up in {settings.home}; start it with `naul up`")
    try:
        with BrokerDisk(settings) as disk:
            console.print(f"disk: {disk.space()}")
        console.print(f"live engine: {engine_schedule_of(settings).at(datetime.now(UTC))}")
        with Cluster(settings) as cluster:
            console.print(_lag(cluster))
            console.print(_halls(_last_frames(cluster), datetime.now(UTC), settings.zone))
            letters = cluster.lag(RETRIED)
    except UnavailableError as error:
        console.print(error.message)
        return 1
    console.print(f"dead letters: {letters}{'; see `naul dead-letters list`' if letters else ''}")
    return 1 if missing else 0


def _processes(settings: Settings, missing: list[str]) -> Table:
    table = Table("process", "state", "pid", "up for", "note")
    for each in processes(settings):
        state = each.state.lower() if each.name in missing else "ready"
        uptime = str(each.uptime) if each.pid else ""
        table.add_row(each.name, state, str(each.pid or ""), uptime, each.note)
    return table


def _lag(cluster: Cluster) -> Table:
    table = Table("stage", "records behind", "workers")
    for stage in STAGES:
        table.add_row(stage.name, f"{cluster.lag(stage):,}", str(cluster.members(stage)))
    return table


def _last_frames(cluster: Cluster) -> dict[tuple[str, str], datetime]:
    """Return (hall, camera) -> capture time of its last frame."""
    last: dict[tuple[str, str], datetime] = {}
    for record in cluster.last("frames", LOOK_BACK):
        try:
            frame = FrameHeaders.unpack(record.headers)
        except BadMessageError:
            continue  # recognise tells about it
        camera = (frame.hall, frame.camera)
        last[camera] = max(last.get(camera, frame.captured_at), frame.captured_at)
    return last


def _halls(last: dict[tuple[str, str], datetime], now: datetime, zone: ZoneInfo) -> Table:
    table = Table("hall", "camera", "last frame", "ago")
    for (hall, camera), at in sorted(last.items()):
        ago = timedelta(seconds=round((now - at).total_seconds()))
        table.add_row(hall, camera, at.astimezone(zone).isoformat(" ", "seconds"), str(ago))
    if not last:
        table.add_row("", "", "no frames yet", "")
    return table
