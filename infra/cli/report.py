"""``naul report``: what the store knows, for people, spreadsheets and programs."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, get_args

import click

from infra.cli.shared.options import with_settings
from infra.operations.labels import word
from schemas.errors import RefusedError
from schemas.ids import LIVE
from schemas.settings import Settings
from sinks.reports import REPORTS, Filters, Table, ask, queries
from sinks.reports.render import Format, write
from sinks.store import Store, open_for_reading

__all__ = ["command"]


@click.group()
def command() -> None:
    """Print attendance, departures, coverage, or the answer of a query.

    Works while `naul up` runs and, with the embedded store, also when everything is down. A CSV file that is written
    with --output begins with a byte order mark, so that Excel reads Korean names.

    \b
    Examples:
      naul report attendance --date 2026-11-23 --section EA0017-1
      naul report departures --hall E101 --format csv --output departures.csv
      naul report query rate_by_week
    """  # noqa: D301


def _rendered(function: Callable[..., Any]) -> Callable[..., Any]:
    function = click.option(
        "--output", type=click.Path(dir_okay=False, path_type=Path), help="A file instead of standard output."
    )(function)
    return click.option("--format", "format_", type=click.Choice(get_args(Format)), default="table", show_default=True)(
        function
    )


def _report(name: str, what: str) -> None:
    @command.command(name, help=what, epilog=f"Example: naul report {name} --date 2026-11-23 --format csv")
    @click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="Of the class hours.")
    @click.option("--section", help="A course section, like EA0017-1.")
    @click.option("--hall", help="A hall, as the timetable names it.")
    @click.option("--student", help="A student's id.")
    @click.option("--run", default=LIVE, show_default=True, help="Another one is a replay.")
    @_rendered
    @with_settings
    def report(settings: Settings, format_: Format, output: Path | None, day: datetime | None, **filters: Any) -> None:
        wanted = Filters(date=day.date() if day else None, **filters)
        _print(settings, lambda store: REPORTS[name](store, settings.zone, wanted), format_, output)


_report("attendance", "The verdict of every student in every class hour.")
_report("departures", "Who left during a class hour and when; with the return, if there was one.")
_report("coverage", "How much of every class hour the cameras showed; without it nobody is absent.")


@command.command(epilog="Example: naul report query student_trend --set student=201912345")
@click.argument("name", required=False)
@click.option("--set", "given", metavar="NAME=VALUE", multiple=True, help="A parameter; may be repeated.")
@_rendered
@with_settings
def query(settings: Settings, format_: Format, output: Path | None, name: str | None, given: tuple[str, ...]) -> None:
    """Answer one of the analytics; without NAME, list them. Parameters that are not set take everything, live."""
    if name is None:
        listed = [(each.name, ", ".join(each.parameters), each.purpose) for each in queries().values()]
        write(Table(("query", "parameters", "purpose"), listed), format_, output)
        return
    pairs = [each.partition("=") for each in given]
    for parameter, equals, _ in pairs:
        if not equals:
            raise RefusedError(f"--set {parameter!r} has no value", "Write it like --set student=201912345.")
    values = {parameter: value for parameter, _, value in pairs}
    _print(settings, lambda store: ask(store, settings.zone, name, values), format_, output)


def _print(settings: Settings, answer: Callable[[Store], Table], format_: Format, output: Path | None) -> None:
    with open_for_reading(settings) as store:
        table = answer(store)
    try:
        write(table, format_, output, partial(word, settings.language))
    except OSError as error:
        if output is None or isinstance(error, BrokenPipeError):
            raise
        raise RefusedError(f"cannot write {output}: {error.strerror}", "Choose another --output.") from error
