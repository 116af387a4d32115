"""Rosters from a CSV file ``section,student_id,name``: who takes which course section.

A file replaces the rosters of the sections that it names, and only those.
"""

from collections.abc import Iterable, Mapping

import msgspec

from enrollment.csv_files import CsvTable, Problem, is_name, read_table, refusal, write_table
from schemas.cluster import Record
from schemas.errors import RefusedError
from schemas.ids import student_id
from schemas.messages import Roster, Student, encode
from schemas.settings import Settings

__all__ = ["COLUMNS", "RosterChange", "changes", "read_rosters", "records", "write_rosters"]

COLUMNS = ("section", "student_id", "name")


class RosterChange(msgspec.Struct, frozen=True):
    """What a load does to one section: how many students it has then, who is new and who is gone."""

    section: str
    students: int
    new: tuple[str, ...]
    gone: tuple[str, ...]


def read_rosters(data: bytes, file: str) -> tuple[tuple[Roster, ...], str]:
    """Return the rosters of a file, students sorted by id, and what the file was read as.

    Raises:
        RefusedError: something is wrong with it; the text lists everything.
    """
    table = read_table(data, COLUMNS)
    rosters, problems = _rosters(table)
    if problems:
        raise refusal(file, problems)
    return rosters, table.read_as


def write_rosters(rosters: Iterable[Roster]) -> bytes:
    """Return a file that says these rosters."""
    return write_table(COLUMNS, [(each.section, one.student_id, one.name) for each in rosters for one in each.students])


def changes(rosters: Iterable[Roster], current: Mapping[str, Roster]) -> tuple[RosterChange, ...]:
    """Compare rosters with those that stand."""
    found = []
    for roster in rosters:
        after = {each.student_id for each in roster.students}
        stood = current.get(roster.section)
        before = {each.student_id for each in stood.students} if stood else set()
        found.append(
            RosterChange(roster.section, len(after), tuple(sorted(after - before)), tuple(sorted(before - after)))
        )
    return tuple(found)


def records(settings: Settings, rosters: Iterable[Roster]) -> list[Record]:
    """Write rosters as they are sent."""
    return [(settings.topic("rosters"), each.section.encode(), encode(each), None, None) for each in rosters]


def _rosters(table: CsvTable) -> tuple[tuple[Roster, ...], list[Problem]]:
    problems = list(table.problems)
    sections: dict[str, dict[str, Student]] = {}
    first: dict[tuple[str, str], int] = {}
    for line in table.lines:
        section, student, name = (line.fields[column] for column in COLUMNS)
        wrong = _check(line.number, section, student, name)
        if not wrong and (section, student) in first:
            what = f"student {student} is in {section} already, by line {first[section, student]}"
            wrong = [Problem(line.number, what, "remove one of the two lines")]
        problems += wrong
        if not wrong:
            first[section, student] = line.number
            sections.setdefault(section, {})[student] = Student(student_id=student, name=name)
    if not problems and not sections:
        problems.append(Problem(0, "names no student", "write a line for each student below the header"))
    return tuple(
        Roster(section=section, students=tuple(students[each] for each in sorted(students)))
        for section, students in sorted(sections.items())
    ), problems


def _check(line: int, section: str, student: str, name: str) -> list[Problem]:
    problems = []
    if not is_name(section):
        problems.append(Problem(line, f"{section!r} is no section", "write it like EA0017-1"))
    try:
        student_id(student)
    except RefusedError as error:
        problems.append(Problem(line, error.message, f"{error.remedy[0].lower()}{error.remedy[1:].rstrip('.')}"))
    if not name:
        problems.append(Problem(line, f"student {student} has no name", "write one in the column name"))
    return problems
