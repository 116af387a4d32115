"""``naul export``: a term as files: for people, Moodle, Canvas and the registers of a university."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from infra.cli.shared.console import print_line
from infra.cli.shared.options import DayParam, IdParam, NameParam, PathParam, TextParam, with_settings
from infra.cli.shared.output import format_of
from producers.login import login_name
from schemas.settings import Settings
from schemas.translations import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.operations.reports.export_term import ExportKind
    from infra.operations.reports.report_period import ReportPeriod

__all__ = ["command"]

F = TypeVar("F", bound="Callable[..., Any]")


@click.group(epilog="Example: naul export attendance --term 2026-2 --output attendance.xlsx")
def command() -> None:
    """Write a term as a file: tables, what Moodle and Canvas import, registers by a map of columns.

    Only class hours that have closed are in a file. A name that ends in .csv, .xlsx or .zip says what is written. That
    something was taken away is on record before it is. docs/exports.md has every format.
    """


def _days(function: F) -> F:
    """Give a command the options of what it is about."""

    @click.option("--term", type=NameParam(), help="A term that was loaded; else the one of today.")
    @click.option("--from", "first", type=DayParam(), help="The first day, in place of a term.")
    @click.option("--until", "last", type=DayParam(), help="The last day, in place of a term.")
    @click.option("--section", type=NameParam(), help="A course section, like EA0017-1; else all.")
    @click.option(
        "--output",
        type=PathParam(dir_okay=False, path_type=Path),
        metavar="FILE",
        required=True,
        help="What is written.",
    )
    @click.option(
        "--by", "by_whom", type=TextParam(), default=login_name, show_default="your login name",
        help="Who takes it away; kept in the audit.",
    )  # fmt: skip
    @with_settings
    @wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return called  # type: ignore[return-value]


@command.command()
@_days
def attendance(settings: Settings, **asked: Any) -> None:
    """Write every verdict: a row a student and class hour.

    \b
    Example:
      naul export attendance --term 2026-2 --output attendance.xlsx
    """  # noqa: D301
    _export(settings, "attendance", asked)


@command.command()
@click.option(
    "--what",
    "by",
    type=click.Choice(("section", "week", "weekday", "hour", "hall", "faculty")),
    default="section",
    show_default=True,
    help="What a line is.",
)
@_days
def rates(settings: Settings, **asked: Any) -> None:
    """Write rates, each class of verdict apart, by section, week, weekday, hour, hall or faculty.

    \b
    Example:
      naul export rates --what week --term 2026-2 --output weeks.csv
    """  # noqa: D301
    _export(settings, "rates", asked)


@command.command()
@_days
def slipping(settings: Settings, **asked: Any) -> None:
    """Write who left early or was away in the middle, whoever missed most first.

    \b
    Example:
      naul export slipping --term 2026-2 --output slipping.xlsx
    """  # noqa: D301
    _export(settings, "slipping", asked)


@command.command()
@_days
def standing(settings: Settings, **asked: Any) -> None:
    """Write how students stand by the rule of the term, whoever is nearest to the limit first.

    \b
    Example:
      naul export standing --term 2026-2 --output standing.xlsx
    """  # noqa: D301
    _export(settings, "standing", asked)


@command.command()
@click.argument("student", type=IdParam())
@_days
def student(settings: Settings, **asked: Any) -> None:
    """Write the class hours of STUDENT over all courses.

    \b
    Example:
      naul export student 201912345 --term 2026-2 --output student.csv
    """  # noqa: D301
    _export(settings, "student", asked)


@command.command()
@click.option("--date", "day", type=DayParam(), help="Of one class hour.")
@click.option("--period", type=click.IntRange(0, 65535), help="Of one class hour.")
@click.option(
    "--map",
    "map_file",
    type=PathParam(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The acronyms of Moodle (TOML); else exports/moodle.toml of the home, else P L E A.",
)
@_days
def moodle(settings: Settings, day: datetime | None, period: int | None, **asked: Any) -> None:
    """Write what Moodle's attendance plugin imports: a CSV file a class hour, many of them as a ZIP.

    Who was unobserved is left out, and counted.

    \b
    Examples:
      naul export moodle --term 2026-2 --section EA0017-1 --output moodle.zip
      naul export moodle --section EA0017-1 --date 2026-11-23 --period 1 --output hour.csv
    """  # noqa: D301
    from schemas.ids import class_hour_id

    hour = ""
    if day or period is not None:
        if not (day and period is not None and asked["section"]):
            raise click.UsageError("One class hour has --section, --date and --period.")
        asked |= {"first": day, "last": day}
        hour = class_hour_id(asked["section"], day.date(), period)
    _export(settings, "moodle", asked | {"class_hour": hour})


@command.command()
@click.option("--title", type=TextParam(), help="Of the column; with its id in brackets if Canvas has it already.")
@_days
def canvas(settings: Settings, **asked: Any) -> None:
    """Write what Canvas imports into a gradebook: 100 less what absence costs by the rule of the term.

    \b
    Example:
      naul export canvas --term 2026-2 --section EA0017-1 --output canvas.csv
    """  # noqa: D301
    _export(settings, "canvas", asked)


@command.command()
@click.option(
    "--map",
    "map_file",
    type=PathParam(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Which columns it has (TOML), or the name of a map of the home; else a sheet as on paper.",
)
@_days
def register(settings: Settings, **asked: Any) -> None:
    """Write a register for another system, by a map of columns that a site writes once.

    \b
    Examples:
      naul export register --map klas.toml --term 2026-2 --section EA0017-1 --output register.xlsx
      naul export register --term 2026-2 --output registers.zip
    """  # noqa: D301
    _export(settings, "register", asked)


def _export(settings: Settings, kind: ExportKind, asked: dict[str, Any]) -> None:
    from infra.operations.reports.export_from_site import DaysAsked, export_from_site
    from infra.operations.reports.export_term import FORMATS, ExportWish

    file, by, title = asked.pop("output"), asked.pop("by_whom"), asked.pop("title", None) or ""
    first, last = (each.date() if each else None for each in (asked.pop("first"), asked.pop("last")))
    days = DaysAsked(asked.pop("term") or "", first, last)
    format_ = format_of(file, FORMATS[kind])
    map_file: Path | None = asked.pop("map_file", None)
    named = "" if map_file is None or map_file.exists() else map_file.name
    given = {name: value for name, value in asked.items() if value is not None}

    def wish(period: ReportPeriod) -> ExportWish:
        return ExportWish(
            kind=kind,
            format=format_,
            period=period,
            map=named,
            map_file=None if named else map_file,
            title=title,
            **given,
        )

    done = export_from_site(settings, days, wish, file, by_whom=by, now=datetime.now(UTC))
    tell = partial(say, settings.language)
    print_line(tell("{file}: {count} rows", file=file, count=done.rows))
    if done.unobserved:
        print_line(tell("{count} rows are left out: nobody could see these students.", count=done.unobserved))
