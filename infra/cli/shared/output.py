"""The options --format and --output, and what is written as they say."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, get_args

import click

from infra.operations.labels import word
from schemas.errors import RefusedError
from schemas.settings import Settings
from sinks.reports import Table
from sinks.reports.render import TableFormat, write
from sinks.runs import render
from sinks.runs.render import Report, ReportFormat

__all__ = ["page_output", "table_output", "write_report", "write_table"]

Command = Callable[..., Any]


def table_output(function: Command) -> Command:
    """Give a command the options --format (a table, CSV, JSON) and --output."""
    return _output(function, get_args(TableFormat))


def page_output(function: Command) -> Command:
    """Give a command the options --format (also one HTML file) and --output."""
    return _output(function, get_args(ReportFormat))


def write_table(settings: Settings, table: Table, format_: TableFormat, output: Path | None) -> None:
    """Write a table, its verdicts in the site's language.

    Raises:
        RefusedError: the file cannot be written.
    """
    _written(output, lambda: write(table, format_, output, partial(word, settings.language)))


def write_report(
    settings: Settings,
    report: Report,
    format_: ReportFormat,
    output: Path | None,
    page: Callable[..., str],
) -> None:
    """Write a comparison or an evaluation in the site's language. page: makes the HTML, given how verdicts are said.

    Raises:
        RefusedError: the file cannot be written.
    """
    tell = partial(word, settings.language)
    _written(output, lambda: render.write(report, format_, output, lambda: page(tell=tell), tell))


def _output(function: Command, formats: tuple[str, ...]) -> Command:
    function = click.option(
        "--output", type=click.Path(dir_okay=False, path_type=Path), help="A file instead of standard output."
    )(function)
    return click.option("--format", "format_", type=click.Choice(formats), default="table", show_default=True)(function)


def _written(output: Path | None, work: Callable[[], None]) -> None:
    try:
        work()
    except OSError as error:
        if output is None or isinstance(error, BrokenPipeError):
            raise
        raise RefusedError(f"cannot write {output}: {error.strerror}", "Choose another --output.") from error
