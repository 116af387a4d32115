"""Rows as JSON: how they go into the embedded engine, and how its answers come out, here or over HTTP."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import msgspec

from sinks.store.port import Result, Row

__all__ = ["FORMAT", "read_result", "write_rows"]

FORMAT = "JSONColumnsWithMetadata"
"""ClickHouse's name of the format that ``read_result`` reads: a list a column, which is read faster than one a row."""


class _Column(msgspec.Struct):
    name: str
    type: str


class _Answer(msgspec.Struct):
    meta: list[_Column]
    data: dict[str, list[Any]] | list[list[Any]]


def write_rows(rows: Iterable[Row]) -> str:
    """Write rows as the format ``JSONCompactEachRow``: an array a line. Times as ISO 8601."""
    return "\n".join(msgspec.json.encode(row).decode() for row in rows)


def read_result(answer: bytes) -> Result:
    """Read an answer. Its types turn text back into times, dates and UUIDs.

    Raises:
        msgspec.DecodeError: this is no such answer.
    """
    found = msgspec.json.decode(answer, type=_Answer)
    # In backups, and from a sink of before, they are rows.
    given = found.data.values() if isinstance(found.data, dict) else zip(*found.data, strict=True)
    # By columns: a run of a term has millions of cells, and most of them are right as they are.
    columns: list[Iterable[Any]] = []
    for column, cells in zip(found.meta, given, strict=bool(found.data)):
        read = _reader(column.type)
        columns.append(map(read, cells) if read else cells)
    return Result(tuple(column.name for column in found.meta), list(zip(*columns, strict=True)))


def _reader(kind: str) -> Callable[[Any], Any] | None:
    """Return what turns a cell of JSON into its value; None: it is its value already."""
    outer, _, inner = kind.partition("(")
    inner = inner.removesuffix(")")
    match outer:
        case "Nullable" | "LowCardinality":
            return _unless_nothing(_reader(inner))
        case "Array":
            return _all(_reader(inner))
        case "DateTime":
            return _utc
        case "Date":
            return date.fromisoformat
        case "UUID":
            return UUID
        case _ if outer.startswith(("Int", "UInt")):
            return int
        case "Float32" | "Float64":
            return _unless_nothing(float)
        case _:
            return None


def _unless_nothing(read: Callable[[Any], Any] | None) -> Callable[[Any], Any] | None:
    return (lambda cell: None if cell is None else read(cell)) if read else None


def _all(read: Callable[[Any], Any] | None) -> Callable[[Any], Any] | None:
    return (lambda cells: [read(cell) for cell in cells]) if read else None


def _utc(cell: str) -> datetime:
    return datetime.fromisoformat(cell).replace(tzinfo=UTC)
