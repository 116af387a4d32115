"""What was deleted leaves the disk soon: ClickHouse keeps the parts that it rewrote, and looks for them rarely.

With its defaults a deleted row was still on the disk after 170 s and after reopening; with these it goes within seconds
(docs/adr/0003-embedded-store.md). 18.16 can alter none of this, and drops such parts after a minute.
"""

from typing import Final

from sinks.store.port import Store
from sinks.store.replay_rows import TABLES

__all__ = ["drop_old_parts_soon", "forget_old_statements"]

PERSONAL: Final = (*TABLES, "student_rows", "verdict_versions")
"""Tables with rows of persons."""

_SECONDS: Final = {
    "old_parts_lifetime": 5,
    "merge_tree_clear_old_parts_interval_seconds": 5,
    "cleanup_delay_period": 5,
    "max_cleanup_delay_period": 5,
    "cleanup_delay_period_random_add": 0,
}


def drop_old_parts_soon(store: Store, *, alone: bool) -> list[str]:
    """Have every table with rows drop old parts within seconds, and return those that had to be altered.

    alone: nobody else uses the store, so a table can be closed for a moment: it looks for old parts when it is opened,
    and else by its former rhythm once more, five minutes later at worst.
    """
    if not set(_SECONDS) <= {name for (name,) in store.query("SELECT name FROM system.merge_tree_settings").rows}:
        return []
    made = dict(
        store.query("SELECT name, create_table_query FROM system.tables WHERE database = currentDatabase()").rows
    )
    wanted = [f"{name} = {value}" for name, value in _SECONDS.items()]
    altered = [table for table in PERSONAL if not all(each in made[table] for each in wanted)]
    for table in altered:
        store.execute(f"ALTER TABLE {table} MODIFY SETTING {', '.join(wanted)}")
        if alone:
            store.execute(f"DETACH TABLE {table}")
            store.execute(f"ATTACH TABLE {table}")
    return altered


def forget_old_statements(store: Store) -> int:
    """Delete finished mutations whose statement names a person, as earlier versions wrote them, and return how many."""
    about = (
        "database = currentDatabase() AND is_done = 1 "
        "AND match(command, '(student_id|visitor)\\\\W') AND NOT match(command, 'erasing_')"
    )
    found: int = store.query(f"SELECT count() FROM system.mutations WHERE {about}").rows[0][0]  # noqa: S608  ours
    if found:
        store.execute(f"KILL MUTATION WHERE {about} SYNC")
    return found
