"""Brings a database to the tables that this version of Naul knows: ``schemas/tables/NNNN_*.sql``, in order.

Every statement of these files can be carried out again without harm (``IF NOT EXISTS``). So a file is recorded only
after all of it, and whoever is killed in the middle starts that file once more.
"""

import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import resources
from typing import NamedTuple

from schemas.errors import RefusedError
from schemas.translations import Text
from sinks.store.port import Store
from sinks.store.sql import statements

__all__ = ["Migration", "carry_out", "known", "migrate"]

_APPLIED = """
CREATE TABLE IF NOT EXISTS migrations (name String, checksum String, applied_at DateTime('UTC'))
ENGINE = MergeTree PARTITION BY tuple() ORDER BY name
"""


_COLUMN = re.compile(r"(ALTER TABLE (\w+) (ADD|DROP) COLUMN) IF (?:NOT )?EXISTS (\w+)")


class Migration(NamedTuple):
    """One file. name: with its number, e.g. ``0001_attendance``."""

    name: str
    text: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def known() -> list[Migration]:
    """Return the migrations of this version, in order."""
    files = resources.files("schemas").joinpath("tables").iterdir()
    return sorted(
        Migration(file.name.removesuffix(".sql"), file.read_text("utf-8"))
        for file in files
        if file.name.endswith(".sql")
    )


def migrate(store: Store, migrations: Sequence[Migration] | None = None) -> list[str]:
    """Apply what has not been applied, and return the names of that.

    Raises:
        RefusedError: a migration that was applied is not the one of this version, or not in it. Nothing is applied.
        UnavailableError: the store does not answer; calling again goes on.
    """
    wanted = known() if migrations is None else list(migrations)
    store.execute(_APPLIED)
    applied: dict[str, str] = dict(store.query("SELECT name, checksum FROM migrations").rows)
    mine = {each.name: each.checksum for each in wanted}
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
    fresh = [each for each in wanted if each.name not in applied]
    for each in fresh:
        for statement in statements(each.text):
            carry_out(store, statement)
        store.insert("migrations", ("name", "checksum", "applied_at"), [(each.name, each.checksum, datetime.now(UTC))])
    return [each.name for each in fresh]


def carry_out(store: Store, statement: str) -> None:
    """Execute a statement. ClickHouse 18.16 has no ``IF [NOT] EXISTS`` for columns, so that is looked up here."""
    if changed := _COLUMN.match(statement.strip()):
        _, table, how, column = changed.groups()
        there = f"SELECT name FROM system.columns WHERE database = currentDatabase() AND table = '{table}'"  # noqa: S608  \w
        if ((column,) in store.query(there).rows) == (how == "ADD"):
            return
        statement = _COLUMN.sub(r"\1 \4", statement)
    store.execute(statement)
