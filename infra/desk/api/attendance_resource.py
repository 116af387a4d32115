"""Verdicts: lists of them, one with its evidence, and those that are in doubt."""

from collections.abc import Collection
from datetime import date
from typing import Any

import msgspec

from infra.desk.api.calls import ApiCall, DayAsked, Endpoint, NoQuery, SectionAsked, StudentAsked, forbidden
from infra.desk.api.hour_resource import HoursQuery
from infra.desk.api.paging import ApiPage, PageQuery, cursor_of, key_of, page_of, paged
from infra.desk.api.problems import not_found
from infra.operations.accounts.access import (
    DeskUser,
    may_export,
    may_export_section,
    may_see_hour,
    may_see_pictures,
    may_see_student_hour,
    sees_names,
)
from infra.operations.class_hours.decide_hour import StandingRow, hour_to_decide
from infra.operations.class_hours.doubt_texts import doubt_text
from infra.operations.class_hours.evidence_texts import sentences
from infra.operations.class_hours.hour_evidence import (
    AwayTime,
    RosterOfHour,
    Segment,
    hour_evidence,
    naming_nobody_else,
)
from infra.operations.class_hours.hour_register import StandingMark
from infra.operations.class_hours.list_rows import list_attendance, list_departures
from infra.operations.class_hours.looks import looks_of
from schemas.errors import RefusedError
from schemas.ids import class_hour_id
from schemas.messages import CAMERA, ClassHour, Moment, Verdict
from sinks.row_pages import DepartureRow, RowsAsked
from sinks.rows import FIRST_DAY, LAST_DAY, AttendanceRow

__all__ = [
    "ENDPOINTS",
    "ApiDeparture",
    "ApiDoubt",
    "ApiDoubtful",
    "ApiEvidence",
    "ApiLook",
    "ApiLooks",
    "ApiVerdict",
]


class RowsQuery(HoursQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which rows. from, to: days, both included; else today."""

    student: StudentAsked = ""


class TermOfStudentQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which rows of a student. from, to: days, both included; else all there are."""

    since: DayAsked = msgspec.field(default=FIRST_DAY, name="from")
    until: DayAsked = msgspec.field(default=LAST_DAY, name="to")
    section: SectionAsked = ""


class ApiVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a student is in a class hour.

    by: ``camera``, or who marked. camera_verdict: what the camera says; empty: not kept.
    name: null without the scope names:read. p: probability that he was seen. review: a person should decide.
    reason: in English, as it was written; null for a student, whom it may tell of others. final: judged to its end.
    """

    class_hour: str
    section: str
    date: date
    period: int
    hall: str
    student_id: str
    name: str | None
    verdict: Verdict
    by: str
    camera_verdict: str
    confidence: float
    p: float | None
    review: bool
    doubts: tuple[str, ...]
    reason: str | None
    arrived_at: Moment | None
    departed_at: Moment | None
    seconds_present: float
    seconds_covered: float
    marked_at: Moment | None
    final: bool
    version: int


class ApiDeparture(msgspec.Struct, frozen=True, kw_only=True):
    """That somebody left.

    departed_at: his last sighting. gone_by: since when he was surely gone; between the two he left.
    returned_at: null: he did not come back.
    """

    class_hour: str
    section: str
    date: date
    period: int
    hall: str
    student_id: str
    name: str | None
    departed_at: Moment
    gone_by: Moment | None
    returned_at: Moment | None


class ApiDoubt(msgspec.Struct, frozen=True, kw_only=True):
    """Why what the camera says is in doubt. code: as in ``schemas.messages.DoubtCode``. text: in your language."""

    code: str
    text: str


class ApiEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """Why somebody is what he is. sentences: all of it, in your language.

    segments: a strip of the class hour without a gap. away: every departure. marks: what people said, the oldest first;
    the last one holds. seen: what a decision about this row names. policy: the version of the rule.
    """

    class_hour: str
    student_id: str
    name: str | None
    verdict: Verdict
    camera_verdict: str
    confidence: float
    p: float | None
    review: bool
    final: bool
    withdrawn: bool
    version: int
    seen: str
    arrived_at: Moment | None
    departed_at: Moment | None
    seconds_present: float
    seconds_covered: float
    frames: int
    doubts: tuple[ApiDoubt, ...]
    segments: tuple[Segment, ...]
    away: tuple[AwayTime, ...]
    marks: tuple[StandingMark, ...]
    roster: RosterOfHour
    engine: str
    policy: str
    sentences: tuple[str, ...]


class ApiDoubtful(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody whom a person should decide. seen: what a decision about this row names."""

    student_id: str
    name: str | None
    verdict: Verdict
    confidence: float
    p: float | None
    doubts: tuple[ApiDoubt, ...]
    arrived_at: Moment | None
    departed_at: Moment | None
    final: bool
    seen: str


class ApiLook(msgspec.Struct, frozen=True, kw_only=True):
    """A face, alone, as a JPEG. named: a frame took it for his."""

    hall: str
    camera: str
    captured_at: Moment
    named: bool
    jpeg: bytes


class ApiLooks(msgspec.Struct, frozen=True, kw_only=True):
    """Faces that a verdict rests on. gone: of so many more the frames are kept no longer."""

    looks: tuple[ApiLook, ...]
    gone: int


def _verdict(call: ApiCall, row: AttendanceRow) -> ApiVerdict:
    own = call.person.has("student") and not may_export_section(call.person, row.section)
    return ApiVerdict(
        class_hour=class_hour_id(row.section, row.date, row.period),
        section=row.section,
        date=row.date,
        period=row.period,
        hall=row.hall,
        student_id=row.student_id,
        name=call.name(row.name),
        verdict=row.verdict,  # type: ignore[arg-type]
        by=row.source,
        camera_verdict=row.camera_verdict or (row.verdict if row.source == CAMERA else ""),
        confidence=row.confidence,
        p=row.p,
        review=bool(row.review),
        doubts=tuple(row.doubts),
        reason=None if own else row.reason,
        arrived_at=row.arrived_at,
        departed_at=row.departed_at,
        seconds_present=row.seconds_present,
        seconds_covered=row.seconds_covered,
        marked_at=row.marked_at,
        final=bool(row.final),
        version=row.version,
    )


def _departure(call: ApiCall, row: DepartureRow) -> ApiDeparture:
    return ApiDeparture(
        class_hour=class_hour_id(row.section, row.date, row.period),
        section=row.section,
        date=row.date,
        period=row.period,
        hall=row.hall,
        student_id=row.student_id,
        name=call.name(row.name),
        departed_at=row.departed_at,
        gone_by=row.gone_by,
        returned_at=row.returned_at,
    )


def sections_of_rows(call: ApiCall, section: str, student: str) -> frozenset[str] | None:
    """Return of which sections a token may read rows; None: of all. section, student: asked for; empty: all.

    Raises:
        ProblemError: 403: of none.
    """
    person = call.person
    own = person.has("student") and student != "" and student == person.student_id
    allowed: Collection[str] | None
    if person.has("registrar") or own:
        allowed = None
    else:
        allowed = [each for each in person.teaches if may_export_section(person, each)]
        if not allowed or (section and section not in allowed):
            raise forbidden()
    if section:
        allowed = [section]
    return call.holder.narrowed(allowed)


def _attendance(call: ApiCall, asked: RowsAsked) -> ApiPage[ApiVerdict]:
    of, limit = call.list_name, call.query.limit
    if call.query.cursor:
        asked = asked._replace(after=key_of(of, call.query.cursor, tuple[date, int, str, str]))
    rows = list_attendance(call.desk.settings, asked, limit + 1)
    page = page_of(rows, limit, lambda row: cursor_of(of, [row.date, row.period, row.section, row.student_id]))
    return ApiPage(items=tuple(_verdict(call, each) for each in page.items), next=page.next)


def list_verdicts(call: ApiCall) -> ApiPage[ApiVerdict]:
    """List verdicts by date, period, section and student: of sections in which the owner of the token is professor.

    A registrar's are of all sections; a student's of himself, and he names himself.
    """
    sections = sections_of_rows(call, call.query.section, call.query.student)
    call.on_record("export", student=call.query.student, section=call.query.section)
    first, last = call.query.days(call.desk.today)
    return _attendance(call, RowsAsked(first, last, sections, call.query.hall, call.query.student))


def verdicts_of_hour(call: ApiCall) -> ApiPage[ApiVerdict]:
    """List the verdicts of a class hour, by student."""
    hour = call.hour(_sees_people)
    call.on_record("see_hour", hour)
    return _attendance(call, RowsAsked(hour.date, hour.date, [hour.section], period=hour.period))


def verdicts_of_student(call: ApiCall) -> ApiPage[ApiVerdict]:
    """List the verdicts of a student, by date: all for a registrar and for himself, else of the sections taught."""
    student, asked = call.path["student"], call.query
    sections = sections_of_rows(call, asked.section, student)
    call.on_record("see_student", student=student)
    return _attendance(call, RowsAsked(asked.since, asked.until, sections, student=student))


def departures(call: ApiCall) -> ApiPage[ApiDeparture]:
    """List departures, whatever the verdict, by date, period, section, student and time; who may as of verdicts."""
    asked, of, limit = call.query, call.list_name, call.query.limit
    sections = sections_of_rows(call, asked.section, asked.student)
    call.on_record("export", student=asked.student, section=asked.section)
    first, last = asked.days(call.desk.today)
    wanted = RowsAsked(first, last, sections, asked.hall, asked.student)
    if asked.cursor:
        wanted = wanted._replace(after=key_of(of, asked.cursor, tuple[date, int, str, str, int]))
    rows = list_departures(call.desk.settings, wanted, limit + 1)

    def name(row: DepartureRow) -> str:
        return cursor_of(of, [row.date, row.period, row.section, row.student_id, int(row.departed_at.timestamp())])

    page = page_of(rows, limit, name)
    return ApiPage(items=tuple(_departure(call, each) for each in page.items), next=page.next)


def _sees_people(person: DeskUser, hour: ClassHour) -> bool:
    return sees_names(person) and may_see_hour(person, hour)


def _student_hour(call: ApiCall) -> tuple[ClassHour, str]:
    hour, student = call.hour_in_path(), call.path["student"]
    if hour is None or not may_see_student_hour(call.person, hour, student):
        raise not_found()
    return hour, student


def evidence(call: ApiCall) -> ApiEvidence:
    """Show why a student is what he is in a class hour.

    For a professor of the section, a registrar, and the student himself; he is told nothing of others.
    """
    hour, student = _student_hour(call)
    call.on_record("see_student", hour, student)
    desk, settings = call.desk, call.desk.settings
    try:
        it = hour_evidence(settings, desk.register, hour.id, student, call.now)
    except RefusedError as error:
        raise not_found() from error
    it = it if may_see_hour(call.person, hour) else naming_nobody_else(it)
    told = sentences(it, call.language, settings.zone)
    if not call.named:
        told = tuple(each.replace(f"{it.row.name} ({student})", student) for each in told)
    return ApiEvidence(
        class_hour=hour.id,
        student_id=student,
        name=call.name(it.row.name),
        verdict=it.verdict,
        camera_verdict=it.row.camera_verdict,
        confidence=it.row.confidence,
        p=it.row.p,
        review=it.row.review,
        final=it.row.final,
        withdrawn=it.withdrawn,
        version=it.version,
        seen=it.row.seen,
        arrived_at=it.row.arrived_at,
        departed_at=it.row.departed_at,
        seconds_present=it.row.seconds_present,
        seconds_covered=it.seconds_covered,
        frames=it.frames,
        doubts=_doubts(call, it.row),
        segments=it.segments,
        away=it.away,
        marks=it.marks,
        roster=it.roster,
        engine=it.engine,
        policy=it.policy_text,
        sentences=told,
    )


def _doubts(call: ApiCall, row: StandingRow) -> tuple[ApiDoubt, ...]:
    found = []
    for each in row.doubts:
        values: dict[str, Any] = dict(each.values)
        if not call.named and "other" in values:
            values["other"] = str(values["other"]).split()[0]
        found.append(
            ApiDoubt(code=each.code, text=doubt_text(call.language, msgspec.structs.replace(each, values=values)))
        )
    return tuple(found)


def doubtful(call: ApiCall) -> ApiPage[ApiDoubtful]:
    """List whom a person should decide in a class hour, the least certain first; for its professors and a registrar."""
    hour = call.hour(may_export)
    call.on_record("see_hour", hour)
    it = hour_to_decide(call.desk.settings, call.desk.register, hour.id)
    page = paged(
        it.doubtful, call.query, call.list_name, lambda row: (row.confidence, row.student_id), tuple[float, str]
    )
    items = tuple(
        ApiDoubtful(
            student_id=each.student_id,
            name=call.name(each.name),
            verdict=each.verdict,
            confidence=each.confidence,
            p=each.p,
            doubts=_doubts(call, each),
            arrived_at=each.arrived_at,
            departed_at=each.departed_at,
            final=each.final,
            seen=each.seen,
        )
        for each in page.items
    )
    return ApiPage(items=items, next=page.next)


def looks(call: ApiCall) -> ApiLooks:
    """Show the faces that a verdict rests on, as far as their frames are kept; for professors of the section."""
    hour = call.hour(may_see_pictures)
    student = call.path["student"]
    call.on_record("see_picture", hour, student)
    found = looks_of(call.desk.settings, call.desk.looks, call.desk.frames, hour, student)
    return ApiLooks(
        looks=tuple(
            ApiLook(hall=each.hall, camera=each.camera, captured_at=each.captured_at, named=each.named, jpeg=each.jpeg)
            for each in found.looks
        ),
        gone=found.gone,
    )


HERE = "/class-hours/{class_hour}"
READ = "attendance:read"

ENDPOINTS = (
    Endpoint("GET", "/attendance", READ, list_verdicts, ApiPage[ApiVerdict], RowsQuery),
    Endpoint("GET", f"{HERE}/attendance", READ, verdicts_of_hour, ApiPage[ApiVerdict], PageQuery),
    Endpoint("GET", f"{HERE}/attendance/{{student}}", READ, evidence, ApiEvidence, NoQuery),
    Endpoint("GET", f"{HERE}/attendance/{{student}}/looks", "pictures:read", looks, ApiLooks),
    Endpoint("GET", f"{HERE}/doubtful", READ, doubtful, ApiPage[ApiDoubtful], PageQuery),
    Endpoint(
        "GET", "/students/{student}/attendance", READ, verdicts_of_student, ApiPage[ApiVerdict], TermOfStudentQuery
    ),
    Endpoint("GET", "/departures", READ, departures, ApiPage[ApiDeparture], RowsQuery),
)
