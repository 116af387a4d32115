"""A ClickHouse server, through its native protocol."""

import ssl
import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from math import isnan
from typing import Any, ClassVar, Self

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
from sinks.store.port import (
    NO_DATABASE,
    NO_KEEPER,
    Parameters,
    Result,
    Row,
    failure,
    insert_failure,
    is_current,
    refused_rows,
)
from sinks.store.sql import bind

__all__ = ["ServerStore"]

_UNWRITABLE = (
    *(TypeMismatchError, CannotParseUuidError, TooLargeStringSize),
    *(AttributeError, TypeError, ValueError, OverflowError),
)
"""What the driver raises while it writes a value that its column cannot hold: it asks values for what they lack."""

ANSWERS_WITHIN = 15.0
"""Seconds of silence after which a server counts as away: one that works says ten times a second how far it is."""
_TURNED_AWAY = (192, 193, 194, 516)
"""Codes: no such user, or another password."""
_STATE = "SELECT count(), max(is_readonly), max(absolute_delay) FROM system.replicas WHERE database = currentDatabase()"


class ServerStore:
    """A database of a server, or of several that are replicas of one another: the first that answers is asked.

    Of replicas that Naul made (``store_replicated``) one that is behind the others is not asked while another is there,
    and none is written to that was not brought up. Every thread has a client of its own: one cannot be shared.
    """

    _liked: ClassVar[dict[tuple[str, ...], str]] = {}
    """Of several servers the one that was there last: to begin with one that is away costs seconds each time."""

    def __init__(
        self,
        settings: Settings,
        *,
        reading: bool = False,
        answers_within: float = ANSWERS_WITHIN,
        host: str = "",
        bring_up: Callable[[], Collection[str]] | None = None,
    ) -> None:
        """Open it.

        reading: as the user who only reads, if there is one. answers_within: seconds of silence, then it is away.
        host: this one alone. bring_up: gives servers their tables, and returns those that have them; called at once.

        Raises:
            RefusedError: a file of a password or of certificates is not as it has to be.
        """
        self._settings = settings
        self._reading = reading
        self._hosts = [host] if host else list(settings.store_hosts)
        if not self._hosts:
            raise ValueError(f"not the address of a server: {settings.store!r}")
        self._chooses = settings.store_replicated and not host
        self._bring_up = bring_up
        self._ready: Collection[str] = bring_up() if bring_up else ()
        self._replicas: list[ServerStore] = []
        self._database = settings.prefix
        self._user, password = _who(settings, settings.store_writer, reading=reading)
        liked = self._liked.get(tuple(self._hosts))
        first, *others = sorted(self._hosts, key=lambda each: each != liked)
        name, _, port = first.partition(":")
        self._options = {
            "host": name,
            "port": int(port),
            "alt_hosts": ",".join(others),
            "user": self._user,
            "password": password,
            "connect_timeout": 5,
            "send_receive_timeout": answers_within,
            "secure": settings.store_tls,
            "ca_certs": _authority(settings),
        }
        if settings.store_replicated and not reading:
            # What was erased may be stored again: it is no block that came twice.
            self._options["settings"] = {"insert_deduplicate": 0}
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

    def replicas(self) -> Sequence["ServerStore"]:
        """Return each server as a store of its own, or itself where Naul did not make them replicas."""
        if not self._chooses:
            return [self]
        if not self._replicas:
            self._replicas = [ServerStore(self._settings, reading=self._reading, host=each) for each in self._hosts]
        return self._replicas

    def behind(self) -> int | None:
        """Return how many seconds the replicas of this server are behind; None: they take nothing, or are not there.

        Raises:
            UnavailableError: it does not answer.
        """
        return _behind(self.query(_STATE).rows)

    def close(self) -> None:
        """Let the connections go, those of other threads too."""
        while self._replicas:
            self._replicas.pop().close()
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
            if self._chooses and client is getattr(self._mine, "client", None):
                self._choose(client)
            return client.execute(sql, rows, **options)
        except (NetworkError, SocketTimeoutError, OSError, EOFError) as error:
            client.disconnect()  # half an answer may be left in it
            client.connection.hosts.rotate(-1)  # that one may be frozen: the next is asked first from now on
            raise self._away(error) from error
        except ServerException as error:
            if self._chooses and error.code in NO_KEEPER:
                client.disconnect()
                client.connection.hosts.rotate(-1)
            if error.code in _TURNED_AWAY:
                raise RefusedError(
                    Text("ClickHouse at {where} does not let {user} in", where=self._where, user=self._user),
                    "Correct store_user, store_reader or the password; `naul store grants` prints how users are made.",
                ) from error
            raise explain(error.code, error.message) from error

    def _choose(self, client: Client) -> None:
        """Have a connection, to a server that is to be asked: what was found of it holds for as long as it lasts."""
        connection = client.connection
        for _ in range(2 * len(self._hosts)):
            try:
                if not (connection.connected and connection.ping()):
                    connection.connect()
            except ServerException as error:
                if error.code not in NO_DATABASE or not self._bring_up:
                    raise
                self._ready = self._bring_up()
                continue
            if getattr(self._mine, "socket", None) is connection.socket:
                return
            if self._is_fit(client):
                self._mine.socket = connection.socket
                self._liked[tuple(self._hosts)] = f"{connection.host}:{connection.port}"
                return
            client.disconnect()
            connection.hosts.rotate(-1)
        if not self._reading:
            raise StoreAwayError(
                Text("no server of the store at {where} takes rows", where=self._where), "It is tried again."
            )

    def _is_fit(self, client: Client) -> bool:
        """Whether a server is to be asked, and made ready for that."""
        if self._reading:
            return is_current(_behind(client.execute(_STATE)))
        here = f"{client.connection.host}:{client.connection.port}"
        if here not in self._ready and self._bring_up:
            self._ready = self._bring_up()
        if client.execute("SELECT 1 FROM system.settings WHERE name = 'allow_nondeterministic_mutations'"):
            client.settings["allow_nondeterministic_mutations"] = 1  # it asks what each replica answers by itself
        return here in self._ready or not self._bring_up

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


def _behind(answer: Sequence[Sequence[Any]]) -> int | None:
    """Return what ``_STATE`` says of a server, as ``HostState`` has it."""
    [(count, away, delay)] = answer
    return None if away or not count else int(delay)


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
