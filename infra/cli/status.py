"""``naul status``: what runs, how far behind it is, and what the cameras sent last."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click
from rich.table import Table

from infra.cli.shared.console import console
from infra.cli.shared.options import with_settings
from schemas.settings import Settings

if TYPE_CHECKING:
    from infra.operations.site_status import CameraStatus, SiteStatus, StageStatus

__all__ = ["command"]


@click.command(epilog="Example: naul status || naul up --detach")
@with_settings
def command(settings: Settings) -> int:
    """Show processes, the live engine, lag of each stage, last frame of each hall, dead letters.

    Exit status 0: every part is ready.
    """
    from infra.operations.site_status import site_status

    status = site_status(settings, datetime.now(UTC))
    if status.up:
        console.print(_processes(status))
    else:
        console.print(f"nothing is up in {settings.home}; start it with `naul up`")
    if status.disk is not None:
        console.print(f"disk: {status.disk}")
    if status.live_engine is not None:
        console.print(f"live engine: {status.live_engine}")
    if status.unavailable:
        console.print(status.unavailable)
        return 1
    console.print(_lag(status.stages))
    for stage in status.stages:
        if stage.nearly_deleted:
            console.print(
                f"{stage.name}: what waits is {stage.retention_used:.0%} of what Kafka keeps, and more is deleted "
                f"unseen: start more of `naul worker {stage.name}`.",
                style="bold red",
            )
    console.print(_halls(status.cameras, datetime.now(UTC), settings))
    letters = status.dead_letters
    console.print(f"dead letters: {letters}{'; see `naul dead-letters list`' if letters else ''}")
    return 0 if status.ready else 1


def _processes(status: SiteStatus) -> Table:
    table = Table("process", "state", "pid", "up for", "note")
    for each in status.parts:
        state = each.state.lower() if each.name in status.unready else "ready"
        uptime = str(each.uptime) if each.pid else ""
        table.add_row(each.name, state, str(each.pid or ""), uptime, each.note)
    return table


def _lag(stages: Iterable[StageStatus]) -> Table:
    table = Table("stage", "records behind", "workers")
    for stage in stages:
        table.add_row(stage.name, f"{stage.behind:,}", str(stage.workers))
    return table


def _halls(cameras: tuple[CameraStatus, ...], now: datetime, settings: Settings) -> Table:
    table = Table("hall", "camera", "last frame", "ago", "clock")
    for each in cameras:
        ago = timedelta(seconds=round((now - each.last_frame).total_seconds()))
        at = each.last_frame.astimezone(settings.zone).isoformat(" ", "seconds")
        table.add_row(each.hall, each.camera, at, str(ago), _clock(each, settings.clock_skew))
    if not cameras:
        table.add_row("", "", "no frames yet", "", "")
    return table


def _clock(camera: CameraStatus, most: timedelta) -> str:
    if not camera.is_refused(most):
        return "right"
    wrong = timedelta(seconds=round(abs(camera.clock_skew).total_seconds()))
    return f"{wrong} {'ahead' if camera.clock_skew > timedelta(0) else 'behind'}: its frames are refused"
