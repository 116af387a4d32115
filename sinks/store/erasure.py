"""The right to be forgotten: rows are deleted from the files of the store, not hidden.

ClickHouse deletes by rewriting (a mutation), in the background, and keeps the text of the statement: on the disk, and
in ``system.mutations``. So no statement names anybody: whom it is about stands in a table that lives in memory alone.
A restart empties that table, and the rest of a mutation then deletes nothing: whoever asked looks again and asks anew.

Of servers that are replicas each is told by itself whom it is about, and each is looked at: one that was not told
deletes nothing, and may even have the others take its part for theirs. Nobody is erased before every server has said
that nothing of him is left there: while one is away the others are cleared, and the rest waits for it.
"""

import logging
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date
from functools import partial
from hashlib import blake2b
from typing import Final, NamedTuple

from schemas.errors import UnavailableError
from schemas.ids import split_class_hour
from schemas.rivals import NAMED, UNNAMED
from sinks.rows import FIRST_DAY
from sinks.store.port import Store
from sinks.store.replay_rows import TABLES, replay

__all__ = ["PATIENCE", "Erasures", "StudentHour", "erase", "erase_run", "forget"]

StudentHour = tuple[str, str, str]
"""run, class hour, student."""

log = logging.getLogger(__name__)

PATIENCE = 60.0
"""Seconds for the store to rewrite its files. It goes on afterwards; whoever asks again waits for the rest."""

ASKED_AGAIN = 10.0
"""Seconds after which a replica that is away is looked for again: finding that out may take as long."""

_KEY = (
    "(run, date, section, period, student_id) IN "
    "(SELECT run, date, section, period, student_id FROM {named} WHERE run != '')"
)
_STUDENT = "{column} IN (SELECT student_id FROM {named} WHERE run = '')"

_RIVAL = f"extract(reason, '{NAMED}')"

_OF_VERDICTS: Final = (
    ("DELETE", _KEY),
    ("DELETE", _STUDENT.replace("{column}", "student_id")),
    (f"UPDATE reason = replaceRegexpOne(reason, '{NAMED}', '{UNNAMED}')", _STUDENT.replace("{column}", _RIVAL)),
)
_CHANGES: Final = {
    "attendance_rows": _OF_VERDICTS,
    "student_rows": _OF_VERDICTS,
    "verdict_versions": _OF_VERDICTS,
    "sightings_rows": (
        ("UPDATE student_id = ''", _KEY),
        ("UPDATE student_id = ''", _STUDENT.replace("{column}", "student_id")),
        ("UPDATE visitor = ''", _STUDENT.replace("{column}", "visitor")),
    ),
}
"""What is done in each table, where."""


_OF_RUNS: Final = ("student_rows", *TABLES)
"""Tables with rows of replays, that of their manifests last."""


class _Named(NamedTuple):
    """Who is erased from a class hour of a run; without a run from everything."""

    run: str
    date: date
    section: str
    period: int
    student_id: str


class Erasures:
    """Erasures that the store carries out while others go on. At most one mutation of a table runs for them."""

    def __init__(self, store: Store, slot: str = "", *, clock: Callable[[], float] = time.monotonic) -> None:
        """slot: tells those apart who erase in one store at the same time."""
        self._store = store
        self._clock = clock
        self._table = f"erasing_{blake2b(slot.encode(), digest_size=8, person=b'class hours').hexdigest()}"
        self._database = ""
        self._told: list[Store] = []
        """Servers on which the table was made; one that was away may have lost it with its disk."""
        self._again = float("-inf")
        self.hours: set[StudentHour] = set()
        self.students: set[str] = set()

    def __bool__(self) -> bool:
        """Whether anything is still to be erased."""
        return bool(self.hours or self.students)

    def begin(self, hours: Collection[StudentHour], students: Collection[str]) -> None:
        """Begin to erase students from class hours of runs, and others from everything that was ever stored.

        It holds for rows that are stored already. Beginning again what is under way changes nothing.

        Raises:
            UnavailableError: the store does not answer. Ask again.
        """
        self.hours |= set(hours)
        self.students |= set(students)
        self.advance()

    def concerns(self, rows: Collection[StudentHour], students: Collection[str]) -> bool:
        """Whether rows of these are being erased: new ones must wait, or they would be erased, too."""
        return not (self.hours.isdisjoint(rows) and self.students.isdisjoint(students))

    def advance(self) -> bool:
        """Do what is next, without waiting, and return whether nothing is left to be erased.

        Raises:
            UnavailableError: the store does not answer. Ask again.
        """
        if not self:
            return True
        if self._clock() < self._again:
            return False
        there, away = self._tell()
        # Every table is looked at: while one is rewritten, the others are, too.
        left = [table for table in _CHANGES if not self._done(table, there)]
        if away:
            log.warning("%s; nobody is taken for erased until it is back and was looked at", away.message)
            self._again = self._clock() + ASKED_AGAIN
            return False
        told_again = [each for each in there if self._name(each)]
        if left or told_again:
            return False
        for each in there:
            each.execute(f"TRUNCATE TABLE {self._table}")
        self.hours.clear()
        self.students.clear()
        return True

    def _tell(self) -> tuple[list[Store], UnavailableError | None]:
        """Say to every server whom this is about; return those that are there, and why one is not.

        Raises:
            UnavailableError: none is.
        """
        there, away = list[Store](), None
        for each in self._store.replicas():
            try:
                self._name(each)
                there.append(each)
            except UnavailableError as error:
                away = error
                if each in self._told:
                    self._told.remove(each)
        if away and not there:
            raise away
        return there, away

    def _name(self, server: Store) -> bool:
        """Write into memory whom this is about, and return whether it had to be: a server that restarted forgot it."""
        if server not in self._told:
            server.execute(
                f"CREATE TABLE IF NOT EXISTS {self._table} "
                "(run String, date Date, section String, period UInt16, student_id String) ENGINE = Memory"
            )
            self._database = server.query("SELECT currentDatabase()").rows[0][0]
            self._told.append(server)
        wanted = {_named(*each) for each in self.hours} | {_Named("", FIRST_DAY, "", 0, each) for each in self.students}
        columns = _Named._fields
        there = set(server.query(f"SELECT {', '.join(columns)} FROM {self._table}").rows)  # noqa: S608  ours
        server.insert(self._table, columns, sorted(wanted - there))
        return bool(wanted - there)

    def _done(self, table: str, servers: list[Store]) -> bool:
        """Return whether no row of a table is left to be erased; if some are and nobody is at it, have it begun."""
        if not _settled(servers, table):
            return False
        commands = list(self._commands(table, servers))
        if commands:
            self._store.execute(f"ALTER TABLE {table} {', '.join(commands)}")
        return not commands

    def _commands(self, table: str, servers: list[Store]) -> Iterator[str]:
        for change, where in _CHANGES[table]:
            condition = where.format(named=f"{self._database}.{self._table}")  # a mutation has no database of its own
            count = f"SELECT count() FROM {table} WHERE {condition}"  # noqa: S608  ours
            if any(each.query(count).rows[0][0] for each in servers):
                yield f"{change} WHERE {condition}"


def erase(store: Store, keys: Collection[StudentHour], *, clock: Callable[[], float] = time.monotonic) -> None:
    """Erase students from class hours of runs: their rows, departures included, and their names in sightings.

    Raises:
        UnavailableError: the store does not answer, or has not finished. Ask again.
    """
    _carry_out(store, keys, (), clock)


def forget(store: Store, students: Collection[str], *, clock: Callable[[], float] = time.monotonic) -> None:
    """Erase students from everything that was ever stored.

    Raises:
        UnavailableError: as ``erase``.
    """
    _carry_out(store, (), students, clock)


def erase_run(store: Store, run: str, *, clock: Callable[[], float] = time.monotonic) -> None:
    """Erase every row of a replay, its manifest last: a run that is half gone is still listed.

    Raises:
        RefusedError: it is the live run.
        UnavailableError: as ``erase``.
    """
    replay(run)
    for table in _OF_RUNS:
        of_run = f"SELECT count() FROM {table} WHERE run = %(run)s"  # noqa: S608  ours
        there = _those_there(store)
        _wait(partial(_settled, there, table), clock)
        # One that is away may have rows, and carries it out when it is back: nobody has to be named for that.
        if len(there) < len(store.replicas()) or any(each.query(of_run, {"run": run}).rows[0][0] for each in there):
            store.execute(f"ALTER TABLE {table} DELETE WHERE run = %(run)s", {"run": run})
            _wait(partial(_settled, there, table), clock)


def _those_there(store: Store) -> list[Store]:
    """Return the servers that answer; of a store that has one that one."""
    servers = store.replicas()
    return [each for each in servers if len(servers) == 1 or _answers(each)]


def _answers(server: Store) -> bool:
    try:
        server.query("SELECT 1")
    except UnavailableError:
        return False
    return True


def _named(run: str, class_hour: str, student: str) -> _Named:
    section, day, period = split_class_hour(class_hour)
    return _Named(run, day, section, period, student)


def _carry_out(
    store: Store, hours: Collection[StudentHour], students: Collection[str], clock: Callable[[], float]
) -> None:
    erasures = Erasures(store)
    erasures.begin(hours, students)
    _wait(erasures.advance, clock)


def _settled(servers: Sequence[Store], table: str) -> bool:
    """Whether servers have nothing of a table left to rewrite, and none has yet to hear of what another one has."""
    asked = (
        "SELECT countIf(is_done = 0), max(mutation_id) FROM system.mutations "
        "WHERE database = currentDatabase() AND table = %(table)s"
    )
    found = {each.query(asked, {"table": table}).rows[0] for each in servers}
    return len(found) <= 1 and all(not unfinished for unfinished, _ in found)


def _wait(done: Callable[[], bool], clock: Callable[[], float]) -> None:
    until = clock() + PATIENCE
    while not done():
        if clock() > until:
            raise UnavailableError("the store has not finished erasing", "Waiting for it.")
        time.sleep(0.02)
