"""Accounts as somebody manages them, from a command or a page: what gives access is on record before it holds.

What takes access away is done at once, and put on record afterwards: it must never have to wait for Kafka.
At the desk and through the API somebody manages what ``access`` lets him; at the console whoever runs the machine does.
"""

import sqlite3
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

from infra.operations.accounts import accounts
from infra.operations.accounts.access import (
    GIVEN,
    ROLES,
    DeskUser,
    KioskSeat,
    Role,
    TeachingRole,
    may_manage_account,
    may_manage_accounts,
)
from infra.operations.accounts.accounts import (
    Account,
    AccountChange,
    AccountChangedMeanwhileError,
    Guard,
    NewAccount,
    account_of,
    account_tag,
    user_of,
)
from infra.operations.accounts.audit import AuditEvent
from infra.operations.accounts.desk_database import reading
from infra.operations.accounts.desk_sessions import create_link
from infra.operations.accounts.teaching import PlannedTeaching, apply_teaching
from schemas.errors import RefusedError, UnavailableError
from schemas.messages import AuditRole
from schemas.settings import Settings
from schemas.translations import Text

__all__ = [
    "DoneOffRecordError",
    "Manager",
    "MayNotManageError",
    "add",
    "change",
    "check_manager",
    "give_password",
    "make_link",
    "remove",
    "sign_out_everywhere",
    "teach",
]

_TAKES_AWAY = ((AccountChange(disabled=True), "disable"), (AccountChange(openid=False), "no openid for"))
"""What only takes access away, and how that is told."""


class MayNotManageError(RefusedError):
    """He may not do this with this account."""


class DoneOffRecordError(UnavailableError):
    """Something that takes access away was done, and could not be put on record."""


class Manager(NamedTuple):
    """Who manages. on_record: ``AuditLog.record`` of the site. role: empty is the person's strongest.

    Whose role is ``console`` runs the machine and may everything; of all others ``access`` says what they may.
    """

    user: DeskUser
    on_record: Callable[[AuditEvent], None]
    role: AuditRole = ""
    address: str = ""

    def tell(self, now: datetime, what: str, account: Account | None = None, section: str = "") -> None:
        """Put on record what is done. account: to which; one of a student stands there as the student."""
        student = account.student_id if account else ""
        name = "" if account is None or student else f" {account.name}"
        self.on_record(
            AuditEvent(
                at=now,
                action="account_change",
                user=self.user,
                role=self.role,
                section=section,
                student_id=student,
                detail=f"{what}{name}",
                address=self.address,
            )
        )

    def tell_later(self, now: datetime, what: str, account: Account) -> None:
        """Put on record what is done already.

        Raises:
            DoneOffRecordError: it is not on record.
        """
        try:
            self.tell(now, what, account)
        except UnavailableError as error:
            raise DoneOffRecordError(
                Text(
                    "it was done ({what} {name}), and is not on record: {message}",
                    what=what,
                    name=account.name,
                    message=error.message,
                ),
                error.remedy,
            ) from error


def check_manager(database: sqlite3.Connection, by: Manager, account: Account, roles: frozenset[Role]) -> None:
    """Go on only if somebody may still manage an account at this moment. roles: that it gets.

    Raises:
        MayNotManageError: he may not.
    """
    if by.role == "console":
        return
    mine = next(iter(accounts.accounts_in(database, "name = ?", (by.user.account,))), None)
    if mine is None or mine.disabled or not may_manage_accounts(user_of(mine)):
        raise MayNotManageError(Text("you manage accounts no longer"), Text("Ask somebody who does."))
    if may_manage_account(user_of(mine), account.name, account.roles | roles):
        return
    if account.name == mine.name:
        raise MayNotManageError(
            Text("nobody changes what he himself may"), Text("Ask another one who manages accounts.")
        )
    raise MayNotManageError(
        Text("accounts that are {roles} are managed on the server alone", roles=", ".join(sorted(set(ROLES) - GIVEN))),
        Text("Whoever runs the machine does it with `naul user`."),
    )


def _guard(by: Manager, seen: str = "") -> Guard:
    def check(database: sqlite3.Connection, account: Account, roles: frozenset[Role]) -> None:
        check_manager(database, by, account, roles)
        if seen and seen != account_tag(account):
            raise AccountChangedMeanwhileError(account)

    return check


def add(settings: Settings, new: NewAccount, by: Manager, now: datetime) -> Account:
    """Make an account.

    Raises:
        RefusedError: as ``add_account``; or as ``check_manager``, which is so of all here.
        UnavailableError: it could not be put on record, or the file of the desk cannot be written. Nothing was done.
    """

    def tell(made: Account) -> None:
        by.tell(now, f"add as {_roles(made)}{', openid' if made.openid else ''}:", made)
        _tell_taught(by, now, {}, made)

    return accounts.add_account(settings, new, now, tell, _guard(by))


def change(settings: Settings, name: str, wanted: AccountChange, by: Manager, now: datetime, seen: str = "") -> Account:
    """Change an account; what only takes access away is done at once. seen: its tag when it was looked at; or empty.

    Raises:
        RefusedError: as ``change_account``.
        AccountChangedMeanwhileError: it is another one by now.
        UnavailableError: as ``add``; or access is taken away, and that is not on record.
    """
    if what := next((what for change, what in _TAKES_AWAY if change == wanted), ""):
        changed = accounts.change_account(settings, name, wanted, guard=_guard(by, seen))
        by.tell_later(now, what, changed)
        return changed
    stood = account_of(settings, name)  # what it teaches; that it is still so, the guard holds where that matters

    def tell(account: Account) -> None:
        others = f"{', openid' if account.openid else ''}{', disabled' if account.disabled else ''}"
        by.tell(now, f"change to {_roles(account)}{others}:", account)
        _tell_taught(by, now, stood.teaches, account)

    return accounts.change_account(settings, name, wanted, tell, _guard(by, seen))


def remove(settings: Settings, name: str, by: Manager, now: datetime) -> Account:
    """Remove an account, which ends its sessions.

    Raises:
        RefusedError: there is none of this name.
        UnavailableError: it is removed, and not on record; or the file of the desk cannot be written.
    """
    gone = accounts.remove_account(settings, name, _guard(by))
    by.tell_later(now, "remove", gone)
    return gone


def sign_out_everywhere(settings: Settings, name: str, by: Manager, now: datetime) -> int:
    """End all sessions of an account, and return how many there were.

    Raises:
        RefusedError: there is none of this name.
        UnavailableError: as ``remove``.
    """
    count = accounts.end_all(settings, name, _guard(by))
    by.tell_later(now, "sign out", account_of(settings, name))
    return count


def give_password(settings: Settings, name: str, password: str, by: Manager, now: datetime) -> Account:
    """Give an account a password, which ends its sessions.

    Raises:
        RefusedError: there is none of this name, or the password is too easy.
        UnavailableError: as ``add``.
    """
    return accounts.set_password(settings, name, password, lambda account: by.tell(now, "password of", account))


def make_link(settings: Settings, name: str, by: Manager, now: datetime, kiosk: KioskSeat | None = None) -> str:
    """Return the token of a link that signs an account in once. kiosk: to run a kiosk, and no more.

    Raises:
        RefusedError: as ``create_link``.
        UnavailableError: as ``add``.
    """
    found = account_of(settings, name)
    with reading(settings) as database:
        check_manager(database, by, found, found.roles)
    by.tell(now, f"kiosk link for {kiosk.hall} to" if kiosk else "link for", found)
    return create_link(settings, name, now, kiosk=kiosk)


def teach(settings: Settings, planned: PlannedTeaching, by: Manager, now: datetime) -> None:
    """Have sections taught as planned.

    Raises:
        RefusedError: as ``apply_teaching``.
        UnavailableError: as ``add``.
    """

    def tell() -> None:
        for each in planned.changes:
            said = [f"{name} {role}" for name, role in each.new.items()]
            said += [f"no longer {name} {role}" for name, role in each.gone.items()]
            if said:
                by.tell(now, ", ".join(said), section=each.section)

    apply_teaching(settings, planned, tell)


def _tell_taught(by: Manager, now: datetime, was: Mapping[str, TeachingRole], account: Account) -> None:
    for section in sorted(was.keys() | account.teaches.keys()):
        before, after = was.get(section), account.teaches.get(section)
        name, student = ("*", account) if account.student_id else (account.name, None)
        if before != after:
            by.tell(now, f"{name} {after}" if after else f"no longer {name} {before}", student, section)


def _roles(account: Account) -> str:
    return ", ".join(sorted(account.roles)) or "nothing"
