"""A roll call that was answered elsewhere, as one message; what somebody else decided meanwhile stays."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from infra.operations.class_hours.hour_register import HourRegister, StandingMark, after, standing
from producers.marks import mark_batch, send_marks
from schemas.errors import RefusedError
from schemas.messages import ClassHour, Verdict
from schemas.settings import Settings

__all__ = ["RollCallAnswers", "RollCallSent", "send_answers", "stays"]


class RollCallAnswers(NamedTuple):
    """What was answered, by student's id. batch_id: the same one sent again counts once. at: of the call, aware.

    seen: which mark stood of a student when the names were shown (``StandingMark.batch``). corrects: whether he who
    called may also correct what others decided.
    """

    hour: ClassHour
    batch_id: str
    by: str
    at: datetime
    verdicts: Mapping[str, Verdict]
    seen: Mapping[str, str] = {}
    corrects: bool = False


class RollCallSent(NamedTuple):
    """How many answers are on record, and which marks of others stay in place of the rest."""

    answers: int
    left: tuple[StandingMark, ...]


def stays(mark: StandingMark | None, answers: RollCallAnswers) -> bool:
    """Whether an answer changes nothing, for somebody else's word holds.

    That is what was decided after the names were shown, or by somebody who may correct when he who calls may not.
    """
    if mark is None or not mark.stands or mark.by == answers.by:
        return False
    return mark.batch != answers.seen.get(mark.student_id, "") or (mark.kind != "rollcall" and not answers.corrects)


def send_answers(settings: Settings, register: HourRegister, answers: RollCallAnswers) -> RollCallSent:
    """Send what was answered as one message. Whoever has no answer keeps what he had.

    Raises:
        RefusedError: nobody has an answer.
        UnavailableError: it was not acknowledged; sending it again does no harm.
    """
    if not answers.verdicts:
        raise RefusedError("nobody has an answer", "Answer for somebody first.")
    with register.turn():
        batches = register.marks(answers.hour.id)
        marks = standing(each for each in batches if each.id != answers.batch_id)
        if known := next((each for each in batches if each.id == answers.batch_id), None):
            sent = {each.student_id for each in known.marks}
        else:
            sent = {each for each in answers.verdicts if not stays(marks.get(each), answers)}
            if sent:
                at = after(answers.at, [marks[each] for each in sent if each in marks])
                verdicts = {each: said for each, said in answers.verdicts.items() if each in sent}
                batch = mark_batch(
                    answers.hour, verdicts, batch_id=answers.batch_id, kind="rollcall", by=answers.by, at=at
                )
                send_marks(settings, batch)
    return RollCallSent(
        len(sent), tuple(marks[each] for each in answers.verdicts if each not in sent and each in marks)
    )
