"""Who is signed in at the desk: sessions that live in the home and can be ended there, and links that open one.

A browser holds an opaque token; the home keeps its SHA-256. So whoever reads the file can sign in as nobody, and what
is deleted from it ends at once. Roles are not part of a session: they are looked up at each request.
"""

import hashlib
import secrets
import sqlite3
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from infra.operations.accounts.access import DeskUser, KioskSeat
from infra.operations.accounts.accounts import Account, accounts_in, user_of
from infra.operations.accounts.desk_database import from_stamp, reading, stamp, writing
from schemas.errors import RefusedError, UnavailableError
from schemas.messages import ClassHour
from schemas.settings import Settings
from schemas.texts import cleaned, folded
from schemas.translations import Text

__all__ = [
    "IDLE",
    "LINK",
    "LONGEST",
    "NewSession",
    "Origin",
    "Session",
    "create_link",
    "csrf_token",
    "end_session",
    "find_session",
    "kiosks_of",
    "link_address",
    "open_session",
    "sessions",
    "use_link",
]

LONGEST = timedelta(hours=12)
"""How long a session lasts at most; a kiosk's until the end of its day."""
IDLE = timedelta(minutes=60)
"""How long one lasts in which nothing is asked; a kiosk may stand idle."""
LINK = timedelta(minutes=15)
"""How long a link can be used, once."""

_NOTED_EVERY = timedelta(minutes=1)
"""How exactly it is known when a session was last used: noting it is a write to the disk."""
_SHOWN = 200
"""Characters that are kept of what a browser says it is."""


class Origin(NamedTuple):
    """Where somebody comes from. address: of the client. browser: what it says it is."""

    address: str = ""
    browser: str = ""


class NewSession(NamedTuple):
    """token: for the browser alone; nobody can tell it again. session: what was opened."""

    token: str
    session: "Session"


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A session as it stands. digest: names it without opening it. ends: at the latest. kiosk: what it is bound to."""

    digest: str
    account: Account
    created: datetime
    seen: datetime
    ends: datetime
    origin: Origin
    kiosk: KioskSeat | None = None

    @property
    def user(self) -> DeskUser:
        """Who that is at this moment, for ``infra.operations.accounts.access``."""
        return user_of(self.account, self.kiosk)


def create_link(settings: Settings, name: str, now: datetime, *, kiosk: KioskSeat | None = None) -> str:
    """Return the token of a link that signs an account in once, within ``LINK``. kiosk: to run a kiosk, and no more.

    Raises:
        RefusedError: there is no such account, it is disabled, or the kiosk is not for today.
        UnavailableError: the file cannot be written now.
    """
    token = secrets.token_urlsafe(32)
    _check_day(kiosk, now, settings.zone)
    with writing(settings) as database:
        found = _able(database, name)
        database.execute("DELETE FROM links WHERE ends <= ?", (stamp(now),))
        values = (_digest(token), found.number, stamp(now + LINK), *_seat_columns(kiosk))
        database.execute("INSERT INTO links (digest, account, ends, hall, day) VALUES (?, ?, ?, ?, ?)", values)
    return token


def use_link(settings: Settings, token: str, origin: Origin, now: datetime) -> NewSession | None:
    """Sign in by a link, which is void then; None if it is: used before, too old, or of nobody who may sign in.

    Raises:
        UnavailableError: the file cannot be written now; the link is as it was.
    """
    with writing(settings) as database:
        where = (_digest(token),)
        row = database.execute("SELECT account, ends, hall, day FROM links WHERE digest = ?", where).fetchone()
        database.execute("DELETE FROM links WHERE digest = ?", where)
        if row is None or row[1] <= stamp(now):
            return None
        [account] = accounts_in(database, "id = ?", (row[0],))
        kiosk = _seat(row[2], row[3])
        if account.disabled or (kiosk and kiosk.date != _today(now, settings.zone)):
            return None
        return _open(database, account, origin, now, settings.zone, kiosk)


def open_session(
    settings: Settings, name: str, origin: Origin, now: datetime, *, kiosk: KioskSeat | None = None
) -> NewSession:
    """Open a session of an account. kiosk: to run a kiosk, and no more; who may start one is for the caller to ask.

    Raises:
        RefusedError: there is no such account, it is disabled, or the kiosk is not for today.
        UnavailableError: the file cannot be written now.
    """
    _check_day(kiosk, now, settings.zone)
    with writing(settings) as database:
        return _open(database, _able(database, name), origin, now, settings.zone, kiosk)


def find_session(settings: Settings, token: str, now: datetime) -> Session | None:
    """Return the session of a token, its account as it is at this moment; None if there is none, or no more.

    Raises:
        UnavailableError: the file cannot be read now.
    """
    digest = _digest(token)
    with reading(settings) as database:
        found = next(iter(_sessions(database, "digest = ?", (digest,))), None)
    if found is None or found.account.disabled or not _lives(found, now):
        return None
    if now - found.seen >= _NOTED_EVERY:
        with suppress(UnavailableError), writing(settings) as database:  # a full disk signs nobody out
            database.execute("UPDATE sessions SET seen = max(seen, ?) WHERE digest = ?", (stamp(now), digest))
    return found


def end_session(settings: Settings, digest: str) -> bool:
    """End a session, and return whether there was one. digest: as of ``Session``.

    Raises:
        UnavailableError: the file cannot be written now.
    """
    with writing(settings) as database:
        return database.execute("DELETE FROM sessions WHERE digest = ?", (digest,)).rowcount > 0


def sessions(settings: Settings, now: datetime, name: str = "") -> tuple[Session, ...]:
    """Return the sessions that live, the one used last first. name: of one account alone.

    Raises:
        UnavailableError: the file cannot be read now.
    """
    whose = "account IN (SELECT id FROM accounts WHERE folded = ?)"
    with reading(settings) as database:
        found = _sessions(database, whose, (folded(name),)) if name else _sessions(database, "1", ())
    return tuple(each for each in found if _lives(each, now) and not each.account.disabled)


def kiosks_of(settings: Settings, hour: ClassHour, now: datetime) -> tuple[Session, ...]:
    """Return the kiosks that stand in the halls of a class hour on its day, the one used last first.

    Raises:
        UnavailableError: the file cannot be read now.
    """
    seats = {KioskSeat(hall, hour.date) for hall in hour.halls}
    return tuple(each for each in sessions(settings, now) if each.kiosk in seats)


def link_address(settings: Settings, token: str) -> str:
    """Return where a link leads: to a page that signs in when it is told to, not when it is opened."""
    return f"{settings.desk_origin}/sign-in?once={token}"


def csrf_token(token: str) -> str:
    """Return what a form of a session must carry. It follows from the session's token, and tells nothing of it."""
    return hashlib.blake2b(token.encode(), digest_size=24, person=b"naul desk csrf").hexdigest()


def _open(
    database: sqlite3.Connection,
    account: Account,
    origin: Origin,
    now: datetime,
    zone: ZoneInfo,
    kiosk: KioskSeat | None,
) -> NewSession:
    token = secrets.token_urlsafe(32)
    ends = datetime.combine(kiosk.date + timedelta(days=1), time.min, zone) if kiosk else now + LONGEST
    dead = "ends <= ? OR (hall IS NULL AND seen <= ?)"
    database.execute(f"DELETE FROM sessions WHERE {dead}", (stamp(now), stamp(now - IDLE)))  # noqa: S608  ours
    if kiosk is None:
        database.execute("UPDATE accounts SET signed_in = ? WHERE id = ?", (stamp(now), account.number))
        account = msgspec.structs.replace(account, signed_in=now)
    where = Origin(_short(origin.address), _short(origin.browser))
    opened = Session(
        digest=_digest(token), account=account, created=now, seen=now, ends=ends, origin=where, kiosk=kiosk
    )
    database.execute(
        "INSERT INTO sessions (digest, account, created, seen, ends, hall, day, address, browser) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (opened.digest, account.number, stamp(now), stamp(now), stamp(ends), *_seat_columns(kiosk), *where),
    )
    return NewSession(token, opened)


def _sessions(database: sqlite3.Connection, condition: str, values: tuple[Any, ...]) -> list[Session]:
    columns = "digest, account, created, seen, ends, hall, day, address, browser"
    rows = database.execute(
        f"SELECT {columns} FROM sessions WHERE {condition} ORDER BY seen DESC, digest",  # noqa: S608  ours
        values,
    ).fetchall()
    whose = f"id IN (SELECT account FROM sessions WHERE {condition})"  # noqa: S608  ours
    known = {each.number: each for each in accounts_in(database, whose, values)} if rows else {}
    return [
        Session(
            digest=digest,
            account=known[account],
            created=from_stamp(created),
            seen=from_stamp(seen),
            ends=from_stamp(ends),
            origin=Origin(address, browser),
            kiosk=_seat(hall, day),
        )
        for digest, account, created, seen, ends, hall, day, address, browser in rows
    ]


def _lives(session: Session, now: datetime) -> bool:
    return now < session.ends and (session.kiosk is not None or now < session.seen + IDLE)


def _able(database: sqlite3.Connection, name: str) -> Account:
    found = next(iter(accounts_in(database, "folded = ?", (folded(name),))), None)
    if found is None:
        raise RefusedError(
            Text("there is no account {cleaned!r}", cleaned=cleaned(name)), "`naul user list` shows them."
        )
    if found.disabled:
        raise RefusedError(
            Text("the account {name!r} is disabled", name=found.name), "Enable it first: `naul user change --enable`."
        )
    return found


def _check_day(kiosk: KioskSeat | None, now: datetime, zone: ZoneInfo) -> None:
    if kiosk and kiosk.date != (today := _today(now, zone)):
        raise RefusedError(
            Text("a kiosk is started on its day: {date} is not {today}", date=kiosk.date, today=today), "Start it then."
        )


def _today(now: datetime, zone: ZoneInfo) -> date:
    return now.astimezone(zone).date()


def _seat(hall: str | None, day: str | None) -> KioskSeat | None:
    return KioskSeat(hall, date.fromisoformat(day)) if hall is not None and day is not None else None


def _seat_columns(kiosk: KioskSeat | None) -> tuple[str | None, str | None]:
    return (kiosk.hall, kiosk.date.isoformat()) if kiosk else (None, None)


def _short(text: str) -> str:
    return "".join(each for each in cleaned(text) if each.isprintable())[:_SHOWN]


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
