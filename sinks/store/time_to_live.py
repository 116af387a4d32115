"""How long the store keeps faces of frames, where the site has promised a time. Everything else is kept."""

import re
from datetime import timedelta
from typing import Final

from sinks.store.port import Store

__all__ = ["keep_for"]

TABLE: Final = "sightings_rows"
SINCE: Final = (22, 8)
"""Of a server: older ones know no time to live that can be altered, and keep everything."""


def keep_for(store: Store, time: timedelta) -> bool:
    """Have faces that were captured longer ago than this be dropped; 0: none. Return whether anything was altered.

    ClickHouse drops them when it merges, within hours; those of before at once, by a mutation that names nobody.
    """
    major, minor = str(store.query("SELECT version()").rows[0][0]).split(".")[:2]
    if (int(major), int(minor)) < SINCE:
        return False
    asked = "SELECT create_table_query FROM system.tables WHERE database = currentDatabase() AND name = %(table)s"
    [(made,)] = store.query(asked, {"table": TABLE}).rows
    found = re.search(r"\bTTL captured_at \+ toIntervalSecond\((\d+)\)", made)
    wanted = round(time.total_seconds())
    if wanted == (int(found[1]) if found else 0):
        return False
    store.execute(
        f"ALTER TABLE {TABLE} MODIFY TTL captured_at + toIntervalSecond({wanted})"
        if wanted
        else f"ALTER TABLE {TABLE} REMOVE TTL"
    )
    return True
