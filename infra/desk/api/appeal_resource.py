"""What students contest or ask beforehand, and the answers; a student's own term, and all that is kept of him."""

from typing import Annotated, Any, Literal

import msgspec

from infra.desk.api.calls import (
    Answered,
    ApiCall,
    Endpoint,
    FileAnswer,
    RequestId,
    SectionAsked,
    StudentAsked,
    forbidden,
)
from infra.desk.api.etags import etag_of
from infra.desk.api.hour_resource import ApiClassHour, api_hour
from infra.desk.api.paging import ApiPage, PageQuery, paged
from infra.desk.api.problems import not_found
from infra.operations.accounts.access import may_answer_appeal, own_student
from infra.operations.appeals.appeal_state import AppealState, AppealWord, contested_counts, upholding
from infra.operations.appeals.appeals import AppealAnswer, AppealRequest, answer_appeal, ask, kind_of, own_row, withdraw
from infra.operations.appeals.kept_of import kept_of
from infra.operations.appeals.own_term import OwnLine, OwnSection, own_term
from infra.operations.class_hours.decide_hour import MOST_REASON
from infra.operations.class_hours.hour_register import StandingMark, standing
from infra.operations.class_hours.labels import reason_text
from infra.operations.class_hours.own_hours import own_hours
from infra.operations.terms.term_standing import StandingWord
from infra.operations.terms.term_texts import rule_in_words
from schemas.ids import split_class_hour
from schemas.messages import AppealKind, ClassHour, Moment, Verdict

__all__ = [
    "ENDPOINTS",
    "ApiAppeal",
    "ApiAppealAnswer",
    "ApiAppealNow",
    "ApiContested",
    "ApiOwnHour",
    "ApiOwnSection",
    "ApiOwnTerm",
]

Reason = Annotated[str, msgspec.Meta(max_length=MOST_REASON)]


class AppealsQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which appeals. state: what has become of them; else all."""

    state: Literal["open", "upheld", "refused", "withdrawn"] | None = None
    section: SectionAsked = ""
    student: StudentAsked = ""


class OwnTermQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which term, by its name; else the current one, or the latest."""

    term: Annotated[str, msgspec.Meta(max_length=200, examples=["2026-1"])] = ""


class AskBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a student contests, or asks beforehand.

    seen: the verdict that he was shown; of a class hour to come, nothing. wished: what he asks for; an excuse must say
    ``excused`` or ``official_leave``. starts_at, ends_at: the part of the class hour that it is about; null: all.
    id: sent twice it counts once; or ``Idempotency-Key``.
    """

    reason: Reason
    seen: Annotated[str, msgspec.Meta(max_length=40)] = ""
    wished: Verdict | None = None
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    id: RequestId = ""


class AppealAnswerBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person answers. verdict: what the student counts as from now on; null refuses.

    seen: which mark stood when the appeal was looked at (``seen`` of it); or ``If-Match`` with its tag.
    id: sent twice it counts once; or ``Idempotency-Key``.
    """

    verdict: Verdict | None
    reason: Reason
    seen: Annotated[str, msgspec.Meta(max_length=100)] = ""
    id: RequestId = ""


class ApiAppealAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a person said. verdict: what the student counts as; null: it was refused."""

    verdict: Verdict | None
    by: str
    reason: str
    at: Moment


class ApiAppeal(msgspec.Struct, frozen=True, kw_only=True):
    """What a student asks. kind: ``excuse`` beforehand, ``contest`` afterwards. contested: what he counted as then.

    wished: what he asks for, if he said it. starts_at, ends_at: the part of the class hour that it is about.
    """

    id: str
    class_hour: str
    section: str
    student_id: str
    name: str | None
    kind: AppealKind
    state: AppealWord
    contested: Verdict | None
    wished: Verdict | None
    starts_at: Moment
    ends_at: Moment
    reason: str
    asked_at: Moment
    answer: ApiAppealAnswer | None
    withdrawn_at: Moment | None


class ApiAppealNow(msgspec.Struct, frozen=True, kw_only=True):
    """An appeal in full. verdict: what the student counts as now; null: nothing is judged.

    mark: what a person marked of him last; null for the student himself. seen: what an answer to this names.
    upholding: the verdicts by which it would be upheld.
    """

    appeal: ApiAppeal
    verdict: str | None
    mark: StandingMark | None
    seen: str
    upholding: tuple[Verdict, ...]


class ApiContested(msgspec.Struct, frozen=True, kw_only=True):
    """How often students contested what an engine judged in a hall, and how often a person found them right."""

    hall: str
    engine: str
    contested: int
    upheld: int
    refused: int


class ApiOwnHour(msgspec.Struct, frozen=True, kw_only=True):
    """A class hour of a student's own. verdict: null: nothing is judged. by: ``camera``, or who marked.

    reason: in your language; it names nobody else. appeal: the latest about it, by id. may: what he may ask of it now.
    appeal_until: the first moment that is too late; null: there is none.
    """

    hour: ApiClassHour
    verdict: str | None
    by: str | None
    reason: str
    arrived_at: Moment | None
    departed_at: Moment | None
    review: bool
    final: bool
    appeal: str | None
    may: AppealKind | None
    appeal_until: Moment | None


class ApiOwnSection(msgspec.Struct, frozen=True, kw_only=True):
    """A section that a student takes, the latest class hour first. rule: of the term, in your language.

    charged, limit: class hours, or minutes; hours_left: how many he can miss before he fails; null: without a term, or
    while the store is away.
    """

    section: str
    rule: str | None
    charged: float | None
    limit: float | None
    hours_left: int | None
    standing: StandingWord | None
    hours: tuple[ApiOwnHour, ...]


class ApiOwnTerm(msgspec.Struct, frozen=True, kw_only=True):
    """A student's own term. terms: to choose from. store_away: verdicts are missing, for the store does not answer."""

    term: str | None
    terms: tuple[str, ...]
    sections: tuple[ApiOwnSection, ...]
    appeals: tuple[ApiAppeal, ...]
    store_away: bool


def _appeal(call: ApiCall, state: AppealState) -> ApiAppeal:
    of, given = state.asked, state.answer
    section, day, _ = split_class_hour(of.class_hour)
    names = {each.student_id: each.name for each in call.desk.calendar.rosters.on(section, day).students}
    answer = ApiAppealAnswer(verdict=given.verdict, by=given.by, reason=given.reason, at=given.at) if given else None
    return ApiAppeal(
        id=state.id,
        class_hour=of.class_hour,
        section=section,
        student_id=of.student_id,
        name=call.name(names.get(of.student_id, "")),
        kind=of.kind,
        state=state.word,
        contested=of.contested,
        wished=of.wished,
        starts_at=of.starts_at,
        ends_at=of.ends_at,
        reason=of.reason,
        asked_at=of.at,
        answer=answer,
        withdrawn_at=state.withdrawn.at if state.withdrawn else None,
    )


def _answers(call: ApiCall, state: AppealState) -> bool:
    return call.holder.reaches(state.section) and may_answer_appeal(call.person, state.section)


def _own(call: ApiCall, state: AppealState) -> bool:
    return call.holder.reaches(state.section) and state.asked.student_id == own_student(call.person) != ""


def appeals_list(call: ApiCall) -> ApiPage[ApiAppeal]:
    """List appeals, the one that was asked first at the top: those that the owner of the token may answer, or asked."""
    asked = call.query
    found = [
        each
        for each in call.desk.appeals.now().by_id.values()
        if (_answers(call, each) or _own(call, each))
        and asked.state in (None, each.word)
        and asked.section in ("", each.section)
        and asked.student in ("", each.asked.student_id)
    ]
    call.on_record("export", student=asked.student, section=asked.section, detail="appeals")
    page = paged(found, asked, call.list_name, lambda each: (each.asked.at.isoformat(), each.id), tuple[str, str])
    return ApiPage(items=tuple(_appeal(call, each) for each in page.items), next=page.next)


def _known(call: ApiCall) -> AppealState:
    """Return the appeal that the path names, if the token may see it.

    Raises:
        ProblemError: 404.
    """
    found = call.desk.appeals.now().by_id.get(call.path["appeal"])
    if found is None or not (_answers(call, found) or _own(call, found)):
        raise not_found()
    return found


def _now(call: ApiCall, state: AppealState) -> ApiAppealNow:
    student = state.asked.student_id
    hour = call.desk.calendar.hour(state.asked.class_hour)
    row = own_row(call.desk.settings, hour, student) if hour else None
    mark = standing(call.desk.register.marks(state.asked.class_hour)).get(student) if _answers(call, state) else None
    return ApiAppealNow(
        appeal=_appeal(call, state),
        verdict=row.verdict if row else None,
        mark=mark,
        seen=mark.batch if mark else "",
        upholding=upholding(state.asked),
    )


def one_appeal(call: ApiCall) -> ApiAppealNow:
    """Show an appeal, and what its student counts as now. Its ETag is what ``If-Match`` of an answer names."""
    state = _known(call)
    call.on_record("see_student", call.desk.calendar.hour(state.asked.class_hour), state.asked.student_id)
    return _now(call, state)


def appeal_answered(call: ApiCall) -> Answered:
    """Answer an appeal. One that is upheld is a mark, too.

    Whoever was first is told: if somebody else answered, or the student has withdrawn it (409, ``answered``), or if
    somebody marked him since ``seen`` (409, ``first``).
    """
    state, body = _known(call), call.body
    if not _answers(call, state):
        raise forbidden()
    id_, seen = call.request_id(body.id, f"answer|{state.id}"), body.seen
    again = state.answer is not None and state.answer.answer == id_
    if "if-match" in call.headers and not again:
        now = _now(call, state)
        call.check_match(etag_of(msgspec.json.encode(now)))
        seen = now.seen
    hour = call.desk.calendar.hour(state.asked.class_hour)
    call.on_record("appeal_answer", hour, state.asked.student_id, body.verdict or "refused")
    given = AppealAnswer(id=id_, appeal=state.id, verdict=body.verdict, by=call.by, reason=body.reason, seen=seen)
    return Answered(_appeal(call, answer_appeal(call.desk.settings, call.desk.registers, given, call.now)))


def appeal_withdrawn(call: ApiCall) -> ApiAppeal:
    """Take back what the owner of the token asked, as long as nobody has answered."""
    state = _known(call)
    if not _own(call, state):
        raise forbidden()
    student = state.asked.student_id
    call.on_record("appeal_withdraw", call.desk.calendar.hour(state.asked.class_hour), student)
    return _appeal(call, withdraw(call.desk.registers, state.id, student, call.now))


def asked_of_hour(call: ApiCall) -> Answered:
    """Contest a verdict of one's own, or ask beforehand to be excused.

    If the verdict is another one by now than ``seen``, nothing is asked: 409.
    """
    hour, student = _own_hour(call)
    body = call.body
    call.on_record("appeal", hour, student, kind_of(hour, call.now) or "")
    request = AppealRequest(
        id=call.request_id(body.id, f"appeal|{hour.id}"),
        class_hour=hour.id,
        student=student,
        seen=body.seen,
        wished=body.wished,
        starts_at=body.starts_at or hour.starts_at,
        ends_at=body.ends_at or hour.ends_at,
        reason=body.reason,
    )
    state = ask(call.desk.settings, call.desk.registers, request, call.until(hour), call.now)
    return Answered(_appeal(call, state), f"/api/v1/appeals/{state.id}")


def _own_hour(call: ApiCall) -> tuple[ClassHour, str]:
    """Return the class hour that the path names, and who asks, if he takes it.

    Raises:
        ProblemError: 404.
    """
    hour, student = call.hour_in_path(), own_student(call.person)
    if hour is None or not student or not own_hours(call.desk.calendar, student, [hour]):
        raise not_found()
    return hour, student


def contested_list(call: ApiCall) -> ApiPage[ApiContested]:
    """List by hall and engine how often verdicts were contested; of the sections that the owner may answer."""
    known = call.desk.appeals.now().by_id.values()
    rows = [ApiContested(**each._asdict()) for each in contested_counts(each for each in known if _answers(call, each))]
    if not (call.person.has("professor") or call.person.has("registrar")):
        raise forbidden()
    return paged(rows, call.query, call.list_name, lambda each: (each.hall, each.engine), tuple[str, str])


def _himself(call: ApiCall) -> str:
    student = own_student(call.person)
    if not student or student != call.path["student"]:
        raise not_found()
    return student


def own_term_shown(call: ApiCall) -> ApiOwnTerm:
    """Show a student his own term: each class hour with its reason, what he asked, and how many hours are left."""
    student, desk = _himself(call), call.desk
    call.on_record("see_student", student=student)
    it = own_term(desk.settings, desk.calendar, desk.appeals.now(), student, call.query.term, call.now)
    mine = [each for each in it.sections if call.holder.reaches(each.section)]
    rules = {each.section: rule_in_words(call.language, it.term.rule_of(each.section)) for each in mine if it.term}
    return ApiOwnTerm(
        term=it.term.term if it.term else None,
        terms=tuple(each.term for each in it.terms),
        sections=tuple(_section(call, each, rules.get(each.section)) for each in mine),
        appeals=tuple(_appeal(call, each) for each in it.appeals if _own(call, each)),
        store_away=it.trouble,
    )


def _section(call: ApiCall, of: OwnSection, rule: str | None) -> ApiOwnSection:
    stands = of.standing
    return ApiOwnSection(
        section=of.section,
        rule=rule,
        charged=round(float(stands.charged), 2) if stands else None,
        limit=round(float(stands.limit), 2) if stands else None,
        hours_left=stands.left if stands else None,
        standing=stands.word if stands else None,
        hours=tuple(_line(call, each) for each in (*reversed(of.coming), *of.past)),
    )


def _line(call: ApiCall, line: OwnLine) -> ApiOwnHour:
    row = line.row
    return ApiOwnHour(
        hour=api_hour(line.hour),
        verdict=row.verdict if row else None,
        by=row.source if row else None,
        reason=reason_text(call.language, row.reason) if row else "",
        arrived_at=row.arrived_at if row else None,
        departed_at=row.departed_at if row else None,
        review=bool(row and row.review),
        final=bool(row and row.final),
        appeal=line.appeal.id if line.appeal else None,
        may=line.may,
        appeal_until=line.until.appeal,
    )


def own_record(call: ApiCall) -> FileAnswer:
    """Send a student all that is kept of him, as a file: each part with what it means."""
    student, desk = _himself(call), call.desk
    if not call.holder.reaches_everything:
        raise forbidden()
    call.on_record("export", student=student, detail="own record")
    made = kept_of(desk.settings, desk.calendar, desk.registers, student, call.now, call.language)
    return FileAnswer(made, "application/json", f"naul-my-record-{desk.today}.json")


ONE = "/appeals/{appeal}"
READ, WRITE = "appeals:read", "appeals:write"
HIM = "/students/{student}"

ENDPOINTS = (
    Endpoint("GET", "/appeals", READ, appeals_list, ApiPage[ApiAppeal], AppealsQuery),
    Endpoint("GET", ONE, READ, one_appeal, ApiAppealNow),
    Endpoint(
        "POST",
        f"{ONE}/answers",
        WRITE,
        appeal_answered,
        ApiAppeal,
        body=AppealAnswerBody,
        status=201,
        may_conflict=True,
    ),
    Endpoint("DELETE", ONE, WRITE, appeal_withdrawn, ApiAppeal, overtaken=True),
    Endpoint("GET", "/contested-counts", READ, contested_list, ApiPage[ApiContested], PageQuery),
    Endpoint(
        "POST",
        "/class-hours/{class_hour}/appeals",
        WRITE,
        asked_of_hour,
        ApiAppeal,
        body=AskBody,
        status=201,
        overtaken=True,
    ),
    Endpoint("GET", f"{HIM}/term", READ, own_term_shown, ApiOwnTerm, OwnTermQuery),
    Endpoint("GET", f"{HIM}/record", "record:read", own_record, dict[str, Any]),
)
