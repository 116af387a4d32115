"""Accounts as somebody manages them, from a command or a page: what gives access is on record before it holds.

What takes access away is done at once, and put on record afterwards: it must never have to wait for Kafka.
"""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from infra.operations.accounts import accounts
from infra.operations.accounts.access import DeskUser, KioskSeat
from infra.operations.accounts.accounts import Account, AccountChange, NewAccount, account_of
from infra.operations.accounts.audit import AuditEvent
from infra.operations.accounts.desk_sessions import create_link
from infra.operations.accounts.teaching import PlannedTeaching, apply_teaching
from schemas.errors import UnavailableError
from schemas.messages import AuditRole
from schemas.settings import Settings
from schemas.translations import Text

__all__ = ["Manager", "add", "change", "give_password", "make_link", "remove", "sign_out_everywhere", "teach"]

_TAKES_AWAY = ((AccountChange(disabled=True), "disable"), (AccountChange(openid=False), "no openid for"))
"""What only takes access away, and how that is told."""


class Manager(NamedTuple):
    """Who manages. on_record: ``AuditLog.record`` of the site. role: empty is the person's strongest."""

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
            UnavailableError: it is not on record.
        """
        try:
            self.tell(now, what, account)
        except UnavailableError as error:
            raise UnavailableError(
                Text(
                    "it was done ({what} {name}), and is not on record: {message}",
                    what=what,
                    name=account.name,
                    message=error.message,
                ),
                error.remedy,
            ) from error


def add(settings: Settings, new: NewAccount, by: Manager, now: datetime) -> Account:
    """Make an account.

    Raises:
        RefusedError: as ``add_account``.
        UnavailableError: it could not be put on record, or the file of the desk cannot be written. Nothing was done.
    """
    return accounts.add_account(
        settings,
        new,
        now,
        lambda made: by.tell(now, f"add as {_roles(made)}{', openid' if made.openid else ''}:", made),
    )


def change(settings: Settings, name: str, wanted: AccountChange, by: Manager, now: datetime) -> Account:
    """Change an account; what only takes access away is done at once.

    Raises:
        RefusedError: as ``change_account``.
        UnavailableError: as ``add``; or access is taken away, and that is not on record.
    """
    if what := next((what for change, what in _TAKES_AWAY if change == wanted), ""):
        changed = accounts.change_account(settings, name, wanted)
        by.tell_later(now, what, changed)
        return changed

    def tell(account: Account) -> None:
        others = f"{', openid' if account.openid else ''}{', disabled' if account.disabled else ''}"
        by.tell(now, f"change to {_roles(account)}{others}:", account)

    return accounts.change_account(settings, name, wanted, tell)


def remove(settings: Settings, name: str, by: Manager, now: datetime) -> Account:
    """Remove an account, which ends its sessions.

    Raises:
        RefusedError: there is none of this name.
        UnavailableError: it is removed, and not on record; or the file of the desk cannot be written.
    """
    gone = accounts.remove_account(settings, name)
    by.tell_later(now, "remove", gone)
    return gone


def sign_out_everywhere(settings: Settings, name: str, by: Manager, now: datetime) -> int:
    """End all sessions of an account, and return how many there were.

    Raises:
        RefusedError: there is none of this name.
        UnavailableError: as ``remove``.
    """
    count = accounts.end_all(settings, name)
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
    by.tell(now, f"kiosk link for {kiosk.hall} to" if kiosk else "link for", account_of(settings, name))
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


def _roles(account: Account) -> str:
    return ", ".join(sorted(account.roles)) or "nothing"
