"""``naul timetable``: which section meets in which hall, and when."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from enrollment.class_hours import describe
from infra.cli.shared.console import console, print_line
from infra.cli.shared.loading import confirmed, file_options, print_mismatches
from infra.cli.shared.options import DayParam, NameParam, with_settings
from infra.cli.shared.output import words_of
from schemas.settings import Settings
from schemas.translations import gettext_noop, listed, say

if TYPE_CHECKING:
    from enrollment.timetable import Change, TimetablePlan
    from schemas.messages import ClassHour

__all__ = ["command"]

NAMED = 10
"""Class hours, and sections, that a summary names; more are counted."""


_REPLACED = gettext_noop(
    "Class hours of {sections} from {first} to {last} are replaced: {new} new, {changed} "
    "changed, {removed} no longer, {same} as before."
)
_REMOVED = gettext_noop("Class hours of {sections} from {first} to {last}: {removed} are removed.")


@click.group(epilog="Example: naul timetable load timetable.csv")
def command() -> None:
    """Load the timetable and look at it."""


@command.command()
@file_options
@click.option("--from", "first", type=DayParam(), help="Of a calendar: from this date on; else the term of today.")
@click.option("--until", "last", type=DayParam(), help="Of a calendar: up to this date.")
@with_settings
def load(
    settings: Settings, file: Path, first: datetime | None, last: datetime | None, *, yes: bool, **how: Any
) -> int:
    """Load FILE: a CSV or an Excel workbook (.xlsx) with the columns section,hall,date,period,starts_at,ends_at.

    A calendar (.ics) will do, too: an event begins with its section and has the hall as its place; one of whole days
    is a holiday.

    A line is a class hour, its times in the site's zone; one that ends before it starts ends on the next day. The file
    replaces the class hours of the sections that it names, from its first date to its last, and no other. What it takes
    away is shown and asked for before anything is done, and what has begun is never removed. Several sections may meet
    in one hall at once; a class hour that has two lines with two halls meets in both. Nothing of a refused file is
    applied.

    \b
    Example:
      naul timetable load timetable.csv
    \b
    with a line such as
      CS2001-2,B12,2026-03-09,1,09:00,09:50
    """  # noqa: D301
    from enrollment.input_files import input_file
    from infra.operations.reference.load_reference import apply_timetable, plan_timetable

    how |= {"first": first.date() if first else None, "last": last.date() if last else None}
    planned = plan_timetable(settings, input_file(file, **how), datetime.now(UTC))
    read_as = say(
        settings.language,
        "{file} read as {read_as}, times in {zone}",
        file=file.name,
        read_as=planned.read_as,
        zone=settings.timezone,
    )
    console.print(read_as, style="dim", soft_wrap=True)
    _print_plan(settings, planned.plan)
    if planned.plan.removed:
        print_line(
            say(
                settings.language,
                "Class hours that stand now, are not in this file and would be removed: {count}.",
                count=len(planned.plan.removed),
            )
        )
        if not confirmed(settings, yes=yes):
            return 1
    apply_timetable(settings, planned.plan)
    print_mismatches(settings, planned.plan.sections)
    return 0


@command.command()
@click.argument("section", type=NameParam())
@click.option("--from", "since", type=DayParam(), help="From this date on; else from the first.")
@click.option("--until", type=DayParam(), help="Up to this date; else to the last.")
@click.option("--yes", is_flag=True, help="Do not ask before they are removed.")
@with_settings
def remove(settings: Settings, section: str, since: datetime | None, until: datetime | None, *, yes: bool) -> int:
    """Remove class hours of SECTION: those of a cancelled course, or of a section that was written wrongly.

    What has begun stays if it was judged or has marks. What goes is shown and asked for before anything is done.

    \b
    Example:
      naul timetable remove CS2001-02
    """  # noqa: D301
    from infra.operations.reference.load_reference import apply_timetable, plan_removal

    first, last = since.date() if since else date.min, until.date() if until else date.max
    plan = plan_removal(settings, section, first, last, datetime.now(UTC))
    _print_plan(settings, plan, _REMOVED)
    if not plan.removed or not confirmed(settings, yes=yes):
        return 1
    apply_timetable(settings, plan)
    return 0


@command.command()
@click.option("--hall", type=NameParam(), help="Only this hall.")
@click.option("--date", "day", type=DayParam(), help="Only this day.")
@with_settings
def show(settings: Settings, hall: str | None, day: datetime | None) -> None:
    """Show the class hours that are loaded.

    \b
    Example:
      naul timetable show --hall B12 --date 2026-03-09
    """  # noqa: D301
    from infra.operations.reference.load_reference import class_hours_of
    from sinks.reports import Table
    from sinks.reports.render import write

    rows = []
    for each in class_hours_of(settings, hall, day.date() if day else None):
        starts, ends = (f"{moment.astimezone(settings.zone):%H:%M}" for moment in (each.starts_at, each.ends_at))
        rows.append((each.date, ", ".join(each.halls), each.period, each.section, starts, ends))
    print_line(say(settings.language, "times in {zone}", zone=settings.timezone))
    write(Table(("date", "hall", "period", "section", "starts", "ends"), rows), "table", None, words=words_of(settings))


def _print_plan(settings: Settings, plan: TimetablePlan, summary: str = _REPLACED) -> None:
    """Print what a load does."""
    tell = partial(say, settings.language)

    counts = {name: len(getattr(plan, name)) for name in ("new", "changed", "removed", "same")}
    if plan.days or not plan.kept:
        sections = listed(settings.language, plan.sections, NAMED)
        print_line(tell(summary, sections=sections, first=plan.first, last=plan.last, **counts))
    for change in plan.changed[:NAMED]:
        print_line(_changed(settings, change))
    if len(plan.changed) > NAMED:
        print_line(tell(" and {count} more", count=len(plan.changed) - NAMED).strip())
    for hour in plan.removed[:NAMED]:
        print_line(tell("{hour} is no longer there", hour=_named(settings, hour)))
    if len(plan.removed) > NAMED:
        print_line(tell(" and {count} more", count=len(plan.removed) - NAMED).strip())
    if plan.kept:
        print_line(
            tell(
                "Class hours that have begun and stay ({count}): {names}",
                count=len(plan.kept),
                names=listed(settings.language, [_named(settings, each) for each in plan.kept], NAMED),
            )
        )
    for hour, other in plan.shared[:NAMED]:
        hall = ", ".join(each for each in hour.halls if each in other.halls)
        when = f"{max(hour.starts_at, other.starts_at).astimezone(settings.zone):%Y-%m-%d %H:%M}"
        print_line(
            tell(
                "{section} and {other} meet in one hall at once ({hall}, {when}). Faces are looked "
                "for on both rosters. If that is not so, correct the hall.",
                section=hour.section,
                other=other.section,
                hall=hall,
                when=when,
            )
        )
    if len(plan.shared) > NAMED:
        print_line(tell(" and {count} more", count=len(plan.shared) - NAMED).strip())


def _changed(settings: Settings, change: Change) -> str:
    """Say what becomes of a class hour: its halls, its times, or both."""
    halls = ", ".join(change.now.halls)
    times = "-".join(f"{each.astimezone(settings.zone):%H:%M}" for each in (change.now.starts_at, change.now.ends_at))
    hour, was = _named(settings, change.was), ", ".join(change.was.halls)
    if (change.was.starts_at, change.was.ends_at) == (change.now.starts_at, change.now.ends_at):
        return say(settings.language, "{hour} moves from {was} to {now}", hour=hour, was=was, now=halls)
    now = times if was == halls else f"{times}, {halls}"
    return say(settings.language, "{hour} is changed to {now}", hour=hour, now=now)


def _named(settings: Settings, hour: ClassHour) -> str:
    return f"{hour.section} {describe(hour, settings.zone, settings.language)}"
