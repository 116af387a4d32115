"""``naul report``: what the store knows, for people, spreadsheets and programs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from infra.cli.shared.console import error_console
from infra.cli.shared.options import DayParam, IdParam, NameParam, TextParam, with_settings
from infra.cli.shared.output import table_output, write_table
from schemas.errors import RefusedError
from schemas.ids import LIVE
from schemas.settings import Settings
from schemas.translations import Text

if TYPE_CHECKING:
    from infra.operations.site.nothing_stored import NoRows
    from sinks.reports.render import TableFormat

__all__ = ["command"]


@click.group()
def command() -> None:
    """Print attendance, departures, coverage, or the answer of a query.

    Works while `naul up` runs and, with the embedded store, also when everything is down. A CSV file that is written
    with --output begins with a byte order mark, so that Excel reads Korean names. What has no rows yet is told with the
    reason, and is no failure; a section, a hall, a student or a run that nobody knows is, and then no file is written.

    \b
    Examples:
      naul report attendance --date 2026-11-23 --section EA0017-1
      naul report departures --hall E101 --output departures.csv
      naul report query rate_by_week
    """  # noqa: D301


def _report(name: str, what: str) -> None:
    @command.command(name, help=what, epilog=f"Example: naul report {name} --date 2026-11-23 --format csv")
    @click.option("--date", "day", type=DayParam(), help="Of the class hours.")
    @click.option("--section", type=NameParam(), help="A course section, like EA0017-1.")
    @click.option("--hall", type=NameParam(), help="A hall, as the timetable names it.")
    @click.option("--student", type=IdParam(), help="A student's id.")
    @click.option("--run", type=NameParam(), default=LIVE, show_default=True, help="Another one is a replay.")
    @table_output
    @with_settings
    def report(
        settings: Settings, format_: TableFormat, output: Path | None, day: datetime | None, **filters: Any
    ) -> int:
        from infra.operations.site import ask_store
        from sinks.reports import Filters

        wanted = Filters(date=day.date() if day else None, **filters)
        table = ask_store.report(settings, name, wanted)
        if not table.rows:
            from infra.operations.site.nothing_stored import why_nothing

            if not _explained(why_nothing(settings, name, wanted, datetime.now(UTC))):
                return 1
        if table.rows or format_ != "table" or output:
            write_table(settings, table, format_, output)
        return 0


_report("attendance", "The verdict of every student in every class hour.")
_report("departures", "Who left during a class hour and when; with the return, if there was one.")
_report("coverage", "How much of every class hour the cameras showed; without it nobody is absent.")


@command.command(epilog="Example: naul report query student_trend --set student=201912345")
@click.argument("name", type=NameParam(), required=False)
@click.option(
    "--set", "given", type=TextParam(), metavar="NAME=VALUE", multiple=True, help="A parameter; may be repeated."
)
@table_output
@with_settings
def query(
    settings: Settings, format_: TableFormat, output: Path | None, name: str | None, given: tuple[str, ...]
) -> int:
    """Answer one of the analytics; without NAME, list them. Parameters that are not set take everything, live."""
    from infra.operations.site import ask_store

    if name is None:
        write_table(settings, ask_store.list_queries(settings), format_, output)
        return 0
    pairs = [each.partition("=") for each in given]
    for parameter, equals, _ in pairs:
        if not equals:
            raise RefusedError(
                Text("--set {parameter!r} has no value", parameter=parameter), "Write it like --set student=201912345."
            )
    values = {parameter: value for parameter, _, value in pairs}
    table = ask_store.query(settings, name, values)
    if not table.rows:
        from infra.operations.site.nothing_stored import why_no_answer

        if not _explained(why_no_answer(settings, name, values, datetime.now(UTC))):
            return 1
    if table.rows or format_ != "table" or output:
        write_table(settings, table, format_, output)
    return 0


def _explained(nothing: NoRows) -> bool:
    """Say why there are no rows, and whether what was asked for exists at all."""
    for line in nothing.reasons:
        error_console.print(line, soft_wrap=True, markup=False)
    return nothing.exists
