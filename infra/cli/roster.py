"""``naul roster``: who takes which course section."""

from pathlib import Path

import click
from rich.table import Table

from infra.cli.shared.console import console
from infra.cli.shared.options import NameParam, with_settings
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
    from infra.operations.load_reference import load_rosters

    loaded = load_rosters(settings, file.read_bytes(), file.name)
    console.print(f"{file.name} read as {loaded.read_as}", style="dim")
    for each in loaded.changes:
        detail = "".join(
            f", {len(students)} {what} ({', '.join(students[:NAMED])}{', ...' if len(students) > NAMED else ''})"
            for what, students in (("new", each.new), ("gone", each.gone))
            if students
        )
        console.print(f"{each.section}: {each.students} students{detail}")


@command.command()
@click.argument("section", type=NameParam())
@with_settings
def show(settings: Settings, section: str) -> None:
    """Show who takes SECTION, and whose face is enrolled.

    \b
    Example:
      naul roster show EA0017-1
    """  # noqa: D301
    from infra.operations.load_reference import roster_entries

    entries = roster_entries(settings, section)
    table = Table("student", "name", "photos", "engine", title=f"{section}, {len(entries)} students")
    for student, templates in entries:
        table.add_row(
            student.student_id,
            student.name,
            "\n".join(str(each.photos) for each in templates) or "not enrolled",
            "\n".join(each.engine for each in templates),
        )
    console.print(table)
    missing = sum(not templates for _, templates in entries)
    if missing:
        console.print(f"{missing} not enrolled: no camera can see them. Add photos with `naul enroll`.")
