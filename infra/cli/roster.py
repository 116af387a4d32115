"""``naul roster``: who takes which course section."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.table import Table

from enrollment.class_hours import describe
from infra.cli.shared.console import console, print_line
from infra.cli.shared.loading import confirmed, file_options, print_mismatches
from infra.cli.shared.options import DayParam, NameParam, by_option, with_settings
from schemas.settings import Settings
from schemas.translations import gettext_noop, listed, say

if TYPE_CHECKING:
    from enrollment.roster import RosterChange
    from schemas.messages import Student

__all__ = ["command"]

NAMED = 5
"""Students that a summary names; more are counted."""


@click.group(epilog="Example: naul roster load roster.csv")
def command() -> None:
    """Load class lists and look at them."""


@command.command()
@file_options
@click.option(
    "--from",
    "since",
    type=DayParam(),
    help="From which date on it holds; else a first one from always, a later one from today.",
)
@by_option("Who loads it; kept with the roster.")
@with_settings
def load(settings: Settings, file: Path, since: datetime | None, by: str, *, yes: bool, **how: Any) -> int:
    """Load FILE, a CSV or an Excel workbook (.xlsx) with the columns section,student_id,name.

    It replaces the rosters of the sections that it names, and no other. It holds from the date of --from on. Without it
    the first roster of a section holds from the beginning of the course on, and any later one from today on. Class
    hours before that date keep the roster that they had, or have none. What it takes away is shown and asked for before
    anything is done. Nothing of a refused file is applied.

    \b
    Examples:
      naul roster load roster.csv
      naul roster load changed.csv --from 2026-03-16    the change was known too late, or the roster was wrong
    """  # noqa: D301
    from enrollment.input_files import input_file
    from enrollment.roster import RosterLoad
    from infra.operations.reference.load_reference import apply_rosters, plan_rosters

    now = datetime.now(UTC)
    tell = partial(say, settings.language)
    today = now.astimezone(settings.zone).date()
    request = RosterLoad(by, now, today, since.date() if since else None)
    planned = plan_rosters(settings, input_file(file, **how), request)
    console.print(
        tell("{file} read as {read_as}", file=file.name, read_as=planned.read_as), style="dim", soft_wrap=True
    )
    for each in planned.plan.changes:
        print_line(_said(settings, each))
        if each.replaced:
            print_line(
                tell(
                    "{section}: the rosters that were to hold from {dates} on are replaced, too",
                    section=each.section,
                    dates=", ".join(map(str, each.replaced)),
                )
            )
    gone = {student.student_id for each in planned.plan.changes for student in each.lost}
    if gone:
        print_line(
            tell(
                "On a roster now and not in this file: {count}. Their attendance from {since} on is "
                "withdrawn within a minute, with a note why.",
                count=len(gone),
                since=request.since or today,
            )
        )
        if not confirmed(settings, yes=yes):
            return 1
    apply_rosters(settings, planned)
    if any(each.since and (each.new or each.gone) for each in planned.plan.changes) and since is None:
        print_line(
            tell(
                "Class hours before {since} keep the roster that they had. If it was wrong then, "
                "too, load it with --from and the first date on which it was.",
                since=today,
            )
        )
    print_mismatches(settings, [each.section for each in planned.plan.changes])
    return 0


@command.command()
@click.argument("section", type=NameParam())
@click.option("--date", "day", type=DayParam(), help="As of this date; else today.")
@with_settings
def show(settings: Settings, section: str, day: datetime | None) -> None:
    """Show who takes SECTION, and whose face is enrolled.

    \b
    Examples:
      naul roster show EA0017-1
      naul roster show EA0017-1 --date 2026-03-09
    """  # noqa: D301
    from infra.operations.reference.load_reference import roster_entries

    on = day.date() if day else datetime.now(settings.zone).date()
    entries, tell = roster_entries(settings, section, on), partial(say, settings.language)
    columns = [tell("student"), tell("name"), tell("photos"), tell("engine")]
    table = Table(
        *columns, title=tell("{section} on {day}: a roster of {count}", section=section, day=on, count=len(entries))
    )
    for student, templates in entries:
        table.add_row(
            student.student_id,
            student.name,
            "\n".join(str(each.photos) for each in templates) or tell("not enrolled"),
            "\n".join(each.engine for each in templates),
        )
    console.print(table)
    missing = sum(not templates for _, templates in entries)
    if missing:
        print_line(
            tell("Not enrolled: {count}. No camera can know them. Add photos with `naul enroll`.", count=missing)
        )


@command.command()
@click.argument("section", type=NameParam())
@click.option("--from", "since", type=DayParam(), help="Only what holds from this date, or a later one, on.")
@click.option("--yes", is_flag=True, help="Do not ask before it is removed.")
@with_settings
def remove(settings: Settings, section: str, since: datetime | None, *, yes: bool) -> int:
    """Remove the roster of SECTION: of a course that is not held, or of a section that was written wrongly.

    One with which a class hour has begun stays: its students have rows there. What goes is shown and asked for before
    anything is done.

    \b
    Example:
      naul roster remove CS2001-02
    """  # noqa: D301
    from infra.operations.reference.load_reference import apply_roster_removal, plan_roster_removal

    tell = partial(say, settings.language)
    plan = plan_roster_removal(settings, section, since.date() if since else None, datetime.now(UTC))
    for each in plan.stale:
        when = tell(" from {since} on", since=each.since) if each.since else ""
        print_line(
            tell(
                "{section}: the roster of {students}{when} is removed",
                section=section,
                students=len(each.students),
                when=when,
            )
        )
    if plan.bare:
        hours = [describe(each, settings.zone, settings.language) for each in plan.bare]
        print_line(
            tell(
                "Class hours to come for which nobody is looked then: {count} ({names}).",
                count=len(hours),
                names=listed(settings.language, hours, NAMED),
            )
        )
    if not confirmed(settings, yes=yes):
        return 1
    apply_roster_removal(settings, plan)
    print_mismatches(settings, [section])
    return 0


def _said(settings: Settings, change: RosterChange) -> str:
    """Say what a load does to a section."""
    values: dict[str, Any] = {"section": change.section, "students": change.students, "since": change.since}
    if change.since is None:
        return say(
            settings.language, "{section}: a roster of {students}, from the beginning of the course on", **values
        )
    parts = {
        gettext_noop("{count} new ({names})"): change.new,
        gettext_noop("{count} no longer ({names})"): change.gone,
        gettext_noop("{count} with another name ({names})"): change.renamed,
        gettext_noop("{count} who would have joined later and do not ({names})"): change.not_joining,
        gettext_noop("{count} who would have left later and stay ({names})"): change.not_leaving,
    }
    what = ", ".join(_counted(settings, text, students) for text, students in parts.items() if students)
    return say(
        settings.language,
        "{section}: a roster of {students} from {since} on: {what}"
        if what
        else "{section}: a roster of {students}, as before",
        **values,
        what=what,
    )


def _counted(settings: Settings, text: str, students: Sequence[Student]) -> str:
    names = listed(settings.language, [f"{each.student_id} {each.name}" for each in students], NAMED)
    return say(settings.language, text, count=len(students), names=names)
