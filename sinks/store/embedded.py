"""ClickHouse inside this process: nothing to install, one directory, one owner."""

import fcntl
import os
import re
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Self

from schemas.errors import NaulError, StoreAwayError
from sinks.store.port import Parameters, Result, Row, Store, failure, insert_failure, refused_rows
from sinks.store.rows_json import FORMAT, read_result, write_rows
from sinks.store.sql import bind, is_one_select

__all__ = ["EmbeddedStore", "InUseError"]

LONGEST_READ = 30
"""Seconds after which a question is given up: who asks over loopback waits no longer than twice that."""
READING_THREADS = 1
"""Cores that reading takes at most, so that one is left to write."""


class InUseError(StoreAwayError):
    """Another process owns the directory. pid: which."""

    def __init__(self, directory: Path, pid: str) -> None:
        super().__init__(
            f"the store in {directory} belongs to process {pid}",
            "One process can own it: stop that one (`naul down`), or let reports ask it.",
        )
        self.pid = pid


class EmbeddedStore:
    """A database of a directory. A process can have one directory open at a time, with any number of databases.

    Writing and reading have a connection each: what is written does not wait for what is read. Statements of the same
    connection wait for one another.
    """

    def __init__(self, directory: Path, database: str) -> None:
        """Open the directory, or make it; make the database.

        Raises:
            InUseError: another process owns it.
        """
        self._lock_file = _lock(directory)
        # The engine writes files at any moment, and nobody else may read them.
        self._umask = os.umask(0o077)
        from chdb.session import Session  # takes a second: only who opens one pays for it

        self._writing, self._reading = threading.Lock(), threading.Lock()
        self._writer = Session(str(directory / "data"))
        self._writer.query(f"CREATE DATABASE IF NOT EXISTS {database}")
        self._writer.query(f"USE {database}")
        # As in a server: who deletes does not hold up others, and asks whether it is done.
        self._writer.query("SET mutations_sync = 0")
        # Reading has a connection of its own that cannot write, whatever it is asked.
        self._reader = Session(str(directory / "data"))
        self._reader.query(f"USE {database}")
        self._reader.query(f"SET max_execution_time = {LONGEST_READ}, max_threads = {READING_THREADS}")
        # With it chdb 26.5 takes another column for the one that is ordered by (docs/adr/0044-store-at-scale.md).
        self._reader.query("SET use_top_k_dynamic_filtering = 0")
        self._reader.query("SET readonly = 1")  # nor lift what was set before

    def insert(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """Insert rows; see ``Store``."""
        try:
            lines = write_rows(rows)
        except (TypeError, ValueError) as error:  # no value of JSON, or text that is no UTF-8
            raise refused_rows(error) from error
        if lines:
            # What follows FORMAT is data: the engine looks for no SQL in it.
            head = f"INSERT INTO {table} ({', '.join(columns)}) SETTINGS date_time_input_format = 'best_effort'"
            with self._writing:
                _ask(self._writer, f"{head} FORMAT JSONCompactEachRow {lines}", insert_failure)

    def query(self, sql: str, parameters: Parameters | None = None) -> Result:
        """Answer a SELECT."""
        return read_result(self.answer(bind(sql, parameters)))

    def answer(self, sql: str) -> bytes:
        """Answer a SELECT that has its values already, as ``rows_json`` reads it.

        Raises:
            RefusedError: it is anything else.
            UnavailableError: it took longer than ``LONGEST_READ``.
        """
        if not is_one_select(sql):
            raise failure(0, "only a single SELECT is answered")
        with self._reading:
            return _ask(self._reader, sql)

    def execute(self, sql: str, parameters: Parameters | None = None) -> None:
        """Carry out one statement."""
        with self._writing:
            _ask(self._writer, bind(sql, parameters))

    def replicas(self) -> Sequence[Store]:
        """Return itself: there is one."""
        return [self]

    def close(self) -> None:
        """Let the directory go."""
        with self._writing, self._reading:
            self._reader.close()
            self._writer.close()
        os.umask(self._umask)
        self._lock_file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _ask(session: Any, sql: str, explain: Callable[[int, str], NaulError] = failure) -> bytes:
    try:
        answer = session.query(sql, FORMAT)
    except RuntimeError as error:
        # What it had answered by then would come before the next answer (docs/adr/0044-store-at-scale.md).
        with suppress(RuntimeError):
            session.query("SELECT 1", FORMAT)
        code = re.match(r"Code: (\d+)\. ", str(error))
        raise explain(int(code[1]) if code else 0, str(error)) from error
    return bytes(answer.bytes() or b"")


def _lock(directory: Path) -> IO[str]:
    """Own the directory for as long as the file returned is open; a killed owner lets it go."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = os.fdopen(os.open(directory / "owner", os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "r+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.seek(0)
        owner = file.read().strip()
        file.close()
        raise InUseError(directory, owner) from error
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file
