"""What the sink and the reports ask of a store, whatever is behind it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple, Protocol, Self, TypeAlias
from uuid import UUID

from schemas.errors import NaulError, RefusedError, UnavailableError

__all__ = ["NO_DATABASE", "Parameters", "Result", "Row", "Store", "Value", "failure"]

Value: TypeAlias = str | int | float | date | datetime | UUID | None
Row: TypeAlias = Sequence[Any]
"""A value for each column: text, numbers, dates, aware datetimes, None, and lists of these."""

Parameters: TypeAlias = Mapping[str, Value | Sequence[Value] | Sequence[tuple[Value, ...]]]

NO_DATABASE = (60, 81)
"""ClickHouse's codes for a table and a database that do not exist."""

_PASSING = (159, 164, 202, 209, 210, 236, 241, 242, 243, 252, 279)
"""Codes of what may pass: timeouts, too many queries or parts, network, memory, disk full, read-only for now."""


class Result(NamedTuple):
    """What a query found. Times are aware and in UTC; nothing that is not a number is None."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


class Store(Protocol):
    """One database. Parameters are written ``%(name)s`` in the SQL and never need quotes there."""

    def insert(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """Insert rows: all of them on record when this returns.

        Raises:
            UnavailableError: none or some were; inserting them all again does no harm.
        """

    def query(self, sql: str, parameters: Parameters | None = None) -> Result:
        """Answer a SELECT."""

    def execute(self, sql: str, parameters: Parameters | None = None) -> None:
        """Carry out one statement that answers nothing."""

    def close(self) -> None:
        """Let the connection, or the directory, go."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


def failure(code: int, text: str) -> NaulError:
    """Return the error to raise for what ClickHouse says: it may pass, or it is a mistake."""
    message = re.split("Stack trace:|Expected one of:", text)[0].strip().removesuffix(".")
    if code in _PASSING:
        return UnavailableError(f"the store cannot do this now: {message}", "It is tried again.")
    if code in NO_DATABASE:
        return UnavailableError(
            f"the store does not hold this yet: {message}", "Start with `naul up`; its sink creates the tables."
        )
    return RefusedError(f"the store refuses this: {message}")
