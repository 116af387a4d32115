"""Reports of a term as numbers, one student over all courses, and what is taken away as a file."""

from collections import Counter
from typing import Annotated, Any, Literal

import msgspec

from infra.desk.api.calls import (
    ApiCall,
    DayAsked,
    Endpoint,
    FileAnswer,
    SectionAsked,
    StudentAsked,
    forbidden,
    lacks_scope,
)
from infra.desk.api.paging import ApiPage, PageQuery, paged, row_page
from infra.desk.api.problems import not_found
from infra.desk.api.reference_resource import ApiStanding, ApiStudent, api_standing, term_in_path
from infra.desk.reports_page import MEDIA, file_of, numbers_of
from infra.operations.accounts.access import (
    may_export_section,
    may_report_section,
    may_report_student,
    may_see_reports,
    sees_names,
)
from infra.operations.class_hours.labels import reason_text
from infra.operations.reports.export_term import (
    EXPORTS,
    FILE_FORMATS,
    FORMATS,
    ExportKind,
    ExportSource,
    ExportWish,
    FileFormat,
    map_names,
)
from infra.operations.reports.rates import Dimension, VerdictCounts
from infra.operations.reports.report_period import ReportPeriod, period_asked
from infra.operations.reports.report_tables import dimension_key
from infra.operations.reports.students_found import slipping, student_hours, students_found
from infra.operations.reports.term_numbers import TermNumbers
from infra.operations.terms.terms import standing_rows
from schemas.ids import class_hour_id
from schemas.messages import CAMERA, Moment
from schemas.texts import written_plainly

__all__ = [
    "ENDPOINTS",
    "ApiCell",
    "ApiCounts",
    "ApiExport",
    "ApiExports",
    "ApiHeatMap",
    "ApiPeriod",
    "ApiRate",
    "ApiRates",
    "ApiSlip",
    "ApiSlipping",
    "ApiStandingCounts",
    "ApiStudentHour",
    "ApiStudentReport",
]

TermAsked = Annotated[str, msgspec.Meta(max_length=200, examples=["2026-1"])]
UNNAMED = ("rates", "moodle")
"""Files in which no name of a student stands."""


class PeriodQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which days: a term, or from, to, both included; else the current term."""

    term: TermAsked = ""
    since: DayAsked | None = msgspec.field(default=None, name="from")
    until: DayAsked | None = msgspec.field(default=None, name="to")


class PagesOfPeriodQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which days: a term, or from, to, both included; else the current term."""

    term: TermAsked = ""
    since: DayAsked | None = msgspec.field(default=None, name="from")
    until: DayAsked | None = msgspec.field(default=None, name="to")


class RatesQuery(PagesOfPeriodQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which days, and what class hours are added up by. order: ``rate``: the lowest first."""

    by: Dimension = "section"
    order: Literal["key", "rate"] = "key"


class HeatMapQuery(PeriodQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which days, and by which two things class hours are added up."""

    down: Dimension = "weekday"
    across: Dimension = "hour"


class FindQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom: what an id or a name holds; empty: everybody."""

    find: StudentAsked = ""


class ExportQuery(PeriodQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which file, of which days. format: else what ``Accept`` names, else the usual one. by: of rates.

    section: empty: all that may be taken away. map: of a register, of ``GET /exports``. title: of Canvas' column.
    """

    format: FileFormat | None = None
    section: SectionAsked = ""
    student: StudentAsked = ""
    by: Dimension = "section"
    map: StudentAsked = ""
    title: Annotated[str, msgspec.Meta(max_length=100)] = ""


class ApiPeriod(msgspec.Struct, frozen=True, kw_only=True):
    """Days, both included. term: whose they are; null: of none."""

    first: DayAsked
    last: DayAsked
    term: str | None


class ApiCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How many rows of students are what, in how many closed class hours.

    rate: who was there, of those who were there or absent; null: nobody was either. missing: class hours that are over
    by the timetable, and of which nothing is on record.
    """

    class_hours: int
    present: int
    late: int
    left_early: int
    absent: int
    excused: int
    official_leave: int
    unobserved: int
    rate: float | None
    missing: int


class ApiRate(msgspec.Struct, frozen=True, kw_only=True):
    """key: a section, hall or faculty; a Monday; a weekday, 1 to 7; an hour, 0 to 23. text: it in your language."""

    key: str | int
    text: str
    counts: ApiCounts


class ApiRates(msgspec.Struct, frozen=True, kw_only=True):
    """Rates. as_of: when the store said so, which may be a while ago if it is away. totals: of everything."""

    period: ApiPeriod
    as_of: Moment
    totals: ApiCounts
    items: tuple[ApiRate, ...]
    next: str | None


class ApiCell(msgspec.Struct, frozen=True, kw_only=True):
    """What is at a row and a column."""

    row: str | int
    column: str | int
    counts: ApiCounts


class ApiHeatMap(msgspec.Struct, frozen=True, kw_only=True):
    """Class hours by two things; where none was, there is no cell."""

    period: ApiPeriod
    as_of: Moment
    rows: tuple[str | int, ...]
    columns: tuple[str | int, ...]
    cells: tuple[ApiCell, ...]


class ApiSlip(msgspec.Struct, frozen=True, kw_only=True):
    """How often a student was away in class hours that he attended. left, returned: departures without and with one."""

    section: str
    student_id: str
    name: str | None
    class_hours: int
    left_early: int
    left: int
    returned: int
    minutes: float


class ApiSlipping(msgspec.Struct, frozen=True, kw_only=True):
    """Who slips away, whoever missed most first; nobody is named to an engineer. students: how many they are."""

    period: ApiPeriod
    students: int
    items: tuple[ApiSlip, ...]
    next: str | None


class ApiStandingCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How many students and sections stand so."""

    failed: int
    last_hour: int
    at_risk: int
    ok: int


class ApiStudentHour(msgspec.Struct, frozen=True, kw_only=True):
    """What a student was in a closed class hour. by: ``camera``, or who marked. reason: in your language."""

    class_hour: str
    section: str
    hall: str
    starts_at: Moment
    ends_at: Moment
    verdict: str
    arrived_at: Moment | None
    departed_at: Moment | None
    minutes_present: float
    minutes_covered: float
    by: str
    reason: str


class ApiStudentReport(msgspec.Struct, frozen=True, kw_only=True):
    """One student over all courses that the owner of the token may see."""

    student_id: str
    name: str | None
    period: ApiPeriod
    totals: ApiCounts
    hours: tuple[ApiStudentHour, ...]
    standings: tuple[ApiStanding, ...]


class ApiExport(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of file. formats: the usual one first. names: whether names of students stand in it."""

    export: ExportKind
    formats: tuple[FileFormat, ...]
    names: bool


class ApiExports(msgspec.Struct, frozen=True, kw_only=True):
    """What can be taken away. maps: of registers."""

    exports: tuple[ApiExport, ...]
    maps: tuple[str, ...]


def _allowed(call: ApiCall) -> frozenset[str] | None:
    """Return the sections that reports to a token count; None: all.

    Raises:
        ProblemError: 403: it may see none.
    """
    person = call.person
    if not may_see_reports(person):
        raise forbidden()
    everywhere = person.has("registrar") or person.has("engineer")
    return call.holder.narrowed(None if everywhere else [e for e in person.teaches if may_report_section(person, e)])


def _period(call: ApiCall) -> ReportPeriod:
    terms, asked = {each.term: each for each in call.desk.calendar.terms}, call.query
    return period_asked(terms, call.desk.today, asked.term, asked.since, asked.until)


def _told(period: ReportPeriod) -> ApiPeriod:
    return ApiPeriod(first=period.first, last=period.last, term=period.term.term if period.term else None)


def _counts(of: VerdictCounts) -> ApiCounts:
    return ApiCounts(**of._asdict(), rate=None if of.rate is None else round(of.rate, 4))


def _key(of: Any) -> str | int:
    return of if isinstance(of, int) else str(of)


def _numbers(call: ApiCall, period: ReportPeriod) -> TermNumbers:
    sections = _allowed(call)
    timetable = call.desk.calendar.timetable.everything

    def counts(section: str) -> bool:
        return sections is None or section in sections

    return numbers_of(call.desk).of(period, timetable, counts, call.now)[0]


def rates(call: ApiCall) -> ApiRates:
    """List how often students were there, by section, week, weekday, hour, hall or faculty; numbers alone."""
    asked, period = call.query, _period(call)
    numbers = _numbers(call, period)
    lines = numbers.by(asked.by)
    if asked.order == "rate":  # whoever has none comes last
        lines.sort(key=lambda each: 2.0 if each.counts.rate is None else each.counts.rate)
    found = [
        ApiRate(key=_key(each.key), text=dimension_key(call.language, asked.by, each.key), counts=_counts(each.counts))
        for each in lines
    ]
    page = row_page(found, asked, call.list_name)
    return ApiRates(
        period=_told(period), as_of=numbers.as_of, totals=_counts(numbers.totals), items=page.items, next=page.next
    )


def heat_map(call: ApiCall) -> ApiHeatMap:
    """Show class hours added up by two things at once, as weekday and hour."""
    asked, period = call.query, _period(call)
    numbers = _numbers(call, period)
    found = numbers.map_of(asked.down, asked.across)
    return ApiHeatMap(
        period=_told(period),
        as_of=numbers.as_of,
        rows=tuple(map(_key, found.rows)),
        columns=tuple(map(_key, found.columns)),
        cells=tuple(
            ApiCell(row=_key(row), column=_key(column), counts=_counts(counts))
            for (row, column), counts in sorted(found.cells.items())
        ),
    )


def slipping_list(call: ApiCall) -> ApiSlipping:
    """List who left early or was away in the middle, whoever missed most first."""
    sections, period = _allowed(call), _period(call)
    names = sees_names(call.person)
    if names:
        call.on_record("see_report", detail=f"slipping of {period.name}")
    found = slipping(call.desk.settings, period, sections)
    rows = [ApiSlip(**(each._asdict() | {"name": call.name(each.name)})) for each in found] if names else []
    page = row_page(rows, call.query, call.list_name)
    students = len({each.student_id for each in found})
    return ApiSlipping(period=_told(period), students=students, items=page.items, next=page.next)


def standing_counts(call: ApiCall) -> ApiStandingCounts:
    """Count how students stand in a term; who they are is in `/terms/{term}/standings`."""
    sections, term = _allowed(call), term_in_path(call)
    timetable = call.desk.calendar.timetable.everything
    words = Counter(
        each.it.word for each in standing_rows(call.desk.settings, term, timetable, call.now, sections=sections)
    )
    return ApiStandingCounts(
        failed=words["failed"], last_hour=words["last_hour"], at_risk=words["at_risk"], ok=words["ok"]
    )


def _names(call: ApiCall, section: str) -> bool:
    return call.holder.reaches(section) and may_report_student(call.person, section)


def students_list(call: ApiCall) -> ApiPage[ApiStudent]:
    """List students of the rosters, by id: all for a registrar, else of the sections in which the owner is professor.

    An id that is exact finds him alone.
    """
    _allowed(call)
    if not sees_names(call.person):
        raise forbidden()
    call.on_record("see_people")
    known = students_found(call.desk.calendar.rosters, lambda section: _names(call, section), call.query.find)
    found = [ApiStudent(student_id=each.student_id, name=call.name(each.name)) for each in known]
    return paged(found, call.query, call.list_name, lambda each: (each.student_id,), tuple[str])


def student_report(call: ApiCall) -> ApiStudentReport:
    """Show one student over all courses that the owner of the token may see."""
    sections, period, desk = _allowed(call), _period(call), call.desk
    if not sees_names(call.person):
        raise forbidden()
    student = written_plainly(call.path["student"])
    call.on_record("see_student", student=student, detail=f"student of {period.name}")
    it = student_hours(desk.settings, period, student, sections, desk.calendar.timetable.everything, call.now)
    known = students_found(desk.calendar.rosters, lambda section: _names(call, section), student)
    him = next((each for each in known if each.student_id == student), None)
    if not it.hours and him is None:
        raise not_found()
    return ApiStudentReport(
        student_id=student,
        name=call.name(it.name or (him.name if him else "")),
        period=_told(period),
        totals=_counts(it.totals),
        hours=tuple(
            ApiStudentHour(
                class_hour=class_hour_id(each.section, each.date, each.period),
                section=each.section,
                hall=each.hall,
                starts_at=each.starts_at,
                ends_at=each.ends_at,
                verdict=each.verdict,
                arrived_at=each.arrived_at,
                departed_at=each.departed_at,
                minutes_present=each.minutes_present,
                minutes_covered=each.minutes_covered,
                by=each.source or CAMERA,
                reason=reason_text(call.language, each.reason),
            )
            for each in it.hours
        ),
        standings=tuple(api_standing(call, it.standings)),
    )


def exports_list(call: ApiCall) -> ApiExports:
    """Say which files can be taken away, in which formats, and which maps of registers there are."""
    _may_export(call, "", _allowed(call))
    kinds = (ApiExport(export=each, formats=FORMATS[each], names=each not in UNNAMED) for each in EXPORTS)
    return ApiExports(exports=tuple(kinds), maps=tuple(sorted(map_names(call.desk.settings))))


def _may_export(call: ApiCall, section: str, sections: frozenset[str] | None) -> None:
    """See that a token may take a section away as a file; empty: all that reports show it.

    Raises:
        ProblemError: 403.
    """
    if section and not call.holder.reaches(section):
        raise forbidden()
    wanted = [section] if section else [*(sections or ())]
    everything = call.person.has("registrar")
    if not (everything or (wanted and all(may_export_section(call.person, each) for each in wanted))):
        raise forbidden()


def export_file(call: ApiCall) -> FileAnswer:
    """Send a table as CSV or XLSX, or what Moodle, Canvas or a site's register reads.

    Where names of students stand in it, the token needs `names:read`, too. No cell is a formula, whatever a name says.
    """
    asked, period, sections = call.query, _period(call), _allowed(call)
    kind = next((each for each in EXPORTS if each == call.path["export"]), None)
    if kind is None:
        raise not_found()
    section, student = written_plainly(asked.section), written_plainly(asked.student)
    _may_export(call, section, sections)
    if kind not in UNNAMED and not call.named:
        raise lacks_scope("names:read")
    wish = ExportWish(
        kind=kind,
        format=asked.format or _accepted(call, kind),
        period=period,
        sections=sections,
        section=section,
        by=asked.by,
        student=student if kind == "student" else "",
        map=asked.map,
        title=asked.title.strip(),
    )
    call.on_record("export", student=wish.student, detail=wish.told)
    timetable = call.desk.calendar.timetable.everything
    source = ExportSource(call.desk.settings, timetable, numbers_of(call.desk), call.language, call.now)
    return FileAnswer(file_of(call.desk, source, wish), MEDIA[wish.format], wish.name)


def _accepted(call: ApiCall, kind: ExportKind) -> FileFormat:
    """Return the first format of a kind that the header ``Accept`` names, else the usual one."""
    wished = [each.partition(";")[0].strip() for each in call.headers.get("accept", "").lower().split(",")]
    named = [each for media in wished for each in FILE_FORMATS if MEDIA[each].partition(";")[0] == media]
    return next((each for each in named if each in FORMATS[kind]), FORMATS[kind][0])


READ = "reports:read"

ENDPOINTS = (
    Endpoint("GET", "/rates", READ, rates, ApiRates, RatesQuery),
    Endpoint("GET", "/heat-map", READ, heat_map, ApiHeatMap, HeatMapQuery),
    Endpoint("GET", "/slipping", READ, slipping_list, ApiSlipping, PagesOfPeriodQuery),
    Endpoint("GET", "/terms/{term}/standing-counts", READ, standing_counts, ApiStandingCounts),
    Endpoint("GET", "/students", READ, students_list, ApiPage[ApiStudent], FindQuery),
    Endpoint("GET", "/students/{student}/report", READ, student_report, ApiStudentReport, PeriodQuery),
    Endpoint("GET", "/exports", READ, exports_list, ApiExports),
    Endpoint("GET", "/exports/{export}", READ, export_file, FileAnswer, ExportQuery),
)
