"""CSV files as people bring them: UTF-8, UTF-16 with its mark, or CP949 as Korean Excel writes it; any line end.

Columns are separated by commas, semicolons or tabs. CP949 is only taken if what it yields can be Korean: the same bytes
are nonsense in another encoding, and then a person says which.

A file is read as a whole. What is wrong with it is collected as problems, each with its line and what to do, so that a
person mends everything at once.
"""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

import msgspec

from enrollment.hangul import can_be_korean, most_doubtful
from schemas.errors import RefusedError
from schemas.texts import cleaned

__all__ = ["CsvLine", "CsvTable", "Problem", "is_name", "read_table", "refusal", "write_table"]

ALIKE = 5
"""Problems with the same remedy that are printed one by one: a whole column may be wrong."""

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


def read_table(data: bytes, columns: Sequence[str], encoding: str = "") -> CsvTable:
    """Read the columns of a file by their header names; other columns are passed over, and named in ``read_as``.

    encoding: what a person says it is, as Python calls it; empty: it is found out.
    """
    text, read_as, problem = _decode(data, encoding)
    if problem:
        return CsvTable((), (problem,), read_as)
    text, separator = _separator(text)
    rows, problems = _split(text, separator)
    read_as += f", {_line_end(text)} line ends" + ("" if separator == "," else f", {_SEPARATORS[separator]}")
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
        if len(cells) > len(header) and not any(cells[len(header) :]):
            cells = cells[: len(header)]  # a spreadsheet that once had more columns writes their commas
        if len(cells) != len(header):
            problems.append(_misfit(number, cells, header))
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
    alike = Counter[str]()
    said = []
    for each in ordered:
        alike[each.remedy] += 1
        if alike[each.remedy] <= ALIKE:
            said.append(f"{file}{f', line {each.line}' if each.line else ''}: {each.what}; {each.remedy}")
    said += [
        f"... and {count - ALIKE} more lines of this kind ({remedy})"
        for remedy, count in alike.items()
        if count > ALIKE
    ]
    if len(said) > SHOWN:
        said[SHOWN:] = [f"... and {len(said) - SHOWN} more"]
    return RefusedError("\n".join(said), f"Nothing of {file} was applied.")


def is_name(text: str) -> bool:
    """Whether a text can name a section or a hall: it becomes part of keys, where ``|`` and ``/`` separate."""
    return 0 < len(text.encode()) <= 100 and text.isprintable() and not set(text) & set("|/")


_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}


def _misfit(number: int, cells: Sequence[str], header: Sequence[str]) -> Problem:
    what = f"has {len(cells)} fields where the header has {len(header)}"
    if len(cells) < len(header):
        return Problem(number, what, f"add what is missing: {', '.join(filter(None, header))}")
    return Problem(number, what, f"quote a field that holds a comma, like {_quoted(cells)}")


def _quoted(cells: Sequence[str]) -> str:
    return f'"{cells[-2]}, {cells[-1]}"'


def _decode(data: bytes, encoding: str) -> tuple[str, str, Problem | None]:
    """Return the text, what it was read as, and why it could not be."""
    if encoding:
        return _decode_as(data, encoding)
    for mark, codec in ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if data.startswith(mark):
            return _decode_as(data, codec)
    if b"\0" in data:
        return "", "", Problem(0, "is no CSV text", "save it as `CSV UTF-8` from the spreadsheet")
    bom = data.startswith(codecs.BOM_UTF8)
    try:
        return data.decode("utf-8-sig"), "UTF-8 with BOM" if bom else "UTF-8", None
    except UnicodeDecodeError:
        pass
    try:
        text = data.decode("cp949")
    except UnicodeDecodeError as neither:
        at = len(_LINE_END.findall(data[: neither.start].decode("latin-1"))) + 1
        return "", "", Problem(at, "is neither UTF-8 nor CP949", _WHICH)
    if can_be_korean(text):
        return text, "CP949", None
    lines = _LINE_END.split(text)
    at = most_doubtful(lines)
    what = f"is not UTF-8, and read as CP949 it says {lines[at][:40].strip()!r}, which can hardly be meant"
    return "", "", Problem(at + 1, what, _WHICH)


_LINE_END = re.compile(r"\r\n|\n|\r")
_WHICH = (
    "save it as `CSV UTF-8` from the spreadsheet, or say what it is: --encoding gbk, big5, shift_jis, latin-1 or cp949"
)


def _decode_as(data: bytes, encoding: str) -> tuple[str, str, Problem | None]:
    try:
        return data.decode(encoding).removeprefix("\ufeff"), codecs.lookup(encoding).name.upper(), None
    except LookupError:
        return (
            "",
            "",
            Problem(0, f"cannot be read as {encoding!r}", "name an encoding, like utf-8, cp949, gbk or latin-1"),
        )
    except UnicodeError as error:
        at = data[: getattr(error, "start", 0)].count(b"\n") + 1
        return "", "", Problem(at, f"is not {encoding}", "name another encoding, or save it as `CSV UTF-8`")


def _separator(text: str) -> tuple[str, str]:
    """Return what is to be read, and what separates its columns: what the header has most of.

    A first line like ``sep=;`` says it to Excel, and stays as an empty one so that lines are counted from the first.
    """
    said = re.match(r'\s*"?sep=(.)"?[,;\t ]*(?=[\r\n]|$)', text, re.IGNORECASE)
    if said:
        text = text[said.end() :]
    header = next((line for line in text.splitlines() if line.strip()), "")
    return text, said[1] if said and said[1] in _SEPARATORS else max(_SEPARATORS, key=header.count)


def _line_end(text: str) -> str:
    names = {"\r\n": "CRLF", "\n": "LF", "\r": "CR"}
    return " and ".join(sorted({names[each] for each in _LINE_END.findall(text)})) or "no"


_TEXT = re.compile(r'="(.*)"', re.DOTALL)
"""How Excel is told that a number is text: ``="0012345"``."""


def _split(text: str, separator: str) -> tuple[list[tuple[int, list[str]]], list[Problem]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=separator)
    rows = []
    before = 0
    try:
        for cells in reader:
            cells = [cleaned(_TEXT.sub(r"\1", cell.strip())) for cell in cells]
            if any(cells):
                rows.append((before + 1, cells))
            before = reader.line_num
    except csv.Error as error:
        return rows, [Problem(before + 1, f"has a stray quote ({error})", "close it, or write it twice")]
    return rows, []


def _check_header(at: int, header: list[str], columns: Sequence[str]) -> list[Problem]:
    missing = [name for name in columns if name not in header]
    problems = []
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
