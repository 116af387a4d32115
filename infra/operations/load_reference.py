"""Class lists and timetables: what a file would do, loading it, and as they stand."""

from datetime import date, datetime
from typing import NamedTuple

from enrollment import loaded
from enrollment import roster as rosters
from enrollment import timetable as timetables
from enrollment.class_hours import roster_of
from enrollment.roster import RosterLoad, RosterPlan
from enrollment.timetable import TimetablePlan
from schemas.cluster import send
from schemas.errors import RefusedError
from schemas.messages import ClassHour, EnrollmentTemplate, Student
from schemas.settings import Settings

__all__ = [
    "InputFile",
    "PlannedRosters",
    "PlannedTimetable",
    "RosterEntry",
    "apply_rosters",
    "apply_timetable",
    "class_hours_of",
    "plan_removal",
    "plan_rosters",
    "plan_timetable",
    "roster_entries",
]


class InputFile(NamedTuple):
    """A file that a person brings. name: for messages. encoding: what he says it is; empty: it is found out."""

    data: bytes
    name: str
    encoding: str = ""


class PlannedRosters(NamedTuple):
    """What loading would do to each section, and as what the file was read. Nothing is done yet."""

    plan: RosterPlan
    read_as: str


class PlannedTimetable(NamedTuple):
    """What loading would do, and as what the file was read. Nothing is done yet."""

    plan: TimetablePlan
    read_as: str


class RosterEntry(NamedTuple):
    """A student of a section. templates: of each engine that knows his face; none is not enrolled."""

    student: Student
    templates: tuple[EnrollmentTemplate, ...]


def plan_rosters(settings: Settings, file: InputFile, load: RosterLoad) -> PlannedRosters:
    """Return what replacing the rosters of the sections that a CSV file names would do.

    Raises:
        RefusedError: something is wrong with the file; the text lists everything.
        UnavailableError: the broker does not answer.
    """
    found, read_as = rosters.read_rosters(file.data, file.name, file.encoding, settings.language)
    return PlannedRosters(rosters.plan(found, loaded.rosters(settings), load), read_as)


def apply_rosters(settings: Settings, planned: PlannedRosters) -> None:
    """Do what was planned.

    Raises:
        UnavailableError: the broker does not answer, or did not take it.
    """
    send(settings, rosters.records(settings, planned.plan.rosters, planned.plan.stale))


def plan_timetable(settings: Settings, file: InputFile, now: datetime) -> PlannedTimetable:
    """Return what replacing the class hours of the sections that a CSV file names would do. now: aware.

    Raises:
        RefusedError: something is wrong with the file; the text lists everything.
        UnavailableError: the broker does not answer.
    """
    entries, problems, read_as = timetables.read_timetable(file.data, settings.zone, file.encoding, settings.language)
    plan = timetables.plan(entries, problems, file.name, loaded.hall_days(settings), now, settings.language)
    return PlannedTimetable(plan, read_as)


def plan_removal(settings: Settings, section: str, since: date, until: date, now: datetime) -> TimetablePlan:
    """Return what removing the class hours of a section from one date to another would do. now: aware.

    Raises:
        RefusedError: it has none then.
        UnavailableError: the broker does not answer.
    """
    return timetables.removal(section, since, until, loaded.hall_days(settings), loaded.rosters(settings), now)


def apply_timetable(settings: Settings, plan: TimetablePlan) -> None:
    """Do what was planned.

    Raises:
        UnavailableError: the broker does not answer, or did not take it.
    """
    send(settings, timetables.records(settings, plan.days))


def roster_entries(settings: Settings, section: str, day: date) -> tuple[RosterEntry, ...]:
    """Return who takes a section on a date, and whose face is enrolled.

    Raises:
        RefusedError: it has no roster; the nearest section is named.
        UnavailableError: the broker does not answer.
    """
    roster = roster_of(section, loaded.rosters(settings), day)
    enrolled = loaded.enrollments(settings)
    return tuple(
        RosterEntry(each, found.templates if (found := enrolled.get(each.student_id)) else ())
        for each in roster.students
    )


def class_hours_of(settings: Settings, hall: str | None = None, day: date | None = None) -> tuple[ClassHour, ...]:
    """Return the class hours that are loaded, by date, hall and start. hall, day: None is every one.

    Raises:
        RefusedError: there are none.
        UnavailableError: the broker does not answer.
    """
    hours = [
        each
        for each in loaded.class_hours(settings)
        if (hall is None or hall in each.halls) and (day is None or each.date == day)
    ]
    if not hours:
        raise RefusedError("no class hour is loaded for that", "Load a timetable with `naul timetable load FILE`.")
    return tuple(sorted(hours, key=lambda hour: (hour.date, hour.hall, hour.starts_at)))
