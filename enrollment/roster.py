"""Rosters from a table ``section,student_id,name``: who takes which course section, from which date on.

A file replaces the rosters of the sections that it names, and only those: from a date on, or, if the section had none
and nobody names a date, from always. Class hours before that date keep the roster that they had, or have none.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Final, NamedTuple

import msgspec

from enrollment.csv_files import CsvTable, Problem, SourceFile, is_name, read_table, refusal, write_table
from schemas.cluster import Record
from schemas.ids import id_fault
from schemas.messages import ClassHour, Roster, Student, encode
from schemas.rosters import Rosters, roster_key
from schemas.settings import Settings
from schemas.translations import Language, TextPairs

__all__ = [
    "COLUMNS",
    "RosterChange",
    "RosterLoad",
    "RosterPlan",
    "RosterRemoval",
    "plan",
    "read_rosters",
    "records",
    "removal",
    "rosters_of",
    "write_rosters",
]

COLUMNS = ("section", "student_id", "name")


class RosterLoad(NamedTuple):
    """Who loads, when (aware), on which date of the site, and from which date on it is to hold.

    since: None: nobody says; then from today on, and the first roster of a section from always.
    """

    by: str
    at: datetime
    today: date
    since: date | None = None


class RosterChange(msgspec.Struct, frozen=True):
    """What a load does to one section: how many students it has then, who is new, who is gone, who is called otherwise.

    That is against the roster of the date from which it holds. since: that date; None: from always, as it had no roster
    and no date was named. replaced: later dates from which another roster would hold that was loaded before, and that
    this one replaces too. not_joining, not_leaving: who would have, by one of those, and who now will not.
    """

    section: str
    students: int
    new: tuple[Student, ...]
    gone: tuple[Student, ...]
    renamed: tuple[Student, ...] = ()
    since: date | None = None
    replaced: tuple[date, ...] = ()
    not_joining: tuple[Student, ...] = ()
    not_leaving: tuple[Student, ...] = ()

    @property
    def lost(self) -> tuple[Student, ...]:
        """Who is on a roster of some day from then on, and will be on none."""
        return self.gone + self.not_joining

    @property
    def nothing(self) -> bool:
        """Whether all rosters from then on say this already."""
        return not (self.new or self.gone or self.renamed or self.not_joining or self.not_leaving)


class RosterPlan(NamedTuple):
    """What a load will do. stale: rosters that hold no more at any time."""

    rosters: tuple[Roster, ...]
    stale: tuple[Roster, ...]
    changes: tuple[RosterChange, ...]

    @property
    def takes_away(self) -> bool:
        """Whether anybody is on a roster now and no longer then."""
        return any(each.lost for each in self.changes)


class RosterRemoval(NamedTuple):
    """What removing the rosters of a section would do.

    stale: those that go. begun: class hours that have begun with one of them; there are rows of its students, so that
    it cannot go. bare: class hours to come that have no student then.
    """

    stale: tuple[Roster, ...]
    begun: tuple[ClassHour, ...] = ()
    bare: tuple[ClassHour, ...] = ()


def read_rosters(
    data: bytes, file: str, encoding: str = "", language: Language = "en"
) -> tuple[tuple[Roster, ...], str]:
    """Return the rosters of a file, students sorted by id, and what the file was read as.

    encoding: as of ``read_table``. language: of what is said.

    Raises:
        RefusedError: something is wrong with it; the text lists everything.
    """
    table = read_table(data, COLUMNS, encoding, language)
    return rosters_of(table, file, language), table.read_as


def rosters_of(table: CsvTable, file: str | SourceFile, language: Language = "en") -> tuple[Roster, ...]:
    """Return the rosters of a table, students sorted by id.

    Raises:
        RefusedError: something is wrong with it; the text lists everything.
    """
    rosters, problems = _rosters(table)
    if problems:
        raise refusal(file, problems, language)
    return rosters


def write_rosters(rosters: Iterable[Roster]) -> bytes:
    """Return a file that says these rosters."""
    return write_table(COLUMNS, [(each.section, one.student_id, one.name) for each in rosters for one in each.students])


def plan(found: Iterable[Roster], stands: Rosters, load: RosterLoad) -> RosterPlan:
    """Return what loading these rosters does to those that stand. A section whose roster is the same stays as it is."""
    rosters, stale, changes = list[Roster](), list[Roster](), list[RosterChange]()
    for roster in found:
        history = stands.history(roster.section)
        since = load.since or (load.today if history else None)
        later = [each for each in history if since and (each.since or date.min) > since]
        change = _change(roster, [stands.on(roster.section, since), *later] if since else [], since)
        changes.append(change)
        if history and change.nothing:
            continue
        version = 1 + max((each.version for each in history), default=0)
        dated = msgspec.structs.replace(roster, since=since, version=version, loaded_at=load.at, by=load.by)
        rosters.append(dated)
        stale += later
    return RosterPlan(tuple(rosters), tuple(stale), tuple(changes))


def _change(roster: Roster, stood: Sequence[Roster], since: date | None) -> RosterChange:
    """Compare a roster with those that would hold from its date on, that of the date first."""
    after = {each.student_id: each for each in roster.students}
    before, *later = ({each.student_id: each for each in one.students} for one in stood) if stood else [{}]
    joining = {name: each for one in later for name, each in one.items() if name not in before}
    leaving = [each for name, each in after.items() if name in before and any(name not in one for one in later)]
    names = [before, *later]
    return RosterChange(
        section=roster.section,
        students=len(after),
        new=tuple(after[each] for each in sorted(after.keys() - before.keys())),
        gone=tuple(before[each] for each in sorted(before.keys() - after.keys())),
        renamed=tuple(
            each for name, each in sorted(after.items()) if any(name in one and one[name] != each for one in names)
        ),
        since=since,
        replaced=tuple(each.since for each in stood[1:] if each.since),
        not_joining=tuple(joining[each] for each in sorted(joining.keys() - after.keys())),
        not_leaving=tuple(sorted(leaving, key=lambda each: each.student_id)),
    )


def removal(
    section: str, since: date | None, stands: Rosters, hours: Sequence[ClassHour], now: datetime
) -> RosterRemoval:
    """Return what removing the rosters of a section that hold from a date on would do. Pure.

    since: None is all of them. hours: the timetable. now: aware.
    """
    history = stands.history(section)
    stale = tuple(each for each in history if since is None or (each.since or date.min) >= since)
    left = Rosters(each for each in history if each not in stale)
    touched = [hour for hour in hours if hour.section == section and stands.on(section, hour.date) in stale]
    return RosterRemoval(
        stale,
        tuple(hour for hour in touched if _has_begun(hour, hours, now)),
        tuple(hour for hour in touched if not left.on(section, hour.date).students),
    )


def _has_begun(hour: ClassHour, hours: Iterable[ClassHour], now: datetime) -> bool:
    """Whether it runs, or another one that shares its hall does: its students are looked for there, too."""
    return any(other.starts_at <= now and hour.overlaps(other) for other in hours)


def records(settings: Settings, rosters: Iterable[Roster], stale: Iterable[Roster] = ()) -> list[Record]:
    """Write rosters as they are sent; of stale ones, that they no longer hold."""
    topic = settings.topic("rosters")
    return [
        *((topic, roster_key(each).encode(), encode(each), None, None) for each in rosters),
        *((topic, roster_key(each).encode(), None, None, None) for each in stale),
    ]


_FAULTS: Final[TextPairs] = {
    "spreadsheet_id": (
        "{student!r} is what a spreadsheet or a data frame made of a student id",
        "write ids as text, like 201912345: give the column the format Text, or read it with dtype=str",
    ),
    "no_id": (
        "{student!r} is not a student id",
        "an id has 2 to 40 letters and digits, like 201912345; . - _ / may follow",
    ),
}
"""What may be wrong with a student id."""


def _rosters(table: CsvTable) -> tuple[tuple[Roster, ...], list[Problem]]:
    problems = list(table.problems)
    sections: dict[str, dict[str, Student]] = {}
    first: dict[tuple[str, str], int] = {}
    for line in table.lines:
        section, student, name = (line.fields[column] for column in COLUMNS)
        wrong = _check(line.number, section, student, name)
        if not wrong and (section, student) in first:
            values = {"student": student, "section": section, "other": first[section, student]}
            wrong = [
                Problem(
                    line.number,
                    "student {student} is in {section} already, by line {other}",
                    "remove one of the two lines",
                    values,
                )
            ]
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
        problems.append(Problem(line, "{section!r} is no section", "write it like EA0017-1", {"section": section}))
    if fault := id_fault(student):
        problems.append(Problem(line, *_FAULTS[fault], {"student": student}))
    if not name:
        problems.append(
            Problem(line, "student {student} has no name", "write one in the column name", {"student": student})
        )
    return problems
