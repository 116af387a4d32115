"""A table as text: for people, for spreadsheets, for programs."""

import csv
import io
import sys
from collections.abc import Callable
from contextlib import nullcontext
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias

import msgspec
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from sinks.reports.table import Table

__all__ = ["TableFormat", "as_csv", "as_json", "show", "write"]

TableFormat: TypeAlias = Literal["table", "csv", "json"]

COLOURS = {"present": "green", "late": "yellow", "left_early": "yellow", "absent": "red", "unobserved": "magenta"}

_ABOVE = ("run", "date", "period", "section", "hall")
"""Stand above the table instead of in it when they are the same in all rows."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(table: Table) -> str:
    """Write CSV with times in ISO 8601. No cell is text that a spreadsheet would run as a formula."""
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows([_csv_cell(cell) for cell in row] for row in table.rows)
    return lines.getvalue()


def as_json(table: Table) -> str:
    """Write a list with an object a row, with times in ISO 8601."""
    rows = [{name: _plain(cell) for name, cell in row.items()} for row in table.dicts()]
    return msgspec.json.format(msgspec.json.encode(rows), indent=2).decode() + "\n"


def show(table: Table, console: Console, tell: Callable[[str], str] = str) -> None:
    """Print a table for people: times of day, verdicts as words, and what is the same everywhere only once.

    tell: turns a verdict into a word of the reader's language.
    """
    if not table.rows:
        console.print(
            "No row answers this. `naul report attendance` shows what is stored, and says why if there is nothing."
        )
        return
    columns = list(zip(*table.rows, strict=True))
    fixed = {
        name: cells[0]
        for name, cells in zip(table.columns, columns, strict=True)
        if name in _ABOVE and len(set(cells)) == 1 and len(cells) > 1
    }
    if fixed:
        console.print(Text("  ".join(f"{name} {_word(name, cell, tell)}" for name, cell in fixed.items())))
    drawn = RichTable(header_style="bold", box=None, pad_edge=False)
    kept = [(name, cells) for name, cells in zip(table.columns, columns, strict=True) if name not in fixed]
    for name, cells in kept:
        number = all(isinstance(cell, int | float | None) and not isinstance(cell, bool) for cell in cells)
        drawn.add_column(name.replace("_", "\n"), justify="right" if number else "left", overflow="fold")
    for row in zip(*(cells for _, cells in kept), strict=True):
        drawn.add_row(*(_word(name, cell, tell) for (name, _), cell in zip(kept, row, strict=True)))
    console.print(drawn)


def write(table: Table, format_: TableFormat, output: Path | None, tell: Callable[[str], str] = str) -> None:
    """Write a table to a file, or to standard output. tell: as in ``show``.

    A .csv file begins with a byte order mark: without it Excel takes UTF-8 for the code page of its country and
    breaks every Korean name. Standard output has none, for programs.
    """
    if format_ == "table":
        with output.open("w", encoding="utf-8") if output else nullcontext(sys.stdout) as stream:
            # A pipe or a file has no width: nothing is folded there.
            width = None if stream.isatty() else 400
            show(table, Console(file=stream, width=width), tell)
            return
    text = as_csv(table) if format_ == "csv" else as_json(table)
    if output is None:
        sys.stdout.write(text)
    else:
        encoding = "utf-8-sig" if format_ == "csv" and output.suffix.lower() == ".csv" else "utf-8"
        output.write_text(text, encoding, newline="")


def _plain(cell: Any) -> Any:
    match cell:
        case datetime():
            return cell.isoformat(timespec="seconds")
        case date():
            return cell.isoformat()
        case _:
            return cell


def _csv_cell(cell: Any) -> Any:
    match cell:
        case bool():
            return str(cell).lower()
        case str():
            # Names are entered by people. The apostrophe is what a spreadsheet itself writes for "this is text".
            mark = "'" if cell.startswith(_FORMULA) else ""
            return mark + cell.replace("\r", "\n")  # the csv module leaves a lone \r without quotes
        case _:
            return _plain(cell)


def _word(name: str, cell: Any, tell: Callable[[str], str]) -> Text:
    match cell:
        case None:
            return Text("")
        case bool():
            return Text("✓" if cell else "")
        case datetime():
            return Text(f"{cell:%H:%M:%S}")
        case str() if name == "verdict" and cell in COLOURS:
            return Text(tell(cell), style=COLOURS[cell])
        case _:
            return Text(str(_plain(cell)))
