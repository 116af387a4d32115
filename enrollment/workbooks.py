"""XLSX workbooks as people bring them: one sheet becomes the rows of a CSV file. Values only, no formula is worked out.

What is inside is counted (``workbook_parts``) before calamine reads it. What a spreadsheet did to a value is undone
where that is certain (a date is a date, a time of day a time), and told as a problem where it is not (an id that lost
its zeros).
"""

import io
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any, Final

import python_calamine

from enrollment.csv_files import CsvTable, Problem, table_of
from enrollment.headers import SEARCHED, header_of
from enrollment.workbook_parts import AS_XLSX, SheetCount, UnreadableError, counted_parts
from schemas.archives import MALFORMED
from schemas.texts import cleaned
from schemas.translations import Language, gettext_noop, say

__all__ = ["read_workbook"]

MOST_SHEETS = 100

CERTAIN = 10**15
"""Excel keeps 15 digits of a number."""


_DATES: Final = {"date"}
_TIMES: Final = {"starts_at", "ends_at"}
_IDS: Final = {"student_id"}
_FIRST_DAY = {False: date(1899, 12, 30), True: date(1904, 1, 1)}
"""Day 0, by whether the workbook counts from 1904 as those of old Macs do."""

Rows = list[tuple[int, list[str]]]


def read_workbook(
    data: bytes, columns: Sequence[str], sheet: str = "", language: Language = "en"
) -> tuple[CsvTable, str]:
    """Read the columns of a sheet by its header names, and return its name, too.

    sheet: which one; empty: the only one that is shown and holds anything. language: of ``read_as``.
    """
    try:
        parts = counted_parts(data)
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        name = _chosen(book, sheet)
        counted = parts.sheets.get(name)
        rows = _rows(book.get_sheet_by_name(name))
    except UnreadableError as error:
        return CsvTable((), (error.problem,), ""), ""
    except (python_calamine.CalamineError, *MALFORMED) as error:
        what = gettext_noop("is no workbook that can be read ({detail})")
        return CsvTable((), (Problem(0, what, AS_XLSX, {"detail": f"{error}"[:200]}),), ""), ""
    read_as = say(language, "an Excel workbook, sheet {sheet}", sheet=name)
    found, problems = _as_texts(rows, columns, counted, old_mac=parts.old_mac)
    return table_of(found, columns, read_as, problems, language), name


def _chosen(book: python_calamine.CalamineWorkbook, wanted: str) -> str:
    """Return the name of the sheet that is meant."""
    tables = [each.name for each in book.sheets_metadata if each.typ == python_calamine.SheetTypeEnum.WorkSheet]
    if wanted:
        found = [each for each in tables if cleaned(each) == cleaned(wanted)]
        if found:
            return found[0]
        raise UnreadableError(
            gettext_noop("has no sheet {sheet!r}"),
            gettext_noop("name one of: {sheets}"),
            sheet=wanted,
            sheets=", ".join(tables),
        )
    if len(tables) > MOST_SHEETS:
        raise UnreadableError(
            gettext_noop("has {count} sheets"), gettext_noop("name the one that is meant"), count=len(tables)
        )
    visible = python_calamine.SheetVisibleEnum.Visible
    shown = [each.name for each in book.sheets_metadata if each.name in tables and each.visible == visible]
    filled = [each for each in shown if book.get_sheet_by_name(each).end is not None]
    if not filled:
        raise UnreadableError(gettext_noop("has no sheet with anything in it"), gettext_noop("fill one"))
    if len(filled) > 1:
        raise UnreadableError(
            gettext_noop("has several sheets"),
            gettext_noop("name the one that is meant: {sheets}"),
            sheets=", ".join(filled),
        )
    return filled[0]


def _rows(sheet: python_calamine.CalamineSheet) -> list[tuple[int, list[Any]]]:
    """Return the rows that hold anything, by their numbers, from 1."""
    first = sheet.start[0] if sheet.start else 0
    skipped = sheet.to_python(skip_empty_area=True)
    return [(first + at + 1, row) for at, row in enumerate(skipped) if any(each != "" for each in row)]


def _as_texts(
    rows: Sequence[tuple[int, Sequence[Any]]], columns: Sequence[str], counted: SheetCount | None, *, old_mac: bool
) -> tuple[Rows, list[Problem]]:
    """Return rows as a CSV file would have them, and what a spreadsheet did that cannot be undone."""
    if not rows:
        return [], []
    at, header, *_ = header_of([cells for _, cells in rows[:SEARCHED]], columns, _plain)
    found: Rows = [(number, [_plain(each) for each in cells]) for number, cells in rows[: at + 1]]
    problems, lost = list[Problem](), _LostZeros()
    for number, cells in rows[at + 1 :]:
        if counted and (cell := counted.errors.get(number)):
            problems.append(
                Problem(number, "cell {cell} holds an error", "correct it in the spreadsheet", {"cell": cell})
            )
        elif counted and (cell := counted.unworked.get(number)):
            what = gettext_noop("cell {cell} holds a formula whose value is not in the file")
            remedy = gettext_noop("open it in a spreadsheet and save it again, or put values in place of formulas")
            problems.append(Problem(number, what, remedy, {"cell": cell}))
        else:
            found.append(
                (number, [_written(each, name, old_mac=old_mac) for each, name in zip(cells, header, strict=True)])
            )
            for each, name in zip(cells, header, strict=True):
                if name in _IDS:
                    lost.take(number, each)
    return found, [*problems, *lost.problems()]


class _LostZeros:
    """Finds ids that were kept as numbers and are shorter than the others: zeros before them are gone."""

    def __init__(self) -> None:
        self._lengths = Counter[int]()
        self._numbers = list[tuple[int, str]]()

    def take(self, row: int, cell: object) -> None:
        text = _plain(cell)
        if text.isdigit():
            self._lengths[len(text)] += 1
        if isinstance(cell, int | float) and not isinstance(cell, bool):
            self._numbers.append((row, text))

    def problems(self) -> list[Problem]:
        usual = max(self._lengths, key=lambda each: (self._lengths[each], each), default=0)
        remedy = gettext_noop("give the column the format Text, and write the ids once more")
        found = []
        for row, text in self._numbers:
            values = {"student": text, "usual": usual}
            if text.isdigit() and len(text) < usual:
                what = gettext_noop(
                    "{student} is kept as a number and shorter than the others ({usual} digits): zeros "
                    "before it may be lost"
                )
                found.append(Problem(row, what, remedy, values))
            elif text.isdigit() and int(text) >= CERTAIN:
                what = gettext_noop(
                    "{student} is kept as a number, of which a spreadsheet keeps 15 digits: the others are lost"
                )
                found.append(Problem(row, what, remedy, values))
        return found


def _written(cell: Any, name: str, *, old_mac: bool) -> str:
    """Return a cell as it stands in a CSV file; dates and times are put right by the column."""
    if name in _DATES:
        return _date(cell, _FIRST_DAY[old_mac])
    return _time(cell) if name in _TIMES else _plain(cell)


def _plain(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 10**18:
        return str(int(cell))
    if isinstance(cell, bool):
        return str(cell).upper()
    return str(cell).strip()


def _date(cell: Any, first: date) -> str:
    if isinstance(cell, datetime) and cell.time() == time():
        return f"{cell.date()}"
    if (
        isinstance(cell, int | float)
        and not isinstance(cell, bool)
        and float(cell).is_integer()
        and 30_000 < cell < 75_000
    ):
        return f"{first + timedelta(days=int(cell))}"
    return _plain(cell)


def _time(cell: Any) -> str:
    """Return a time of day to the second: a spreadsheet keeps a fraction of a day, 1 is midnight at its end."""
    clock = partial("{:02}:{:02}:{:02}".format)
    if isinstance(cell, time):
        moment = datetime.combine(date(2000, 1, 1), cell) + timedelta(milliseconds=500)
        return "24:00" if moment.day == 2 else clock(moment.hour, moment.minute, moment.second).removesuffix(":00")
    if isinstance(cell, date) and cell.year <= 1900 and not (isinstance(cell, datetime) and cell.time() != time()):
        return "24:00"
    if isinstance(cell, timedelta):
        cell = cell / timedelta(days=1)
    if isinstance(cell, int | float) and not isinstance(cell, bool) and 0 <= cell <= 1:
        seconds = round(cell * 86_400)
        return clock(seconds // 3600, seconds // 60 % 60, seconds % 60).removesuffix(":00")
    return _plain(cell)
