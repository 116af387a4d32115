"""XLSX workbooks as people bring them: one sheet becomes the rows of a CSV file. Values only, no formula is worked out.

A workbook is a packed folder of XML, and may be small and unpack to anything. So what is inside is counted before
anything reads it; then calamine does. What a spreadsheet did to a value is undone where that is certain (a date is a
date, a time of day a time), and told as a problem where it is not (an id that lost its zeros).
"""

import io
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any, Final, NamedTuple

import python_calamine

from enrollment.csv_files import MOST_LINES, OLD_WORKBOOK, CsvTable, Problem, table_of, too_many
from enrollment.headers import SEARCHED, header_of
from schemas.texts import cleaned
from schemas.translations import Language, gettext_noop, say

__all__ = ["read_workbook"]

MOST_UNPACKED = 400 * 2**20
"""Bytes of all parts: a sheet of 200,000 rows with six cells each has 60 million."""

MOST_COLUMNS = 200
"""To the right of this there is nothing that Naul reads; calamine would hold every cell between."""

MOST_HELD = 8 * 2**20
"""Bytes of a sheet without the end of a cell or the beginning of a row."""

MOST_PARTS, MOST_SHEETS = 2_000, 100

MOST_ODD = 1_000
"""Cells of a sheet with an error or a formula without a value that are remembered."""

CERTAIN = 10**15
"""Excel keeps 15 digits of a number."""


_AS_XLSX: Final = gettext_noop("save it as an Excel workbook (.xlsx) without a password, or as `CSV UTF-8`")
_CELL = re.compile(rb"<(?:\w+:)?c(?=[\s>])([^<>]{0,400})(?<!/)>")
"""The beginning of a cell that holds anything."""
_ENDS = (b"</c>", b"<row", b":c>", b":row")
_PLACE = re.compile(rb"""\sr\s*=\s*["']([A-Z]{1,3})([0-9]{1,7})["']""")
_ERROR = re.compile(rb"""\st\s*=\s*["']e["']""")
_NO_VALUE = re.compile(
    rb"\s*<(?:\w+:)?f(?:\s[^>]*)?(?:/>|>[^<]*</(?:\w+:)?f>)\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*</"
)
"""What follows in a cell whose formula was never worked out, as programs write it that are no spreadsheet."""
_SHEET = re.compile(rb"""<(?:\w+:)?sheet\s[^>]*>""")
_RELATION = re.compile(rb"""<(?:\w+:)?Relationship\s[^>]*>""")

_DATES: Final = {"date"}
_TIMES: Final = {"starts_at", "ends_at"}
_IDS: Final = {"student_id"}
_FIRST_DAY = {False: date(1899, 12, 30), True: date(1904, 1, 1)}
"""Day 0, by whether the workbook counts from 1904 as those of old Macs do."""

Rows = list[tuple[int, list[str]]]


class _Sheet(NamedTuple):
    """What was counted in a part that holds a sheet. errors, unworked: cells, like ``B12``, by row."""

    rows: int
    columns: int
    cells: int
    errors: Mapping[int, str]
    unworked: Mapping[int, str]


class _Parts(NamedTuple):
    """What was counted in a workbook. sheets: by the name of the part. texts: of the parts that say which is which."""

    sheets: Mapping[str, _Sheet]
    texts: Mapping[str, bytes]


class _UnreadableError(Exception):
    """The whole file is wrong: ``problem`` says why."""

    def __init__(self, what: str, remedy: str, **values: object) -> None:
        super().__init__(what)
        self.problem = Problem(0, what, remedy, values)


def read_workbook(
    data: bytes, columns: Sequence[str], sheet: str = "", language: Language = "en"
) -> tuple[CsvTable, str]:
    """Read the columns of a sheet by its header names, and return its name, too.

    sheet: which one; empty: the only one that is shown and holds anything. language: of ``read_as``.
    """
    try:
        parts = _counted(data)
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        name = _chosen(book, sheet)
        counted = _of_sheet(parts, name)
        rows = _rows(book.get_sheet_by_name(name))
        old_mac = b'date1904="1"' in parts.texts.get("xl/workbook.xml", b"")
    except _UnreadableError as error:
        return CsvTable((), (error.problem,), ""), ""
    except (python_calamine.CalamineError, zipfile.BadZipFile, ValueError, OverflowError) as error:
        what = gettext_noop("is no workbook that can be read ({detail})")
        return CsvTable((), (Problem(0, what, _AS_XLSX, {"detail": f"{error}"[:200]}),), ""), ""
    read_as = say(language, "an Excel workbook, sheet {sheet}", sheet=name)
    found, problems = _as_texts(rows, columns, counted, old_mac=old_mac)
    return table_of(found, columns, read_as, problems, language), name


def _counted(data: bytes) -> _Parts:
    """Unpack all parts, keep none but the smallest, and count what they hold."""
    if data.startswith(OLD_WORKBOOK):
        raise _UnreadableError(gettext_noop("is a workbook of Excel before 2007, or has a password"), _AS_XLSX)
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        infos = packed.infolist()
    names = {each.filename for each in infos}
    if "xl/workbook.xml" not in names:
        raise _UnreadableError(gettext_noop("is no Excel workbook, but another packed file"), _AS_XLSX)
    if len(infos) > MOST_PARTS or len(names) != len(infos):
        raise _UnreadableError(gettext_noop("is no workbook that Excel writes"), _AS_XLSX)
    left, sheets, texts = MOST_UNPACKED, dict[str, _Sheet](), dict[str, bytes]()
    for info in infos:
        unpacked = _Counter(of_sheet=info.filename.startswith("xl/worksheets/"))
        for chunk in _unpacked(data, info):
            left -= len(chunk)
            if left < 0:
                raise _UnreadableError(
                    gettext_noop("unpacks to more than {most} MB"),
                    gettext_noop("load it in parts, or as `CSV UTF-8`"),
                    most=MOST_UNPACKED // 2**20,
                )
            unpacked.take(chunk)
        if unpacked.of_sheet:
            sheets[info.filename] = unpacked.sheet()
        elif info.filename in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels"):
            texts[info.filename] = bytes(unpacked.text)
    return _Parts(sheets, texts)


def _unpacked(data: bytes, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield a part in pieces. What its head says of its size is not believed."""
    at = info.header_offset
    lengths = int.from_bytes(data[at + 26 : at + 28], "little") + int.from_bytes(data[at + 28 : at + 30], "little")
    packed = memoryview(data)[at + 30 + lengths : at + 30 + lengths + info.compress_size]
    if info.flag_bits & 1:
        raise _UnreadableError(gettext_noop("is a workbook of Excel before 2007, or has a password"), _AS_XLSX)
    if info.compress_type == zipfile.ZIP_STORED:
        yield bytes(packed)
        return
    if info.compress_type != zipfile.ZIP_DEFLATED:
        raise _UnreadableError(gettext_noop("is no workbook that Excel writes"), _AS_XLSX)
    inflate, piece = zlib.decompressobj(-15), bytes(packed)
    try:
        while piece and not inflate.eof:
            yield inflate.decompress(piece, 2**20)
            piece = inflate.unconsumed_tail
    except zlib.error as error:
        raise ValueError(f"{info.filename}: {error}") from error


class _Counter:
    """Counts the cells of a part as it is unpacked; of another part it keeps the first megabyte."""

    def __init__(self, *, of_sheet: bool) -> None:
        self.of_sheet = of_sheet
        self.text = bytearray()
        self._held = b""
        self._rows = self._columns = self._cells = 0
        self._errors, self._unworked = dict[int, str](), dict[int, str]()

    def take(self, chunk: bytes) -> None:
        if not self.of_sheet:
            self.text += chunk[: max(0, 2**20 - len(self.text))]
            return
        self._held += chunk
        end = max(self._held.rfind(each) for each in _ENDS)
        if end > 0:
            self._count(self._held[:end])
            self._held = self._held[end:]
        elif len(self._held) > MOST_HELD:
            raise _UnreadableError(gettext_noop("is no workbook that Excel writes"), _AS_XLSX)

    def sheet(self) -> _Sheet:
        self._count(self._held)
        return _Sheet(self._rows, self._columns, self._cells, self._errors, self._unworked)

    def _count(self, xml: bytes) -> None:
        for found in _CELL.finditer(xml):
            self._cells += 1
            place = _PLACE.search(found[1])
            if place is None:
                continue
            row, column = int(place[2]), _column(place[1])
            self._rows, self._columns = max(self._rows, row), max(self._columns, column)
            odd = self._errors if _ERROR.search(found[1]) else None
            if odd is None and _NO_VALUE.match(xml, found.end()):
                odd = self._unworked
            if odd is not None and len(odd) < MOST_ODD:
                odd.setdefault(row, f"{place[1].decode()}{row}")
        if self._rows > MOST_LINES or self._cells > MOST_LINES * 20:
            raise _TOO_LONG
        if self._columns > MOST_COLUMNS:
            raise _UnreadableError(
                gettext_noop("has a sheet with {columns} columns"),
                gettext_noop("copy what is meant into a new sheet"),
                columns=self._columns,
            )


def _too_long() -> _UnreadableError:
    problem = too_many()
    return _UnreadableError(problem.what, problem.remedy, **problem.values)


_TOO_LONG = _too_long()


def _column(letters: bytes) -> int:
    number = 0
    for each in letters:
        number = number * 26 + each - 64
    return number


def _chosen(book: python_calamine.CalamineWorkbook, wanted: str) -> str:
    """Return the name of the sheet that is meant."""
    tables = [each.name for each in book.sheets_metadata if each.typ == python_calamine.SheetTypeEnum.WorkSheet]
    if wanted:
        found = [each for each in tables if cleaned(each) == cleaned(wanted)]
        if found:
            return found[0]
        raise _UnreadableError(
            gettext_noop("has no sheet {sheet!r}"),
            gettext_noop("name one of: {sheets}"),
            sheet=wanted,
            sheets=", ".join(tables),
        )
    if len(tables) > MOST_SHEETS:
        raise _UnreadableError(
            gettext_noop("has {count} sheets"), gettext_noop("name the one that is meant"), count=len(tables)
        )
    visible = python_calamine.SheetVisibleEnum.Visible
    shown = [each.name for each in book.sheets_metadata if each.name in tables and each.visible == visible]
    filled = [each for each in shown if book.get_sheet_by_name(each).end is not None]
    if not filled:
        raise _UnreadableError(gettext_noop("has no sheet with anything in it"), gettext_noop("fill one"))
    if len(filled) > 1:
        raise _UnreadableError(
            gettext_noop("has several sheets"),
            gettext_noop("name the one that is meant: {sheets}"),
            sheets=", ".join(filled),
        )
    return filled[0]


def _of_sheet(parts: _Parts, name: str) -> _Sheet | None:
    """Return what was counted in the part of a sheet; None: it is not known which that is."""
    if len(parts.sheets) == 1:
        return next(iter(parts.sheets.values()))
    by_id = {
        _attribute(each, b"Id"): _attribute(each, b"Target")
        for each in _RELATION.findall(parts.texts.get("xl/_rels/workbook.xml.rels", b""))
    }
    for each in _SHEET.findall(parts.texts.get("xl/workbook.xml", b"")):
        if _attribute(each, b"name") == name:
            target = by_id.get(_attribute(each, rb"[\w]+:id"), "").removeprefix("/xl/").removeprefix("xl/")
            return parts.sheets.get(f"xl/{target}")
    return None


_ENTITIES = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'"}


def _attribute(tag: bytes, name: bytes) -> str:
    found = re.search(rb"\s" + name + rb"""\s*=\s*(?:"([^"]*)"|'([^']*)')""", tag)
    text = (found[1] or found[2] or b"").decode("utf-8", "replace") if found else ""
    return re.sub("&(amp|lt|gt|quot|apos);", lambda each: _ENTITIES[each[0]], text)


def _rows(sheet: python_calamine.CalamineSheet) -> list[tuple[int, list[Any]]]:
    """Return the rows that hold anything, by their numbers, from 1."""
    first = sheet.start[0] if sheet.start else 0
    skipped = sheet.to_python(skip_empty_area=True)
    return [(first + at + 1, row) for at, row in enumerate(skipped) if any(each != "" for each in row)]


def _as_texts(
    rows: Sequence[tuple[int, Sequence[Any]]], columns: Sequence[str], counted: _Sheet | None, *, old_mac: bool
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
