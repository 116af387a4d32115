"""Students of reports: found by id or name, one over all courses, and those who slip away."""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from infra.operations.reports.rates import VerdictCounts, added_up
from infra.operations.reports.report_period import ReportPeriod
from infra.operations.terms.terms import StudentStanding, standing_rows
from schemas.messages import ClassHour, Student
from schemas.rosters import Rosters
from schemas.settings import Settings
from schemas.texts import cleaned, written_plainly
from sinks.store import open_for_reading
from sinks.term_reports import HourTally, SlipRow, StudentHourRow, slips, student_rows

__all__ = ["StudentTerm", "slipping", "student_hours", "students_found"]


class StudentTerm(NamedTuple):
    """One student. hours: closed ones, in the order of time. standings: by the rule of the term, if there is one."""

    hours: Sequence[StudentHourRow]
    standings: Sequence[StudentStanding]

    @property
    def name(self) -> str:
        """As it was written last."""
        return self.hours[-1].name if self.hours else ""

    @property
    def totals(self) -> VerdictCounts:
        """All courses together."""
        return added_up(_tally(each) for each in self.hours)


def students_found(rosters: Rosters, may_see: Callable[[str], bool], asked: str) -> list[Student]:
    """Return students whose id or name holds what was typed, whose id it is alone; by id.

    may_see: whether those of a section may be found.
    """
    wanted, id_ = cleaned(asked).casefold(), written_plainly(asked)
    mine = {
        student.student_id: student
        for roster in rosters.everything
        if may_see(roster.section)
        for student in roster.students
    }
    if id_ in mine:
        return [mine[id_]]
    found = (each for each in mine.values() if wanted in each.name.casefold() or wanted in each.student_id.casefold())
    return sorted(found, key=lambda each: each.student_id)


def student_hours(
    settings: Settings,
    period: ReportPeriod,
    student: str,
    sections: Collection[str] | None,
    timetable: Iterable[ClassHour],
    now: datetime,
) -> StudentTerm:
    """Return what a student (an id) was in some sections (None: all), and how he stands.

    Raises:
        UnavailableError: the store does not answer.
    """
    with open_for_reading(settings) as store:
        rows = student_rows(store, student, period.first, period.last, sections)
    standings: Sequence[StudentStanding] = ()
    if period.term:
        his = {each.section for each in rows}
        standings = standing_rows(settings, period.term, timetable, now, sections=his, student=student)
    return StudentTerm(rows, standings)


def slipping(settings: Settings, period: ReportPeriod, sections: Collection[str] | None) -> list[SlipRow]:
    """Return who left early or was away in the middle, whoever missed most first.

    Raises:
        UnavailableError: the store does not answer.
    """
    with open_for_reading(settings) as store:
        return slips(store, period.first, period.last, sections)


def _tally(hour: StudentHourRow) -> HourTally:
    counts = {name: int(hour.verdict == name) for name in HourTally._fields[5:]}
    return HourTally(hour.section, hour.date, hour.period, hour.hall, hour.starts_at, **counts)
