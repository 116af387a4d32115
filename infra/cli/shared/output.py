"""The options --format and --output, and what is written as they say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from infra.cli.shared.options import PathParam
from infra.operations.class_hours.labels import column_name, reason_text, word
from schemas.errors import RefusedError
from schemas.settings import Settings
from schemas.translations import Text, joined, say

if TYPE_CHECKING:
    from sinks.reports import Table
    from sinks.reports.render import TableFormat, Words
    from sinks.runs.render import Report, ReportFormat

__all__ = [
    "PAGE_FORMATS",
    "TABLE_FORMATS",
    "format_of",
    "page_output",
    "table_output",
    "words_of",
    "write_report",
    "write_table",
]

Command = Callable[..., Any]
F = TypeVar("F", bound=str)

TABLE_FORMATS: tuple[TableFormat, ...] = ("table", "csv", "json", "xlsx")
PAGE_FORMATS: tuple[ReportFormat, ...] = ("table", "csv", "json", "html")

ENDINGS = {
    ".csv": "csv",
    ".xlsx": "xlsx",
    ".zip": "zip",
    ".json": "json",
    ".html": "html",
    ".htm": "html",
    ".txt": "table",
}
"""What the name of a file says that it holds."""


def table_output(function: Command) -> Command:
    """Give a command the options --format (a table, CSV, JSON, XLSX) and --output."""
    return _output(function, TABLE_FORMATS)


def page_output(function: Command) -> Command:
    """Give a command the options --format (also one HTML file) and --output."""
    return _output(function, PAGE_FORMATS)


def format_of(file: Path, formats: Sequence[F], asked: F | None = None) -> F:
    """Return as what a file is to be written: as its name says, or as was asked for.

    formats: those that there are. asked: by --format; None if nobody did.

    Raises:
        RefusedError: its name says something else, or nothing that there is.
    """
    named, endings = ENDINGS.get(file.suffix.lower()), [end for end, each in ENDINGS.items() if each in formats]
    if asked is not None and named in (None, asked):
        return asked
    if asked is not None:
        fitting = next(end for end, each in ENDINGS.items() if each == asked)
        raise RefusedError(
            Text("{file} is named like {named}, and {asked} was asked for", file=file, named=named, asked=asked),
            Text("Name it {name}, or leave --format out.", name=file.with_suffix(fitting).name),
        )
    for each in formats:
        if each == named:
            return each
    what = Text("its name does not say what it is to hold")
    if file.suffix:
        what = Text("nothing here is written as {suffix}", suffix=file.suffix)
    of_excel = file.suffix.lower().startswith(".xls") and "xlsx" not in formats
    excel = Text(" Excel opens .csv.") if of_excel else ""
    raise RefusedError(
        Text("{file}: {what}", file=file, what=what),
        Text("Let its name end in {endings}.{excel}", endings=joined(endings, "{one} or {other}"), excel=excel),
    )


def words_of(settings: Settings) -> Words:
    """Return how tables are shown at a site."""
    from sinks.reports.render import IN_ENGLISH, Words

    language = settings.language
    tell = partial(say, language)
    return Words(
        partial(column_name, language), partial(reason_text, language), tell(IN_ENGLISH.nothing), tell, language
    )


def write_table(settings: Settings, table: Table, format_: TableFormat, output: Path | None) -> None:
    """Write a table, its verdicts in the site's language.

    Raises:
        RefusedError: the file cannot be written.
    """
    from sinks.reports.render import write

    _written(output, lambda: write(table, format_, output, partial(word, settings.language), words_of(settings)))


def write_report(
    settings: Settings,
    report: Report,
    format_: ReportFormat,
    output: Path | None,
    page: Callable[..., str],
) -> None:
    """Write a comparison or an evaluation in the site's language. page: makes the HTML, given how it is said.

    Raises:
        RefusedError: the file cannot be written.
    """
    from sinks.runs.render import write

    tell, words = partial(word, settings.language), words_of(settings)
    _written(output, lambda: write(report, format_, output, lambda: page(tell=tell, words=words), tell, words))


def _output(function: Command, formats: tuple[str, ...]) -> Command:
    """Give a command both options; a name that says something else is refused before the work, not after it."""

    @click.option("--format", "format_", type=click.Choice(formats), help="Else as FILE is named; else a table.")
    @click.option(
        "--output",
        type=PathParam(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="A file instead of standard output.",
    )
    @wraps(function)
    def called(*args: Any, format_: str | None, output: Path | None, **kwargs: Any) -> Any:
        known = format_of(output, formats, format_) if output else format_ or "table"
        return function(*args, format_=known, output=output, **kwargs)

    return called


def _written(output: Path | None, work: Callable[[], None]) -> None:
    try:
        work()
    except OSError as error:
        if output is None or isinstance(error, BrokenPipeError):
            raise
        raise RefusedError(
            Text("cannot write {output}: {strerror}", output=output, strerror=error.strerror),
            "Choose another --output.",
        ) from error
