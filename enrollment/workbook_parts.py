"""What is inside a workbook, counted by a reader of XML before anything else reads it: a small one may hold anything.

calamine makes a table of a sheet at once, of all cells between the first and the last, and ends the process where that
does not fit into the memory. So every part that it could take for a sheet is counted here the way it reads it.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple
from xml.parsers import expat

from enrollment.csv_files import MOST_LINES, OLD_WORKBOOK, Problem, too_many
from schemas.archives import open_zip
from schemas.translations import gettext_noop

__all__ = ["AS_XLSX", "SheetCount", "UnreadableError", "WorkbookParts", "counted_parts"]

MOST_UNPACKED = 400 * 2**20
"""Bytes of all parts: a sheet of 200,000 rows with six cells each has 60 million."""

MOST_COLUMNS = 200
"""To the right of this there is nothing that Naul reads."""

MOST_CELLS = MOST_LINES * 20
"""Between the first cell and the last, the empty ones included: calamine holds them all, 32 bytes each."""

MOST_HELD = 8 * 2**20
"""Bytes of a part without a tag."""

MOST_PARTS = 2_000

MOST_ODD = 1_000
"""Cells of a sheet with an error or a formula without a value that are remembered."""

AS_XLSX: Final = gettext_noop("save it as an Excel workbook (.xlsx) without a password, or as `CSV UTF-8`")

_BOOK, _RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_PLACE = re.compile("([A-Z]{1,3})([0-9]{1,7})")


class SheetCount(NamedTuple):
    """What was counted in a sheet. errors, unworked: cells, like ``B12``, by row."""

    errors: Mapping[int, str]
    unworked: Mapping[int, str]


class WorkbookParts(NamedTuple):
    """What was counted in a workbook. sheets: by their names. old_mac: its days are counted from 1904."""

    sheets: Mapping[str, SheetCount]
    old_mac: bool


class UnreadableError(Exception):
    """The whole file is wrong: ``problem`` says why."""

    def __init__(self, what: str, remedy: str, **values: object) -> None:
        super().__init__(what)
        self.problem = Problem(0, what, remedy, values)


def counted_parts(data: bytes) -> WorkbookParts:
    """Unpack all parts, keep none of them, and count what they hold.

    Raises:
        UnreadableError: it is no workbook, or holds too much.
        ValueError: it cannot be read; and all of ``MALFORMED``.
    """
    if data.startswith(OLD_WORKBOOK):
        raise UnreadableError(gettext_noop("is a workbook of Excel before 2007, or has a password"), AS_XLSX)
    with open_zip(io.BytesIO(data), MOST_PARTS) as packed:
        infos = packed.infolist()
    names = {each.filename for each in infos}
    if _BOOK not in names:
        raise UnreadableError(gettext_noop("is no Excel workbook, but another packed file"), AS_XLSX)
    if len(names) != len(infos):
        raise _no_workbook()
    left, parts = MOST_UNPACKED, dict[str, _PartCount]()
    for info in infos:
        part = _PartCount()
        for chunk in _unpacked(data, info):
            left -= len(chunk)
            if left < 0:
                raise UnreadableError(
                    gettext_noop("unpacks to more than {most} MB"),
                    gettext_noop("load it in parts, or as `CSV UTF-8`"),
                    most=MOST_UNPACKED // 2**20,
                )
            part.take(chunk)
        if part.ended():
            parts[info.filename] = part
    return _parts_of(parts)


def _parts_of(parts: Mapping[str, "_PartCount"]) -> WorkbookParts:
    """Return the sheets by their names; one whose part was not counted is nothing that may be read."""
    if _BOOK not in parts or _RELATIONS not in parts:
        raise ValueError(f"{_BOOK} is no XML")
    book, targets = parts[_BOOK], parts[_RELATIONS].targets
    sheets = dict[str, SheetCount]()
    for name, relation in book.named:
        part = "xl/" + targets.get(relation, "").removeprefix("/xl/").removeprefix("xl/")
        if part not in parts:
            raise ValueError(f"{part[:200]} is no XML")
        sheets[name] = SheetCount(parts[part].errors, parts[part].unworked)
    return WorkbookParts(sheets, book.old_mac)


def _no_workbook() -> UnreadableError:
    return UnreadableError(gettext_noop("is no workbook that Excel writes"), AS_XLSX)


def _too_long() -> UnreadableError:
    problem = too_many()
    return UnreadableError(problem.what, problem.remedy, **problem.values)


def _unpacked(data: bytes, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield a part in pieces. What its head says of its size is not believed."""
    at = info.header_offset
    lengths = int.from_bytes(data[at + 26 : at + 28], "little") + int.from_bytes(data[at + 28 : at + 30], "little")
    packed = memoryview(data)[at + 30 + lengths : at + 30 + lengths + info.compress_size]
    if info.flag_bits & 1:
        raise UnreadableError(gettext_noop("is a workbook of Excel before 2007, or has a password"), AS_XLSX)
    if info.compress_type == zipfile.ZIP_STORED:
        yield bytes(packed)
        return
    if info.compress_type != zipfile.ZIP_DEFLATED:
        raise _no_workbook()
    inflate, piece = zlib.decompressobj(-15), bytes(packed)
    try:
        while piece and not inflate.eof:
            yield inflate.decompress(piece, 2**20)
            piece = inflate.unconsumed_tail
    except zlib.error as error:
        raise ValueError(f"{info.filename}: {error}") from error


class _PartCount:
    """Reads a part as it is unpacked: cells, wherever they are, and what the workbook says of its sheets.

    What is no XML in UTF-8 (a picture, a macro) is passed over, and is no sheet; XML with a DOCTYPE is no workbook.
    """

    def __init__(self) -> None:
        self.errors, self.unworked = dict[int, str](), dict[int, str]()
        self.named, self.targets, self.old_mac = list[tuple[str, str]](), dict[str, str](), False
        self._row = self._column = self._fed = 0
        self._rows, self._columns = (2**31, 0), (2**31, 0)
        self._error, self._without, self._counted = False, "", False
        self._reader: expat.XMLParserType | None = expat.ParserCreate("utf-8")
        self._reader.StartElementHandler = self._begins
        self._reader.StartDoctypeDeclHandler = self._doctype

    def take(self, chunk: bytes) -> None:
        """Read on."""
        if self._reader is None:
            return
        self._fed += len(chunk)
        try:
            self._reader.Parse(chunk, False)
        except expat.ExpatError:
            self._reader = None
            return
        if self._fed - self._reader.CurrentByteIndex > MOST_HELD:
            raise _no_workbook()

    def ended(self) -> bool:
        """Whether it was XML to its end."""
        try:
            if self._reader is None:
                return False
            self._reader.Parse(b"", True)
        except expat.ExpatError:
            return False
        self._cell_ended()
        return True

    def _doctype(self, *_: object) -> None:
        raise _no_workbook()

    def _begins(self, tag: str, values: dict[str, str]) -> None:
        kind = tag.rpartition(":")[2]
        if kind in ("v", "f", "is"):  # a cell with none of them is only formatted, and is in no table
            self._count()
        match kind:
            case "row":
                self._cell_ended()
                self._row = int(_number(values["r"])) if "r" in values else self._row + 1
                self._column = 0
            case "c":
                self._cell_ended()
                self._cell(values)
            case "f":
                self._without = f"{_letters(self._column)}{self._row}"
            case "v" | "t" if self._without and self._reader is not None:
                self._reader.CharacterDataHandler = self._has_value
            case "sheet":
                relation = next((text for name, text in values.items() if name.endswith(":id")), "")
                self.named.append((values.get("name", ""), relation))
            case "Relationship":
                self.targets[values.get("Id", "")] = values.get("Target", "")
            case "workbookPr":
                self.old_mac = values.get("date1904") in ("1", "true")

    def _cell(self, values: Mapping[str, str]) -> None:
        if "r" in values:
            found = _PLACE.fullmatch(values["r"])
            if found is None:
                raise _no_workbook()
            self._column, self._row = _column(found[1]), int(found[2])
        else:
            self._column += 1
        self._error, self._counted = values.get("t") == "e", False

    def _count(self) -> None:
        """Count the cell that is being read, once."""
        if self._counted:
            return
        self._counted = True
        self._rows = min(self._rows[0], self._row), max(self._rows[1], self._row)
        self._columns = min(self._columns[0], self._column), max(self._columns[1], self._column)
        (first, last), (left, right) = self._rows, self._columns
        if last > MOST_LINES or (right <= MOST_COLUMNS and (last - first + 1) * (right - left + 1) > MOST_CELLS):
            raise _too_long()
        if right > MOST_COLUMNS:
            raise UnreadableError(
                gettext_noop("has a sheet with {columns} columns"),
                gettext_noop("copy what is meant into a new sheet"),
                columns=right,
            )
        if self._error and len(self.errors) < MOST_ODD:
            self.errors.setdefault(self._row, f"{_letters(self._column)}{self._row}")

    def _has_value(self, text: str) -> None:
        if text.strip() and self._reader is not None:
            self._without, self._reader.CharacterDataHandler = "", None

    def _cell_ended(self) -> None:
        if self._without and len(self.unworked) < MOST_ODD:
            self.unworked.setdefault(self._row, self._without)
        if self._reader is not None:
            self._without, self._reader.CharacterDataHandler = "", None


def _number(text: str) -> str:
    if not re.fullmatch("[0-9]{1,7}", text):
        raise _no_workbook()
    return text


def _column(letters: str) -> int:
    number = 0
    for each in letters:
        number = number * 26 + ord(each) - 64
    return number


def _letters(column: int) -> str:
    text = ""
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text
