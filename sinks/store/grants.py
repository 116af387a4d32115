"""What the users of a ClickHouse server may: the one that writes, and the one that only reads. As SQL for its operator.

Servers of 20.4 on know users of SQL; for an older one its operator writes ``users.xml``.
"""

import re
from collections.abc import Iterator
from typing import Final

from sinks.store.migrations import known

__all__ = ["READER", "READS_SYSTEM", "WRITES", "granted", "read_tables", "user_statements"]

WRITES: Final = (
    "SELECT", "INSERT", "TRUNCATE",
    "CREATE DATABASE", "CREATE TABLE", "DROP TABLE",
    "ALTER UPDATE", "ALTER DELETE", "ALTER COLUMN", "ALTER INDEX", "ALTER TTL", "ALTER SETTINGS",
)  # fmt: skip
"""In the site's database: rows are inserted and erased, tables and views made and altered by migrations."""
READS_SYSTEM: Final = ("columns", "tables", "mutations", "merge_tree_settings", "settings", "replicas")
"""Of the database ``system``: what a migration and an erasure look up. Some servers show them to everybody."""
REPLICAS: Final = "GRANT SELECT ON system.replicas"
"""Whoever reads asks none that is behind the others."""
READER: Final = "naul_reader"
"""What the user who only reads is called where the site has not named one."""

_MADE = re.compile(r"^CREATE (?:TABLE|VIEW) IF NOT EXISTS (\w+)", re.MULTILINE)


def read_tables() -> list[str]:
    """Return the tables and views that pages, reports, queries and backups read."""
    return sorted({"migrations", *(name for each in known() for name in _MADE.findall(each.text))})


def granted(database: str, *, reading: bool) -> list[str]:
    """Return the grants of a user, without whom they are given to."""
    if reading:
        return [*(f"GRANT SELECT ON {database}.{name}" for name in read_tables()), REPLICAS]
    return [
        f"GRANT {', '.join(WRITES)} ON {database}.*",
        *(f"GRANT SELECT ON system.{name}" for name in READS_SYSTEM),
    ]


def user_statements(database: str, writer: str, reader: str) -> Iterator[str]:
    """Yield the statements that make both users, without passwords: whoever carries them out chooses those."""
    once = "SETTINGS do_not_merge_across_partitions_select_final = 1"
    for name, reading in ((writer, False), (reader, True)):
        yield f"CREATE USER IF NOT EXISTS `{name}` IDENTIFIED WITH sha256_password BY '...' {once};"
        yield from (f"{each} TO `{name}`;" for each in granted(database, reading=reading))
