"""What commands share that load a file: how it is given, what is asked before it takes something away, what is told."""

import sys
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path
from typing import Any

import click

from infra.cli.shared.console import error_console
from infra.cli.shared.options import PathParam, TextParam
from schemas.settings import Settings
from schemas.translations import say

__all__ = ["confirmed", "file_options", "print_mismatches"]


def file_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the argument FILE, and the options --encoding, --sheet and --yes."""
    function = click.option("--yes", is_flag=True, help="Do not ask before something is taken away.")(function)
    function = click.option(
        "--encoding",
        type=TextParam(empty=True),
        default="",
        metavar="NAME",
        help="Of FILE, if it is not found out: cp949, gbk, latin-1, ...",
    )(function)
    function = click.option(
        "--sheet", type=TextParam(empty=True), default="", metavar="NAME", help="Of a workbook with several sheets."
    )(function)
    return click.argument("file", type=PathParam(exists=True, dir_okay=False, path_type=Path))(function)


def confirmed(settings: Settings, *, yes: bool) -> bool:
    """Ask whether to go on; where nobody can answer, only ``yes`` lets it."""
    tell = partial(say, settings.language)
    if yes:
        return True
    if not sys.stdin.isatty():
        click.echo(tell("Nothing was applied. Add --yes if that is meant."), err=True)
        return False
    if click.confirm(tell("Apply it?")):
        return True
    click.echo(tell("Nothing was applied."), err=True)
    return False


def print_mismatches(settings: Settings, sections: Collection[str]) -> None:
    """Warn of what does not fit together with what was loaded just now."""
    from infra.operations.reference.site_consistency import open_mismatches, told

    for line in told(settings, open_mismatches(settings, sections)):
        error_console.print(line, style="yellow", soft_wrap=True)
