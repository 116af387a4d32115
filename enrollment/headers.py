"""Which row of a table is its header, and what its columns hold, by the names that people and Korean systems give them.

A list of a university's own system names columns in Korean, has its title in rows above them, and the section in two
columns: 학수번호 and 분반.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from schemas.texts import written_plainly

__all__ = ["SEARCHED", "Header", "header_of"]

SEARCHED = 20
"""Rows among which the header is: what stands above it are titles."""

_COURSE, _CLASS = "학수번호", "분반"
"""The two columns of a section."""

_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "section": ("강좌", "강좌번호", "강좌코드", "강의번호", "강의코드", "수강번호", "수업번호", "학수번호-분반"),
    _COURSE: (_COURSE, "교과목번호", "교과목코드", "과목번호", "과목코드"),
    _CLASS: (_CLASS, "분반번호"),
    "student_id": ("학번", "학생번호", "student id", "student number", "student no"),
    "name": ("이름", "성명", "학생명", "학생이름", "학생성명"),
    "hall": ("강의실", "강의실번호", "강의실명", "장소", "호실"),
    "date": ("날짜", "일자", "수업일", "수업일자", "강의일", "강의일자"),
    "period": ("교시", "수업교시", "강의교시"),
    "starts_at": ("시작", "시작시각", "시작시간", "starts at", "start"),
    "ends_at": ("종료", "종료시각", "종료시간", "끝", "ends at", "end"),
}  # fmt: skip
_COLUMN: Final = {name.replace(" ", ""): column for column, names in _NAMES.items() for name in names}
_MARKS = re.compile(r"[*\s]|\((?:필수|\*)\)")
"""What forms put behind the name of a column that has to be filled."""


class Header(NamedTuple):
    """The header of a table.

    at: its row among those that were given. names: what each column holds; of one that is passed over, what it is
    called. section: the columns that together name a section; none if one does. renamed: what each column that is
    meant is called, where that is something else.
    """

    at: int
    names: tuple[str, ...]
    section: tuple[int, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()

    @property
    def held(self) -> tuple[str, ...]:
        """All that can be read."""
        return (*self.names, "section") if self.section else self.names

    def fields(self, cells: Sequence[str], columns: Sequence[str]) -> dict[str, str]:
        """Return the columns that are meant of a row; a section of which a part is missing is empty."""
        found = {name: cell for name, cell in zip(self.names, cells, strict=True) if name in columns}
        if self.section:
            parts = [cells[each] for each in self.section]
            found["section"] = "-".join(parts) if all(parts) else ""
        return found


def header_of(rows: Sequence[Sequence[object]], columns: Sequence[str], text: Callable[[object], str] = str) -> Header:
    """Return the first of the rows that names the most of the columns.

    rows: the first ones of a table, at least one. text: says a cell.
    """
    found = [_named(at, [text(each) for each in row], columns) for at, row in enumerate(rows[:SEARCHED])]
    return max(found, key=lambda each: len({*columns} & {*each.held}))


def _named(at: int, cells: Sequence[str], columns: Sequence[str]) -> Header:
    called = [written_plainly(each) for each in cells]
    names = [each.casefold() for each in called]
    renamed = list[tuple[str, str]]()
    plain = [_COLUMN.get(_MARKS.sub("", each), _MARKS.sub("", each)) for each in names]
    course, of_class = ([at for at, each in enumerate(plain) if each == part] for part in (_COURSE, _CLASS))
    section: tuple[int, ...] = ()
    if "section" in columns and "section" not in plain:
        if len(course) == len(of_class) == 1:
            section = (*course, *of_class)
            renamed.append(("-".join(called[each] for each in section), "section"))
        else:
            plain = ["section" if each in (_COURSE, _CLASS) else each for each in plain]
    own = {*names}
    for number, column in enumerate(plain):
        if column in columns and column not in own:
            renamed.append((called[number], column))
            names[number] = column
    return Header(at, tuple(names), section, tuple(renamed))
