"""``naul roster``: who takes which course section."""

from pathlib import Path

import click
from rich.table import Table

from enrollment import loaded as reference
from enrollment.class_hours import roster_of
from enrollment.roster import changes, read_rosters, records
from infra.cli.shared.console import console
from infra.cli.shared.options import with_settings
from schemas.cluster import send
from schemas.settings import Settings

__all__ = ["command"]

NAMED = 5
"""Students that a summary names; more are counted."""


@click.group(epilog="Example: naul roster load roster.csv")
def command() -> None:
    """Load class lists and look at them."""


@command.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_settings
def load(settings: Settings, file: Path) -> None:
    """Load FILE, a CSV with the columns section,student_id,name.

    It replaces the rosters of the sections that it names. Nothing of a refused file is applied.

    \b
    Example:
      naul roster load roster.csv
    """  # noqa: D301
    rosters, read_as = read_rosters(file.read_bytes(), file.name)
    found = changes(rosters, reference.rosters(settings))
    send(settings, records(settings, rosters))
    console.print(f"{file.name} read as {read_as}", style="dim")
    for each in found:
        detail = "".join(
            f", {len(students)} {what} ({', '.join(students[:NAMED])}{', ...' if len(students) > NAMED else ''})"
            for what, students in (("new", each.new), ("gone", each.gone))
            if students
        )
        console.print(f"{each.section}: {each.students} students{detail}")


@command.command()
@click.argument("section")
@with_settings
def show(settings: Settings, section: str) -> None:
    """Show who takes SECTION, and whose face is enrolled.

    \b
    Example:
      naul roster show EA0017-1
    """  # noqa: D301
    roster = roster_of(section, reference.rosters(settings))
    enrollments = reference.enrollments(settings)
    table = Table("student", "name", "photos", "engine", title=f"{section}, {len(roster.students)} students")
    missing = 0
    for student in roster.students:
        enrollment = enrollments.get(student.student_id)
        templates = enrollment.templates if enrollment else ()
        missing += not templates
        table.add_row(
            student.student_id,
            student.name,
            "\n".join(str(each.photos) for each in templates) or "not enrolled",
            "\n".join(each.engine for each in templates),
        )
    console.print(table)
    if missing:
        console.print(f"{missing} not enrolled: no camera can see them. Add photos with `naul enroll`.")
