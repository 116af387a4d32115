"""A ClickHouse server, through its native protocol."""

import re
import ssl
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

from schemas.errors import NaulError, RefusedError, StoreAwayError
from schemas.secret_file import read_secret
from schemas.settings import Settings
from schemas.translations import Text
from sinks.store.port import Parameters, Result, Row, failure, insert_failure, refused_rows
from sinks.store.sql import bind

__all__ = ["MIGRATES_WITHIN", "ServerStore"]

_UNWRITABLE = (
    *(TypeMismatchError, CannotParseUuidError, TooLargeStringSize),
    *(AttributeError, TypeError, ValueError, OverflowError),
)
"""What the driver raises while it writes a value that its column cannot hold: it asks values for what they lack."""

_URL = re.compile(r"clickhouse://(?:[^@/]+@)?(?P<hosts>[^@/]+)/?")

PORT, TLS_PORT = 9000, 9440
ANSWERS_WITHIN = 15.0
"""Seconds of silence after which a server counts as away: one that works says ten times a second how far it is."""
MIGRATES_WITHIN = 3600.0
"""The same while tables are made over: then it says nothing."""
_TURNED_AWAY = (192, 193, 194, 516)
"""Codes: no such user, or another password."""


class ServerStore:
    """A database of a server, or of several that are replicas of one another: the first that answers is asked.

    Every thread has a client of its own: one cannot be shared.
    """

    def __init__(self, settings: Settings, *, reading: bool = False, answers_within: float = ANSWERS_WITHIN) -> None:
        """reading: as the user who only reads, if there is one. answers_within: seconds of silence, then it is away.

        Raises:
            RefusedError: a file of a password or of certificates is not as it has to be.
        """
        found = _URL.fullmatch(settings.store)
        if found is None:
            raise ValueError(f"not the address of a server: {settings.store!r}")
        port = TLS_PORT if settings.store_tls else PORT
        self._hosts = [each if ":" in each else f"{each}:{port}" for each in found["hosts"].split(",")]
        first, _, first_port = self._hosts[0].partition(":")
        self._database = settings.prefix
        self._user, password = _who(settings, settings.store_writer, reading=reading)
        self._options = {
            "host": first,
            "port": int(first_port),
            "alt_hosts": ",".join(self._hosts[1:]),
            "user": self._user,
            "password": password,
            "connect_timeout": 5,
            "send_receive_timeout": answers_within,
            "secure": settings.store_tls,
            "ca_certs": _authority(settings),
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
            client.connection.hosts.rotate(-1)  # that one may be frozen: the next is asked first from now on
            raise self._away(error) from error
        except ServerException as error:
            if error.code in _TURNED_AWAY:
                raise RefusedError(
                    Text("ClickHouse at {where} does not let {user} in", where=self._where, user=self._user),
                    "Correct store_user, store_reader or the password; `naul store grants` prints how users are made.",
                ) from error
            raise explain(error.code, error.message) from error

    @property
    def _where(self) -> str:
        return ",".join(self._hosts)

    def _away(self, error: BaseException) -> StoreAwayError:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            return StoreAwayError(
                Text("ClickHouse at {where} could not be trusted ({error})", where=self._where, error=error),
                "Set store_ca to the PEM file of the authority that signed the certificate of the server.",
            )
        return StoreAwayError(
            Text("no ClickHouse answers at {where} ({error})", where=self._where, error=error),
            "Start it, or set NAUL_STORE to one that runs.",
        )


def _who(settings: Settings, user: str, *, reading: bool) -> tuple[str, str]:
    """Return as whom a server is asked, and his password."""
    if reading and settings.store_reader:
        return settings.store_reader, settings.store_reader_password or read_secret(settings.store_reader_password_file)
    return user, settings.store_password or read_secret(settings.store_password_file)


def _authority(settings: Settings) -> str | None:
    """Return the file of certificates that a server is held to; None: what this machine trusts."""
    if not settings.store_tls:
        return None
    try:
        ssl.create_default_context(cafile=settings.store_ca or None)
    except (OSError, ssl.SSLError) as error:
        raise RefusedError(
            Text("store_ca: {file} holds no certificates ({error})", file=settings.store_ca, error=error),
            "Give the PEM file of the authority that signed the certificate of the server.",
        ) from error
    return settings.store_ca or ssl.get_default_verify_paths().cafile


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
