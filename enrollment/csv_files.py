"""CSV files as people bring them: UTF-8 with or without BOM, or CP949 as Korean Excel writes it; any line end.

A file is read as a whole. What is wrong with it is collected as problems, each with its line and what to do, so that a
person mends everything at once.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

import msgspec

from schemas.errors import RefusedError

__all__ = ["CsvLine", "CsvTable", "Problem", "is_name", "read_table", "refusal", "write_table"]

SHOWN = 50
"""Problems that are printed; a file with more is mended in rounds."""


class CsvLine(msgspec.Struct, frozen=True):
    """A line that is not empty. number: where it begins in the file, from 1. fields: by column name, trimmed."""

    number: int
    fields: dict[str, str]


class Problem(msgspec.Struct, frozen=True):
    """What is wrong in a line, and what to do. Line 0 is the whole file."""

    line: int
    what: str
    remedy: str


class CsvTable(msgspec.Struct, frozen=True):
    """What a file says. read_as: which encoding and line end were assumed, for the person to see."""

    lines: tuple[CsvLine, ...]
    problems: tuple[Problem, ...]
    read_as: str


def read_table(data: bytes, columns: Sequence[str]) -> CsvTable:
    """Read the columns of a file by their header names; other columns are passed over, and named in ``read_as``."""
    text, encoding, problem = _decode(data)
    if problem:
        return CsvTable((), (problem,), encoding)
    rows, problems = _split(text)
    read_as = f"{encoding}, {_line_end(text)} line ends"
    if not rows:
        return CsvTable((), (*problems, Problem(0, "has no lines", f"begin it with {','.join(columns)}")), read_as)
    (header_at, header), *body = rows
    header = [name.casefold() for name in header]
    wrong = _check_header(header_at, header, columns)
    if wrong:
        return CsvTable((), (*problems, *wrong), read_as)
    if passed_over := [name for name in header if name and name not in columns]:
        read_as += f", without the columns {', '.join(passed_over)}"
    lines = []
    for number, cells in body:
        if len(cells) != len(header):
            what = f"has {len(cells)} fields where the header has {len(header)}"
            problems.append(Problem(number, what, "quote a field that holds a comma"))
            continue
        fields = {name: cell for name, cell in zip(header, cells, strict=True) if name in columns}
        if bad := [name for name, cell in fields.items() if not cell.isprintable()]:
            problems.append(Problem(number, f"{bad[0]} holds a line break or a control character", "remove it"))
            continue
        lines.append(CsvLine(number, fields))
    return CsvTable(tuple(lines), tuple(problems), read_as)


def write_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return a file that ``read_table`` reads: UTF-8, LF line ends."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([columns, *rows])
    return text.getvalue().encode()


def refusal(file: str, problems: Iterable[Problem]) -> RefusedError:
    """Say everything that is wrong with a file, in the order of its lines."""
    ordered = sorted(problems, key=lambda each: each.line)
    said = [f"{file}{f', line {each.line}' if each.line else ''}: {each.what}; {each.remedy}" for each in ordered]
    if len(said) > SHOWN:
        said[SHOWN:] = [f"... and {len(said) - SHOWN} more"]
    return RefusedError("\n".join(said), f"Nothing of {file} was applied.")


def is_name(text: str) -> bool:
    """Whether a text can name a section or a hall: it becomes part of keys, where ``|`` and ``/`` separate."""
    return 0 < len(text.encode()) <= 100 and text.isprintable() and not set(text) & set("|/")


def _decode(data: bytes) -> tuple[str, str, Problem | None]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in data:
        return "", "", Problem(0, "is no CSV text", "save it as `CSV UTF-8` from the spreadsheet")
    bom = data.startswith(b"\xef\xbb\xbf")
    try:
        return data.decode("utf-8-sig"), "UTF-8 with BOM" if bom else "UTF-8", None
    except UnicodeDecodeError as not_utf8:
        try:
            return data.decode("cp949"), "CP949", None
        except UnicodeDecodeError:
            line = len(re.findall(rb"\r\n|\r|\n", data[: not_utf8.start])) + 1
            return "", "", Problem(line, "is neither UTF-8 nor CP949", "save it as `CSV UTF-8` from the spreadsheet")


def _line_end(text: str) -> str:
    names = {"\r\n": "CRLF", "\n": "LF", "\r": "CR"}
    return " and ".join(sorted({names[each] for each in re.findall(r"\r\n|\n|\r", text)})) or "no"


def _split(text: str) -> tuple[list[tuple[int, list[str]]], list[Problem]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows = []
    before = 0
    try:
        for cells in reader:
            # A Mac writes Hangul in pieces; composed, equal names are equal texts.
            cells = [unicodedata.normalize("NFC", cell).strip() for cell in cells]
            if any(cells):
                rows.append((before + 1, cells))
            before = reader.line_num
    except csv.Error as error:
        return rows, [Problem(before + 1, f"has a stray quote ({error})", "close it, or write it twice")]
    return rows, []


def _check_header(at: int, header: list[str], columns: Sequence[str]) -> list[Problem]:
    missing = [name for name in columns if name not in header]
    problems = []
    if missing and len(header) == 1 and (separator := re.search(r"[;\t]", header[0])):
        what = f"columns are separated by {'a tab' if separator[0] == chr(9) else 'semicolons'}"
        return [Problem(at, what, "save it with commas")]
    if len(missing) == len(columns):
        return [Problem(at, "is no header", f"begin the file with {','.join(columns)}")]
    for name in missing:
        near = get_close_matches(name, [each for each in header if each not in columns], n=1, cutoff=0.5)
        remedy = f"rename {near[0]!r}" if near else "add it"
        problems.append(Problem(at, f"the column {name!r} is missing", remedy))
    return problems + [
        Problem(at, f"the column {name!r} is there {header.count(name)} times", "keep one")
        for name in columns
        if header.count(name) > 1
    ]
