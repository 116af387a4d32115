"""Rows of replays from a process that does not own the store: what it may send, and in which pieces.

Only rows of runs other than ``live`` go in, only into the tables of runs, and only a whole run goes out again.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec

from schemas.errors import RefusedError
from schemas.ids import LIVE
from schemas.runs import RUN_NAME
from schemas.translations import Text
from schemas.unreadable import UNREADABLE
from sinks.rows import AttendanceRow, CoverageRow, SightingRow
from sinks.store.port import Row

__all__ = ["LIMIT", "TABLES", "ReplayRows", "pieces", "read_replay_rows", "replay"]

LIMIT = 2**20
"""Bytes of a message."""

TABLES: Final[dict[str, tuple[str, ...]]] = {
    "attendance_rows": AttendanceRow._fields,
    "coverage_rows": CoverageRow._fields,
    "sightings_rows": SightingRow._fields,
    "evaluations_rows": ("run", "truth", "version", "engine", "verdicts_right", "verdicts_judged", "score"),
    "runs_rows": ("run", "version", "manifest"),
}
"""The tables of runs with the columns of their rows, ``run`` first."""


class ReplayRows(msgspec.Struct, frozen=True):
    """Rows for a table, a list each; times as ISO 8601."""

    table: str
    columns: tuple[str, ...]
    rows: list[list[Any]]


def replay(run: str) -> str:
    """Return the name of a replay.

    Raises:
        RefusedError: it is the live run, or no name of a run.
    """
    if run == LIVE:
        raise RefusedError(Text("the run {live} is what professors and the registrar see", live=LIVE), "Name a replay.")
    if not RUN_NAME.fullmatch(run):
        raise RefusedError(
            Text("{run!r} is no name of a run", run=run), "A name has 1 to 60 letters of A-Z a-z 0-9 . _ -"
        )
    return run


def pieces(table: str, columns: Sequence[str], rows: Iterable[Row], limit: int = LIMIT) -> Iterator[bytes]:
    """Yield messages of at most so many bytes that together are all rows.

    Raises:
        RefusedError: a row alone is longer than that.
    """
    head, tail = msgspec.json.encode(ReplayRows(table, tuple(columns), [])).split(b"[]")[0] + b"[", b"]}"
    piece, size = list[bytes](), len(head) + len(tail)
    for row in rows:
        line = msgspec.json.encode(row)
        if len(head) + len(line) + len(tail) > limit:
            raise RefusedError(
                Text(
                    "a row of {table} has {count} bytes; a message to the sink has at most {limit}",
                    table=table,
                    count=len(line),
                    limit=limit,
                )
            )
        if piece and size + len(line) + 1 > limit:
            yield head + b",".join(piece) + tail
            piece, size = [], len(head) + len(tail)
        piece.append(line)
        size += len(line) + 1
    if piece:
        yield head + b",".join(piece) + tail


def read_replay_rows(message: bytes) -> ReplayRows:
    """Read one of these messages.

    Raises:
        RefusedError: it is none, or a row of it is of the live run.
    """
    try:
        guests = msgspec.json.decode(message, type=ReplayRows)
    except UNREADABLE as error:
        raise RefusedError(Text("these are no rows of a replay: {error}", error=error)) from error
    if guests.table not in TABLES:
        raise RefusedError(
            Text("{table!r} is no table of runs", table=guests.table),
            Text("There are {tables}.", tables=", ".join(TABLES)),
        )
    if guests.columns != TABLES[guests.table]:
        raise RefusedError(
            Text("{table} has other columns in the sink's version of Naul", table=guests.table),
            "Restart it: `naul down`, `naul up`.",
        )
    for row in guests.rows:
        if len(row) != len(guests.columns):
            raise RefusedError(
                Text(
                    "a row of {table} has {count} values, not {columns}",
                    table=guests.table,
                    count=len(row),
                    columns=len(guests.columns),
                )
            )
    for run in {str(row[0]) for row in guests.rows}:
        replay(run)
    return guests
