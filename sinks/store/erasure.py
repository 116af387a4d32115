"""The right to be forgotten: rows are deleted from the files of the store, not hidden.

ClickHouse deletes by rewriting (a mutation), in the background; this waits for it. What is still there when it is
killed in the middle is deleted when the same is asked again.
"""

import time
from collections.abc import Callable, Collection

from schemas.errors import UnavailableError
from sinks.store.port import Store
from sinks.store.replay_rows import TABLES, replay

__all__ = ["PATIENCE", "StudentHour", "erase", "erase_run", "forget"]

StudentHour = tuple[str, str, str]
"""run, class hour, student."""

PATIENCE = 60.0
"""Seconds for the store to rewrite its files. It goes on afterwards; whoever asks again waits for the rest."""

_AT_ONCE = 500
"""Keys in a statement: its text stays far below the 256 KiB that ClickHouse reads."""

_HOUR = "concat(section, '|', toString(date), '|', toString(period))"
_KEY = f"(run, {_HOUR}, student_id) IN %(keys)s"


def erase(store: Store, keys: Collection[StudentHour], *, clock: Callable[[], float] = time.monotonic) -> None:
    """Erase students from class hours of runs: their rows, departures included, and their names in sightings.

    Raises:
        UnavailableError: the store does not answer, or has not finished. Ask again.
    """
    listed = sorted(keys)
    for start in range(0, len(listed), _AT_ONCE):
        _erase(store, _KEY, listed[start : start + _AT_ONCE], clock)


def forget(store: Store, students: Collection[str], *, clock: Callable[[], float] = time.monotonic) -> None:
    """Erase students from everything that was ever stored.

    Raises:
        UnavailableError: as ``erase``.
    """
    if students:
        keys = sorted(students)
        _erase(store, "student_id IN %(keys)s", keys, clock)
        _change(store, "sightings_rows", "UPDATE visitor = ''", "visitor IN %(keys)s", keys, clock)


def erase_run(store: Store, run: str, *, clock: Callable[[], float] = time.monotonic) -> None:
    """Erase every row of a replay, its manifest last: a run that is half gone is still listed.

    Raises:
        RefusedError: it is the live run.
        UnavailableError: as ``erase``.
    """
    replay(run)
    for table in TABLES:
        _change(store, table, "DELETE", "run IN %(keys)s", [run], clock)


def _erase(store: Store, where: str, keys: list[str] | list[StudentHour], clock: Callable[[], float]) -> None:
    for table, change in (("attendance_rows", "DELETE"), ("sightings_rows", "UPDATE student_id = ''")):
        _change(store, table, change, where, keys, clock)


def _change(
    store: Store, table: str, change: str, where: str, keys: list[str] | list[StudentHour], clock: Callable[[], float]
) -> None:
    found = store.query(f"SELECT count() FROM {table} WHERE {where}", {"keys": keys})  # noqa: S608  ours
    if found.rows[0][0]:
        store.execute(f"ALTER TABLE {table} {change} WHERE {where}", {"keys": keys})
        _wait(store, table, clock)


def _wait(store: Store, table: str, clock: Callable[[], float]) -> None:
    until = clock() + PATIENCE
    unfinished = "SELECT count() FROM system.mutations WHERE database = currentDatabase() AND table = %(table)s"
    while store.query(f"{unfinished} AND is_done = 0", {"table": table}).rows[0][0]:
        if clock() > until:
            raise UnavailableError(f"the store has not finished erasing from {table}", "Waiting for it.")
        time.sleep(0.02)
