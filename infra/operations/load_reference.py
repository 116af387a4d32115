"""Class lists and timetables: loaded from a file, and as they stand."""

from datetime import date, datetime
from typing import NamedTuple

from enrollment import loaded
from enrollment import roster as rosters
from enrollment import timetable as timetables
from enrollment.class_hours import roster_of
from enrollment.roster import RosterChange
from enrollment.timetable import TimetablePlan
from schemas.cluster import send
from schemas.errors import RefusedError
from schemas.messages import ClassHour, EnrollmentTemplate, Student
from schemas.settings import Settings

__all__ = [
    "LoadedRosters",
    "LoadedTimetable",
    "RosterEntry",
    "class_hours_of",
    "load_rosters",
    "load_timetable",
    "roster_entries",
]


class LoadedRosters(NamedTuple):
    """What a load did to each section, and as what the file was read."""

    changes: tuple[RosterChange, ...]
    read_as: str


class LoadedTimetable(NamedTuple):
    """What a load did, and as what the file was read."""

    plan: TimetablePlan
    read_as: str


class RosterEntry(NamedTuple):
    """A student of a section. templates: of each engine that knows his face; none is not enrolled."""

    student: Student
    templates: tuple[EnrollmentTemplate, ...]


def load_rosters(settings: Settings, data: bytes, file: str) -> LoadedRosters:
    """Replace the rosters of the sections that a CSV file names. file: its name, for messages.

    Raises:
        RefusedError: something is wrong with it; the text lists everything, and nothing was applied.
        UnavailableError: the broker does not answer, or did not take it.
    """
    found, read_as = rosters.read_rosters(data, file)
    changes = rosters.changes(found, loaded.rosters(settings))
    send(settings, rosters.records(settings, found))
    return LoadedRosters(changes, read_as)


def load_timetable(settings: Settings, data: bytes, file: str, now: datetime) -> LoadedTimetable:
    """Replace the days of the halls that a CSV file names. file: its name, for messages. now: aware.

    Raises:
        RefusedError: something is wrong with it; the text lists everything, and nothing was applied.
        UnavailableError: the broker does not answer, or did not take it.
    """
    plan, read_as = timetables.plan(data, file, settings.zone, loaded.hall_days(settings), now)
    send(settings, timetables.records(settings, plan.days))
    return LoadedTimetable(plan, read_as)


def roster_entries(settings: Settings, section: str) -> tuple[RosterEntry, ...]:
    """Return who takes a section, and whose face is enrolled.

    Raises:
        RefusedError: it has no roster; the nearest section is named.
        UnavailableError: the broker does not answer.
    """
    roster = roster_of(section, loaded.rosters(settings))
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
        if (hall is None or each.hall == hall) and (day is None or each.date == day)
    ]
    if not hours:
        raise RefusedError("no class hour is loaded for that", "Load a timetable with `naul timetable load FILE`.")
    return tuple(sorted(hours, key=lambda hour: (hour.date, hour.hall, hour.starts_at)))
