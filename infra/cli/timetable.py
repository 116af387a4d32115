"""``naul timetable``: which section meets in which hall, and when."""

from datetime import UTC, datetime
from pathlib import Path

import click

from infra.cli.shared.console import console
from infra.cli.shared.options import DayParam, NameParam, with_settings
from schemas.settings import Settings

__all__ = ["command"]


@click.group(epilog="Example: naul timetable load timetable.csv")
def command() -> None:
    """Load the timetable and look at it."""


@command.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_settings
def load(settings: Settings, file: Path) -> None:
    """Load FILE, a CSV with the columns section,hall,date,period,starts_at,ends_at.

    A line is a class hour, its times in the site's zone. The file replaces the days of the halls that it names; a class
    hour that stands in another hall is moved. Nothing of a refused file is applied.

    \b
    Example:
      naul timetable load timetable.csv
    \b
    with a line such as
      EA0017-1,E101,2026-11-23,1,09:00,09:50
    """  # noqa: D301
    from infra.operations.load_reference import load_timetable

    loaded, read_as = load_timetable(settings, file.read_bytes(), file.name, datetime.now(UTC))
    console.print(f"{file.name} read as {read_as}, times in {settings.timezone}", style="dim")
    for move in loaded.moves:
        console.print(f"{move.class_hour} moves from {move.was} to {move.now}")
    for class_hour in loaded.removed:
        console.print(f"{class_hour} is no longer there")
    for day in loaded.days:
        console.print(f"{day.hall} on {day.date}, class hours: {len(day.hours)}")


@command.command()
@click.option("--hall", type=NameParam(), help="Only this hall.")
@click.option("--date", "day", type=DayParam(), help="Only this day.")
@with_settings
def show(settings: Settings, hall: str | None, day: datetime | None) -> None:
    """Show the class hours that are loaded.

    \b
    Example:
      naul timetable show --hall E101 --date 2026-11-23
    """  # noqa: D301
    from infra.operations.load_reference import class_hours_of
    from sinks.reports import Table
    from sinks.reports.render import write

    rows = []
    for each in class_hours_of(settings, hall, day.date() if day else None):
        starts, ends = (f"{moment.astimezone(settings.zone):%H:%M}" for moment in (each.starts_at, each.ends_at))
        rows.append((each.date, each.hall, each.period, each.section, starts, ends))
    console.print(f"times in {settings.timezone}")
    write(Table(("date", "hall", "period", "section", "starts", "ends"), rows), "table", None)
