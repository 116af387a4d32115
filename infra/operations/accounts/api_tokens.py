"""Tokens of the API: made once, kept as a digest, gone when they are revoked, void when their time is over.

The file holds SHA-256 of each (as of sessions): whoever reads it can ask nothing with it. A token is found by that
digest, of 256 random bits, so how long it takes to find none tells nothing of any other.
"""

import hashlib
import re
import secrets
import sqlite3
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import NamedTuple

import msgspec

from infra.operations.accounts.accounts import Account, accounts_in, user_of
from infra.operations.accounts.api_scopes import TokenHolder, scopes_of, sections_of
from infra.operations.accounts.audit import AuditEvent
from infra.operations.accounts.desk_database import from_stamp, reading, stamp, writing
from infra.operations.accounts.manage_accounts import Manager, check_manager
from infra.operations.accounts.sign_in import OnRecord, may_be_told
from schemas.errors import RefusedError, UnavailableError
from schemas.settings import Settings
from schemas.texts import cleaned, folded, nearest
from schemas.translations import Text
from sinks.reports import Table

__all__ = [
    "LONGEST_LIFE",
    "ApiToken",
    "MadeToken",
    "NewToken",
    "create_token",
    "find_token",
    "revoke_token",
    "token_failed",
    "token_table",
    "tokens",
]

PREFIX = "naul_"
"""By which a token is known for one, also where it should not lie: in a log, in a repository."""
LONGEST_LIFE = timedelta(days=730)

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")


class ApiToken(msgspec.Struct, frozen=True, kw_only=True):
    """A token as it stands. account: its owner. last_used: the day, in the site's zone; None: never."""

    name: str
    account: Account
    scopes: frozenset[str]
    sections: frozenset[str] | None
    created: datetime
    ends: datetime
    last_used: date | None = None

    def holder(self) -> TokenHolder:
        """Return who asks by it, with the rights of this moment."""
        return TokenHolder(owner=user_of(self.account), token=self.name, scopes=self.scopes, sections=self.sections)


class NewToken(msgspec.Struct, frozen=True, kw_only=True):
    """A token that is wanted. owner: the name of an account. lasts: from now on."""

    name: str
    owner: str
    scopes: tuple[str, ...]
    sections: tuple[str, ...] = ()
    lasts: timedelta = timedelta(days=90)


class MadeToken(NamedTuple):
    """secret: what its holder sends, which nobody can tell again."""

    secret: str
    token: ApiToken

    def __repr__(self) -> str:
        return f"MadeToken({self.token.name!r}, secret hidden)"


def create_token(settings: Settings, new: NewToken, by: Manager, now: datetime) -> MadeToken:
    """Make a token; that is on record before it holds.

    Raises:
        RefusedError: the name cannot be one, or is one already; there is no such scope or account; it lasts too long.
        MayNotManageError: it is for an account that he may not manage, and not his own.
        UnavailableError: it could not be put on record, or the file of the desk cannot be written. Nothing was done.
    """
    if not _NAME.fullmatch(new.name):
        raise RefusedError(
            Text("{name!r} cannot be the name of a token", name=cleaned(new.name)),
            "Write at most 40 of a-z, 0-9, dot, dash and underscore; nobody's name, for it stands in the audit.",
        )
    if not timedelta(0) < new.lasts <= LONGEST_LIFE:
        raise RefusedError(
            Text("a token lasts at most {count} days", count=LONGEST_LIFE.days),
            "Write it like 90d, and make a new one then.",
        )
    scopes, sections, secret = scopes_of(new.scopes), sections_of(new.sections), PREFIX + secrets.token_urlsafe(32)
    with writing(settings) as database:
        owner = _owner(database, new.owner)
        if owner.name != by.user.account:
            check_manager(database, by, owner, owner.roles)
        if database.execute("SELECT 1 FROM tokens WHERE name = ?", (new.name,)).fetchone():
            raise RefusedError(
                Text("there is a token {name!r} already", name=new.name), "Revoke it first, or choose another name."
            )
        made = ApiToken(
            name=new.name, account=owner, scopes=scopes, sections=sections, created=now, ends=now + new.lasts
        )
        kept = "" if sections is None else msgspec.json.encode(sorted(sections)).decode()
        database.execute(
            "INSERT INTO tokens (digest, name, account, scopes, sections, created, ends) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (_digest(secret), new.name, owner.number, ",".join(sorted(scopes)), kept, stamp(now), stamp(made.ends)),
        )
        by.tell(now, f"token {new.name} for", owner)
    return MadeToken(secret, made)


def find_token(settings: Settings, secret: str, now: datetime) -> ApiToken | None:
    """Return a token that holds, its account as it is at this moment; None if there is none, or no more.

    The day of its use is kept.

    Raises:
        UnavailableError: the file cannot be read now.
    """
    if not secret.startswith(PREFIX) or len(secret) > 200:
        return None
    digest = _digest(secret)
    with reading(settings) as database:
        found = next(iter(_tokens(database, "digest = ?", (digest,))), None)
    if found is None or found.account.disabled or now >= found.ends:
        return None
    today = now.astimezone(settings.zone).date()
    if found.last_used != today:
        with suppress(UnavailableError), writing(settings) as database:  # a full disk refuses nobody
            database.execute("UPDATE tokens SET used = ? WHERE digest = ?", (today.isoformat(), digest))
    return found


def tokens(settings: Settings) -> tuple[ApiToken, ...]:
    """Return all tokens, also those whose time is over, by name.

    Raises:
        UnavailableError: the file cannot be read now.
    """
    with reading(settings) as database:
        return _tokens(database, "1", ())


def token_table(settings: Settings, now: datetime) -> Table:
    """Return the same as a table; nothing of a secret.

    Raises:
        UnavailableError: the file cannot be read now.
    """
    columns = ("token", "owner", "scopes", "sections", "created", "ends", "last_used", "ended")
    rows = [
        (
            each.name,
            each.account.name,
            ", ".join(sorted(each.scopes)),
            ", ".join(sorted(each.sections or ())),
            each.created.astimezone(settings.zone).date(),
            each.ends.astimezone(settings.zone),
            each.last_used,
            now >= each.ends or each.account.disabled,
        )
        for each in tokens(settings)
    ]
    return Table(columns, rows)


def revoke_token(settings: Settings, name: str, by: Manager, now: datetime) -> ApiToken:
    """Make a token void at once, and return what it was.

    Raises:
        RefusedError: there is none of this name.
        UnavailableError: it is void, and not on record; or the file of the desk cannot be written.
    """
    with writing(settings) as database:
        found = next(iter(_tokens(database, "tokens.name = ?", (name,))), None)
        if found is None:
            near = nearest(name, [each for (each,) in database.execute("SELECT name FROM tokens")])
            hint = Text("; did you mean {near}?", near=near) if near else ""
            raise RefusedError(
                Text("there is no token {name!r}{hint}", name=cleaned(name), hint=hint), "`naul token list` shows them."
            )
        database.execute("DELETE FROM tokens WHERE name = ?", (name,))
    by.tell_later(now, f"no token {name} for", found.account)
    return found


def token_failed(settings: Settings, address: str, now: datetime, on_record: OnRecord) -> bool:
    """Put on record that a token was void, and return whether such tries are still answered one by one.

    Whoever tries on waits, as at sign-in; a token that holds does not have to wait because of others at the address.

    Raises:
        UnavailableError: it could not be put on record, or the file of the desk cannot be written.
    """
    told = may_be_told(settings, f"token|{address}", now)
    if told:
        on_record(AuditEvent(at=now, action="sign_in_failed", detail="void token", address=address, ok=False))
    return told


def _owner(database: sqlite3.Connection, name: str) -> Account:
    found = next(iter(accounts_in(database, "folded = ?", (folded(name),))), None)
    if found is None:
        raise RefusedError(
            Text("there is no account {cleaned!r}", cleaned=cleaned(name)), "`naul user list` shows them."
        )
    if found.roles & {"kiosk"}:
        raise RefusedError(
            Text("the account {name!r} is a kiosk, which has no token", name=found.name),
            "A kiosk of your own signs in by a link: `naul user link --kiosk`.",
        )
    return found


def _tokens(database: sqlite3.Connection, condition: str, values: tuple[str, ...]) -> tuple[ApiToken, ...]:
    rows = database.execute(
        f"SELECT name, account, scopes, sections, created, ends, used FROM tokens WHERE {condition} ORDER BY name",  # noqa: S608  ours
        values,
    ).fetchall()
    whose = f"id IN (SELECT account FROM tokens WHERE {condition})"  # noqa: S608  ours
    known = {each.number: each for each in accounts_in(database, whose, values)} if rows else {}
    return tuple(
        ApiToken(
            name=name,
            account=known[account],
            scopes=frozenset(scopes.split(",")),
            sections=frozenset(msgspec.json.decode(sections, type=list[str])) if sections else None,
            created=from_stamp(created),
            ends=from_stamp(ends),
            last_used=date.fromisoformat(used) if used else None,
        )
        for name, account, scopes, sections, created, ends, used in rows
    )


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
