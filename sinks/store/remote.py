"""The embedded store of another process, asked over its loopback HTTP. It can be read; only replays can be written."""

import http.client
from collections.abc import Iterable, Sequence
from typing import Self
from urllib.parse import quote

import msgspec

from schemas.errors import RefusedError, StoreAwayError
from schemas.translations import Text
from schemas.unreadable import UNREADABLE
from sinks.store.erasure import PATIENCE
from sinks.store.loopback import Address
from sinks.store.port import Parameters, Result, Row, Store
from sinks.store.replay_rows import TABLES, pieces
from sinks.store.rows_json import read_result
from sinks.store.sql import bind

__all__ = ["RemoteStore"]

PROMPT = 5.0
"""Seconds in which an owner says that it is there, whatever else it does; a question may take longer."""


class RemoteStore:
    """Asks the owner of the directory."""

    def __init__(self, address: Address) -> None:
        self._address = address

    def query(self, sql: str, parameters: Parameters | None = None) -> Result:
        """Answer a SELECT.

        Raises:
            UnavailableError: the owner does not answer, or is another one by now.
        """
        return read_result(self._ask("POST", "/", bind(sql, parameters).encode()))

    def alive(self) -> bool:
        """Whether the owner is there; False: it ended without a word, or another program has its port by now.

        Raises:
            UnavailableError: it is there, and does not answer in time.
        """
        where = self._address
        connection = http.client.HTTPConnection(where.host, where.port, timeout=PROMPT)
        try:
            connection.request("GET", "/", headers={"Authorization": f"Bearer {where.token}"})
            # One of an older version knows no GET, which it says.
            return connection.getresponse().status in (http.HTTPStatus.OK, http.HTTPStatus.NOT_IMPLEMENTED)
        except TimeoutError as error:
            raise StoreAwayError(
                Text("the sink (process {pid}) does not answer within {seconds:g} s", pid=where.pid, seconds=PROMPT),
                "Does it hang? See `naul status`, and the log of the sink.",
            ) from error
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def insert(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """Insert rows of replays; see ``Store``.

        Raises:
            RefusedError: rows of the live run, or a table that holds no runs.
        """
        for piece in pieces(table, columns, rows):
            self._ask("PUT", "/runs", piece)

    def delete_run(self, run: str) -> None:
        """Delete a replay, as ``erasure.erase_run``."""
        self._ask("DELETE", f"/runs/{quote(run, safe='')}", b"", timeout=2 * len(TABLES) * PATIENCE)

    def execute(self, sql: str, parameters: Parameters | None = None) -> None:
        """Refuse: only the owner changes anything else."""
        raise RefusedError("cannot change the store", "Only the sink writes to its store.")

    def _ask(self, method: str, path: str, body: bytes, timeout: float = 60) -> bytes:
        where = self._address
        connection = http.client.HTTPConnection(where.host, where.port, timeout=timeout)
        try:
            connection.request(method, path, body, {"Authorization": f"Bearer {where.token}"})
            response = connection.getresponse()
            answer = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise StoreAwayError(
                Text("the sink (process {pid}) does not answer: {error}", pid=where.pid, error=error),
                "Is it running? See `naul status`.",
            ) from error
        finally:
            connection.close()
        if response.status == http.HTTPStatus.OK:
            return answer
        try:
            said = msgspec.json.decode(answer, type=dict[str, str])
        except UNREADABLE:
            said = {}
        text = said.get("error", f"status {response.status}")
        if response.status == http.HTTPStatus.BAD_REQUEST:
            raise RefusedError(text, said.get("remedy", ""))
        raise StoreAwayError(Text("the sink does not answer: {text}", text=text), said.get("remedy", "Ask again."))

    def replicas(self) -> Sequence[Store]:
        """Return itself: there is one."""
        return [self]

    def close(self) -> None:
        """There is nothing to let go."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
