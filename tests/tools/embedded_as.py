"""ClickHouse inside a process, but as a user who may only what he was granted: ``embedded_as(folder, grants)``.

The engine is the real one with its real access control; its one user is declared in a file, as a server's may be. It
holds for the whole process, so tests call this in one of their own.
"""

from pathlib import Path
from typing import Any

import chdb.session

__all__ = ["embedded_as"]

CONFIG = "<clickhouse><users_config>{users}</users_config></clickhouse>"
USERS = """<clickhouse>
  <profiles><default/></profiles>
  <users><default>
    <password></password><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota>
    <grants>{grants}</grants>
  </default></users>
  <quotas><default/></quotas>
</clickhouse>
"""


def embedded_as(folder: Path, grants: list[str]) -> None:
    """Have every session of this process from now on be of a user with these grants. folder: for his declaration."""
    users, config = folder / "users.xml", folder / "config.xml"
    users.write_text(USERS.format(grants="".join(f"<query>{each}</query>" for each in grants)), "utf-8")
    config.write_text(CONFIG.format(users=users), "utf-8")
    opened = chdb.session.Session

    class Session(opened):  # type: ignore[misc, valid-type]
        def __init__(self, path: str) -> None:
            super().__init__(f"{path}?config-file={config}")

        def query(self, sql: str, *rest: Any) -> Any:
            # Who opens a store as one that only reads does not make its database; the one of a server is there.
            if sql.startswith("CREATE DATABASE") and not any("CREATE DATABASE" in each for each in grants):
                return None
            return super().query(sql, *rest)

    chdb.session.Session = Session
