"""Accounts and sessions as tables, for people and programs."""

from datetime import datetime

from infra.operations.accounts.access import ROLES
from infra.operations.accounts.accounts import account_of, accounts
from infra.operations.accounts.desk_sessions import sessions
from schemas.settings import Settings
from sinks.reports import Table

__all__ = ["account_table", "session_table"]


def account_table(settings: Settings) -> Table:
    """Return all accounts, by name; nothing of a password but whether there is one.

    Raises:
        UnavailableError, RefusedError: as ``accounts``.
    """
    columns = (
        "account", "person", "roles", "teaches", "student_id", "password", "openid", "disabled", "created",
        "signed_in",
    )  # fmt: skip
    rows = [
        (
            each.name,
            each.person,
            ", ".join(role for role in ROLES if role in each.roles),
            ", ".join(f"{section} ({role})" for section, role in each.teaches.items()),
            each.student_id,
            each.has_password,
            each.openid,
            each.disabled,
            each.created.astimezone(settings.zone).date(),
            each.signed_in and each.signed_in.astimezone(settings.zone),
        )
        for each in accounts(settings)
    ]
    return Table(columns, rows)


def session_table(settings: Settings, now: datetime, name: str = "") -> Table:
    """Return the sessions that live, the one used last first. name: of one account alone.

    Raises:
        RefusedError: there is no such account.
    """
    whose = account_of(settings, name).name if name else ""
    rows = [
        (
            each.account.name,
            each.kiosk.hall if each.kiosk else "",
            *(moment.astimezone(settings.zone) for moment in (each.created, each.seen, each.ends)),
            *each.origin,
        )
        for each in sessions(settings, now, whose)
    ]
    return Table(("account", "kiosk", "since", "seen", "ends", "address", "browser"), rows)
