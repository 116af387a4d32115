"""``naul token``: what programs ask the desk with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from infra.cli.shared.console import print_line
from infra.cli.shared.manager import manager_of
from infra.cli.shared.options import DurationParam, NameParam, TextParam, by_option, with_settings
from infra.cli.shared.output import table_output, write_table
from infra.operations.accounts.api_scopes import SCOPE_TEXTS, SCOPES
from producers.login import login_name
from schemas.settings import Settings
from schemas.translations import say

if TYPE_CHECKING:
    from sinks.reports.render import TableFormat

__all__ = ["command"]

_BY = "Who does it; kept in the audit."


@click.group()
def command() -> None:
    """Make and revoke the tokens with which programs ask the desk (docs/api.md).

    A token may what its owner may, as far as its scopes and sections go, until its time is over. What is read with it
    is on record as of its owner.

    \b
    Examples:
      naul token create gradebook --owner kim --scope attendance:read --sections EA0017-1 --expires 90d
      naul token list
      naul token revoke gradebook
    """  # noqa: D301


@command.command()
@click.argument("name", type=TextParam())
@click.option("--owner", type=NameParam(), default=login_name, show_default="your login name", help="Whose account.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice(SCOPES),
    metavar="SCOPE",
    help="halls:read, timetable:read, rosters:read, enrolment:write, attendance:read, names:read, pictures:read, "
    "marks:write, appeals:read, appeals:write, record:read, people:read, loads:write, reports:read, audit:read, "
    "health:read, runs:read, runs:write, site:write, terms:write, accounts:read, accounts:write or links:write; "
    "may be repeated.",
)
@click.option("--sections", multiple=True, type=TextParam(), help="These alone, with commas between; else all of his.")
@click.option("--expires", type=DurationParam(), default="90d", show_default=True, help="How long it holds.")
@by_option(_BY)
@with_settings
def create(
    settings: Settings,
    name: str,
    owner: str,
    scopes: tuple[str, ...],
    sections: tuple[str, ...],
    expires: timedelta,
    by: str,
) -> None:
    """Make the token NAME and print it. It is shown this once, and kept nowhere.

    \b
    Examples:
      naul token create gradebook --owner kim --scope attendance:read --scope names:read
      naul token create display --owner tech --scope halls:read --expires 365d
    """  # noqa: D301
    from infra.operations.accounts.api_tokens import NewToken, create_token

    tell = partial(say, settings.language)
    new = NewToken(name=name, owner=owner, scopes=scopes, sections=sections, lasts=expires)
    made = create_token(settings, new, manager_of(settings, by), datetime.now(UTC))
    ends = made.token.ends.astimezone(settings.zone)
    print_line(
        tell("{name} asks for {owner} until {ends}:", name=name, owner=made.token.account.name, ends=f"{ends:%F}")
    )
    for each in sorted(made.token.scopes):
        print_line(f"  {each}: {tell(SCOPE_TEXTS[each])}")
    print_line(tell("Keep it like a password; it is not shown again:"))
    print_line(made.secret)


@command.command("list")
@table_output
@with_settings
def list_(settings: Settings, format_: TableFormat, output: Path | None) -> None:
    """List the tokens, with their owners, scopes, end and the day of the last use.

    \b
    Example:
      naul token list
    """  # noqa: D301
    from infra.operations.accounts.api_tokens import token_table

    write_table(settings, token_table(settings, datetime.now(UTC)), format_, output)


@command.command()
@click.argument("name", type=TextParam())
@by_option(_BY)
@with_settings
def revoke(settings: Settings, name: str, by: str) -> None:
    """Make the token NAME void at once; streams that it opened end.

    \b
    Example:
      naul token revoke gradebook
    """  # noqa: D301
    from infra.operations.accounts.api_tokens import revoke_token

    gone = revoke_token(settings, name, manager_of(settings, by), datetime.now(UTC))
    print_line(say(settings.language, "Revoked {name} of {owner}.", name=gone.name, owner=gone.account.name))
