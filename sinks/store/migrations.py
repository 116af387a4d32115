"""Brings a database to the tables that this version of Naul knows: ``schemas/tables/NNNN_*.sql``, in order.

Every statement of these files can be carried out again without harm (``IF NOT EXISTS``). So a file is recorded only
after all of it, and whoever is killed in the middle starts that file once more.

A statement below a line ``-- from 22.8`` is for servers of that version on. An older one goes without, and once it was
upgraded gets it at the next start: what a file has for a version is recorded beside the file. Whoever writes such a
statement leaves nothing to it that answers depend on.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from importlib import resources
from typing import NamedTuple, TypeAlias

from schemas.errors import RefusedError
from schemas.translations import Text
from sinks.store.port import Store
from sinks.store.sql import statements

__all__ = ["APPLIED", "Migration", "Step", "carry_out", "known", "migrate"]

APPLIED = (
    "0000",
    """
    CREATE TABLE IF NOT EXISTS migrations (name String, checksum String, applied_at DateTime('UTC'))
    ENGINE = MergeTree PARTITION BY tuple() ORDER BY name
    """,
)
"""What comes before the first migration: the table of those that were applied."""

_COLUMN = re.compile(r"(ALTER TABLE (\w+) (ADD|DROP) COLUMN) IF (?:NOT )?EXISTS (\w+)")


Version: TypeAlias = tuple[int, int]
"""Of a server, its first two numbers."""

_GATE = re.compile(r"^-- from (\d+)\.(\d+)$", re.MULTILINE)


class Step(NamedTuple):
    """A statement. since: the version of a server that first knows it; None: each does."""

    since: Version | None
    sql: str


class Migration(NamedTuple):
    """One file. name: with its number, e.g. ``0001_attendance``."""

    name: str
    text: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def steps(self) -> list[Step]:
        """Its statements, in order."""
        head, *rest = _GATE.split(self.text)
        found = [Step(None, each) for each in statements(head)]
        for major, minor, body in zip(rest[::3], rest[1::3], rest[2::3], strict=True):
            first, *others = statements(body)
            found += [Step((int(major), int(minor)), first), *(Step(None, each) for each in others)]
        return found

    @property
    def records(self) -> dict[str, Version | None]:
        """As what it is put on record: its name, and a name for what it has for servers from a version on."""
        since = {each.since for each in self.steps if each.since}
        return {self.name: None, **{f"{self.name} from {major}.{minor}": (major, minor) for major, minor in since}}


def known() -> list[Migration]:
    """Return the migrations of this version, in order."""
    files = resources.files("schemas").joinpath("tables").iterdir()
    return sorted(
        Migration(file.name.removesuffix(".sql"), file.read_text("utf-8"))
        for file in files
        if file.name.endswith(".sql")
    )


def migrate(
    store: Store,
    migrations: Sequence[Migration] | None = None,
    *,
    lock: Callable[[], AbstractContextManager[None]] = nullcontext,
    prepare: Callable[[str, str], str] = lambda _, statement: statement,
) -> list[str]:
    """Apply what has not been applied, and return the names of that.

    lock: held while there is anything to apply; others may do so at the same time.
    prepare: gets the name of a migration and a statement of it that is next, and returns what is carried out for it.

    Raises:
        RefusedError: a migration that was applied is not the one of this version, or not in it. Nothing is applied.
        UnavailableError: the store does not answer; calling again goes on.
    """
    wanted = known() if migrations is None else list(migrations)
    here, done = _version(store), list[str]()
    if not _left(store, wanted, here):
        return done
    with lock():
        for each, fresh in _left(store, wanted, here):  # whoever held it before may have done it
            for step in each.steps:
                if step.since in fresh.values():
                    carry_out(store, prepare(each.name, step.sql))
            rows = [(name, each.checksum, datetime.now(UTC)) for name in fresh]
            store.insert("migrations", ("name", "checksum", "applied_at"), rows)
            done += fresh
    return done


def _left(
    store: Store, wanted: Sequence[Migration], here: Version
) -> list[tuple[Migration, dict[str, Version | None]]]:
    """Return the migrations that are to be applied on a server of this version, each with its records that lack."""
    store.execute(APPLIED[1])
    applied: dict[str, str] = dict(store.query("SELECT name, checksum FROM migrations").rows)
    mine = {name: each.checksum for each in wanted for name in each.records}
    for name, checksum in sorted(applied.items()):
        if name not in mine:
            raise RefusedError(
                Text("the store was written by a newer Naul: this one does not know its migration {name}", name=name),
                "Upgrade Naul, or use another prefix.",
            )
        if mine[name] != checksum:
            raise RefusedError(
                Text("migration {name} was changed after it had been applied", name=name),
                "Undo the change; add a new file instead.",
            )
    found = []
    for each in wanted:
        records = each.records.items()
        fresh = {name: since for name, since in records if name not in applied and (since or here) <= here}
        if fresh:
            found.append((each, fresh))
    return found


def _version(store: Store) -> Version:
    major, minor = str(store.query("SELECT version()").rows[0][0]).split(".")[:2]
    return int(major), int(minor)


def carry_out(store: Store, statement: str) -> None:
    """Execute a statement. ClickHouse 18.16 has no ``IF [NOT] EXISTS`` for columns, so that is looked up here."""
    if changed := _COLUMN.match(statement.strip()):
        _, table, how, column = changed.groups()
        there = f"SELECT name FROM system.columns WHERE database = currentDatabase() AND table = '{table}'"  # noqa: S608  \w
        if ((column,) in store.query(there).rows) == (how == "ADD"):
            return
        statement = _COLUMN.sub(r"\1 \4", statement)
    store.execute(statement)
