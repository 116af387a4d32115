"""``naul store``: the ClickHouse server of a site."""

import click

from infra.cli.shared.options import with_settings
from schemas.settings import Settings

__all__ = ["command"]


@click.group(epilog="Example: naul store grants")
def command() -> None:
    """Print what the users of a ClickHouse server may."""


@command.command()
@with_settings
def grants(settings: Settings) -> None:
    """Print the SQL that makes the user who writes and the one who only reads, with what they need and no more.

    Nothing is sent to the server: its operator reads the statements, chooses the passwords, and carries them out.

    \b
    Example:
      naul store grants > users.sql
    """  # noqa: D301
    from infra.operations.site.store_grants import store_grants

    for line in store_grants(settings):
        click.echo(line)
