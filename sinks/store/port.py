"""What the sink and the reports ask of a store, whatever is behind it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple, Protocol, Self, TypeAlias
from uuid import UUID

from schemas.errors import BadMessageError, NaulError, RefusedError, StoreAwayError
from schemas.translations import Text

__all__ = [
    "MIGRATES_WITHIN",
    "NO_DATABASE",
    "NO_KEEPER",
    "HostState",
    "Parameters",
    "RefusedRowsError",
    "Result",
    "Row",
    "Store",
    "Value",
    "failure",
    "insert_failure",
    "is_current",
    "refused_rows",
]

Value: TypeAlias = str | int | float | date | datetime | UUID | None
Row: TypeAlias = Sequence[Any]
"""A value for each column: text, numbers, dates, aware datetimes, None, and lists of these."""

Parameters: TypeAlias = Mapping[str, Value | Sequence[Value] | Sequence[tuple[Value, ...]]]

MIGRATES_WITHIN = 3600.0
"""Seconds that tables take at most to be made over: a server then says nothing."""

BEHIND = 60
"""Seconds that a replica may be behind the others and still be asked."""

NO_DATABASE = (60, 81)
"""ClickHouse's codes for a table and a database that do not exist."""

NO_KEEPER = (225, 242, 319, 999)
"""Codes of a replica that has lost the ZooKeeper: it takes nothing until it is back, and another one may."""

_PASSING = (159, 164, 202, 209, 210, 236, 241, 243, 252, 279, 341, *NO_KEEPER)
"""Codes of what may pass: timeouts, too many queries or parts, network, memory, disk full, read-only for now, and 341:
a change that is carried out when a replica that is away is back."""

_REPLICA_THERE = 253
"""Code: the ZooKeeper knows a replica of this name."""

_ROWS = (6, 25, 26, 27, 38, 41, 53, 69, 70, 72, 117, 130, 131, 321, 349, 376)
"""Codes that speak of values: text, numbers, dates and UUIDs that cannot be parsed, wrong types, out of range, NULL."""

_TOO_MANY_MONTHS = "partitions for single INSERT block"
"""A part of code 252, which otherwise means that the store has to merge first."""

_NO_ROOM = "No space left on device"
"""It comes with many codes, of whatever was being written."""

_QUOTED_ROW = re.compile(r" before: '.*'", re.DOTALL)
"""The row itself, which is somebody's data and long."""


class RefusedRowsError(BadMessageError):
    """The store will never take these rows together: divide them. A row that is alone is the bad one."""


class Result(NamedTuple):
    """What a query found. Times are aware and in UTC; nothing that is not a number is None."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


class HostState(NamedTuple):
    """A server of the store. away: why it does not answer; empty: it does. behind: seconds; None: it takes nothing."""

    host: str
    away: str = ""
    behind: int | None = 0

    @property
    def well(self) -> bool:
        """Whether it answers, and has what the others have."""
        return not self.away and is_current(self.behind)


def is_current(behind: int | None) -> bool:
    """Whether a server may be asked for what the others have. behind: as of ``HostState``."""
    return behind is not None and behind <= BEHIND


class Store(Protocol):
    """One database. Parameters are written ``%(name)s`` in the SQL and never need quotes there."""

    def insert(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """Insert rows: all of them on record when this returns.

        Raises:
            UnavailableError: none or some were; inserting them all again does no harm.
            RefusedRowsError: none or some were, and all of them never will be.
        """

    def query(self, sql: str, parameters: Parameters | None = None) -> Result:
        """Answer a SELECT."""

    def execute(self, sql: str, parameters: Parameters | None = None) -> None:
        """Carry out one statement that answers nothing."""

    def replicas(self) -> Sequence["Store"]:
        """Each server that keeps the tables, as a store that asks it alone. They are closed with this one."""

    def close(self) -> None:
        """Let the connection, or the directory, go."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


def failure(code: int, text: str) -> NaulError:
    """Return the error to raise for what ClickHouse says: it may pass, or it is a mistake."""
    message = _shortened(text)
    if code in _PASSING or _NO_ROOM in text:
        return StoreAwayError(Text("the store cannot do this now: {message}", message=message), "It is tried again.")
    if code in NO_DATABASE:
        return StoreAwayError(
            Text("the store does not hold this yet: {message}", message=message),
            "Start with `naul up`; its sink creates the tables.",
        )
    if code == _REPLICA_THERE:
        return RefusedError(
            Text("the store refuses this: {message}", message=message),
            "Give each server a name of its own as its macro `replica`; one that lost its disk a new one.",
        )
    return RefusedError(Text("the store refuses this: {message}", message=message))


def insert_failure(code: int, text: str) -> NaulError:
    """Return the error to raise for what ClickHouse says to rows: as ``failure``, or it is about the rows alone."""
    if code in _ROWS or _TOO_MANY_MONTHS in text:
        return refused_rows(_QUOTED_ROW.sub("", _shortened(text)))
    return failure(code, text)


def refused_rows(why: object) -> RefusedRowsError:
    """Return the error to raise for rows that can never be inserted."""
    return RefusedRowsError(f"the store refuses a row: {why}", "Find who sent it.")


def _shortened(text: str) -> str:
    return re.split(r"Stack trace:|Expected one of:|: \(at row ", text)[0].strip().removesuffix(".")
