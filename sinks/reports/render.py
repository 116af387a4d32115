"""A table as text: for people, for spreadsheets, for programs."""

import csv
import io
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple, TextIO, TypeAlias

import msgspec
from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment, Segments
from rich.style import Style
from rich.table import Table as RichTable
from rich.text import Text

from schemas.errors import RefusedError
from schemas.translations import Text as Said
from schemas.translations import gettext_noop, say
from sinks.reports.spreadsheet_text import as_spreadsheet_text
from sinks.reports.table import Table

__all__ = ["IN_ENGLISH", "TableFormat", "Words", "as_csv", "as_json", "cell_text", "show", "write", "write_csv"]

TableFormat: TypeAlias = Literal["table", "csv", "json", "xlsx"]

COLOURS = {
    "present": "green",
    "late": "yellow",
    "left_early": "yellow",
    "absent": "red",
    "unobserved": "magenta",
    "excused": "cyan",
    "official_leave": "cyan",
    "at_risk": "yellow",
    "last_hour": "yellow",
    "failed": "red",
}

_ABOVE = ("run", "date", "period", "section", "hall")
"""Stand above the table instead of in it when they are the same in all rows."""

MOST_FOLDED = 200
"""Rows of a table whose cells are folded where the screen is too narrow."""

_VERDICTS = {"verdict", "verdict_a", "verdict_b", "truth", "a", "b", "standing"}
"""Columns of verdicts, and of what they add up to."""
_OF_RUNS = {"right": gettext_noop("neither"), "less": gettext_noop("both"), "less_coverage": "both"}
"""Columns that name a run, and what else they say."""


class Words(NamedTuple):
    """How a table is shown to people. column, reason: turn what rows have, in English, into the reader's language.

    nothing: is said of a table without rows. tell: says any other text, its values filled in, in this language.
    """

    column: Callable[[str], str] = str
    reason: Callable[[str], str] = str
    nothing: str = gettext_noop(
        "No row answers this. `naul report attendance` shows what is stored, and says why if there is nothing."
    )
    tell: Callable[..., str] = partial(say, "en")
    language: str = "en"


IN_ENGLISH = Words()


def as_csv(table: Table) -> str:
    """Write CSV with times in ISO 8601. No cell is text that a spreadsheet would run as a formula."""
    lines = io.StringIO()
    write_csv(lines, table.columns, table.rows)
    return lines.getvalue()


def write_csv(lines: TextIO, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Write the same of rows as they come, and return how many there are."""
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(head)
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007  it is returned
        writer.writerow([_csv_cell(cell) for cell in row])
    return count


def as_json(table: Table) -> str:
    """Write a list with an object a row, with times in ISO 8601."""
    rows = [{name: _plain(cell) for name, cell in row.items()} for row in table.dicts()]
    return msgspec.json.format(msgspec.json.encode(rows), indent=2).decode() + "\n"


def show(table: Table, console: Console, tell: Callable[[str], str] = str, words: Words = IN_ENGLISH) -> None:
    """Print a table for people: times of day, verdicts as words, and what is the same everywhere only once.

    tell: turns a verdict into a word of the reader's language. words: all else that is not a person's text.
    """
    if not table.rows:
        console.print(words.nothing)
        return
    columns = list(zip(*table.rows, strict=True))
    fixed = {
        name: cells[0]
        for name, cells in zip(table.columns, columns, strict=True)
        if name in _ABOVE and len(set(cells)) == 1 and len(cells) > 1
    }
    if fixed:
        console.print(
            Text(
                "  ".join(
                    f"{words.column(name)} {cell_text(name, cell, tell, words)[0]}" for name, cell in fixed.items()
                )
            )
        )
    drawn = [
        _Column(
            words.column(name).split("_"),
            right=all(isinstance(cell, int | float | None) and not isinstance(cell, bool) for cell in cells),
            cells=[cell_text(name, cell, tell, words) for cell in cells],
        )
        for name, cells in zip(table.columns, columns, strict=True)
        if name not in fixed
    ]
    if _fits(drawn, console.width):
        console.print(Segments(_lines(drawn)), end="", crop=False, soft_wrap=True)
    else:
        console.print(_folded(drawn))


class _Column(NamedTuple):
    """A column to be drawn. head: lines. right: numbers stand there. cells: text, and the style of it."""

    head: list[str]
    right: bool
    cells: list[tuple[str, str]]

    @property
    def width(self) -> int:
        """Of its widest text, in cells of a terminal: a Hangul syllable takes two."""
        return max(map(cell_len, (*self.head, *(text for text, _ in self.cells))))


def _fits(columns: list[_Column], width: int) -> bool:
    """Whether the lines can be written as they are. Of a long table the terminal may break them: folding takes long."""
    if not all(text.isprintable() for each in columns for text, _ in each.cells):
        return False
    return len(columns[0].cells) > MOST_FOLDED or sum(each.width + 1 for each in columns) <= width + 1


def _lines(columns: list[_Column]) -> Iterator[Segment]:
    """Yield a table as it is written: rich's own takes two seconds for the 4,500 class hours of a term."""
    tall = max(len(each.head) for each in columns)
    heads = [[(line, "bold") for line in each.head] + [("", "")] * (tall - len(each.head)) for each in columns]
    styles = {name: Style.parse(name) for name in ("bold", *COLOURS.values())}
    places = [(each.width, each.right) for each in columns]
    for rows in (zip(*heads, strict=True), zip(*(each.cells for each in columns), strict=True)):
        for row in rows:
            plain = ""
            for (width, right), (text, style) in zip(places, row, strict=True):
                space = " " * (width - cell_len(text))
                if not style:
                    plain += f"{space}{text} " if right else f"{text}{space} "
                    continue
                yield Segment(plain + (space if right else ""))
                yield Segment(text, styles[style])
                plain = " " if right else f"{space} "
            yield Segment(f"{plain.rstrip()}\n")


def _folded(columns: list[_Column]) -> RichTable:
    """Return a table whose long cells go on in the next line."""
    table = RichTable(header_style="bold", box=None, pad_edge=False)
    for each in columns:
        table.add_column("\n".join(each.head), justify="right" if each.right else "left", overflow="fold")
    for row in zip(*(each.cells for each in columns), strict=True):
        table.add_row(*(Text(text, style) for text, style in row))
    return table


def write(
    table: Table,
    format_: TableFormat,
    output: Path | None,
    tell: Callable[[str], str] = str,
    words: Words = IN_ENGLISH,
) -> None:
    """Write a table to a file, or to standard output. tell, words: as in ``show``, of a table alone.

    A .csv file begins with a byte order mark: without it Excel takes UTF-8 for the code page of its country and
    breaks every Korean name. Standard output has none, for programs.
    """
    if format_ == "table":
        with output.open("w", encoding="utf-8") if output else nullcontext(sys.stdout) as stream:
            # A pipe or a file has no width: nothing is folded there.
            width = None if stream.isatty() else 400
            show(table, Console(file=stream, width=width), tell, words)
            return
    if format_ == "xlsx":
        _write_xlsx(table, output, tell, words)
        return
    text = as_csv(table) if format_ == "csv" else as_json(table)
    if output is None:
        sys.stdout.write(text)
    else:
        encoding = "utf-8-sig" if format_ == "csv" and output.suffix.lower() == ".csv" else "utf-8"
        output.write_text(text, encoding, newline="")


def _write_xlsx(table: Table, output: Path | None, tell: Callable[[str], str], words: Words) -> None:
    from sinks.reports.workbook import write_workbook  # who writes none waits for none

    if output is None:
        raise RefusedError("a spreadsheet is no text", "Name a file: --output FILE.xlsx.")
    head = [words.column(name).replace("_", " ") for name in table.columns]

    def cell(name: str, value: Any) -> Any:
        return cell_text(name, value, tell, words)[0] if isinstance(value, str) else value

    rows = ([cell(name, each) for name, each in zip(table.columns, row, strict=True)] for row in table.rows)
    write_workbook(output, head, rows)


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
            return as_spreadsheet_text(cell).replace("\r", "\n")  # the csv module leaves a lone \r without quotes
        case _:
            return _plain(cell)


def cell_text(name: str, cell: Any, tell: Callable[[str], str], words: Words) -> tuple[str, str]:
    """Return how a cell is shown, and in which style."""
    match cell:
        case None:
            return "", ""
        case bool():
            return "✓" if cell else "", ""
        case datetime():
            return f"{cell:%H:%M:%S}", ""
        case Said():
            return words.tell(cell), ""
        case str() if name in _VERDICTS and cell in COLOURS:
            return tell(cell), COLOURS[cell]
        case str() if name == "gap_reasons":
            return ", ".join(
                f"{tell(code)} {count}" for code, count in map(str.split, filter(None, cell.split(", ")))
            ), ""
        case str() if name in ("reason", "reason_a", "reason_b"):
            return words.reason(cell), ""
        case str() if name in _OF_RUNS:
            return words.tell(cell), ""
        case _:
            return str(_plain(cell)), ""
