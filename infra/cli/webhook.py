"""``naul webhook``: which other systems are told what happens."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from infra.cli.shared.console import print_line
from infra.cli.shared.manager import manager_of
from infra.cli.shared.options import TextParam, by_option, with_settings
from infra.cli.shared.output import table_output, write_table
from infra.operations.class_hours.happenings import HAPPENINGS
from schemas.settings import Settings
from schemas.translations import say

if TYPE_CHECKING:
    from sinks.reports.render import TableFormat

__all__ = ["command"]

_BY = "Who does it; kept in the audit."


@click.group()
def command() -> None:
    """Tell other systems what happens, by signed requests (docs/api.md).

    \b
    Examples:
      naul webhook add https://lms.example.ac.kr/naul --event attendance.arrived --event class_hour.closed
      naul webhook list
      naul webhook test https://lms.example.ac.kr/naul
    """  # noqa: D301


@command.command()
@click.argument("url", type=TextParam())
@click.option(
    "--event",
    "events",
    multiple=True,
    required=True,
    type=click.Choice(HAPPENINGS),
    metavar="EVENT",
    help="attendance.arrived, attendance.departed, attendance.returned, class_hour.closed or marks.made; "
    "may be repeated.",
)
@click.option("--sections", multiple=True, type=TextParam(), help="Of these alone, with commas between; else of all.")
@click.option("--names", is_flag=True, help="Names beside the ids of students.")
@by_option(_BY)
@with_settings
def add(
    settings: Settings, url: str, events: tuple[str, ...], sections: tuple[str, ...], *, names: bool, by: str
) -> None:
    """Tell URL what happens from now on, and print the secret by which it knows that it was us.

    \b
    Example:
      naul webhook add https://lms.example.ac.kr/naul --event class_hour.closed --sections EA0017-1
    """  # noqa: D301
    from infra.operations.webhooks.webhook_endpoints import NewWebhook, add_webhook

    tell = partial(say, settings.language)
    made = add_webhook(settings, NewWebhook(url, events, sections, names), manager_of(settings, by), datetime.now(UTC))
    print_line(tell("{url} is told: {events}.", url=made.url, events=", ".join(sorted(made.events))))
    print_line(tell("Give this secret to whoever receives it; it is not shown again:"))
    print_line(made.secret)


@command.command("list")
@table_output
@with_settings
def list_(settings: Settings, format_: TableFormat, output: Path | None) -> None:
    """List who is told of what, how many messages wait, and who was given up, and why.

    \b
    Example:
      naul webhook list
    """  # noqa: D301
    from infra.operations.webhooks.webhook_endpoints import webhook_table

    write_table(settings, webhook_table(settings), format_, output)


@command.command()
@click.argument("url", type=TextParam())
@by_option(_BY)
@with_settings
def remove(settings: Settings, url: str, by: str) -> None:
    """Tell URL nothing more; what waits for it is gone.

    \b
    Example:
      naul webhook remove https://lms.example.ac.kr/naul
    """  # noqa: D301
    from infra.operations.webhooks.webhook_endpoints import remove_webhook

    gone = remove_webhook(settings, url, manager_of(settings, by), datetime.now(UTC))
    print_line(say(settings.language, "{url} is told nothing more.", url=gone.url))


@command.command()
@click.argument("url", type=TextParam())
@by_option(_BY)
@with_settings
def enable(settings: Settings, url: str, by: str) -> None:
    """Tell URL again that was given up, beginning with what waits for it.

    \b
    Example:
      naul webhook enable https://lms.example.ac.kr/naul
    """  # noqa: D301
    from infra.operations.webhooks.webhook_endpoints import enable_webhook

    again = enable_webhook(settings, url, manager_of(settings, by), datetime.now(UTC))
    print_line(
        say(settings.language, "{url} is told: {events}.", url=again.url, events=", ".join(sorted(again.events)))
    )


@command.command()
@click.argument("url", type=TextParam())
@with_settings
def test(settings: Settings, url: str) -> int:
    """Send URL one message of the type naul.test at once, and say whether it was taken.

    \b
    Example:
      naul webhook test https://lms.example.ac.kr/naul
    """  # noqa: D301
    from infra.operations.webhooks.webhook_sender import test_webhook

    why = test_webhook(settings, url, datetime.now(UTC))
    print_line(
        say(settings.language, "{url} did not take it: {why}.", url=url, why=why)
        if why
        else say(settings.language, "{url} took it.", url=url)
    )
    return 1 if why else 0
