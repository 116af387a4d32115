"""Servers that keep the tables replicas of one another, by a ZooKeeper or Keeper (docs/adr/0052-replicas.md).

Rows, mutations and changes of columns reach every server through it. Tables and views themselves do not: one server is
migrated, the others are given what they lack of it. Servers that are away get it when the store is brought up again:
by a sink that starts, or by one that turns to a server to which it has not written yet.
"""

import logging
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from typing import NamedTuple

from schemas.errors import NaulError, RefusedError, StoreAwayError, UnavailableError
from schemas.settings import Settings
from schemas.translations import Text
from sinks.store.migrations import APPLIED, migrate
from sinks.store.old_parts import drop_old_parts_soon
from sinks.store.port import MIGRATES_WITHIN, HostState, Store
from sinks.store.server import ServerStore
from sinks.store.time_to_live import keep_for

__all__ = ["StoredTable", "bring_up", "host_states", "lacking", "replicated"]

log = logging.getLogger(__name__)

PATIENCE = 10.0
"""Seconds in which a change of columns reaches the other servers; it takes milliseconds."""

_CREATE = re.compile(r"\s*CREATE TABLE IF NOT EXISTS (\w+)")
_ENGINE = re.compile(r"\bENGINE = (Replacing)?MergeTree(?:\((\w+)\))?")
_KEPT = "old_parts_lifetime = 60"
_KEPT_SHORTER = "old_parts_lifetime = 5, cleanup_delay_period = 5, cleanup_delay_period_random_add = 0"
"""Another server has what one loses with its power, and 18.16 can alter none of this later."""

_NOTES = (
    "CREATE TABLE IF NOT EXISTS migrations_here (name String) ENGINE = MergeTree PARTITION BY tuple() ORDER BY name"
)


class StoredTable(NamedTuple):
    """A table or view of a server, and the statement that made it."""

    name: str
    engine: str
    statement: str

    @property
    def kind(self) -> int:
        """In which order they are made: tables, then what is fed by inserts, then what is only read."""
        return {"MaterializedView": 1, "View": 2}.get(self.engine, 0)

    @property
    def text(self) -> str:
        """The statement without what servers of different versions write differently."""
        return re.sub(r"[\s`()]+", "", self.statement)


def replicated(database: str, migration: str, statement: str) -> str:
    """Return the statement as it makes a replicated table; one that makes none as it is.

    The path of a table has the number of its migration: a later one may make another of the same name.
    """
    made = _CREATE.match(statement)
    if not made:
        return statement
    path = f"/clickhouse/naul/{database}/{migration.partition('_')[0]}_{made[1]}"

    def engine(found: re.Match[str]) -> str:
        version = f", {found[2]}" if found[2] else ""
        return f"ENGINE = Replicated{found[1] or ''}MergeTree('{path}', '{{replica}}'{version})"

    return _ENGINE.sub(engine, statement).replace(_KEPT, _KEPT_SHORTER)


def lacking(first: Sequence[StoredTable], other: Sequence[StoredTable]) -> list[str]:
    """Return what is to be carried out on a server so that it has the tables of another, and its views as they are."""
    there = {each.name: each for each in other}
    found = []
    for each in sorted(first, key=lambda each: (each.kind, each.name)):
        same = there.get(each.name)
        if same and each.kind and same.text != each.text:
            found.append(f"DROP TABLE IF EXISTS {each.name}")
            same = None
        if not same:
            found.append(
                re.sub(r"^CREATE (TABLE|VIEW|MATERIALIZED VIEW) ", r"CREATE \1 IF NOT EXISTS ", each.statement)
            )
    return found


def bring_up(
    settings: Settings,
    lock: Callable[[], AbstractContextManager[None]] = nullcontext,
    *,
    clock: Callable[[], float] = time.monotonic,
) -> frozenset[str]:
    """Bring the servers that answer to the tables of this version, and return them, as ``store_hosts`` has them.

    lock: held while tables are made or changed.

    Raises:
        UnavailableError: none answers, or none has caught up with what is recorded; ask again.
        RefusedError: the tables are of a newer version, or of one server alone.
    """
    with ExitStack() as opened:
        there = {host: opened.enter_context(store) for host, store in _those_there(settings)}
        first = _first(settings.prefix, there)
        others = {host: store for host, store in there.items() if host != first}

        def share() -> Iterator[str]:
            for host, store in others.items():
                try:
                    _equip(there[first], store, clock)
                    _note(store, _noted(there[first]))
                    drop_old_parts_soon(store, alone=False)
                    yield host
                except NaulError as error:
                    log.error("%s: %s %s; it is passed over until it has its tables", host, error.message, error.remedy)

        def prepare(migration: str, statement: str) -> str:
            _note(there[first], {migration})  # before it is on record for all, so that there is one that has it
            if statement.startswith("INSERT"):
                list(share())  # rows that come from here on must find what is fed by them on every server
            return replicated(settings.prefix, migration, statement)

        migrate(there[first], lock=lock, prepare=prepare)
        drop_old_parts_soon(there[first], alone=False)
        keep_for(there[first], settings.keep_stored_sightings)
        return frozenset({first, *share()})


def host_states(settings: Settings) -> list[HostState]:
    """Return how each server of a store of several is."""
    found = []
    for host in settings.store_hosts:
        try:
            with ServerStore(settings, reading=True, host=host) as store:
                found.append(HostState(host, behind=store.behind()))
        except UnavailableError as error:
            found.append(HostState(host, away=error.message))
    return found


def _those_there(settings: Settings) -> Iterator[tuple[str, ServerStore]]:
    away: UnavailableError | None = None
    some = False
    for host in settings.store_hosts:
        try:
            with ServerStore(settings, host=host) as store:  # one that is frozen must not be waited for as below
                store.create_database()
        except UnavailableError as error:
            away = error
            log.warning("%s; it gets its tables when it is back", error.message)
            continue
        some = True
        yield host, ServerStore(settings, host=host, answers_within=MIGRATES_WITHIN)
    if away and not some:
        raise away


def _first(database: str, there: dict[str, ServerStore]) -> str:
    """Return the server that is to be migrated: one that has the tables and views of all that is on record.

    What is on record is replicated, tables and views are not: each server notes for itself which migrations it has.
    """
    asked = "SELECT name, engine FROM system.tables WHERE database = currentDatabase()"
    engines = {host: dict(store.query(asked).rows) for host, store in there.items()}
    for host, tables in engines.items():
        if not tables.get("migrations", "Replicated").startswith("Replicated"):
            raise RefusedError(
                Text("the tables at {host} are of one server alone", host=host),
                "Leave store_replicated out, or restore a backup into servers that have none of this prefix.",
            )
    for host in [each for each, tables in engines.items() if "migrations" in tables] or list(engines):
        there[host].execute(replicated(database, *APPLIED))
        there[host].execute(_NOTES)
        if _caught_up(there[host]):
            return host
    raise StoreAwayError(
        Text("{hosts} did not catch up with the other servers of the store yet", hosts=", ".join(there)),
        "Start those that are away.",
    )


def _caught_up(store: Store) -> bool:
    """Whether a server knows all that was ever recorded of migrations, and has carried it out."""
    asked = """
        SELECT is_readonly = 0 AND queue_size = 0 AND (log_pointer > log_max_index OR log_max_index = 0)
        FROM system.replicas WHERE database = currentDatabase() AND table = 'migrations'
    """
    if store.query(asked).rows != [(1,)]:
        return False
    recorded = {name.partition(" ")[0] for (name,) in store.query("SELECT name FROM migrations").rows}
    return recorded <= _noted(store)


def _noted(store: Store) -> set[str]:
    store.execute(_NOTES)
    return {name for (name,) in store.query("SELECT name FROM migrations_here").rows}


def _note(store: Store, migrations: set[str]) -> None:
    store.insert("migrations_here", ("name",), [(each,) for each in sorted(migrations - _noted(store))])


def _made(store: Store) -> list[StoredTable]:
    asked = "SELECT name, engine, create_table_query FROM system.tables WHERE database = currentDatabase()"
    # What is a server's own: whom it erases, and which migrations it has.
    own = ("Memory", "MergeTree")
    return [each for each in map(StoredTable._make, store.query(asked).rows) if each.engine not in own]


def _equip(first: Store, other: Store, clock: Callable[[], float]) -> None:
    """Give a server what it lacks."""
    mine = _made(first)
    tables = [each for each in mine if not each.kind]
    for statement in lacking(tables, _made(other)):
        other.execute(statement)
    until = clock() + PATIENCE
    while _columns(first, tables) != _columns(other, tables):
        if clock() > until:
            raise StoreAwayError("it does not have the columns of the others yet", "It is tried again.")
        time.sleep(0.05)
    for statement in lacking(mine, _made(other)):
        other.execute(statement)


def _columns(store: Store, tables: Sequence[StoredTable]) -> set[tuple[str, str]]:
    found = store.query("SELECT table, name FROM system.columns WHERE database = currentDatabase()").rows
    names = {each.name for each in tables}
    return {(table, column) for table, column in found if table in names}
