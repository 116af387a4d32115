"""Marks: what people say of students in a class hour, and saying it."""

from collections.abc import Iterable, Mapping
from typing import Annotated

import msgspec

from infra.desk.api.calls import Answered, ApiCall, Endpoint, refused_parameter
from infra.desk.api.etags import etag_of
from infra.desk.api.paging import ApiPage, PageQuery, paged
from infra.desk.api.problems import ProblemError, not_found
from infra.operations.accounts.access import may_call_roll, may_correct
from infra.operations.class_hours.decide_hour import (
    MOST_REASON,
    Decision,
    Rest,
    decide,
    decide_rest_as_judged,
    take_back_rest,
)
from infra.operations.class_hours.hour_register import StandingMark, said_of, standing
from infra.operations.class_hours.roll_answers import RollCallAnswers, send_answers
from schemas.messages import AS_JUDGED, MarkBatch, Moment, Verdict
from schemas.translations import Text

__all__ = ["ENDPOINTS", "ApiConfirmed", "ApiDecided", "ApiRollCalled", "ApiTakenBack"]

MOST_STUDENTS = 5000

RequestId = Annotated[str, msgspec.Meta(max_length=40, pattern="^[0-9A-Za-z]*$")]
StudentId = Annotated[str, msgspec.Meta(min_length=1, max_length=40, examples=["201900001"])]


class DecideBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is decided of a student. verdict: null takes back what was marked.

    seen: which mark stood when he was looked at (``seen`` of his verdict); or ``If-Match`` with its tag.
    confirmed: the verdict is the camera's, and right. looks_like: whom the camera took for him, by id.
    id: sent twice it counts once; or ``Idempotency-Key``.
    """

    student_id: StudentId
    verdict: Verdict | None
    reason: Annotated[str, msgspec.Meta(max_length=MOST_REASON)] = ""
    seen: Annotated[str, msgspec.Meta(max_length=100)] = ""
    confirmed: bool = False
    looks_like: StudentId | None = None
    id: RequestId = ""


class RollCallBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Answers to a roll call, by student's id. at: of the call; null: now. Whoever has none keeps what he had.

    seen: which mark stood of a student when his name was shown (its ``batch``); what others decided since stays.
    """

    verdicts: Annotated[dict[StudentId, Verdict], msgspec.Meta(min_length=1, max_length=MOST_STUDENTS)]
    at: Moment | None = None
    seen: Annotated[dict[StudentId, str], msgspec.Meta(max_length=MOST_STUDENTS)] = {}
    id: RequestId = ""


class ConfirmBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """That all other verdicts are right. seen: the verdicts that were looked at, by student's id."""

    seen: Annotated[dict[StudentId, Verdict], msgspec.Meta(min_length=1, max_length=MOST_STUDENTS)]
    id: RequestId = ""


class ApiDecided(msgspec.Struct, frozen=True, kw_only=True):
    """What holds now, and what a person had said before; null: nothing."""

    mark: StandingMark
    before: StandingMark | None


class ApiRollCalled(msgspec.Struct, frozen=True, kw_only=True):
    """Under which id the answers are on record, how many they are, and what others decided that stays."""

    id: str
    answers: int
    left: tuple[StandingMark, ...]


class ApiConfirmed(msgspec.Struct, frozen=True, kw_only=True):
    """Whom one message confirmed, and whom not: marked, doubtful or judged otherwise by now."""

    id: str
    confirmed: tuple[str, ...]
    left: tuple[str, ...]


class ApiTakenBack(msgspec.Struct, frozen=True, kw_only=True):
    """Of whom a confirmation was taken back."""

    taken_back: tuple[str, ...]


def _everything(batches: Iterable[MarkBatch]) -> list[StandingMark]:
    kept = [*batches]
    students = dict.fromkeys(mark.student_id for batch in kept for mark in batch.marks)
    return [each for student in students for each in said_of(kept, student)]


def list_marks(call: ApiCall) -> ApiPage[StandingMark]:
    """List everything that people marked in a class hour, the oldest first; of two of a student the later one holds."""
    hour = call.hour(may_correct)
    call.on_record("see_hour", hour)
    found = _everything(call.desk.register.marks(hour.id))
    return paged(
        found,
        call.query,
        call.list_name,
        lambda each: (each.at.isoformat(), each.batch, each.student_id),
        tuple[str, str, str],
    )


def one_mark(call: ApiCall) -> StandingMark:
    """Show what was marked last of a student. Its ETag is what ``If-Match`` of a decision names."""
    hour, student = call.hour(may_correct), call.path["student"]
    call.on_record("see_student", hour, student)
    found = standing(call.desk.register.marks(hour.id)).get(student)
    if found is None:
        raise not_found()
    return found


def decided(call: ApiCall) -> Answered:
    """Decide what a student was, or take back what was marked.

    Whoever decides says what he saw: the mark that stood (``seen``, or ``If-Match`` with the ETag of it). If somebody
    else marked meanwhile, that one stands, and is told: 409, or 412. The same id or key sent again changes nothing.
    """
    hour, body = call.hour(may_correct), call.body
    mark_id = call.request_id(body.id, f"mark|{hour.id}")
    batches = call.desk.register.marks(hour.id)
    known = next((each for each in batches if each.id == mark_id), None)
    seen = body.seen
    if known:
        _refuse_other(known, {body.student_id: body.verdict or AS_JUDGED})
    else:
        before = standing(batches).get(body.student_id)
        call.check_match(etag_of(msgspec.json.encode(before)) if before else "")
        if "if-match" in call.headers and before:
            seen = before.batch
    call.on_record("correct", hour, body.student_id, body.verdict or "taken back")
    decision = Decision(
        id=mark_id,
        class_hour=hour.id,
        student=body.student_id,
        verdict=body.verdict,
        by=call.by,
        seen=seen,
        reason=body.reason,
        confirmed=body.confirmed,
        looks_like=body.looks_like,
    )
    done = decide(call.desk.settings, call.desk.register, decision, call.now)
    return Answered(ApiDecided(mark=done.mark, before=done.before))


def roll_called(call: ApiCall) -> ApiRollCalled:
    """Answer a roll call: all answers are one message, or none of them holds."""
    hour, body = call.hour(may_call_roll), call.body
    batch = call.request_id(body.id, f"roll|{hour.id}")
    roster = {each.student_id for each in call.desk.calendar.roster(hour).students}
    if strangers := sorted(body.verdicts.keys() - roster):
        raise refused_parameter("verdicts", Text("{student} is not on the roster of that date", student=strangers[0]))
    known = next((each for each in call.desk.register.marks(hour.id) if each.id == batch), None)
    if known:
        sent_before = {each.student_id for each in known.marks}
        _refuse_other(known, {each: said for each, said in body.verdicts.items() if each in sent_before})
    else:
        call.all_on_record("roll_call", hour, body.verdicts)
    at, corrects = min(body.at or call.now, call.now), may_correct(call.person, hour)
    answers = RollCallAnswers(hour, batch, call.by, at, body.verdicts, body.seen, corrects=corrects)
    sent = send_answers(call.desk.settings, call.desk.register, answers)
    return ApiRollCalled(id=batch, answers=sent.answers, left=sent.left)


def confirmed(call: ApiCall) -> ApiConfirmed:
    """Confirm whatever is in no doubt, as it was looked at. The class hour must have been judged to its end."""
    hour, body = call.hour(may_correct), call.body
    confirmation = call.request_id(body.id, f"rest|{hour.id}")
    call.all_on_record("correct", hour, {each: f"{said} as judged" for each, said in body.seen.items()})
    wanted = Rest(id=confirmation, class_hour=hour.id, by=call.by, seen=body.seen)
    done = decide_rest_as_judged(call.desk.settings, call.desk.register, wanted, call.now)
    return ApiConfirmed(id=confirmation, confirmed=done.confirmed, left=done.left)


def taken_back(call: ApiCall) -> ApiTakenBack:
    """Take back a confirmation, of whomever nobody marked since."""
    hour, confirmation = call.hour(may_correct), call.path["confirmation"]
    batches = call.desk.register.marks(hour.id)
    students = {mark.student_id for batch in batches if batch.id == confirmation for mark in batch.marks}
    if not students:
        raise not_found()
    call.all_on_record("correct", hour, dict.fromkeys(students, "undone"))
    mine = Rest(id=confirmation, class_hour=hour.id, by=call.by, seen={})
    done = take_back_rest(call.desk.settings, call.desk.register, mine, call.now)
    return ApiTakenBack(taken_back=done)


def _refuse_other(known: MarkBatch, said: Mapping[str, str]) -> None:
    """Refuse an id that was used for something else.

    Raises:
        ProblemError: it was.
    """
    if {each.student_id: each.verdict for each in known.marks} != dict(said):
        raise ProblemError(
            422,
            "key-reused",
            Text("This id, or Idempotency-Key, was used for something else."),
            Text("Send it with one of its own."),
        )


HERE = "/class-hours/{class_hour}"
MARK = "marks:write"

ENDPOINTS = (
    Endpoint("GET", f"{HERE}/marks", "attendance:read", list_marks, ApiPage[StandingMark], PageQuery),
    Endpoint("GET", f"{HERE}/marks/{{student}}", "attendance:read", one_mark, StandingMark),
    Endpoint("POST", f"{HERE}/marks", MARK, decided, ApiDecided, body=DecideBody, status=201, may_conflict=True),
    Endpoint("POST", f"{HERE}/roll-calls", MARK, roll_called, ApiRollCalled, body=RollCallBody, status=201),
    Endpoint("POST", f"{HERE}/confirmations", MARK, confirmed, ApiConfirmed, body=ConfirmBody, status=201),
    Endpoint("DELETE", f"{HERE}/confirmations/{{confirmation}}", MARK, taken_back, ApiTakenBack),
)
