"""Rows as JSON: how they go into the embedded engine, and how its answers come out, here or over HTTP."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import msgspec

from sinks.store.port import Result, Row

__all__ = ["FORMAT", "read_result", "write_rows"]

FORMAT = "JSONCompact"
"""ClickHouse's name of the format that ``read_result`` reads."""


class _Column(msgspec.Struct):
    name: str
    type: str


class _Answer(msgspec.Struct):
    meta: list[_Column]
    data: list[list[Any]]


def write_rows(rows: Iterable[Row]) -> str:
    """Write rows as the format ``JSONCompactEachRow``: an array a line. Times as ISO 8601."""
    return "\n".join(msgspec.json.encode(row).decode() for row in rows)


def read_result(answer: bytes) -> Result:
    """Read an answer. Its types turn text back into times, dates and UUIDs.

    Raises:
        msgspec.DecodeError: this is no such answer.
    """
    found = msgspec.json.decode(answer, type=_Answer)
    readers = [_reader(column.type) for column in found.meta]
    rows = [tuple(read(cell) for read, cell in zip(readers, row, strict=True)) for row in found.data]
    return Result(tuple(column.name for column in found.meta), rows)


def _reader(kind: str) -> Callable[[Any], Any]:
    outer, _, inner = kind.partition("(")
    inner = inner.removesuffix(")")
    match outer:
        case "Nullable" | "LowCardinality":
            read = _reader(inner)
            return lambda cell: None if cell is None else read(cell)
        case "Array":
            read = _reader(inner)
            return lambda cell: [read(each) for each in cell]
        case "DateTime":
            return lambda cell: datetime.fromisoformat(cell).replace(tzinfo=UTC)
        case "Date":
            return date.fromisoformat
        case "UUID":
            return UUID
        case _ if outer.startswith(("Int", "UInt")):
            return int
        case "Float32" | "Float64":
            return lambda cell: None if cell is None else float(cell)
        case _:
            return lambda cell: cell
