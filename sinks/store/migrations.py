"""Brings a database to the tables that this version of Naul knows: ``schemas/tables/NNNN_*.sql``, in order.

Every statement of these files can be carried out again without harm (``IF NOT EXISTS``). So a file is recorded only
after all of it, and whoever is killed in the middle starts that file once more.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import resources
from typing import NamedTuple

from schemas.errors import RefusedError
from sinks.store.port import Store
from sinks.store.sql import statements

__all__ = ["Migration", "known", "migrate"]

_APPLIED = """
CREATE TABLE IF NOT EXISTS migrations (name String, checksum String, applied_at DateTime('UTC'))
ENGINE = MergeTree PARTITION BY tuple() ORDER BY name
"""


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
                f"the store was written by a newer Naul: this one does not know its migration {name}",
                "Upgrade Naul, or use another prefix.",
            )
        if mine[name] != checksum:
            raise RefusedError(
                f"migration {name} was changed after it had been applied", "Undo the change; add a new file instead."
            )
    fresh = [each for each in wanted if each.name not in applied]
    for each in fresh:
        for statement in statements(each.text):
            store.execute(statement)
        store.insert("migrations", ("name", "checksum", "applied_at"), [(each.name, each.checksum, datetime.now(UTC))])
    return [each.name for each in fresh]
