"""A ClickHouse server, through its native protocol."""

import re
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from math import isnan
from typing import Any, Self

from clickhouse_driver import Client
from clickhouse_driver.errors import (
    CannotParseUuidError,
    Error,
    NetworkError,
    ServerException,
    SocketTimeoutError,
    TooLargeStringSize,
    TypeMismatchError,
)

from schemas.errors import NaulError, StoreAwayError
from schemas.settings import Settings
from schemas.translations import Text
from sinks.store.port import Parameters, Result, Row, failure, insert_failure, refused_rows
from sinks.store.sql import bind

__all__ = ["ServerStore"]

_UNWRITABLE = (
    *(TypeMismatchError, CannotParseUuidError, TooLargeStringSize),
    *(AttributeError, TypeError, ValueError, OverflowError),
)
"""What the driver raises while it writes a value that its column cannot hold: it asks values for what they lack."""

_URL = re.compile(r"clickhouse://(?:(?P<user>[^@/]+)@)?(?P<host>[^@/:]+)(?::(?P<port>\d+))?/?")


class ServerStore:
    """A database of a server. Every thread has a client of its own: one cannot be shared."""

    def __init__(self, settings: Settings) -> None:
        found = _URL.fullmatch(settings.store)
        if found is None:
            raise ValueError(f"not the address of a server: {settings.store!r}")
        self._where = f"{found['host']}:{found['port'] or 9000}"
        self._database = settings.prefix
        self._options = {
            "host": found["host"],
            "port": int(found["port"] or 9000),
            "user": found["user"] or settings.store_user,
            "password": settings.store_password,
            "connect_timeout": 5,
            "send_receive_timeout": 60,
        }
        self._mine = threading.local()
        self._clients: list[Client] = []

    def create_database(self) -> None:
        """Make the database unless it is there.

        Raises:
            UnavailableError: the server does not answer.
        """
        client = Client(**self._options)
        try:
            self._ask(client, f"CREATE DATABASE IF NOT EXISTS {self._database}")
        finally:
            client.disconnect()

    def insert(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """Insert rows; see ``Store``."""
        if listed := [tuple(row) for row in rows]:
            try:
                self._ask(
                    self._client(), f"INSERT INTO {table} ({', '.join(columns)}) VALUES", listed, explain=insert_failure
                )
            except _UNWRITABLE as error:
                raise refused_rows(error) from error

    def query(self, sql: str, parameters: Parameters | None = None) -> Result:
        """Answer a SELECT."""
        rows, columns = self._ask(self._client(), bind(sql, parameters), with_column_types=True)
        return Result(tuple(name for name, _ in columns), [tuple(_plain(cell) for cell in row) for row in rows])

    def execute(self, sql: str, parameters: Parameters | None = None) -> None:
        """Carry out one statement."""
        self._ask(self._client(), bind(sql, parameters))

    def close(self) -> None:
        """Let the connections go, those of other threads too."""
        while self._clients:
            with suppress(OSError, Error):
                self._clients.pop().disconnect()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _client(self) -> Client:
        if not hasattr(self._mine, "client"):
            self._mine.client = Client(**self._options, database=self._database)
            self._clients.append(self._mine.client)
        client: Client = self._mine.client
        return client

    def _ask(
        self,
        client: Client,
        sql: str,
        rows: list[Any] | None = None,
        explain: Callable[[int, str], NaulError] = failure,
        **options: Any,
    ) -> Any:
        try:
            return client.execute(sql, rows, **options)
        except (NetworkError, SocketTimeoutError, OSError, EOFError) as error:
            client.disconnect()  # half an answer may be left in it
            raise StoreAwayError(
                Text("no ClickHouse answers at {where} ({error})", where=self._where, error=error),
                "Start it, or set NAUL_STORE to one that runs.",
            ) from error
        except ServerException as error:
            raise explain(error.code, error.message) from error


def _plain(cell: Any) -> Any:
    match cell:
        case datetime():
            return cell.astimezone(UTC)
        case float() if isnan(cell):
            return None
        case list():
            return [_plain(each) for each in cell]
        case _:
            return cell
