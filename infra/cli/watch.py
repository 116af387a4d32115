"""``naul watch``: a hall as it is now, in the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click
from rich.columns import Columns
from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from infra.cli.shared.console import console
from infra.cli.shared.options import NameParam, with_settings
from infra.operations.labels import word
from schemas.settings import Settings

if TYPE_CHECKING:
    from infra.operations.watch_hall import WatchedHall
    from sinks.hall_now import HallNow

__all__ = ["command"]

GAPS_SHOWN = 4


@click.command(epilog="Example: naul watch --hall E101")
@click.option("--hall", type=NameParam(), required=True, help="The hall, as the timetable names it.")
@click.option("--once", is_flag=True, help="Print it as it is now, and end.")
@with_settings
def command(settings: Settings, hall: str, once: bool) -> None:
    """Show a hall live: who is present, arrived, departed; unknown faces, coverage, lag."""
    from infra.operations.watch_hall import hall_as_it_is, unknown_hall, watch_hall

    tell = partial(word, settings.language)
    try:
        nothing = unknown_hall(settings, hall) or tell("nothing")
        if once:
            console.print(_screen(hall_as_it_is(settings, hall), tell, settings, nothing))
            return
        with closing(watch_hall(settings, hall)) as states:
            first = next(states)  # what cannot be watched is told before the screen is taken
            with Live(console=console, auto_refresh=False, screen=console.is_terminal) as live:
                for each in chain([first], states):
                    live.update(_screen(each, tell, settings, nothing), refresh=True)
    except KeyboardInterrupt:
        return


def _screen(watched: WatchedHall, tell: Callable[[str], str], settings: Settings, nothing: str) -> Group:
    """Return what is shown. nothing: is said where nothing is known of the hall yet."""
    now, zone, coverage = watched.now, settings.zone, watched.now.coverage
    head = Text.assemble((f" {now.hall} ", "bold reverse"), f"  {', '.join(now.class_hours).replace('|', '  ')}")
    warnings = [Text(each, "bold red") for each in _warnings(watched, tell, settings)]
    if coverage is None:
        return Group(head, *warnings, Text(nothing, "dim"))
    total = (coverage.ends_at - coverage.starts_at).total_seconds()
    seen = now.last_frame.astimezone(zone).strftime("%H:%M:%S") if now.last_frame else "-"
    facts = (
        f"{tell('here')} {len(now.here)} {tell('of')} {len(now.rows)}   {tell('faces')} {now.faces}"
        f" ({tell('unknown')} {now.unknown})   {tell('covered')} {coverage.seconds_covered / total:.0%}"
        f"   {tell('last_frame')} {seen}   {tell('waiting')} {watched.frames_waiting}"
    )
    unseen = [Text(each, "yellow") for each in _unseen(now, tell, zone)]
    return Group(
        head, *warnings, Text(facts), *unseen, Columns([_students(now, tell, zone), _happenings(now, tell, zone)])
    )


def _unseen(now: HallNow, tell: Callable[[str], str], zone: ZoneInfo) -> Iterator[str]:
    """Say when and why nobody could be seen lately."""
    if gaps := now.unseen[-GAPS_SHOWN:]:
        times = (
            f"{each.starts_at.astimezone(zone):%H:%M:%S}-{each.ends_at.astimezone(zone):%H:%M:%S}" for each in gaps
        )
        reasons = (tell(each.reason or "no_frames") for each in gaps)
        yield f"{tell('not_seen')}: " + ", ".join(map(" ".join, zip(times, reasons, strict=True)))


def _warnings(watched: WatchedHall, tell: Callable[[str], str], settings: Settings) -> Iterator[str]:
    if watched.disk.low:
        yield f"{tell('disk_full')} ({watched.disk})"
    for each in watched.cameras:
        if each.is_refused(settings.clock_skew):
            yield f"{each.camera}: {tell('clock_wrong')} ({each.clock_skew.total_seconds():+.0f} s)"


def _students(now: HallNow, tell: Callable[[str], str], zone: ZoneInfo) -> Table:
    table = Table(*(tell(name) for name in ("id", "name", "status", "since", "gone")))
    for row in now.rows:
        times = (at.astimezone(zone).strftime("%H:%M:%S") if at else "" for at in (row.arrived_at, row.departed_at))
        here = row.arrived_at is not None and row.departed_at is None
        table.add_row(row.student_id, row.name, tell(row.verdict), *times, style="green" if here else "dim")
    return table


def _happenings(now: HallNow, tell: Callable[[str], str], zone: ZoneInfo) -> Table:
    table = Table(tell("happened"), box=None)
    for line in now.happenings:
        name = now.names.get(line.student_id, line.student_id)
        table.add_row(f"{line.at.astimezone(zone):%H:%M:%S}  {name}  {tell(line.what)}")
    return table
