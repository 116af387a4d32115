"""A student contests what he counts as, or asks to be excused; a person answers, and that answer is a mark."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple, get_args
from uuid import uuid5

import msgspec

from infra.operations.appeals.appeal_register import AppealRegister
from infra.operations.appeals.appeal_state import AppealState, upholding
from infra.operations.class_hours.decide_hour import Decision, decide, reason_line
from infra.operations.class_hours.hour_register import HourRegister
from infra.operations.terms.deadlines import Deadlines, last_day
from schemas.errors import RefusedError
from schemas.ids import NAUL
from schemas.messages import (
    CAMERA,
    AppealAnswered,
    Appealed,
    AppealKind,
    AppealWithdrawn,
    ClassHour,
    Excuse,
    Moment,
    Verdict,
)
from schemas.settings import Settings
from schemas.translations import Text
from sinks.own_rows import OwnRow, own_rows
from sinks.store import open_for_reading

__all__ = [
    "AnsweredMeanwhileError",
    "AppealAnswer",
    "AppealOvertakenError",
    "AppealRequest",
    "Registers",
    "answer_appeal",
    "ask",
    "askable",
    "check_askable",
    "kind_of",
    "own_row",
    "withdraw",
]


SECOND = timedelta(seconds=1)
"""The store keeps when a mark was made to the second."""


class Registers(NamedTuple):
    """What is kept warm: class hours with their marks, and appeals."""

    hours: HourRegister
    appeals: AppealRegister


class AppealRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a student asks. id: of the form; the same one sent twice counts once. class_hour: its id.

    seen: the verdict that he was shown; empty of a class hour to come. wished: what he asks for, which an excuse must
    say. starts_at, ends_at: the part of the class hour that it is about.
    """

    id: str
    class_hour: str
    student: str
    seen: str
    wished: Verdict | None
    starts_at: Moment
    ends_at: Moment
    reason: str


class AppealAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a person says of an appeal (its id). id: of the answer; the same one sent twice counts once.

    verdict: what the student counts as from now on; None refuses. seen: which mark of him stood when the person was
    shown the appeal, as in ``Decision``.
    """

    id: str
    appeal: str
    verdict: Verdict | None
    by: str
    reason: str
    seen: str = ""


class AnsweredMeanwhileError(RefusedError):
    """Somebody else answered first, or the student no longer asks. state: what has become of the appeal."""

    def __init__(self, state: AppealState) -> None:
        self.state = state
        what = Text("{by} answered this before you", by=state.answer.by) if state.answer else None
        super().__init__(what or Text("the student has withdrawn this"), Text("Nothing was changed."))


class AppealOvertakenError(RefusedError):
    """The verdict is another one than the student was shown. verdict: what holds now."""

    def __init__(self, verdict: str) -> None:
        self.verdict = verdict
        super().__init__(Text("the verdict has changed meanwhile"), Text("Look at it, then decide whether to contest."))


def kind_of(hour: ClassHour, now: datetime) -> AppealKind | None:
    """Return what can be asked of a class hour: an excuse before it, another verdict after it; None: it runs."""
    if now < hour.starts_at:
        return "excuse"
    return "contest" if now >= hour.ends_at else None


def own_row(settings: Settings, hour: ClassHour, student: str) -> OwnRow | None:
    """Return the row of a student (an id) in a class hour; None: there is none.

    Raises:
        UnavailableError: the store does not answer.
    """
    with open_for_reading(settings) as store:
        return own_rows(store, student, [hour.section], hour.date, hour.date).get(hour.id)


def ask(
    settings: Settings, registers: Registers, request: AppealRequest, until: Deadlines, now: datetime
) -> AppealState:
    """Put on record what a student asks, and return when every replica has it. until: of the class hour. now: aware.

    Raises:
        AppealOvertakenError: the verdict is another one by now.
        RefusedError: it is too late or too early, he is not on the roster, or it was asked or answered before.
        UnavailableError: the broker or the store does not answer; asking the same again does no harm.
    """
    hour = registers.hours.hour(request.class_hour)
    student = registers.hours.student(hour, request.student).student_id
    name = uuid5(NAUL, f"appeal|{student}|{hour.id}|{request.id}").hex  # of his own, whatever the form says
    with registers.appeals.turn():
        known = registers.appeals.now()
        if name in known.by_id:
            return known.by_id[name]
        row = own_row(settings, hour, student) if kind_of(hour, now) == "contest" else None
        kind = check_askable(hour, row, known.of(student, hour.id), until, now)
        if row and row.verdict != request.seen:
            raise AppealOvertakenError(row.verdict)
        _check_said(hour, kind, request)
        asked = Appealed(
            id=name,
            class_hour=hour.id,
            student_id=student,
            kind=kind,
            contested=msgspec.convert(row.verdict, Verdict) if row else None,
            wished=request.wished,
            starts_at=request.starts_at,
            ends_at=request.ends_at,
            reason=reason_line(request.reason),
            at=now,
            hall=hour.hall,
            engine=row.engine if row and row.source == CAMERA else "",
        )
        registers.appeals.tell(asked)
    return AppealState(asked)


def _check_said(hour: ClassHour, kind: AppealKind, request: AppealRequest) -> None:
    """Check what a student typed.

    Raises:
        RefusedError: something is missing, or the times are none of the class hour.
    """
    if not reason_line(request.reason):
        raise RefusedError(Text("a reason is missing"), Text("Say why, in a sentence or two."))
    if not hour.starts_at <= request.starts_at < request.ends_at <= hour.ends_at:
        raise RefusedError(
            Text("the times are not within the class hour, or end before they begin"),
            Text("Give two times within it, the earlier one first."),
        )
    if kind == "excuse" and request.wished not in get_args(Excuse):
        raise RefusedError(Text("it is not said what is asked for"), Text("Choose excused or official leave."))


def check_askable(
    hour: ClassHour, row: OwnRow | None, mine: Iterable[AppealState], until: Deadlines, now: datetime
) -> AppealKind:
    """Return what a student may ask of a class hour now. row: his. mine: what he asked of it before. now: aware.

    Raises:
        RefusedError: nothing; the text says why, and what else to do.
    """
    kind = kind_of(hour, now)
    if kind is None:
        raise RefusedError(
            Text("this class hour is on"), Text("Contest what you count as when it is over; it may still change.")
        )
    for each in mine:
        if each.word == "open":
            raise RefusedError(
                Text("you have asked about this class hour already"), Text("Withdraw that first, to ask anew.")
            )
        if each.answer and each.asked.kind == kind and not (row and _is_new(row, each.asked, each.answer)):
            raise RefusedError(
                Text("{by} has answered this already", by=each.answer.by), Text("Speak with whoever answered.")
            )
    if kind == "contest":
        if until.appeal and now >= until.appeal:
            raise RefusedError(
                Text("this class hour could be contested until midnight of {day}", day=last_day(until.appeal)),
                Text("Speak with whoever teaches it."),
            )
        if row is None or not row.final:
            raise RefusedError(
                Text("this class hour is not judged to its end yet"), Text("Look again later: it may still change.")
            )
    return kind


def _is_new(row: OwnRow, asked: Appealed, answer: AppealAnswered) -> bool:
    """Whether a verdict is none that was answered: another one, or marked since. The store may be behind."""
    marked_since = row.marked_at is not None and row.marked_at > answer.at + SECOND
    return marked_since or row.verdict not in (asked.contested, answer.verdict)


def askable(
    hour: ClassHour, row: OwnRow | None, mine: Iterable[AppealState], until: Deadlines, now: datetime
) -> AppealKind | None:
    """Return what ``check_askable`` does, or None where it refuses."""
    try:
        return check_askable(hour, row, mine, until, now)
    except RefusedError:
        return None


def withdraw(registers: Registers, appeal: str, student: str, now: datetime) -> AppealState:
    """Take back what a student (an id) asked, as long as nobody has answered. now: aware.

    Raises:
        AnsweredMeanwhileError: a person has answered.
        RefusedError: he asks nothing of this id.
        UnavailableError: the broker does not answer; the same again does no harm.
    """
    with registers.appeals.turn():
        state = _state(registers.appeals, appeal)
        if state.asked.student_id != student:
            raise RefusedError(*_NOT_THERE)
        if state.answer:
            raise AnsweredMeanwhileError(state)
        if state.withdrawn:
            return state
        said = AppealWithdrawn(id=state.id, class_hour=state.asked.class_hour, student_id=student, at=now)
        registers.appeals.tell(said)
    return state._replace(withdrawn=said)


def answer_appeal(settings: Settings, registers: Registers, given: AppealAnswer, now: datetime) -> AppealState:
    """Answer an appeal, and return when every replica has it. One that is upheld is a mark first. now: aware.

    Whether the person may answer is for the caller to ask. Whoever answers at the same time through another process is
    not seen; the earlier answer holds, and of the marks the later.

    Raises:
        AnsweredMeanwhileError: somebody else answered, or the student has withdrawn it.
        MarkedMeanwhileError: somebody else marked the student since ``seen``.
        RefusedError: there is no such appeal, no reason, nothing that can be marked, or a verdict that upholds nothing.
        UnavailableError: the broker does not answer, or did not take it; answering the same again does no harm.
    """
    reason = reason_line(given.reason)
    if not reason:
        raise RefusedError(Text("a reason is missing"), Text("Say why, also where the student is right."))
    with registers.appeals.turn():
        state = _state(registers.appeals, given.appeal)
        if state.answer and state.answer.answer == given.id:
            return state
        if state.word != "open":
            raise AnsweredMeanwhileError(state)
        if given.verdict is not None:
            if given.verdict not in upholding(state.asked):
                raise RefusedError(
                    Text("that is no better for the student than what is contested"),
                    Text("Refuse it with the reason, or choose another verdict."),
                )
            decide(settings, registers.hours, _decision(state, given, reason), now)
        said = AppealAnswered(
            id=state.id,
            answer=given.id,
            class_hour=state.asked.class_hour,
            student_id=state.asked.student_id,
            verdict=given.verdict,
            by=given.by,
            reason=reason,
            at=now,
        )
        registers.appeals.tell(said)
    return state._replace(answer=said)


def _decision(state: AppealState, given: AppealAnswer, reason: str) -> Decision:
    return Decision(
        id=given.id,
        class_hour=state.asked.class_hour,
        student=state.asked.student_id,
        verdict=given.verdict,
        by=given.by,
        seen=given.seen,
        reason=reason,
    )


_NOT_THERE = (Text("there is no such appeal"), Text("It was withdrawn with all that was kept of its student."))


def _state(register: AppealRegister, appeal: str) -> AppealState:
    found = register.now().by_id.get(appeal)
    if found is None:
        raise RefusedError(*_NOT_THERE)
    return found
