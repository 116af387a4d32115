"""Signing in and out: how often a password may be tried, and that each try is on record before it has an effect."""

import hashlib
import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from infra.operations.accounts.access import NOBODY
from infra.operations.accounts.accounts import known_account, user_of, verified
from infra.operations.accounts.audit import AuditEvent
from infra.operations.accounts.desk_database import from_stamp, reading, stamp, writing
from infra.operations.accounts.desk_sessions import NewSession, Origin, Session, end_session, open_session, use_link
from schemas.settings import Settings
from schemas.texts import folded

__all__ = [
    "ACCOUNT_FAILURES",
    "ADDRESS_FAILURES",
    "WINDOW",
    "Attempt",
    "Credentials",
    "may_be_told",
    "sign_in",
    "sign_in_by_link",
    "sign_out",
    "wait_until",
]

ACCOUNT_FAILURES, ADDRESS_FAILURES = 5, 20
"""Failures after which one waits: of one account, and of one address, which a campus may share."""
WINDOW = timedelta(minutes=15)
"""How long a failure counts."""

OnRecord = Callable[[AuditEvent], None]
"""Puts an event on record, or raises."""


class Credentials(NamedTuple):
    """What somebody types."""

    name: str
    password: str

    def __repr__(self) -> str:
        return f"Credentials({self.name!r}, password hidden)"


class Attempt(NamedTuple):
    """What came of it. opened: None if it failed. wait_until: when the next one is looked at; None: now."""

    opened: NewSession | None
    wait_until: datetime | None = None


def wait_until(failures: Sequence[datetime], most: int, now: datetime) -> datetime | None:
    """Return until when whoever failed at these times must wait; None: not at all. Pure.

    most: failures of one ``WINDOW`` after which one waits until the first of the last so many is as old.
    """
    recent = sorted(each for each in failures if abs(now - each) < WINDOW)
    return recent[-most] + WINDOW if len(recent) >= most else None


def may_be_told(settings: Settings, whose: str, now: datetime) -> bool:
    """Count a failure that costs nothing, and return whether it is still to be put on record one by one.

    Nobody has to wait for such failures, as nothing can be guessed by them; the audit is not to be filled with them.

    Raises:
        UnavailableError: the file of the desk cannot be written.
    """
    key, recent = _whose("told", whose), stamp(now - WINDOW)
    with writing(settings) as database:
        database.execute("DELETE FROM failures WHERE at <= ?", (recent,))
        [(count,)] = database.execute("SELECT count(*) FROM failures WHERE whose = ?", (key,)).fetchall()
        if count < ADDRESS_FAILURES:
            database.execute("INSERT INTO failures (whose, at) VALUES (?, ?)", (key, stamp(now)))
    return bool(count < ADDRESS_FAILURES)


def sign_in(settings: Settings, typed: Credentials, origin: Origin, now: datetime, on_record: OnRecord) -> Attempt:
    """Sign in with a password. on_record: ``AuditLog.record`` of the site.

    A try counts as failed from its beginning on, until it has succeeded: so tries side by side, and of somebody who
    hangs up, count, too. What was refused because of the wait was not looked at, and is not on record.

    Raises:
        UnavailableError: it could not be put on record, or the file of the desk cannot be written. Nobody is signed in.
    """
    whose = (_whose("account", folded(typed.name)), _whose("address", origin.address))
    if until := _begin(settings, whose, now):
        return Attempt(None, until)
    account = verified(settings, typed.name, typed.password)
    if account is None:
        known = known_account(settings, typed.name)
        why = "no such account" if known is None else "disabled" if known.disabled else "wrong password"
        user = user_of(known) if known else NOBODY  # what else was typed may be a password, or anybody's name
        on_record(AuditEvent(at=now, action="sign_in_failed", user=user, detail=why, address=origin.address, ok=False))
        return Attempt(None, _waits(settings, whose, now))
    _succeeded(settings, whose, now)
    on_record(AuditEvent(at=now, action="sign_in", user=user_of(account), detail="password", address=origin.address))
    return Attempt(open_session(settings, account.name, origin, now))


def sign_in_by_link(
    settings: Settings, token: str, origin: Origin, now: datetime, on_record: OnRecord
) -> NewSession | None:
    """Sign in by a link; None if it is void. It is void afterwards, whatever happens.

    Raises:
        UnavailableError: as ``sign_in``.
    """
    opened = use_link(settings, token, origin, now)
    if opened is None:
        on_record(AuditEvent(at=now, action="sign_in_failed", detail="void link", address=origin.address, ok=False))
        return None
    kiosk = opened.session.kiosk
    event = AuditEvent(
        at=now,
        action="kiosk_start" if kiosk else "sign_in",
        user=user_of(opened.session.account),
        detail=kiosk.hall if kiosk else "link",
        address=origin.address,
    )
    try:
        on_record(event)
    except BaseException:
        end_session(settings, opened.session.digest)
        raise
    return opened


def sign_out(settings: Settings, session: Session, address: str, now: datetime, on_record: OnRecord) -> None:
    """End a session; that is done whatever else happens.

    Raises:
        UnavailableError: it is ended, and not on record; or the file of the desk cannot be written.
    """
    end_session(settings, session.digest)
    kiosk = session.kiosk
    on_record(
        AuditEvent(
            at=now,
            action="kiosk_end" if kiosk else "sign_out",
            user=user_of(session.account),
            detail=kiosk.hall if kiosk else "",
            address=address,
        )
    )


def _begin(settings: Settings, whose: tuple[str, str], now: datetime) -> datetime | None:
    """Count a try as failed, or return until when there is none."""
    with writing(settings) as database:
        database.execute("DELETE FROM failures WHERE at <= ?", (stamp(now - WINDOW),))
        if until := _latest(database, whose, now):
            return until
        database.executemany("INSERT INTO failures (whose, at) VALUES (?, ?)", [(each, stamp(now)) for each in whose])
    return None


def _succeeded(settings: Settings, whose: tuple[str, str], now: datetime) -> None:
    """Take back what ``_begin`` counted; an account begins anew, an address does not: it may be several people's."""
    account, address = whose
    this = "SELECT max(id) FROM failures WHERE whose = ? AND at = ?"
    with writing(settings) as database:
        database.execute("DELETE FROM failures WHERE whose = ?", (account,))
        database.execute(f"DELETE FROM failures WHERE id = ({this})", (address, stamp(now)))  # noqa: S608  ours


def _waits(settings: Settings, whose: tuple[str, str], now: datetime) -> datetime | None:
    with reading(settings) as database:
        return _latest(database, whose, now)


def _latest(database: sqlite3.Connection, whose: tuple[str, str], now: datetime) -> datetime | None:
    found = []
    for each, most in zip(whose, (ACCOUNT_FAILURES, ADDRESS_FAILURES), strict=True):
        rows = database.execute("SELECT at FROM failures WHERE whose = ?", (each,)).fetchall()
        if until := wait_until([from_stamp(at) for (at,) in rows], most, now):
            found.append(until)
    return max(found, default=None)


def _whose(kind: str, text: str) -> str:
    """Return what stands for a name or an address: what is typed may be a password in the wrong field."""
    return hashlib.sha256(f"{kind}|{text}".encode("utf-8", "replace")).hexdigest()
