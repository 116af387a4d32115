"""``naul status``: what runs, how far behind it is, and what the cameras sent last."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import click
from rich.table import Table

from infra.cli.shared.console import console, told_table
from infra.cli.shared.options import with_settings
from schemas.settings import Settings
from schemas.translations import gettext_noop, say

if TYPE_CHECKING:
    from infra.operations.site.site_status import CameraStatus, CopiesStatus, HostState, SiteStatus, StageStatus

__all__ = ["command"]


@click.command(epilog="Example: naul status || naul up --detach")
@with_settings
def command(settings: Settings) -> int:
    """Show processes, the live engine, lag of each stage, last frame of each hall, dead letters.

    Exit status 0: every part is ready.
    """
    from infra.operations.site.site_status import site_status

    tell = partial(say, settings.language)
    status = site_status(settings, datetime.now(UTC))
    if status.up:
        console.print(_processes(status, settings))
    else:
        console.print(tell("nothing is up in {home}; start it with `naul up`", home=settings.home))
    if status.disk is not None:
        console.print(tell("disk: {disk}", disk=status.disk))
    if status.copies is not None:
        _say_copies(status.copies, tell)
    if status.live_engine is not None:
        console.print(tell("live engine: {live_engine}", live_engine=status.live_engine))
    if status.store_away:
        console.print(tell(status.store_away))
    for host in status.store_hosts:
        if not host.well:
            _say_server(host, tell)
    if status.unavailable:
        console.print(tell(status.unavailable))
        return 1
    console.print(_lag(status.stages, settings))
    for stage in status.stages:
        if stage.nearly_deleted:
            console.print(
                tell(
                    "{name}: what waits is {retention_used:.0%} of what Kafka keeps, and more is deleted "
                    "unseen: start more of `naul worker {name}`.",
                    name=stage.name,
                    retention_used=stage.retention_used,
                ),
                style="bold red",
            )
    console.print(_halls(status.cameras, datetime.now(UTC), settings))
    letters = status.dead_letters
    text = (
        gettext_noop("dead letters: {count}; see `naul dead-letters list`")
        if letters
        else gettext_noop("dead letters: {count}")
    )
    console.print(tell(text, count=letters))
    return 0 if status.ready else 1


def _say_server(server: HostState, tell: Callable[..., str]) -> None:
    if server.away:
        why = tell(server.away)
    elif server.behind is None:
        why = tell("it takes no rows: it has lost its ZooKeeper, or has no tables yet")
    else:
        why = tell("it is {behind} s behind", behind=server.behind)
    console.print(
        tell(
            "a server of the store is not well, {host}: {why}. The others go on; whoever is to be erased waits for it.",
            host=server.host,
            why=why,
        )
    )


def _say_copies(it: CopiesStatus, tell: Callable[..., str]) -> None:
    console.print(
        tell("brokers: {brokers}; of each record {copies} copies, of which {insync} must acknowledge it",
             brokers=it.brokers, copies=it.copies, insync=it.insync)
    )  # fmt: skip
    if it.behind:
        console.print(tell("of {count} partitions a copy is away or behind", count=it.behind), style="bold red")
    if it.refusing:
        console.print(
            tell("{count} partitions take no record: too many of their copies are away", count=it.refusing),
            style="bold red",
        )
    if it.growing:
        console.print(
            tell("the site is growing to {count} partitions and no worker starts: "
                 "if that was broken off, `naul topics grow --partitions {count}`", count=it.growing),
            style="bold red",
        )  # fmt: skip


def _processes(status: SiteStatus, settings: Settings) -> Table:
    from infra.machine.metrics_ports import metrics_port

    table = told_table(settings, "process", "state", "pid", "up for", "metrics", "note")
    for each in status.parts:
        state = each.state.lower() if each.name in status.unready else say(settings.language, "ready")
        uptime = str(each.uptime) if each.pid else ""
        metrics = str(metrics_port(settings, each.name) or "")
        table.add_row(each.name, state, str(each.pid or ""), uptime, metrics, each.note)
    return table


def _lag(stages: Iterable[StageStatus], settings: Settings) -> Table:
    table = told_table(settings, "stage", "records behind", "workers")
    for stage in stages:
        table.add_row(stage.name, f"{stage.behind:,}", str(stage.workers))
    return table


def _halls(cameras: tuple[CameraStatus, ...], now: datetime, settings: Settings) -> Table:
    table = told_table(settings, "hall", "camera", "last frame", "ago", "clock", "sealed", "waiting", "passed over")
    for each in cameras:
        ago = timedelta(seconds=round((now - each.last_frame).total_seconds()))
        at = each.last_frame.astimezone(settings.zone).isoformat(" ", "seconds")
        table.add_row(
            each.hall,
            each.camera,
            at,
            str(ago),
            _clock(each, settings),
            say(settings.language, "yes" if each.sealed else "no"),
            str(each.waiting),
            str(each.passed_over),
        )
    if not cameras:
        table.add_row("", "", say(settings.language, "no frames yet"), *[""] * 5)
    return table


def _clock(camera: CameraStatus, settings: Settings) -> str:
    if not camera.is_refused(settings.clock_skew):
        return say(settings.language, "right")
    wrong = timedelta(seconds=round(abs(camera.clock_skew).total_seconds()))
    ahead = camera.clock_skew > timedelta(0)
    text = (
        gettext_noop("{wrong} ahead: its frames are refused")
        if ahead
        else gettext_noop("{wrong} behind: its frames are refused")
    )
    return say(settings.language, text, wrong=wrong)
