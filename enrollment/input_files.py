"""A file that a person brings, whatever it is: CSV, an Excel workbook, or a calendar. It becomes one table."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

from enrollment.csv_files import OLD_WORKBOOK, CalendarFrame, CsvTable, Holiday, Problem, SourceFile, read_table
from schemas.archives import read_at_most
from schemas.errors import RefusedError
from schemas.translations import Language, Text

__all__ = ["MOST_BYTES", "InputFile", "InputTable", "input_file", "read_input", "too_large"]

MOST_BYTES = 40 * 2**20
"""Of a file: a timetable of 200,000 lines has 12 million."""


class InputFile(NamedTuple):
    """A file that a person brings. name: for messages. encoding: what he says it is; empty: it is found out.

    sheet: of a workbook; empty: the only one. first, last: of a calendar, the days that are meant.
    """

    data: bytes
    name: str
    encoding: str = ""
    sheet: str = ""
    first: date | None = None
    last: date | None = None


class InputTable(NamedTuple):
    """What a file says. source: where its lines are, for messages. holidays: of a calendar."""

    table: CsvTable
    source: SourceFile
    holidays: Sequence[Holiday] = ()


def input_file(
    path: Path, encoding: str = "", sheet: str = "", first: date | None = None, last: date | None = None
) -> InputFile:
    """Read a file whole.

    Raises:
        RefusedError: it is too large.
    """
    data = read_at_most(path, MOST_BYTES)
    if data is None:
        raise too_large(path.name)
    return InputFile(data, path.name, encoding, sheet, first, last)


def too_large(name: str) -> RefusedError:
    """Say that a file is too large."""
    return RefusedError(
        Text("{file} has more than {most} MB", file=name, most=MOST_BYTES // 2**20),
        Text("Load it in parts. Nothing of {file} was applied.", file=name),
    )


def read_input(
    file: InputFile, columns: Sequence[str], calendar: CalendarFrame | None = None, language: Language = "en"
) -> InputTable:
    """Read the columns of a file; what is wrong with it stands in the table.

    calendar: what a calendar is read within which a calendar is read; None: a calendar does not hold what is asked for.

    Raises:
        RefusedError: it is too large.
    """
    if len(file.data) > MOST_BYTES:
        raise too_large(file.name)
    if file.data.startswith((b"PK\x03\x04", b"PK\x05\x06", OLD_WORKBOOK)):
        from enrollment.workbooks import read_workbook  # calamine and icalendar take their time to be imported

        table, sheet = read_workbook(file.data, columns, file.sheet, language)
        return InputTable(table, SourceFile(file.name, sheet=sheet))
    if file.data[:400].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")[:15].upper() == b"BEGIN:VCALENDAR":
        if calendar is None:
            what = Problem(0, "is a calendar, which has no students", "give a CSV file or a workbook")
            return InputTable(CsvTable((), (what,), ""), SourceFile(file.name))
        from enrollment.calendars import read_calendar

        table, events, holidays = read_calendar(file.data, calendar, file.encoding, language)
        return InputTable(table, SourceFile(file.name, events=events), holidays)
    return InputTable(read_table(file.data, columns, file.encoding, language), SourceFile(file.name))
