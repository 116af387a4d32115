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
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from difflib import get_close_matches
from functools import partial
from itertools import islice, zip_longest
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from enrollment.hangul import can_be_korean, most_doubtful
from enrollment.headers import SEARCHED, Header, header_of
from schemas.errors import RefusedError
from schemas.texts import cleaned, written_plainly
from schemas.translations import Language, Texts, gettext_noop, say

__all__ = [
    "MOST_LINES",
    "OLD_WORKBOOK",
    "CalendarFrame",
    "CsvLine",
    "CsvTable",
    "Holiday",
    "Problem",
    "SourceFile",
    "as_text",
    "is_name",
    "read_table",
    "refusal",
    "table_of",
    "too_many",
    "write_table",
]

MOST_LINES = 200_000
"""Of a file: the class hours of a term of a large university are half of that."""

ALIKE = 5
"""Problems with the same remedy that are printed one by one: a whole column may be wrong."""

SHOWN = 50
"""Problems that are printed; a file with more is mended in rounds."""


OLD_WORKBOOK: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How workbooks of Excel before 2007 begin, and those with a password."""


class CsvLine(msgspec.Struct, frozen=True):
    """A line that is not empty. number: where it begins in the file, from 1. fields: by column name, trimmed."""

    number: int
    fields: dict[str, str]


class Problem(msgspec.Struct, frozen=True):
    """What is wrong in a line, and the remedy: texts with their values. Line 0 is the whole file."""

    line: int
    what: str
    remedy: str
    values: Mapping[str, object] = {}

    def said(self, language: Language = "en") -> tuple[str, str]:
        """Return what is wrong, and what to do."""
        return say(language, self.what, **self.values), say(language, self.remedy, **self.values)


class CsvTable(msgspec.Struct, frozen=True):
    """What a file says. read_as: which encoding and line end were assumed, for the person to see."""

    lines: tuple[CsvLine, ...]
    problems: tuple[Problem, ...]
    read_as: str


class CalendarFrame(NamedTuple):
    """What a calendar is read within.

    zone: of the site. first, last: days of the occurrences that are meant, the last included; None: all there are.
    periods: of class hours that are loaded, by (section, start in UTC).
    """

    zone: ZoneInfo
    first: date | None = None
    last: date | None = None
    periods: Mapping[tuple[str, datetime], int] = {}


class Holiday(NamedTuple):
    """Days without class hours. section: empty is of all. hours: how many occurrences fell away."""

    name: str
    first: date
    last: date
    section: str
    hours: int


class SourceFile(msgspec.Struct, frozen=True):
    """Where lines are from, for messages. name: of the file. sheet: of a workbook. events: of a calendar, by line."""

    name: str
    sheet: str = ""
    events: Mapping[int, str] = {}

    def place(self, line: int) -> tuple[str, Mapping[str, object]]:
        """Return how a problem of a line is told, and the values of that; line 0 is the whole file."""
        values = {"file": self.name, "sheet": self.sheet, "line": line, "event": self.events.get(line, "")}
        if self.sheet:
            text = (
                gettext_noop("{file}, sheet {sheet}, row {line}: {what}; {remedy}")
                if line
                else gettext_noop("{file}, sheet {sheet}: {what}; {remedy}")
            )
        elif values["event"]:
            text = gettext_noop("{file}, line {line}, event {event!r}: {what}; {remedy}")
        else:
            text = (
                gettext_noop("{file}, line {line}: {what}; {remedy}")
                if line
                else gettext_noop("{file}: {what}; {remedy}")
            )
        return text, values


def read_table(data: bytes, columns: Sequence[str], encoding: str = "", language: Language = "en") -> CsvTable:
    """Read the columns of a file by their header names; other columns are passed over, and named in ``read_as``.

    encoding: what a person says it is, as Python calls it; empty: it is found out. language: of ``read_as``.
    """
    text, read_as, problem = as_text(data, encoding, language)
    tell = partial(say, language)
    if problem:
        return CsvTable((), (problem,), read_as)
    text, separator = _separator(text, columns)
    rows, problems = _split(text, separator)
    ends = _line_ends(text)
    read_as += ", " + (tell("{ends} line ends", ends=tell(" and ").join(ends)) if ends else tell("no line ends"))
    read_as += "" if separator == "," else f", {tell(_SEPARATORS[separator])}"
    return table_of(rows, columns, read_as, problems, language)


def table_of(
    rows: Sequence[tuple[int, Sequence[str]]],
    columns: Sequence[str],
    read_as: str,
    problems: list[Problem],
    language: Language = "en",
) -> CsvTable:
    """Return the columns of rows that are not empty, each with its number; the first one is the header.

    problems: found before. read_as, language: as of ``read_table``.
    """
    if not rows and problems:
        return CsvTable((), tuple(problems), read_as)
    if not rows:
        return CsvTable(
            (),
            (*problems, Problem(0, "has no lines", "begin it with {columns}", {"columns": ",".join(columns)})),
            read_as,
        )
    found = header_of([cells for _, cells in rows[:SEARCHED]], columns)
    header = found.names
    wrong = _check_header(rows[found.at][0], found.held, columns)
    if wrong:
        return CsvTable((), (*problems, *wrong), read_as)
    read_as += _said(found, rows[found.at][0], columns, language)
    lines = []
    for number, raw in rows[found.at + 1 :]:
        cells = _cleaned(raw, header)
        if len(cells) > len(header) and not any(cells[len(header) :]):
            cells = cells[: len(header)]  # a spreadsheet that once had more columns writes their commas
        if len(cells) != len(header):
            problems.append(_misfit(number, cells, header))
            continue
        fields = found.fields(cells, columns)
        if bad := [name for name, cell in fields.items() if not cell.isprintable()]:
            problems.append(
                Problem(number, "{name} holds a line break or a control character", "remove it", {"name": bad[0]})
            )
            continue
        lines.append(CsvLine(number, fields))
    return CsvTable(tuple(lines), tuple(problems), read_as)


def _said(header: Header, number: int, columns: Sequence[str], language: Language) -> str:
    """Return what was taken for the header, if that does not go without saying. number: of its row."""
    tell, said = partial(say, language), list[str]()
    if header.at:
        said.append(tell("the header in row {row}", row=number))
    if header.renamed:
        said += [f"{called} = {column}" for called, column in header.renamed]
    known = {*columns, *(header.names[at] for at in header.section)}
    if passed_over := [name for name in header.names if name and name not in known]:
        said.append(tell("without the columns {columns}", columns=", ".join(passed_over)))
    return "".join(f", {each}" for each in said)


def write_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return a file that ``read_table`` reads: UTF-8, LF line ends."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([columns, *rows])
    return text.getvalue().encode()


def refusal(file: str | SourceFile, problems: Iterable[Problem], language: Language = "en") -> RefusedError:
    """Say everything that is wrong with a file, in the order of its lines."""
    tell, source = partial(say, language), SourceFile(file) if isinstance(file, str) else file
    ordered = sorted(problems, key=lambda each: each.line)
    alike = Counter[str]()
    said = []
    for each in ordered:
        what, remedy = each.said(language)
        alike[remedy] += 1
        if alike[remedy] <= ALIKE:
            where, values = source.place(each.line)
            said.append(tell(where, what=what, remedy=remedy, **values))
    said += [
        tell("... and {count} more lines of this kind ({remedy})", count=count - ALIKE, remedy=remedy)
        for remedy, count in alike.items()
        if count > ALIKE
    ]
    if len(said) > SHOWN:
        said[SHOWN:] = [tell("... and {count} more", count=len(said) - SHOWN)]
    return RefusedError("\n".join(said), tell("Nothing of {file} was applied.", file=source.name))


def is_name(text: str) -> bool:
    """Whether a text can name a section or a hall: it becomes part of keys, where ``|`` and ``/`` separate."""
    return 0 < len(text.encode()) <= 100 and text.isprintable() and not set(text) & set("|/")


_PEOPLE: Final = {"name"}
"""Columns of what people are called."""

_SEPARATORS: Final[Texts] = {",": "commas", ";": "semicolons", "\t": "tabs"}
_LINE_END = re.compile(r"\r\n|\n|\r")
_WITH_BOM = "utf-8-sig"


def _misfit(number: int, cells: Sequence[str], header: Sequence[str]) -> Problem:
    counts = {"count": len(cells), "most": len(header)}
    if len(cells) < len(header):
        return Problem(
            number,
            "has {count} fields where the header has {most}",
            "add what is missing: {names}",
            counts | {"names": ", ".join(filter(None, header))},
        )
    return Problem(
        number,
        "has {count} fields where the header has {most}",
        "quote a field that holds a comma, like {quoted}",
        counts | {"quoted": f'"{cells[-2]}, {cells[-1]}"'},
    )


def as_text(data: bytes, encoding: str = "", language: Language = "en") -> tuple[str, str, Problem | None]:
    """Return the text of a file, what it was read as in words, and why it could not be.

    encoding: as of ``read_table``.
    """
    text, read_as, problem = _decode(data, encoding)
    return text, say(language, "UTF-8 with BOM") if read_as == _WITH_BOM else read_as, problem


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
        return data.decode("utf-8-sig"), _WITH_BOM if bom else "UTF-8", None
    except UnicodeDecodeError:
        pass
    try:
        text = data.decode("cp949")
    except UnicodeDecodeError as neither:
        at = len(_LINE_END.findall(data[: neither.start].decode("latin-1"))) + 1
        return (
            "",
            "",
            Problem(
                at,
                "is neither UTF-8 nor CP949",
                "save it as `CSV UTF-8` from the spreadsheet, or say what it is: --encoding gbk, "
                "big5, shift_jis, latin-1 or cp949",
            ),
        )
    if can_be_korean(text):
        return text, "CP949", None
    lines = _LINE_END.split(text)
    at = most_doubtful(lines)
    return (
        "",
        "",
        Problem(
            at + 1,
            "is not UTF-8, and read as CP949 it says {says!r}, which can hardly be meant",
            "save it as `CSV UTF-8` from the spreadsheet, or say what it is: --encoding gbk, "
            "big5, shift_jis, latin-1 or cp949",
            {"says": lines[at][:40].strip()},
        ),
    )


_LINE_END = re.compile(r"\r\n|\n|\r")


def _decode_as(data: bytes, encoding: str) -> tuple[str, str, Problem | None]:
    try:
        return data.decode(encoding).removeprefix("\ufeff"), codecs.lookup(encoding).name.upper(), None
    except LookupError:
        return (
            "",
            "",
            Problem(
                0,
                "cannot be read as {encoding!r}",
                "name an encoding, like utf-8, cp949, gbk or latin-1",
                {"encoding": encoding},
            ),
        )
    except UnicodeError as error:
        at = data[: getattr(error, "start", 0)].count(b"\n") + 1
        return (
            "",
            "",
            Problem(
                at, "is not {encoding}", "name another encoding, or save it as `CSV UTF-8`", {"encoding": encoding}
            ),
        )


def _separator(text: str, columns: Sequence[str]) -> tuple[str, str]:
    """Return what is to be read, and what separates its columns: what its header does, or has most of.

    A first line like ``sep=;`` says it to Excel, and stays as an empty one so that lines are counted from the first.
    """
    said = re.match(r'\s*"?sep=(.)"?[,;\t ]*(?=[\r\n]|$)', text, re.IGNORECASE)
    if said:
        text = text[said.end() :]
        if said[1] in _SEPARATORS:
            return text, said[1]
    first = list(islice((line for line in io.StringIO(text, newline=None) if line.strip()), SEARCHED))
    for separator in _SEPARATORS:
        rows = [[cell.strip(' "\n') for cell in line.split(separator)] for line in first]
        if rows and set(columns) <= set(header_of(rows, columns).held):
            return text, separator
    return text, max(_SEPARATORS, key=next(iter(first), "").count)


def _line_ends(text: str) -> list[str]:
    names = {"\r\n": "CRLF", "\n": "LF", "\r": "CR"}
    return sorted({names[each] for each in _LINE_END.findall(text)})


_TEXT = re.compile(r'="(.*)"', re.DOTALL)
"""How Excel is told that a number is text: ``="0012345"``."""


def _split(text: str, separator: str) -> tuple[list[tuple[int, list[str]]], list[Problem]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=separator)
    rows = []
    before = 0
    try:
        for cells in reader:
            cells = [_TEXT.sub(r"\1", cell.strip()) for cell in cells]
            if any(map(cleaned, cells)):
                rows.append((before + 1, cells))
            if len(rows) > MOST_LINES + 1:
                return [], [too_many()]
            before = reader.line_num
    except csv.Error as error:
        return rows, [
            Problem(before + 1, "has a stray quote ({detail})", "close it, or write it twice", {"detail": error})
        ]
    return rows, []


def too_many() -> Problem:
    """Say that a file is too long."""
    return Problem(0, "has more than {most:,} lines", "load it in parts", {"most": MOST_LINES})


def _cleaned(cells: Sequence[str], header: Sequence[str]) -> list[str]:
    """Return the cells of a line: what people are called keeps its dashes, of ids and all else they are ``-``."""
    return [
        cleaned(each) if name in _PEOPLE else written_plainly(each)
        for each, name in zip_longest(cells, header[: len(cells)], fillvalue="")
    ]


def _check_header(at: int, header: Sequence[str], columns: Sequence[str]) -> list[Problem]:
    missing = [name for name in columns if name not in header]
    problems = []
    if len(missing) == len(columns):
        return [Problem(at, "is no header", "begin the file with {columns}", {"columns": ",".join(columns)})]
    for name in missing:
        near = get_close_matches(name, [each for each in header if each not in columns], n=1, cutoff=0.5)
        problems.append(
            Problem(
                at,
                "the column {name!r} is missing",
                gettext_noop("rename {near!r}") if near else gettext_noop("add it"),
                {"name": name, "near": near[0] if near else ""},
            )
        )
    return problems + [
        Problem(
            at, "the column {name!r} is there {count} times", "keep one", {"name": name, "count": header.count(name)}
        )
        for name in columns
        if header.count(name) > 1
    ]
