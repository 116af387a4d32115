"""``naul watch``: a hall as it is now, in the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

import click
from rich.columns import Columns
from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from infra.cli.shared.console import console
from infra.cli.shared.options import NameParam, with_settings
from infra.operations.class_hours.labels import word
from schemas.errors import RefusedError
from schemas.settings import Settings
from schemas.translations import say

if TYPE_CHECKING:
    from infra.operations.site.watch_hall import WatchedHall
    from sinks.hall_now import HallNow

__all__ = ["command"]

GAPS_SHOWN = 4


@click.command(epilog="Example: naul watch --hall E101")
@click.option("--hall", type=NameParam(), required=True, help="The hall, as the timetable names it.")
@click.option("--once", is_flag=True, help="Print it as it is now, and end.")
@with_settings
def command(settings: Settings, hall: str, once: bool) -> None:
    """Show a hall live: who is present, arrived, departed; unknown faces, coverage, lag."""
    from infra.operations.site.watch_hall import hall_as_it_is, refuse_unknown, watch_hall

    if not (once or console.is_terminal):
        raise RefusedError("a live screen needs a terminal", "Add --once: it prints the hall as it is now, and ends.")
    try:
        refuse_unknown(settings, hall)
        if once:
            console.print(_screen(hall_as_it_is(settings, hall), settings))
            return
        with closing(watch_hall(settings, hall)) as states:
            first = next(states)  # what cannot be watched is told before the screen is taken
            with Live(console=console, auto_refresh=False, screen=True) as live:
                for each in chain([first], states):
                    live.update(_screen(each, settings), refresh=True)
    except KeyboardInterrupt:
        return


def _screen(watched: WatchedHall, settings: Settings) -> Group:
    now, zone, coverage = watched.now, settings.zone, watched.now.coverage
    tell = partial(say, settings.language)
    head = Text.assemble((f" {now.hall} ", "bold reverse"), f"  {', '.join(now.class_hours).replace('|', '  ')}")
    warnings = [Text(each, "bold red") for each in _warnings(watched, settings)]
    if coverage is None:
        return Group(head, *warnings, Text(tell("nothing yet: waiting for frames of this hall"), "dim"))
    total = (coverage.ends_at - coverage.starts_at).total_seconds()
    seen = now.last_frame.astimezone(zone).strftime("%H:%M:%S") if now.last_frame else "-"
    facts = tell(
        "here {here} of {all}   faces in the last frame {faces} (unknown {unknown})   covered {covered:.0%}   "
        "last frame {seen}   frames waiting {waiting}",
        here=len(now.here), all=len(now.rows), faces=now.faces, unknown=now.unknown,
        covered=coverage.seconds_covered / total, seen=seen, waiting=watched.frames_waiting
    )  # fmt: skip
    unseen = [Text(each, "yellow") for each in _unseen(now, settings)]
    return Group(head, *warnings, Text(facts), *unseen, Columns([_students(now, settings), _happenings(now, settings)]))


def _unseen(now: HallNow, settings: Settings) -> Iterator[str]:
    """Say when and why nobody could be seen lately."""
    zone, language = settings.zone, settings.language
    if gaps := now.unseen[-GAPS_SHOWN:]:
        times = (
            f"{each.starts_at.astimezone(zone):%H:%M:%S}-{each.ends_at.astimezone(zone):%H:%M:%S}" for each in gaps
        )
        reasons = (word(language, each.reason or "no_frames") for each in gaps)
        yield f"{say(language, 'not seen')}: " + ", ".join(map(" ".join, zip(times, reasons, strict=True)))


def _warnings(watched: WatchedHall, settings: Settings) -> Iterator[str]:
    tell = partial(say, settings.language)
    if watched.disk.low:
        yield tell("no frames are taken: the disk of Kafka is nearly full ({disk})", disk=watched.disk)
    for each in watched.cameras:
        if each.is_refused(settings.clock_skew):
            yield tell(
                "{camera}: its frames are refused: the clock of its machine is wrong ({seconds:+.0f} s)",
                camera=each.camera,
                seconds=each.clock_skew.total_seconds(),
            )


def _students(now: HallNow, settings: Settings) -> Table:
    zone, tell = settings.zone, partial(say, settings.language)
    table = Table(tell("id"), tell("name"), tell("status"), tell("since"), tell("gone"))
    for row in now.rows:
        times = (at.astimezone(zone).strftime("%H:%M:%S") if at else "" for at in (row.arrived_at, row.departed_at))
        here = row.arrived_at is not None and row.departed_at is None
        table.add_row(
            row.student_id, row.name, word(settings.language, row.verdict), *times, style="green" if here else "dim"
        )
    return table


def _happenings(now: HallNow, settings: Settings) -> Table:
    zone, table = settings.zone, Table(say(settings.language, "what happened"), box=None)
    for line in now.happenings:
        name = now.names.get(line.student_id, line.student_id)
        table.add_row(f"{line.at.astimezone(zone):%H:%M:%S}  {name}  {word(settings.language, line.what)}")
    return table
