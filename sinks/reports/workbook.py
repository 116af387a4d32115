"""A table as an XLSX file: one sheet, its head frozen, dates as dates, text as text whatever it begins with.

Rows go to the disk as they come, so that a term needs no more memory than a day.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from functools import lru_cache
from html import escape
from itertools import chain, islice
from pathlib import Path
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from schemas.errors import RefusedError
from schemas.translations import Text

__all__ = ["MOST_ROWS", "write_workbook"]

MOST_ROWS = 1_048_576
"""Of a sheet, its head included."""

_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_DATES = {date: "yyyy-mm-dd", datetime: "yyyy-mm-dd hh:mm:ss"}
_FIRST = date(1899, 12, 30).toordinal()
_LONGEST = 32_767
"""Characters of a cell."""
_SAMPLE = 2000
"""Rows that decide how wide a column is."""
_NARROWEST, _WIDEST = 6, 60
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""What no XML can hold."""


class _Sheet(Worksheet):  # type: ignore[misc]  # it has no types
    """A sheet that takes rows as a whole: cell by cell, the library takes 12 s for the two million of a term."""

    def put_rows(self, rows: Iterable[Sequence[Any]], styles: dict[type[date], int]) -> int:
        """Write rows below the head, and return how many there are. styles: of dates and times."""
        self._write_single_row(0)
        count, names = 0, list[str]()
        for count, row in enumerate(rows, 1):
            if count >= MOST_ROWS:
                raise RefusedError(
                    Text("a sheet of XLSX holds {most} rows, and there are more", most=MOST_ROWS),
                    "Ask for fewer days or a section, or write CSV.",
                )
            while len(names) < len(row):
                names.append(xl_col_to_name(len(names)))
            cells = "".join(
                f'<c r="{name}{count + 1}"{_text(cell) if type(cell) is str else _content(cell, styles)}'
                for name, cell in zip(names, row, strict=False)
                if cell is not None and cell != ""
            )
            self.fh.write(f'<row r="{count + 1}">{cells}</row>')
        return count


def write_workbook(
    file: Path, head: Sequence[str], rows: Iterable[Sequence[Any]], title: str = "1", *, text: Iterable[int] = ()
) -> int:
    """Write a table, and return how many rows it has.

    rows: cells as of ``Table``; times are written as the clocks of their zone show them. title: of the sheet.
    text: columns that have the format Text, so that ids which are typed below keep their zeros.

    Raises:
        RefusedError: there are more rows than a sheet holds.
        OSError: the file cannot be written.
    """
    left = iter(rows)
    sample = list(islice(left, _SAMPLE))
    book = Workbook(str(file), _OPTIONS | {"tmpdir": str(file.parent)})  # rows that are half written lie beside it
    try:
        sheet: _Sheet = book.add_worksheet(_sheet_title(title), _Sheet)
        bold = book.add_format({"bold": True, "bottom": 1})
        formats = {kind: book.add_format({"num_format": text}) for kind, text in _DATES.items()}
        styles = {kind: each._get_xf_index() for kind, each in formats.items()}
        as_text = book.add_format({"num_format": "@"})
        for place, name in enumerate(head):
            sheet.write_string(0, place, name, bold)
        count = sheet.put_rows(chain(sample, left), styles)
        for place, width in enumerate(_widths(head, sample)):
            sheet.set_column(place, place, width, as_text if place in text else None)
        sheet.freeze_panes(1, 0)
        if count and head:
            sheet.dim_rowmax, sheet.dim_colmax = count, len(head) - 1
            sheet.autofilter(0, 0, count, len(head) - 1)
    finally:
        book.close()
    return count


def _content(cell: Any, styles: dict[type[date], int]) -> str:
    """Return what follows the place of a cell."""
    match cell:
        case bool():
            return f' t="b"><v>{int(cell)}</v></c>'
        case int() | float():
            return f"><v>{cell!r}</v></c>"
        case datetime():
            day = cell.toordinal() - _FIRST + (cell.hour * 3600 + cell.minute * 60 + cell.second) / 86400
            return f' s="{styles[datetime]}"><v>{day!r}</v></c>'
        case date():
            return f' s="{styles[date]}"><v>{cell.toordinal() - _FIRST}</v></c>'
        case _:
            return _text(str(cell))


@lru_cache(maxsize=2**16)
def _text(text: str) -> str:
    """Return a text as the content of a cell: never a formula, since nothing but ``<f>`` is one."""
    plain = escape(_CONTROL.sub("\ufffd", text)[:_LONGEST], quote=False)
    return f' t="inlineStr"><is><t xml:space="preserve">{plain}</t></is></c>'


def _widths(head: Sequence[str], sample: list[Sequence[Any]]) -> Iterator[int]:
    """Yield how wide the columns are: a Hangul syllable takes two letters."""
    for place, name in enumerate(head):
        cells = {row[place] for row in sample if place < len(row) and row[place] is not None}
        widest = max((_cells_wide(each) for each in cells), default=0)
        yield min(max(widest, _wide(name) + 2, _NARROWEST) + 1, _WIDEST)


def _cells_wide(cell: Any) -> int:
    match cell:
        case datetime():
            return 19
        case date():
            return 10
        case _:
            return max(map(_wide, str(cell).splitlines() or [""]))


def _wide(text: str) -> int:
    return sum(1 + (unicodedata.east_asian_width(each) in "WF") for each in text)


def _sheet_title(title: str) -> str:
    """Return a title that Excel takes: 31 characters, without some signs, no quote at an end."""
    return re.sub(r"[\[\]:*?/\\]", "-", title)[:31].strip("'") or "1"
