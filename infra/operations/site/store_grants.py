"""The users of a site's ClickHouse server, as its operator makes them."""

from schemas.errors import RefusedError
from schemas.settings import Settings
from schemas.translations import Text
from sinks.store.grants import READER, user_statements

__all__ = ["store_grants"]


def store_grants(settings: Settings) -> list[str]:
    """Return the SQL that makes both users of a site.

    Raises:
        RefusedError: its store is the embedded one, which has no users.
    """
    if settings.store == "embedded":
        raise RefusedError(
            "the embedded store has no users: the files of the home are its owner's alone",
            Text("Set store = {example} first.", example='"clickhouse://host:port"'),
        )
    return [*user_statements(settings.prefix, settings.store_writer, settings.store_reader or READER)]
