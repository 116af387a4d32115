"""The embedded store of another process, asked over its loopback HTTP. It can only be read."""

import http.client
from collections.abc import Iterable, Sequence
from typing import Self

import msgspec

from schemas.errors import RefusedError, UnavailableError
from sinks.store.loopback import Address
from sinks.store.port import Parameters, Result, Row
from sinks.store.rows_json import read_result
from sinks.store.sql import bind

__all__ = ["RemoteStore"]


class RemoteStore:
    """Asks the owner of the directory."""

    def __init__(self, address: Address) -> None:
        self._address = address

    def query(self, sql: str, parameters: Parameters | None = None) -> Result:
        """Answer a SELECT.

        Raises:
            UnavailableError: the owner does not answer, or is another one by now.
        """
        where = self._address
        connection = http.client.HTTPConnection(where.host, where.port, timeout=60)
        try:
            headers = {"Authorization": f"Bearer {where.token}"}
            connection.request("POST", "/", bind(sql, parameters).encode(), headers)
            response = connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise UnavailableError(
                f"the sink (process {where.pid}) does not answer: {error}", "Is it running? See `naul status`."
            ) from error
        finally:
            connection.close()
        if response.status == http.HTTPStatus.OK:
            return read_result(body)
        try:
            said = msgspec.json.decode(body, type=dict[str, str])
        except msgspec.DecodeError:
            said = {}
        text = said.get("error", f"status {response.status}")
        if response.status == http.HTTPStatus.BAD_REQUEST:
            raise RefusedError(text)
        raise UnavailableError(f"the sink does not answer: {text}", said.get("remedy", "Ask again."))

    def insert(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """Refuse: only the owner writes."""
        raise RefusedError(f"cannot write to {table}", "Only the sink writes to its store.")

    def execute(self, sql: str, parameters: Parameters | None = None) -> None:
        """Refuse: only the owner writes."""
        raise RefusedError("cannot change the store", "Only the sink writes to its store.")

    def close(self) -> None:
        """There is nothing to let go."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
