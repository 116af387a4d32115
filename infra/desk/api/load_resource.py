"""Loading rosters and timetables: a file is sent, what it would change is shown, then exactly that is applied."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated
from uuid import uuid4

import msgspec

from enrollment.input_files import MOST_BYTES
from infra.desk.api.calls import Answered, ApiCall, DayAsked, Endpoint
from infra.desk.api.hour_resource import ApiClassHour, api_hour
from infra.desk.api.problems import not_found
from infra.desk.api.reference_resource import ApiStudent
from infra.desk.timetable_page import SHOWN, on_record_as
from infra.operations.accounts.access import may_load_reference
from infra.operations.reference.load_reference import PlannedRosters, PlannedTimetable, class_hours_of
from infra.operations.reference.site_consistency import open_mismatches, told
from infra.operations.reference.timetable_weeks import days_without, sections_of, weeks_of
from infra.operations.reference.waiting_loads import (
    LoadKind,
    WaitingLoad,
    apply_load,
    drop_load,
    keep_load,
    plan_load,
    waiting_load,
)
from schemas.errors import RefusedError
from schemas.messages import ClassHour, Moment, Student

__all__ = [
    "ENDPOINTS",
    "ApiHoliday",
    "ApiLoad",
    "ApiLoadEnded",
    "ApiMeetings",
    "ApiMovedHour",
    "ApiRosterChange",
    "ApiTimetableAtAGlance",
    "ApiTimetableChange",
    "ApiWeek",
]

Name = Annotated[str, msgspec.Meta(max_length=200)]


class LoadQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is sent. name: of the file, with its ending. encoding, sheet: of a file that has several, or says none.

    first, last: of a calendar, the days that are meant. since: of rosters, from which day on they hold.
    """

    kind: LoadKind = "timetable"
    name: Annotated[str, msgspec.Meta(max_length=200, examples=["spring.xlsx"])] = "file"
    encoding: Name = ""
    sheet: Name = ""
    first: DayAsked | None = None
    last: DayAsked | None = None
    since: DayAsked | None = None


class ApplyBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """That exactly what was shown is to be applied. digest: as the file's answer has it."""

    digest: Annotated[str, msgspec.Meta(max_length=100)]


class ApiMovedHour(msgspec.Struct, frozen=True, kw_only=True):
    """A class hour that meets in other halls or at another time."""

    was: ApiClassHour
    now: ApiClassHour


class ApiHoliday(msgspec.Struct, frozen=True, kw_only=True):
    """Days of a calendar without class hours. section: empty is of all. hours: how many fell away."""

    name: str
    first: date
    last: date
    section: str
    hours: int


class ApiTimetableChange(msgspec.Struct, frozen=True, kw_only=True):
    """What a timetable would change: of the sections, from first to last.

    counts: of new, changed, removed, kept, same and shared class hours, of which the lists have 500 at most. kept: have
    begun, so they stay although the file does not have them. shared: two sections in one hall at once.
    """

    sections: tuple[str, ...]
    first: date
    last: date
    counts: dict[str, int]
    new: tuple[ApiClassHour, ...]
    changed: tuple[ApiMovedHour, ...]
    removed: tuple[ApiClassHour, ...]
    kept: tuple[ApiClassHour, ...]
    shared: tuple[tuple[ApiClassHour, ApiClassHour], ...]
    holidays: tuple[ApiHoliday, ...]


class ApiRosterChange(msgspec.Struct, frozen=True, kw_only=True):
    """What a roster would change in a section. since: null: from always. students: how many it has then.

    joining: they were not absent before. leaving: what was before stays theirs. replaced: later rosters that go.
    not_joining, not_leaving: who would have by one of those, and now will not.
    """

    section: str
    since: date | None
    students: int
    joining: tuple[ApiStudent, ...]
    leaving: tuple[ApiStudent, ...]
    renamed: tuple[ApiStudent, ...]
    not_joining: tuple[ApiStudent, ...]
    not_leaving: tuple[ApiStudent, ...]
    replaced: tuple[date, ...]


class ApiLoad(msgspec.Struct, frozen=True, kw_only=True):
    """A file that waits for twelve hours at most, and what it would change; nothing is applied yet.

    read_as: as what it was read, in your language. digest: of the changes. timetable, rosters: by its kind, or null.
    """

    id: str
    kind: LoadKind
    name: str
    at: Moment
    read_as: str
    digest: str
    timetable: ApiTimetableChange | None
    rosters: tuple[ApiRosterChange, ...] | None


class ApiLoadEnded(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a file, which is gone now: applied as a whole, or not at all."""

    id: str
    applied: bool


class ApiWeek(msgspec.Struct, frozen=True, kw_only=True):
    """A week from Monday on: how many class hours, of how many sections, in how many halls."""

    monday: date
    hours: int
    sections: int
    halls: int


class ApiMeetings(msgspec.Struct, frozen=True, kw_only=True):
    """A section: how many class hours, from which date to which, in which halls."""

    section: str
    hours: int
    first: date
    last: date
    halls: tuple[str, ...]


class ApiTimetableAtAGlance(msgspec.Struct, frozen=True, kw_only=True):
    """The timetable at a glance. free: days of weekdays that usually have class hours, and have none.

    mismatches: what of timetable, rosters and photos does not fit together, in your language.
    """

    hours: int
    weeks: tuple[ApiWeek, ...]
    sections: tuple[ApiMeetings, ...]
    free: tuple[date, ...]
    mismatches: tuple[str, ...]


def load_begun(call: ApiCall) -> Answered:
    """Send a file of rosters or a timetable: CSV, XLSX or ICS; the answer says what it would change.

    If something is wrong with it, all of it is said with line and remedy (422), and nothing of it is kept.
    """
    call.require(may_load_reference)
    asked = call.query
    load = WaitingLoad(
        id=uuid4().hex,
        account=call.holder.owner.account,
        by=call.by,
        kind=asked.kind,
        at=call.now,
        name=asked.name.replace("\\", "/").rpartition("/")[2] or "file",
        encoding=asked.encoding,
        sheet=asked.sheet.strip(),
        first=asked.first,
        last=asked.last,
        since=asked.since,
    )
    keep_load(call.desk.settings, load, call.body)
    try:
        return Answered(_shown(call, load), f"/api/v1/loads/{load.id}")
    except BaseException:
        drop_load(call.desk.settings, load)
        raise


def _shown(call: ApiCall, load: WaitingLoad) -> ApiLoad:
    planned, digest = plan_load(call.settings, load, call.now)
    of_timetable = _timetable(planned) if isinstance(planned, PlannedTimetable) else None
    of_rosters = _rosters(call, planned) if isinstance(planned, PlannedRosters) else None
    return ApiLoad(
        id=load.id,
        kind=load.kind,
        name=load.name,
        at=load.at,
        read_as=planned.read_as,
        digest=digest,
        timetable=of_timetable,
        rosters=of_rosters,
    )


def _timetable(planned: PlannedTimetable) -> ApiTimetableChange:
    plan = planned.plan

    def told(hours: Sequence[ClassHour]) -> tuple[ApiClassHour, ...]:
        return tuple(map(api_hour, hours[:SHOWN]))

    return ApiTimetableChange(
        sections=plan.sections,
        first=plan.first,
        last=plan.last,
        counts={name: len(getattr(plan, name)) for name in ("new", "changed", "removed", "kept", "same", "shared")},
        new=told(plan.new),
        changed=tuple(ApiMovedHour(was=api_hour(each.was), now=api_hour(each.now)) for each in plan.changed[:SHOWN]),
        removed=told(plan.removed),
        kept=told(plan.kept),
        shared=tuple((api_hour(one), api_hour(other)) for one, other in plan.shared[:SHOWN]),
        holidays=tuple(ApiHoliday(**each._asdict()) for each in planned.holidays),
    )


def _rosters(call: ApiCall, planned: PlannedRosters) -> tuple[ApiRosterChange, ...]:
    def told(students: Sequence[Student]) -> tuple[ApiStudent, ...]:
        return tuple(ApiStudent(student_id=each.student_id, name=call.name(each.name)) for each in students[:SHOWN])

    return tuple(
        ApiRosterChange(
            section=each.section,
            since=each.since,
            students=each.students,
            joining=told(each.new),
            leaving=told(each.gone),
            renamed=told(each.renamed),
            not_joining=told(each.not_joining),
            not_leaving=told(each.not_leaving),
            replaced=each.replaced,
        )
        for each in planned.plan.changes
    )


def _load(call: ApiCall) -> WaitingLoad:
    """Return the file that the path names, if the owner of the token sent it.

    Raises:
        ProblemError: 403, 404.
    """
    call.require(may_load_reference)
    found = waiting_load(call.desk.settings, call.path["load"], call.holder.owner.account)
    if found is None:
        raise not_found()
    return found


def load_shown(call: ApiCall) -> ApiLoad:
    """Show once more what a file would change, as the site is now."""
    return _shown(call, _load(call))


def load_applied(call: ApiCall) -> ApiLoadEnded:
    """Apply exactly what was shown, all of it; if the site has changed since, nothing is: look at it once more."""
    load = _load(call)
    call.on_record(on_record_as(load.kind))
    apply_load(call.settings, load, call.body.digest, call.now)
    call.desk.catch_up()
    return ApiLoadEnded(id=load.id, applied=True)


def load_dropped(call: ApiCall) -> ApiLoadEnded:
    """Let a file go; nothing of it is applied."""
    load = _load(call)
    drop_load(call.desk.settings, load)
    return ApiLoadEnded(id=load.id, applied=False)


def timetable_at_a_glance(call: ApiCall) -> ApiTimetableAtAGlance:
    """Show the timetable at a glance: its weeks, its sections, days without class hours, and what does not fit."""
    call.require(may_load_reference)
    try:
        hours = list(class_hours_of(call.settings))
    except RefusedError:  # there are none
        hours = []
    return ApiTimetableAtAGlance(
        hours=len(hours),
        weeks=tuple(ApiWeek(**each._asdict()) for each in weeks_of(hours)),
        sections=tuple(ApiMeetings(**each._asdict()) for each in sections_of(hours)),
        free=tuple(days_without(hours)),
        mismatches=tuple(told(call.settings, open_mismatches(call.settings))),
    )


ONE, WRITE = "/loads/{load}", "loads:write"

ENDPOINTS = (
    Endpoint("POST", "/loads", WRITE, load_begun, ApiLoad, LoadQuery, status=201, takes_file=MOST_BYTES),
    Endpoint("GET", ONE, WRITE, load_shown, ApiLoad),
    Endpoint("POST", ONE, WRITE, load_applied, ApiLoadEnded, body=ApplyBody, overtaken=True),
    Endpoint("DELETE", ONE, WRITE, load_dropped, ApiLoadEnded),
    Endpoint("GET", "/timetable/at-a-glance", "timetable:read", timetable_at_a_glance, ApiTimetableAtAGlance),
)
