"""A report's answer: named columns, typed cells, in the site's zone."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sinks.store.port import Result

__all__ = ["Table", "in_zone", "minutes"]


class Table(NamedTuple):
    """Cells are text, numbers, bools, dates, aware times of the site's zone, or None."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]

    def dicts(self) -> Iterator[dict[str, Any]]:
        """Yield the rows by column."""
        for row in self.rows:
            yield dict(zip(self.columns, row, strict=True))


def in_zone(result: Result, zone: ZoneInfo, flags: frozenset[str] = frozenset()) -> Table:
    """Return a store's answer as a table. flags: columns whose 0 and 1 mean no and yes."""

    def cell(name: str, value: Any) -> Any:
        if isinstance(value, datetime):
            return value.astimezone(zone)
        return bool(value) if name in flags else value

    rows = [tuple(map(cell, result.columns, row)) for row in result.rows]
    return Table(result.columns, rows)


def minutes(column: str) -> str:
    """Return the SQL for a column of seconds as minutes, to a tenth."""
    return f"round({column} / 60, 1)"
