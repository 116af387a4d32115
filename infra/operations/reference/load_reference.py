"""Class lists and timetables: what a file would do, loading it, and as they stand."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import NamedTuple

from enrollment import loaded
from enrollment import roster as rosters
from enrollment import timetable as timetables
from enrollment.class_hours import describe, roster_of
from enrollment.csv_files import CalendarFrame, Holiday
from enrollment.input_files import InputFile, read_input
from enrollment.roster import RosterLoad, RosterPlan, RosterRemoval
from enrollment.timetable import TimetablePlan
from infra.operations.reference.hour_traces import traces
from schemas.cluster import send
from schemas.errors import RefusedError
from schemas.messages import ClassHour, EnrollmentTemplate, HallDay, Student
from schemas.settings import Settings
from schemas.texts import nearest
from schemas.translations import listed, say

__all__ = [
    "InputFile",
    "PlannedRosters",
    "PlannedTimetable",
    "RosterEntry",
    "apply_roster_removal",
    "apply_rosters",
    "apply_timetable",
    "class_hours_of",
    "plan_removal",
    "plan_roster_removal",
    "plan_rosters",
    "plan_timetable",
    "roster_entries",
]

NAMED = 3
"""Class hours that a refusal names; more are counted."""


class PlannedRosters(NamedTuple):
    """What loading would do to each section, and as what the file was read. Nothing is done yet."""

    plan: RosterPlan
    read_as: str


class PlannedTimetable(NamedTuple):
    """What loading would do, and as what the file was read. Nothing is done yet."""

    plan: TimetablePlan
    read_as: str
    holidays: tuple[Holiday, ...] = ()


class RosterEntry(NamedTuple):
    """A student of a section. templates: of each engine that knows his face; none is not enrolled."""

    student: Student
    templates: tuple[EnrollmentTemplate, ...]


def plan_rosters(settings: Settings, file: InputFile, load: RosterLoad) -> PlannedRosters:
    """Return what replacing the rosters of the sections that a file names would do.

    Raises:
        RefusedError: something is wrong with the file; the text lists everything.
        UnavailableError: the broker does not answer.
    """
    table, source, _ = read_input(file, rosters.COLUMNS, language=settings.language)
    found = rosters.rosters_of(table, source, settings.language)
    return PlannedRosters(rosters.plan(found, loaded.rosters(settings), load), table.read_as)


def apply_rosters(settings: Settings, planned: PlannedRosters) -> None:
    """Do what was planned.

    Raises:
        UnavailableError: the broker does not answer, or did not take it.
    """
    send(settings, rosters.records(settings, planned.plan.rosters, planned.plan.stale))


def plan_roster_removal(settings: Settings, section: str, since: date | None, now: datetime) -> RosterRemoval:
    """Return what removing the rosters of a section that hold from a date on would do. since: None is all.

    now: aware.

    Raises:
        RefusedError: there is none, or a class hour has begun with one of them.
        UnavailableError: the broker does not answer.
    """
    stands, tell = loaded.rosters(settings), partial(say, settings.language)
    plan = rosters.removal(section, since, stands, loaded.class_hours(settings), now)
    if not plan.stale:
        near = nearest(section, stands.sections)
        hint = (
            tell("; {name} looks like {near}", name=section, near=near)
            if near and section not in stands.sections
            else ""
        )
        when = tell(" from {since} on", since=since) if since else ""
        raise RefusedError(
            tell("section {section!r} has no roster{when}{near}", section=section, when=when, near=hint),
            _instead(settings, section, near, stands.sections),
        )
    if plan.begun:
        names = listed(
            settings.language, [describe(each, settings.zone, settings.language) for each in plan.begun], NAMED
        )
        text = tell(
            "the roster of {section} was in force when class hours began ({count}): {names}",
            section=section,
            count=len(plan.begun),
            names=names,
        )
        raise RefusedError(
            text,
            tell(
                "Its students have rows there. Load a corrected roster with `naul roster load FILE "
                "--from DATE`, and they are withdrawn with a note; or remove only what holds later, "
                "with --from."
            ),
        )
    return plan


def _instead(settings: Settings, section: str, near: str | None, sections: Sequence[str]) -> str:
    """Say what can be removed instead of a roster that is not there."""
    tell = partial(say, settings.language)
    if section in sections:
        return tell("Nothing was removed. Its rosters hold from earlier on: name an earlier --from, or none for all.")
    if near:
        return tell("Nothing was removed. If {near} is meant, `naul roster show {near}` shows that one.", near=near)
    if sections:
        return tell(
            "Nothing was removed. There are rosters of {sections}.",
            sections=listed(settings.language, sections, NAMED),
        )
    return tell("Nothing was removed: no roster is loaded.")


def apply_roster_removal(settings: Settings, plan: RosterRemoval) -> None:
    """Do what was planned.

    Raises:
        UnavailableError: the broker does not answer, or did not take it.
    """
    send(settings, rosters.records(settings, (), plan.stale))


def plan_timetable(settings: Settings, file: InputFile, now: datetime) -> PlannedTimetable:
    """Return what replacing the class hours of the sections that a file names would do.

    now: aware. A calendar is read from the first day to the last that the file says, else of the term of today, and
    replaces the class hours of all these days; a table those from its first day to its last.

    Raises:
        RefusedError: something is wrong with the file; the text lists everything.
        UnavailableError: the broker does not answer.
    """
    days, language = loaded.hall_days(settings), settings.language
    frame = _frame(settings, file, days, now)
    table, source, holidays = read_input(file, timetables.COLUMNS, frame, language)
    entries, problems = timetables.class_hours_of(table, settings.zone)
    within = (frame.first, frame.last) if source.events else (None, None)
    plan = timetables.plan(entries, problems, source, days, now, traces(settings), language, within)
    return PlannedTimetable(plan, table.read_as, tuple(holidays))


def _frame(settings: Settings, file: InputFile, days: Mapping[str, HallDay], now: datetime) -> CalendarFrame:
    """Return what a calendar is read within."""
    first, last, today = file.first, file.last, now.astimezone(settings.zone).date()
    if first is None and last is None:
        running = [each for each in loaded.terms(settings).values() if each.first <= today <= each.last]
        if len(running) == 1:
            first, last = running[0].first, running[0].last
    periods = {(hour.section, hour.starts_at): hour.period for day in days.values() for hour in day.hours}
    return CalendarFrame(settings.zone, first, last, periods)


def plan_removal(settings: Settings, section: str, since: date, until: date, now: datetime) -> TimetablePlan:
    """Return what removing the class hours of a section from one date to another would do. now: aware.

    Raises:
        RefusedError: it has none then.
        UnavailableError: the broker does not answer.
    """
    stands, lists = loaded.hall_days(settings), loaded.rosters(settings)
    return timetables.removal(section, since, until, stands, lists, now, traces(settings))


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
    roster = roster_of(section, loaded.rosters(settings), day, settings.language)
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
