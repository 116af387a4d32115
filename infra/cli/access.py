"""``naul access``: who may do what at Kafka."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from infra.cli.shared.console import print_line
from infra.cli.shared.manager import manager_of
from infra.cli.shared.options import NameParam, PathParam, by_option, with_settings
from infra.cli.shared.output import table_output, write_table
from schemas.kafka_rights import KINDS
from schemas.settings import Settings
from schemas.translations import say

if TYPE_CHECKING:
    from infra.operations.accounts.kafka_grants import Granted, GrantRequest
    from sinks.reports.render import TableFormat

__all__ = ["command"]

_BY = "Who does it; kept in the audit."


@click.group()
def command() -> None:
    """Say who may do what at Kafka: cameras, workers, desks, engineers (docs/kafka-access.md).

    The parts of this machine need nothing of it: they have the secret of its home. On a cluster it is run by who
    administers that (NAUL_KAFKA_USER, NAUL_KAFKA_PASSWORD).

    \b
    Examples:
      naul access grant camera hall-e101
      naul access list
      naul access revoke hall-e101
    """  # noqa: D301


@command.command()
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("name", type=NameParam())
@click.option("--password-file", type=PathParam(dir_okay=False), metavar="FILE", help="Write it there (mode 0600).")
@click.option("--new-password", is_flag=True, help="If NAME is there already, give it another one.")
@click.option("--disks", is_flag=True, help="It may ask how full Kafka's disks are; an engineer always may.")
@click.option("--print", "printed", is_flag=True, help="Only print the commands of Kafka's tools that do the same.")
@by_option(_BY)
@with_settings
def grant(
    settings: Settings,
    password_file: Path | None,
    by: str,
    *,
    printed: bool,
    **wanted: Any,
) -> None:
    """Let the user NAME of Kafka do what a KIND does, and nothing else. He is made if he is not there.

    A camera writes frames and reads nothing; a worker recognises, judges and stores; a desk shows and marks; an
    engineer may do everything on this site. A second kind adds to the first. The password is shown this once.

    \b
    Examples:
      naul access grant camera hall-e101 --password-file hall-e101.password
      naul access grant worker machine-b
      naul access grant engineer lee --print
    """  # noqa: D301
    from infra.operations.accounts.kafka_grants import GrantRequest, acl_commands
    from infra.operations.accounts.kafka_grants import grant as grant_user
    from schemas.secret_file import new_secret_file

    request = GrantRequest(**wanted)
    if printed:
        for line in acl_commands(settings, request):
            click.echo(line)
        return
    with new_secret_file(password_file) if password_file else nullcontext(None) as keep:
        made = grant_user(settings, request, manager_of(settings, by), datetime.now(UTC))
        if keep and made.password:
            keep(made.password)
    _tell(settings, request, made, password_file)


def _tell(settings: Settings, request: GrantRequest, made: Granted, file: Path | None) -> None:
    tell = partial(say, settings.language)
    print_line(tell("{name} may do at Kafka what a {kind} does.", name=request.name, kind=request.kind))
    if made.off_record:
        print_line(tell("This is not in the audit of the site: {why}", why=made.off_record))
    if not made.mechanism:
        print_line(tell("These are rights alone: the users of this cluster are made elsewhere."))
        return
    print_line(
        tell(
            "There: kafka = {bootstrap}, kafka_sasl = {mechanism}, kafka_user = {name}.",
            bootstrap=settings.bootstrap,
            mechanism=made.mechanism,
            name=request.name,
        )
    )
    if not made.password:
        print_line(tell("The password is as before; --new-password gives another one."))
    elif file:
        print_line(tell("The password is in {file}.", file=file))
    else:
        print_line(tell("The password; it is not shown again:"))
        click.echo(made.password)


@command.command("list")
@table_output
@with_settings
def list_(settings: Settings, format_: TableFormat, output: Path | None) -> None:
    """List who may do what on this site.

    \b
    Example:
      naul access list
    """  # noqa: D301
    from infra.operations.accounts.kafka_grants import grant_table

    write_table(settings, grant_table(settings), format_, output)


@command.command()
@click.argument("name", type=NameParam())
@by_option(_BY)
@with_settings
def revoke(settings: Settings, name: str, by: str) -> None:
    """Take from NAME all that it may do on this site, and remove the user. What it is doing ends at once.

    \b
    Example:
      naul access revoke hall-e101
    """  # noqa: D301
    from infra.operations.accounts.kafka_grants import revoke as revoke_user

    tell = partial(say, settings.language)
    gone = revoke_user(settings, name, manager_of(settings, by), datetime.now(UTC))
    if gone.user:
        print_line(tell("{name} is removed: {count} rights are taken back.", name=name, count=gone.rights))
    else:
        print_line(
            tell(
                "{count} rights of {name} are taken back. The user stays: he has rights elsewhere, or is not Kafka's "
                "own.",
                name=name,
                count=gone.rights,
            )
        )
    if gone.within:
        print_line(tell("A connection that is open ends within {seconds:g} s.", seconds=gone.within))
    elif gone.within == 0:
        print_line(
            tell(
                "A connection that is open stays, and may do nothing. Set connections.max.reauth.ms on the brokers "
                "(60000, say), and it ends."
            )
        )
    else:
        print_line(
            tell(
                "A connection that is open may do nothing; it ends if connections.max.reauth.ms is set on the brokers."
            )
        )
