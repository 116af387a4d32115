"""``naul term``: the days of a term, what absence costs in it, and how every student stands."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from infra.cli.shared.console import print_line
from infra.cli.shared.options import IdParam, NameParam, PathParam, by_option, with_settings
from infra.cli.shared.output import table_output, write_table
from schemas.settings import Settings
from schemas.translations import say

if TYPE_CHECKING:
    from sinks.reports.render import TableFormat

__all__ = ["command"]


@click.group(epilog="Example: naul term load term.toml")
def command() -> None:
    """Load what absence costs in a term, and show who is near the limit."""


@command.command()
@click.argument("file", type=PathParam(exists=True, dir_okay=False, path_type=Path))
@by_option("Who loads it; kept with the term.")
@with_settings
def load(settings: Settings, file: Path, by: str) -> None:
    """Load FILE, a TOML with the days of a term and its rule; docs/terms.md says what may stand in it.

    It takes the place of what was loaded for that term before. No verdict changes by it: only what they cost.

    \b
    Example:
      naul term load term.toml
    """  # noqa: D301
    from infra.operations.terms.term_change import load_term
    from infra.operations.terms.term_texts import rule_in_words

    term = load_term(settings, file, by, datetime.now(UTC))
    tell = partial(say, settings.language)
    print_line(tell("{term}: {first} to {last}", term=term.term, first=term.first, last=term.last))
    for section, rule in ("", term.rule), *sorted(term.sections.items()):
        print_line(f"{section or tell('all sections')}: {rule_in_words(settings.language, rule)}")


@command.command("list")
@table_output
@with_settings
def list_(settings: Settings, format_: TableFormat, output: Path | None) -> None:
    """List the terms."""
    from infra.operations.terms.terms import terms_table

    write_table(settings, terms_table(settings), format_, output)


@command.command(epilog="Example: naul term standing 2026-2 --section EA0017-1 --output standing.csv")
@click.argument("term", type=NameParam())
@click.option("--section", type=NameParam(), help="A course section, like EA0017-1; else all.")
@click.option("--student", type=IdParam(), help="A student's id; else everybody.")
@table_output
@with_settings
def standing(
    settings: Settings, format_: TableFormat, output: Path | None, term: str, section: str | None, student: str | None
) -> None:
    """Show how students stand in TERM, whoever is nearest to the limit first.

    Class hours that have closed count, with what people marked. The limit is of all that the timetable has in the term.
    Hours in which nobody could see a student cost him nothing. hours_left is how many he can miss before he fails.
    """
    from infra.operations.terms.terms import known_term, standings

    found = known_term(settings, term)
    table = standings(settings, found, datetime.now(UTC), section=section or "", student=student or "")
    write_table(settings, table, format_, output)
