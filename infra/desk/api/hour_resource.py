"""Class hours: the timetable, and what came of each."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from typing import Literal

import msgspec

from infra.desk.api.calls import ApiCall, DayAsked, Endpoint, HallAsked, Picture, SectionAsked, refused_parameter
from infra.desk.api.paging import ApiPage, PageQuery, cursor_of, key_of, page_of, paged
from infra.desk.api.problems import not_found
from infra.desk.class_hour import Phase, phase_of, shown
from infra.operations.accounts.access import may_see_hour, may_see_pictures
from infra.operations.class_hours.class_hour_now import cameras_of
from infra.operations.class_hours.frame_pictures import frame_picture
from infra.operations.class_hours.hour_totals import hour_totals
from infra.operations.class_hours.list_rows import list_coverage
from infra.operations.class_hours.own_hours import own_hours
from schemas.ids import class_hour_id
from schemas.messages import ClassHour, Moment
from schemas.translations import Text
from sinks.row_pages import RowsAsked
from sinks.rows import CoverageRow

__all__ = ["ENDPOINTS", "ApiClassHour", "ApiClassHourNow", "ApiCoverage", "ApiGap", "ApiTotals", "HoursQuery"]

LONGEST = timedelta(days=366)
"""Of the days of one question."""


class HoursQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which class hours. from, to: days, both included; else today. totals: with how many are what."""

    since: DayAsked | None = msgspec.field(default=None, name="from")
    until: DayAsked | None = msgspec.field(default=None, name="to")
    section: SectionAsked = ""
    hall: HallAsked = ""

    def days(self, today: date) -> tuple[date, date]:
        """Return the first and the last day.

        Raises:
            ProblemError: there are too many.
        """
        first = self.since or self.until or today
        last = self.until or max(first, today)
        if last - first > LONGEST:
            raise refused_parameter("from", Text("at most {count} days are asked for at once", count=LONGEST.days))
        return first, last


class TotalsQuery(HoursQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which class hours. from, to: days, both included; else today. totals: with how many are what."""

    totals: bool = False


class ApiTotals(msgspec.Struct, frozen=True, kw_only=True):
    """How many of the students. there: late and left early among them; here: there, and not gone.

    to_decide: whom a person should decide.
    """

    there: int
    here: int
    students: int
    to_decide: int


class ApiClassHour(msgspec.Struct, frozen=True, kw_only=True):
    """A class hour of the timetable. also_in: further halls in which it sits. totals: null: nothing is judged yet.

    They are null, too, where they were not asked for.
    """

    id: str
    section: str
    date: date
    period: int
    hall: str
    also_in: tuple[str, ...]
    starts_at: Moment
    ends_at: Moment
    totals: ApiTotals | None = None


class ApiGap(msgspec.Struct, frozen=True, kw_only=True):
    """When nobody could be seen. reason: as in ``schemas.messages.Gap``; empty: no camera sent anything."""

    starts_at: Moment
    ends_at: Moment
    reason: str


class ApiCoverage(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a class hour the cameras showed. share: 0 to 1. unknown_faces: mean number a frame.

    final: it was judged to its end.
    """

    class_hour: str
    section: str
    date: date
    period: int
    hall: str
    starts_at: Moment
    ends_at: Moment
    frames: int
    repeated: int
    seconds_covered: float
    share: float
    unknown_faces: float
    gaps: tuple[ApiGap, ...]
    final: bool
    version: int


State = Literal["present", "late", "left", "coming", "absent", "unseen", "excused", "official_leave"]


class ApiClassHourNow(msgspec.Struct, frozen=True, kw_only=True):
    """A class hour as it is. phase: ``closing``: it is over, and judged once more. states: how many are what.

    coming: not seen yet; unseen: it cannot be said. coverage: null: nothing is judged yet.
    frames_waiting: of all halls.
    """

    hour: ApiClassHour
    phase: Phase
    states: Mapping[State, int]
    coverage: ApiCoverage | None
    frames_waiting: int


def api_hour(hour: ClassHour, totals: ApiTotals | None = None) -> ApiClassHour:
    """Return a class hour as the API says it."""
    return ApiClassHour(
        id=hour.id,
        section=hour.section,
        date=hour.date,
        period=hour.period,
        hall=hour.hall,
        also_in=hour.also_in,
        starts_at=hour.starts_at,
        ends_at=hour.ends_at,
        totals=totals,
    )


def api_coverage(row: CoverageRow) -> ApiCoverage:
    """Return how much was covered, as the API says it."""
    whole = (row.ends_at - row.starts_at).total_seconds()
    return ApiCoverage(
        class_hour=class_hour_id(row.section, row.date, row.period),
        section=row.section,
        date=row.date,
        period=row.period,
        hall=row.hall,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        frames=row.frames,
        repeated=row.repeated,
        seconds_covered=row.seconds_covered,
        share=round(row.seconds_covered / whole, 3) if whole else 0.0,
        unknown_faces=row.unknown_faces,
        gaps=tuple(
            ApiGap(starts_at=start, ends_at=end, reason=why)
            for start, end, why in zip(row.gaps_start_at, row.gaps_end_at, row.gaps_reason, strict=True)
        ),
        final=bool(row.final),
        version=row.version,
    )


def _meant(call: ApiCall, may: Callable[[ClassHour], bool]) -> Iterator[ClassHour]:
    first, last = call.query.days(call.desk.today)
    for each in call.desk.calendar.between(first, last):
        if (
            call.query.section in ("", each.section)
            and (not call.query.hall or call.query.hall in each.halls)
            and may(each)
        ):
            yield each


def _key(hour: ClassHour) -> tuple[str, str]:
    return hour.starts_at.isoformat(), hour.id


def list_hours(call: ApiCall) -> ApiPage[ApiClassHour]:
    """List the class hours that the owner of the token may see as a whole, in the order of time.

    Those of his own that a student takes are in `/timetable`, and his verdicts in `/students/{student}/attendance`.
    """
    person = call.person
    hours = _meant(call, lambda each: call.holder.reaches(each.section) and may_see_hour(person, each))
    page = paged(hours, call.query, call.list_name, _key, tuple[str, str])
    totals: dict[str, ApiTotals] = {}
    if call.query.totals and page.items:
        days = [each.date for each in page.items]
        found = hour_totals(call.desk.settings, {each.section for each in page.items}, min(days), max(days))
        totals = {
            name: ApiTotals(there=each.there, here=each.here, students=each.students, to_decide=each.review)
            for name, each in found.items()
        }
    return ApiPage(items=tuple(api_hour(each, totals.get(each.id)) for each in page.items), next=page.next)


def list_timetable(call: ApiCall) -> ApiPage[ApiClassHour]:
    """List the timetable: class hours that the owner of the token may see, or takes himself."""
    person = call.person
    mine = set[str]()
    if person.has("student"):
        first, last = call.query.days(call.desk.today)
        takes = own_hours(call.desk.calendar, person.student_id, call.desk.calendar.between(first, last))
        mine = {each.id for each in takes}
    hours = _meant(
        call, lambda each: call.holder.reaches(each.section) and (each.id in mine or may_see_hour(person, each))
    )
    page = paged(hours, call.query, call.list_name, _key, tuple[str, str])
    return ApiPage(items=tuple(map(api_hour, page.items)), next=page.next)


def one_hour(call: ApiCall) -> ApiClassHourNow:
    """Show one class hour with its totals: live while it runs, and as it was judged when it is over."""
    hour = call.hour()
    view = shown(call.desk, call.person, hour, "name")
    counts = view.board.totals
    covered = view.board.coverage
    totals = ApiTotals(
        there=sum(counts.states[each] for each in ("present", "late", "left")),
        here=counts.here,
        students=counts.students,
        to_decide=counts.decide,
    )
    return ApiClassHourNow(
        hour=api_hour(hour, totals),
        phase=phase_of(call.desk.settings, hour, call.now, final=bool(covered and covered.final)),
        states=dict(counts.states),
        coverage=api_coverage(covered) if covered else None,
        frames_waiting=view.waiting,
    )


def coverage_list(call: ApiCall) -> ApiPage[ApiCoverage]:
    """List how much of class hours the cameras showed, by date, period and section."""
    first, last = call.query.days(call.desk.today)
    person, of = call.person, call.list_name
    everywhere = person.has("registrar") or person.has("engineer")
    allowed = None if everywhere else [each for each in person.teaches if person.teaches_as(each)]
    sections = call.holder.narrowed([call.query.section] if call.query.section else allowed)
    if sections is not None and allowed is not None:
        sections &= frozenset(allowed)
    asked = RowsAsked(first, last, sections, call.query.hall)
    if call.query.cursor:
        day, period, section = key_of(of, call.query.cursor, tuple[date, int, str])
        asked = asked._replace(after=(day, period, section))
    rows = list_coverage(call.desk.settings, asked, call.query.limit + 1)
    page = page_of(rows, call.query.limit, lambda row: cursor_of(of, [row.date, row.period, row.section]))
    return ApiPage(items=tuple(map(api_coverage, page.items)), next=page.next)


def frame(call: ApiCall) -> Picture:
    """Show the last frame of a camera that looked at a class hour, as a JPEG; whoever it does not know is blurred."""
    hour = call.hour(may_see_pictures)
    camera = cameras_of(call.desk.live, hour).get(call.path["camera"])
    if camera is None:
        raise not_found()
    call.on_record("see_picture", hour)
    roster = {each.student_id for each in call.desk.calendar.roster(hour).students}
    found = frame_picture(call.desk.frames, camera.seen, roster)
    if found is None:
        raise not_found()
    return Picture(found.jpeg)


ENDPOINTS = (
    Endpoint("GET", "/timetable", "timetable:read", list_timetable, ApiPage[ApiClassHour], HoursQuery),
    Endpoint("GET", "/class-hours", "timetable:read", list_hours, ApiPage[ApiClassHour], TotalsQuery),
    Endpoint("GET", "/class-hours/{class_hour}", "timetable:read", one_hour, ApiClassHourNow),
    Endpoint("GET", "/class-hours/{class_hour}/frames/{camera}", "pictures:read", frame, Picture),
    Endpoint("GET", "/coverage", "halls:read", coverage_list, ApiPage[ApiCoverage], HoursQuery),
)
