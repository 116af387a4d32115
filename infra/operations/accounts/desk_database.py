"""The file ``desk.db`` of a home: accounts, sessions, links, tokens, webhooks, failed sign-ins and those under way.

Several processes and threads may use it at once: each call opens it, does one transaction and closes it. Whoever is
killed in the middle has changed nothing. Times in it are microseconds since 1970.
"""

import os
import secrets
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from schemas.errors import RefusedError, UnavailableError
from schemas.settings import Settings
from schemas.translations import Text

__all__ = ["database_file", "from_stamp", "reading", "scrub", "stamp", "writing"]

PATIENCE = 10.0
"""Seconds to wait for another process that writes."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_STEPS = (
    """
    CREATE TABLE accounts (
        id INTEGER PRIMARY KEY,
        folded TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        person TEXT NOT NULL,
        roles TEXT NOT NULL,
        student_id TEXT NOT NULL,
        password TEXT NOT NULL DEFAULT '',
        disabled INTEGER NOT NULL DEFAULT 0,
        created INTEGER NOT NULL
    );
    CREATE UNIQUE INDEX one_account_a_student ON accounts (student_id) WHERE student_id != '';
    CREATE TABLE teaching (
        section TEXT NOT NULL,
        account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
        role TEXT NOT NULL,
        PRIMARY KEY (section, account)
    );
    CREATE INDEX teaching_of ON teaching (account);
    CREATE TABLE links (
        digest TEXT PRIMARY KEY,
        account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
        ends INTEGER NOT NULL,
        hall TEXT,
        day TEXT
    );
    CREATE INDEX links_of ON links (account);
    CREATE TABLE sessions (
        digest TEXT PRIMARY KEY,
        account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
        created INTEGER NOT NULL,
        seen INTEGER NOT NULL,
        ends INTEGER NOT NULL,
        hall TEXT,
        day TEXT,
        address TEXT NOT NULL,
        browser TEXT NOT NULL
    );
    CREATE INDEX sessions_of ON sessions (account);
    CREATE TABLE failures (id INTEGER PRIMARY KEY, whose TEXT NOT NULL, at INTEGER NOT NULL);
    CREATE INDEX failures_of ON failures (whose, at);
    """,
    """
    ALTER TABLE accounts ADD COLUMN openid INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE accounts ADD COLUMN issuer TEXT NOT NULL DEFAULT '';
    ALTER TABLE accounts ADD COLUMN subject TEXT NOT NULL DEFAULT '';
    CREATE UNIQUE INDEX one_account_a_subject ON accounts (issuer, subject) WHERE subject != '';
    CREATE TABLE openid_requests (
        state TEXT PRIMARY KEY,
        browser TEXT NOT NULL,
        nonce TEXT NOT NULL,
        verifier TEXT NOT NULL,
        back TEXT NOT NULL,
        ends INTEGER NOT NULL
    );
    CREATE TABLE openid_sessions (
        session TEXT PRIMARY KEY REFERENCES sessions ON DELETE CASCADE,
        id_token TEXT NOT NULL
    );
    """,
    """
    CREATE TABLE tokens (
        digest TEXT PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
        scopes TEXT NOT NULL,
        sections TEXT NOT NULL,
        created INTEGER NOT NULL,
        ends INTEGER NOT NULL,
        used TEXT
    );
    CREATE INDEX tokens_of ON tokens (account);
    CREATE TABLE webhooks (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        url TEXT NOT NULL UNIQUE,
        secret TEXT NOT NULL,
        events TEXT NOT NULL,
        sections TEXT NOT NULL,
        named INTEGER NOT NULL,
        created INTEGER NOT NULL,
        disabled TEXT NOT NULL DEFAULT ''
    );
    CREATE TABLE deliveries (
        webhook INTEGER NOT NULL REFERENCES webhooks ON DELETE CASCADE,
        id TEXT NOT NULL,
        body TEXT NOT NULL,
        students TEXT NOT NULL,
        since INTEGER NOT NULL,
        due INTEGER NOT NULL,
        tries INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (webhook, id)
    );
    CREATE INDEX deliveries_due ON deliveries (webhook, due);
    """,
    """
    ALTER TABLE accounts ADD COLUMN signed_in INTEGER;
    """,
)
"""What leads from each version of the schema (``user_version``) to the next one."""


def database_file(settings: Settings) -> Path:
    """Return where it is."""
    return settings.home / "desk.db"


def stamp(moment: datetime) -> int:
    """Return an aware time as it stands in the file.

    Raises:
        ValueError: it has no zone.
    """
    if moment.tzinfo is None:
        raise ValueError(f"a time without a zone is no moment: {moment}")
    return (moment - _EPOCH) // timedelta(microseconds=1)


def from_stamp(number: int) -> datetime:
    """Return what ``stamp`` was given, in UTC."""
    return _EPOCH + timedelta(microseconds=number)


@contextmanager
def reading(settings: Settings) -> Iterator[sqlite3.Connection]:
    """Yield the database to ask; what is asked within one ``with`` is of one moment.

    Raises:
        RefusedError: the file is no such database, of a newer version, or others can read it.
        UnavailableError: somebody else writes for long, or the disk is full.
    """
    with _transaction(settings, "BEGIN") as database:
        yield database


@contextmanager
def writing(settings: Settings) -> Iterator[sqlite3.Connection]:
    """Yield the database to change: all of it, or nothing if it raises.

    Raises:
        RefusedError, UnavailableError: as ``reading``.
    """
    with _transaction(settings, "BEGIN IMMEDIATE") as database:
        yield database


def scrub(settings: Settings) -> None:
    """Have nothing left in the files of what was deleted; where there is no database, nothing is to be done.

    Raises:
        UnavailableError: somebody reads it just now. Ask again.
    """
    file = database_file(settings)
    if not file.exists():
        return
    with _open(file) as database:
        database.execute("VACUUM")
        [(busy, _, _)] = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        if busy:
            raise UnavailableError(Text("{file} is being read", file=file), "It is tried again.")


@contextmanager
def _transaction(settings: Settings, begin: str) -> Iterator[sqlite3.Connection]:
    with _open(database_file(settings)) as database:
        database.execute(begin)
        try:
            yield database
            database.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                database.execute("ROLLBACK")
            raise


@contextmanager
def _open(file: Path) -> Iterator[sqlite3.Connection]:
    try:
        _have(file)
        with closing(_connect(file)) as database:
            _upgrade(file, database)
            yield database
    except sqlite3.OperationalError as error:
        raise UnavailableError(
            Text("{file} cannot be used now ({error})", file=file, error=error), "Try again."
        ) from error
    except sqlite3.DatabaseError as error:
        if type(error) is not sqlite3.DatabaseError:
            raise
        raise RefusedError(
            Text("{file} is no database of the desk, or it is damaged ({error})", file=file, error=error),
            "Restore it from a backup; or move it away, and make the accounts again with `naul user add`.",
        ) from error


def _have(file: Path) -> None:
    """Make sure that there is a file, which nobody else can read.

    Nobody of this process may open and close it but SQLite: that would let go what is locked in it.
    """
    try:
        if not file.exists():
            _make(file)
        mode = stat.S_IMODE(file.stat().st_mode)
    except OSError as error:
        raise RefusedError(
            Text("{file}: cannot be made or read ({strerror})", file=file, strerror=error.strerror),
            "Choose another home.",
        ) from error
    if mode & 0o177:
        raise RefusedError(
            Text("{file}: others may read this file (mode {mode:04o})", file=file, mode=mode),
            Text("Run: chmod 600 {file}", file=file),
        )


def _make(file: Path) -> None:
    """Make an empty database, readable by its owner alone from its first moment on; it appears whole or not at all."""
    draft = file.with_name(f"{file.name}.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with closing(_connect(draft)) as database:
            database.execute("PRAGMA journal_mode = WAL")  # readers do not wait for a writer
            _upgrade(draft, database)
        with suppress(FileExistsError):  # somebody else was quicker
            os.link(draft, file)
    finally:
        with suppress(OSError):
            draft.unlink()


def _connect(file: Path) -> sqlite3.Connection:
    # SQLite gives what it lays beside the file (-wal, -shm) the mode of the file.
    database = sqlite3.connect(file, timeout=PATIENCE, isolation_level=None)
    for pragma in ("foreign_keys = ON", "secure_delete = ON", "temp_store = MEMORY"):
        database.execute(f"PRAGMA {pragma}")
    return database


def _upgrade(file: Path, database: sqlite3.Connection) -> None:
    if _version(database) == len(_STEPS):
        return
    database.execute("BEGIN IMMEDIATE")
    version = _version(database)
    if version > len(_STEPS):
        raise RefusedError(Text("{file} was written by a newer Naul", file=file), "Upgrade Naul here, too.")
    for step in _STEPS[version:]:
        for statement in filter(str.strip, step.split(";")):
            database.execute(statement)
    database.execute(f"PRAGMA user_version = {len(_STEPS)}")
    database.execute("COMMIT")


def _version(database: sqlite3.Connection) -> int:
    version: int = database.execute("PRAGMA user_version").fetchone()[0]
    return version
