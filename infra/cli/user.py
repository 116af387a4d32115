"""``naul user``: who may sign in at the desk, and what each may do there."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from infra.cli.shared.console import console, print_line
from infra.cli.shared.loading import confirmed, file_options
from infra.cli.shared.manager import manager_of
from infra.cli.shared.options import IdParam, NameParam, TextParam, by_option, with_settings
from infra.cli.shared.output import table_output, write_table
from infra.operations.accounts.access import ROLES, KioskSeat
from schemas.settings import Settings
from schemas.translations import gettext_noop, pgettext_noop, say, say_as

if TYPE_CHECKING:
    from infra.operations.accounts.access import Role, TeachingRole
    from infra.operations.accounts.teaching import TeachingChange
    from sinks.reports.render import TableFormat

__all__ = ["command"]

_BY = "Who does it; kept in the audit."


_ROLES: Final[dict[Role, str]] = {
    "professor": pgettext_noop("role", "professor"),
    "assistant": pgettext_noop("role", "assistant"),
    "student": pgettext_noop("role", "student"),
    "registrar": pgettext_noop("role", "registrar"),
    "engineer": pgettext_noop("role", "engineer"),
    "kiosk": pgettext_noop("role", "kiosk"),
}
_OPENID = gettext_noop(
    "{name} may sign in with the OpenID provider. The first person whom the provider calls {name} is bound to it."
)
_NO_OPENID = gettext_noop("{name} may no longer sign in with the OpenID provider, and is signed out everywhere.")


@click.group()
def command() -> None:
    """Add, change and remove the accounts of the desk, and sign them out.

    What gives access is on record in the audit before it holds, so Kafka must run (`naul up`). A password is asked for,
    or is the first line of standard input; it is never part of a command.

    \b
    Examples:
      naul user add kim --role professor --person "김하늘" --password
      naul user teach teachers.csv
      naul user link kim
    """  # noqa: D301


@command.command()
@click.argument("name", type=NameParam())
@click.option("--role", "roles", type=click.Choice(ROLES), multiple=True, help="May be repeated.")
@click.option("--person", type=TextParam(empty=True), default="", help="What the person is called; else NAME.")
@click.option("--student", type=IdParam(empty=True), default="", help="The student id of a student.")
@click.option("--password", "ask", is_flag=True, help="Give it a password; else it signs in by a link.")
@click.option("--openid", is_flag=True, help="It may sign in with the OpenID provider.")
@by_option(_BY)
@with_settings
def add(
    settings: Settings,
    name: str,
    roles: tuple[str, ...],
    person: str,
    student: str,
    *,
    ask: bool,
    openid: bool,
    by: str,
) -> None:
    """Make the account NAME.

    \b
    Examples:
      naul user add kim --role professor --password
      naul user add lee --role professor --openid
      naul user add 201912345 --role student --student 201912345
    """  # noqa: D301
    from infra.operations.accounts.accounts import NewAccount
    from infra.operations.accounts.manage_accounts import add

    tell = partial(say, settings.language)
    password = _password(settings) if ask else None
    new = NewAccount(name=name, person=person, roles=roles, student_id=student, password=password, openid=openid)
    made = add(settings, new, manager_of(settings, by), datetime.now(UTC))
    print_line(tell("Added {name}: {roles}.", name=made.name, roles=_roles(settings, made.roles)))
    if made.openid:
        print_line(say(settings.language, _OPENID, name=made.name))
    elif not made.has_password:
        print_line(
            tell(
                "It has no password: `naul user link {name}` makes a link that signs it in once, "
                "`naul user password {name}` gives it one.",
                name=made.name,
            )
        )
    if not made.roles:
        print_line(
            tell(
                "It may do nothing yet: give it roles with `naul user change {name} --role ROLE`, or "
                "sections with `naul user teach FILE`.",
                name=made.name,
            )
        )


@command.command()
@click.argument("name", type=NameParam())
@click.option("--role", "roles", type=click.Choice(ROLES), multiple=True, help="Instead of all there are; repeatable.")
@click.option("--no-roles", is_flag=True, help="Take all roles away.")
@click.option("--person", type=TextParam(), help="What the person is called.")
@click.option("--student", type=IdParam(empty=True), help="The student id; '' for none.")
@click.option("--disable/--enable", "disabled", default=None, help="Whether it may sign in.")
@by_option(_BY)
@with_settings
def change(
    settings: Settings,
    name: str,
    roles: tuple[str, ...],
    person: str | None,
    student: str | None,
    *,
    no_roles: bool,
    disabled: bool | None,
    by: str,
) -> None:
    """Change the account NAME; what it may do changes at once.

    \b
    Examples:
      naul user change kim --role professor --role registrar
      naul user change kim --disable
    """  # noqa: D301
    from infra.operations.accounts.accounts import AccountChange
    from infra.operations.accounts.manage_accounts import change

    if roles and no_roles:
        raise click.UsageError("--role and --no-roles say different things.")
    wanted = AccountChange(
        person=person, roles=roles if roles or no_roles else None, student_id=student, disabled=disabled
    )
    if wanted == AccountChange():
        raise click.UsageError("Say what is to change: --role, --no-roles, --person, --student, --disable, --enable.")
    made = change(settings, name, wanted, manager_of(settings, by), datetime.now(UTC))
    text = (
        gettext_noop("{name} is disabled, and signed out everywhere.")
        if made.disabled
        else gettext_noop("{name} is {roles} now.")
    )
    print_line(say(settings.language, text, name=made.name, roles=_roles(settings, made.roles)))


@command.command()
@click.argument("name", type=NameParam())
@click.option("--off", is_flag=True, help="No longer; whoever is bound to it is let go, and it is signed out.")
@by_option(_BY)
@with_settings
def openid(settings: Settings, name: str, *, off: bool, by: str) -> None:
    """Let NAME sign in with the OpenID provider of the site.

    The first person whom the provider calls NAME is bound to it, and nobody else from then on.

    \b
    Examples:
      naul user openid kim
      naul user openid kim --off
    """  # noqa: D301
    from infra.operations.accounts.accounts import AccountChange
    from infra.operations.accounts.manage_accounts import change

    made = change(settings, name, AccountChange(openid=not off), manager_of(settings, by), datetime.now(UTC))
    print_line(say(settings.language, _NO_OPENID if off else _OPENID, name=made.name))


@command.command("list")
@table_output
@with_settings
def list_(settings: Settings, format_: TableFormat, output: Path | None) -> None:
    """List the accounts, with their roles and what they teach.

    \b
    Example:
      naul user list
    """  # noqa: D301
    from infra.operations.accounts.account_tables import account_table

    write_table(settings, account_table(settings), format_, output)


@command.command()
@click.argument("name", type=NameParam())
@click.option("--yes", is_flag=True, help="Do not ask.")
@by_option(_BY)
@with_settings
def remove(settings: Settings, name: str, *, yes: bool, by: str) -> None:
    """Remove the account NAME, and what it teaches. What it did stays in the audit.

    \b
    Example:
      naul user remove kim
    """  # noqa: D301
    from infra.operations.accounts.accounts import account_of
    from infra.operations.accounts.manage_accounts import remove

    stands = account_of(settings, name)
    told = {"name": stands.name, "roles": _roles(settings, stands.roles)}
    if not yes:
        click.confirm(say(settings.language, "Remove the account {name} ({roles})?", **told), abort=True)
    remove(settings, name, manager_of(settings, by), datetime.now(UTC))
    print_line(say(settings.language, "Removed {name} ({roles}).", **told))


@command.command()
@click.argument("name", type=NameParam())
@by_option(_BY)
@with_settings
def password(settings: Settings, name: str, by: str) -> None:
    """Give the account NAME another password, and sign it out everywhere.

    \b
    Examples:
      naul user password kim
      pwgen 16 1 | naul user password kim
    """  # noqa: D301
    from infra.operations.accounts.accounts import account_of
    from infra.operations.accounts.manage_accounts import give_password

    account_of(settings, name)  # before anybody types a password
    made = give_password(settings, name, _password(settings), manager_of(settings, by), datetime.now(UTC))
    print_line(say(settings.language, "{name} has a new password, and is signed out everywhere.", name=made.name))


@command.command()
@click.argument("name", type=NameParam())
@click.option("--kiosk", "hall", type=NameParam(), metavar="HALL", help="Only to run a kiosk in this hall, today.")
@by_option(_BY)
@with_settings
def link(settings: Settings, name: str, hall: str | None, by: str) -> None:
    """Print an address that signs NAME in, once and within 15 minutes. Give it to nobody else.

    \b
    Examples:
      naul user link kim
      naul user link kim --kiosk E101
    """  # noqa: D301
    from infra.operations.accounts.desk_sessions import LINK, link_address
    from infra.operations.accounts.manage_accounts import make_link

    now = datetime.now(UTC)
    seat = KioskSeat(hall, now.astimezone(settings.zone).date()) if hall else None
    token = make_link(settings, name, manager_of(settings, by), now, seat)
    print_line(
        say(settings.language, "Opens once, until {until}:", until=f"{(now + LINK).astimezone(settings.zone):%H:%M}")
    )
    print_line(link_address(settings, token))


@command.command()
@file_options
@by_option(_BY)
@with_settings
def teach(settings: Settings, file: Path, by: str, *, yes: bool, **how: Any) -> int:
    """Load FILE, a CSV or an Excel workbook (.xlsx) with the columns section,account,role.

    It says who is professor or assistant of which section. It replaces what is said of the sections that it names, and
    of no other. An account gets the role that it needs. What it takes away is shown and asked for before anything is
    done. Nothing of a refused file is applied.

    \b
    Example:
      naul user teach teachers.csv
    """  # noqa: D301
    from enrollment.input_files import input_file
    from infra.operations.accounts.manage_accounts import teach
    from infra.operations.accounts.teaching import plan_teaching

    tell = partial(say, settings.language)
    planned = plan_teaching(settings, input_file(file, **how))
    console.print(
        tell("{file} read as {read_as}", file=file.name, read_as=planned.read_as), style="dim", soft_wrap=True
    )
    for each in planned.changes:
        print_line(_said(settings, each))
    for name, role in planned.granted:
        print_line(tell("{name} gets the role {role}.", name=name, role=_role(settings, role)))
    if planned.takes_away and not confirmed(settings, yes=yes):
        return 1
    teach(settings, planned, manager_of(settings, by), datetime.now(UTC))
    print_line(tell("Loaded the teachers of {count} sections.", count=len(planned.changes)))
    return 0


@command.command("sessions")
@click.argument("name", type=NameParam(), required=False)
@table_output
@with_settings
def sessions_(settings: Settings, format_: TableFormat, output: Path | None, name: str | None) -> None:
    """List who is signed in, since when and from where; of NAME alone, if it is given.

    \b
    Example:
      naul user sessions kim
    """  # noqa: D301
    from infra.operations.accounts.account_tables import session_table

    write_table(settings, session_table(settings, datetime.now(UTC), name or ""), format_, output)


@command.command()
@click.argument("name", type=NameParam())
@by_option(_BY)
@with_settings
def sign_out(settings: Settings, name: str, by: str) -> None:
    """Sign NAME out everywhere, and make its links void.

    \b
    Example:
      naul user sign-out kim
    """  # noqa: D301
    from infra.operations.accounts.accounts import account_of
    from infra.operations.accounts.manage_accounts import sign_out_everywhere

    count = sign_out_everywhere(settings, name, manager_of(settings, by), datetime.now(UTC))
    print_line(
        say(settings.language, "Ended {count} sessions of {name}.", name=account_of(settings, name).name, count=count)
    )


def _password(settings: Settings) -> str:
    """Ask for a password twice; without a terminal it is the first line of standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    asked: str = click.prompt(
        say(settings.language, "Password"),
        hide_input=True,
        confirmation_prompt=say(settings.language, "Once more"),
        type=str,
    )
    return asked


def _roles(settings: Settings, roles: Collection[str]) -> str:
    return ", ".join(_role(settings, each) for each in ROLES if each in roles) or say(settings.language, "nothing")


def _role(settings: Settings, role: Role) -> str:
    return say_as(settings.language, "role", _ROLES[role])


def _said(settings: Settings, change: TeachingChange) -> str:
    """Say what a load does to a section."""

    def named(who: Mapping[str, TeachingRole]) -> str:
        return ", ".join(f"{name} ({_role(settings, role)})" for name, role in who.items())

    parts = {gettext_noop("{names} new"): change.new, gettext_noop("{names} no longer"): change.gone}
    what = "; ".join(say(settings.language, text, names=named(who)) for text, who in parts.items() if who)
    return say(
        settings.language, "{section}: {what}" if what else "{section}: as before", section=change.section, what=what
    )
