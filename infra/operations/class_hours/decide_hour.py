"""A person decides what is doubtful in a class hour. What nobody decides stays undecided.

A decision is a mark, a message like any other: it is done when every replica has it, and attend judges by it.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import uuid4

import msgspec

from infra.operations.class_hours.hour_register import HourRegister, StandingMark, after, standing
from producers.marks import send_marks
from schemas.errors import RefusedError
from schemas.messages import AS_JUDGED, CAMERA, ClassHour, Mark, MarkBatch, Moment, Said, Verdict
from schemas.rivals import rival_in
from schemas.settings import Settings
from schemas.texts import cleaned
from schemas.translations import Text
from sinks.hour_rows import rows_of_hour
from sinks.rows import AttendanceRow, CoverageRow
from sinks.store import open_for_reading

__all__ = [
    "OTHER",
    "Decided",
    "Decision",
    "Doubt",
    "HourToDecide",
    "MarkedMeanwhileError",
    "Rest",
    "RestDecided",
    "StandingRow",
    "decide",
    "decide_rest_as_judged",
    "doubts_of",
    "hour_to_decide",
    "reason_line",
    "standing_row",
    "take_back_rest",
    "to_decide",
    "undoing",
]

MOST_REASON = 500
"""Characters of a reason."""

OTHER = "other"
"""The code of a doubt that an older Naul had only in words."""

_NOT_OVER = (
    "the class hour {hour} is not judged to its end yet: whoever comes later would stay what he is now",
    "Wait until it is over; single students can be decided now.",
)


class Doubt(msgspec.Struct, frozen=True, kw_only=True):
    """Why a row is in doubt: a code, and the values of its text (``infra.operations.class_hours.doubt_texts``)."""

    code: str
    values: Mapping[str, str | int] = {}


class StandingRow(msgspec.Struct, frozen=True, kw_only=True):
    """A student in a class hour, as the rows and the marks say now; the store may be some seconds behind the marks.

    camera_verdict: what the camera says; empty in a marked row of an older Naul. review: a person should decide, and
    none has. doubts: of what the camera says. engine: that compared, its id. mark: what was marked last, also if that
    was taken back.
    """

    student_id: str
    name: str
    verdict: Verdict
    camera_verdict: str
    confidence: float
    p: float | None
    looks: int
    review: bool
    doubts: tuple[Doubt, ...]
    arrived_at: Moment | None
    departed_at: Moment | None
    seconds_present: float
    final: bool
    engine: str = ""
    mark: StandingMark | None = None

    @property
    def seen(self) -> str:
        """What a decision about this row names as ``seen``."""
        return self.mark.batch if self.mark else ""

    @property
    def decided(self) -> bool:
        """Whether a person's word holds."""
        return self.mark is not None and self.mark.stands


class HourToDecide(NamedTuple):
    """A class hour as a person decides it. doubtful: least certain first. decided: by a person. others: by the camera.

    covered: None before anything was judged. Where cameras showed nothing of it, everybody is doubtful: call the roll.
    """

    hour: ClassHour
    covered: CoverageRow | None
    doubtful: tuple[StandingRow, ...]
    decided: tuple[StandingRow, ...]
    others: tuple[StandingRow, ...]


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What a person decides of a student (an id) in a class hour (its id).

    id: of the message; the same decision sent twice counts once. verdict: None takes back what was marked.
    seen: which mark stood when he was shown the row (``StandingRow.seen``).
    confirmed: the verdict is the camera's, and right. in_bulk: as in ``Mark``. looks_like: whom the camera took for
    this student, by id.
    """

    id: str
    class_hour: str
    student: str
    verdict: Verdict | None
    by: str
    seen: str
    reason: str = ""
    confirmed: bool = False
    in_bulk: bool = False
    looks_like: str | None = None


class Decided(NamedTuple):
    """What holds now, and what held before; None if nothing was marked."""

    mark: StandingMark
    before: StandingMark | None


class MarkedMeanwhileError(RefusedError):
    """Somebody else marked the student after this person was shown the row. other: what he said."""

    def __init__(self, other: StandingMark) -> None:
        self.other = other
        said = "took back what was marked" if other.verdict == AS_JUDGED else f"marked {other.verdict}"
        why = f" ({other.reason})" if other.reason else ""
        super().__init__(
            f"{other.by} {said} of {other.student_id} at {other.at.isoformat(timespec='seconds')}{why}",
            "Look at it, then decide again.",
        )


class Rest(msgspec.Struct, frozen=True, kw_only=True):
    """That all other rows of a class hour are right as judged. id: of the message. seen: the verdicts he was shown."""

    id: str
    class_hour: str
    by: str
    seen: Mapping[str, Verdict]


class RestDecided(NamedTuple):
    """Whom one message confirmed, and whom not: marked, doubtful or judged otherwise by now. Ids, sorted."""

    confirmed: tuple[str, ...]
    left: tuple[str, ...]


def hour_to_decide(settings: Settings, register: HourRegister, class_hour: str) -> HourToDecide:
    """Return a class hour (its id) as it stands.

    Raises:
        RefusedError: there is no such class hour.
        UnavailableError: the broker or the store does not answer.
    """
    hour = register.hour(class_hour)
    with open_for_reading(settings) as store:
        rows, covered = rows_of_hour(store, class_hour)
    # The marks come last: they may be newer than the rows, never older.
    return to_decide(hour, rows, covered, standing(register.marks(class_hour)))


def to_decide(
    hour: ClassHour, rows: Iterable[AttendanceRow], covered: CoverageRow | None, marks: Mapping[str, StandingMark]
) -> HourToDecide:
    """Sort the rows of a class hour; who was withdrawn has none."""
    taking = [each for each in rows if not each.withdrawn]
    names = {each.student_id: each.name for each in taking}
    now = [standing_row(each, covered, marks.get(each.student_id), names) for each in taking]
    return HourToDecide(
        hour,
        covered,
        tuple(sorted((each for each in now if each.review), key=lambda each: (each.confidence, each.student_id))),
        tuple(each for each in now if each.decided),
        tuple(each for each in now if not (each.review or each.decided)),
    )


def standing_row(
    row: AttendanceRow, covered: CoverageRow | None, mark: StandingMark | None, names: Mapping[str, str]
) -> StandingRow:
    """Return a row as it stands. mark: what was marked last of this student. names: of the others, by id."""
    said: str
    if mark and mark.stands:
        said, review = mark.verdict, False
    elif mark and row.source != CAMERA:  # taken back, and the store does not say so yet
        said, review = row.camera_verdict or "unobserved", bool(row.doubts)
    else:
        said, review = row.verdict, bool(row.review)
    return StandingRow(
        student_id=row.student_id,
        name=row.name,
        verdict=msgspec.convert(said, Verdict),
        camera_verdict=row.camera_verdict or (row.verdict if row.source == CAMERA else ""),
        confidence=1.0 if mark and mark.stands else row.confidence,
        p=row.p,
        looks=row.looks,
        review=review,
        doubts=doubts_of(row, covered, names),
        arrived_at=row.arrived_at,
        departed_at=row.departed_at,
        seconds_present=row.seconds_present,
        final=bool(row.final),
        engine=row.engine,
        mark=mark,
    )


def doubts_of(row: AttendanceRow, covered: CoverageRow | None, names: Mapping[str, str]) -> tuple[Doubt, ...]:
    """Return why what the camera says of a row is in doubt. names: of the other students, by id."""
    if not row.doubts and row.review and row.source == CAMERA and row.reason:
        return (Doubt(code=OTHER, values={"reason": row.reason}),)
    rival = rival_in(row.reason)
    whole = (covered.ends_at - covered.starts_at).total_seconds() if covered else 0
    values: dict[str, dict[str, str | int]] = {
        "too_alike": {"other": f"{rival} {names.get(rival, '')}".strip()},
        "like_him": {"percent": round(100 * (row.p or 0))},
        "too_little": {"minutes": round(row.seconds_covered / 60), "of": round(whole / 60)},
    }
    unnamed = {} if rival else {"too_alike": "too_alike_unnamed"}
    return tuple(Doubt(code=unnamed.get(each, each), values=values.get(each, {})) for each in row.doubts)


def decide(settings: Settings, register: HourRegister, decision: Decision, now: datetime) -> Decided:
    """Mark a student as decided, and return when every replica has it. now: aware.

    Whoever decides at the same time through another process is not seen; of the two the later one holds.

    Raises:
        MarkedMeanwhileError: somebody else marked him since ``seen``.
        RefusedError: there is no such class hour or student in it, or nothing to take back.
        UnavailableError: the broker does not answer, or did not take it; deciding the same again does no harm.
    """
    hour = register.hour(decision.class_hour)
    student = register.student(hour, decision.student).student_id
    mark = _mark(register, decision, student)
    with register.turn():
        batches = register.marks(hour.id)
        others = [each for each in batches if each.id != decision.id]
        if len(others) < len(batches):  # it came before, and whoever sent it did not hear so
            return _again(batches, decision.id, student)
        before = standing(others).get(student)
        if before and before.batch != decision.seen and before.by != decision.by:
            raise MarkedMeanwhileError(before)
        if decision.verdict is None and not (before and before.stands):
            raise RefusedError(
                Text("nobody marked {student} in {id}", student=student, id=hour.id), "There is nothing to take back."
            )
        batch = _batch(hour, decision.id, decision.by, after(now, [before] if before else []), [mark])
        batch = msgspec.structs.replace(batch, reason=reason_line(decision.reason))
        send_marks(settings, batch)
    return Decided(standing([batch])[student], before)


def _again(batches: Iterable[MarkBatch], decision_id: str, student: str) -> Decided:
    """Return what a decision that is on record already has done.

    Raises:
        RefusedError: it was about somebody else.
    """
    ordered = list(batches)
    place = next(place for place, each in enumerate(ordered) if each.id == decision_id)
    mark = standing([ordered[place]]).get(student)
    if mark is None:
        raise RefusedError(
            Text("the decision {decision_id!r} was about somebody else", decision_id=decision_id),
            "Send it with an id of its own.",
        )
    return Decided(mark, standing(ordered[:place]).get(student))


def undoing(done: Decided, decision_id: str, class_hour: str, by: str) -> Decision:
    """Return the decision that puts back what held before another one: a mark that stood, or the camera's verdict."""
    before = done.before if done.before and done.before.stands else None
    return Decision(
        id=decision_id,
        class_hour=class_hour,
        student=done.mark.student_id,
        verdict=_verdict(before.verdict) if before else None,
        by=by,
        seen=done.mark.batch,
        reason=before.reason if before else "",
        confirmed=before.confirmed if before else False,
        in_bulk=before.in_bulk if before else False,
        looks_like=before.looks_like if before else None,
    )


def decide_rest_as_judged(settings: Settings, register: HourRegister, rest: Rest, now: datetime) -> RestDecided:
    """Confirm in one message whatever is not in doubt, and is still as this person was shown it.

    Raises:
        RefusedError: there is no such class hour, or it is not judged to its end.
        UnavailableError: the broker or the store does not answer; the same again does no harm.
    """
    it = hour_to_decide(settings, register, rest.class_hour)
    if not all(each.final for each in it.others):
        what, remedy = _NOT_OVER
        raise RefusedError(what.format(hour=rest.class_hour), remedy)
    with register.turn():
        batches = register.marks(rest.class_hour)
        if done := [each for each in batches if each.id == rest.id]:
            return _rest(rest, standing(done))
        marks = standing(batches)
        right = [each for each in it.others if rest.seen.get(each.student_id) == each.verdict]
        free = [each for each in right if not ((mark := marks.get(each.student_id)) and mark.stands)]
        if free:
            at = after(now, [marks[each.student_id] for each in free if each.student_id in marks])
            confirmed = [
                Mark(student_id=each.student_id, verdict=each.verdict, confirmed=True, in_bulk=True) for each in free
            ]
            send_marks(settings, _batch(it.hour, rest.id, rest.by, at, confirmed))
    return _rest(rest, {each.student_id for each in free})


def take_back_rest(settings: Settings, register: HourRegister, rest: Rest, now: datetime) -> tuple[str, ...]:
    """Take back in one message what ``rest`` confirmed, of whomever nobody marked since; return their ids, sorted.

    Raises:
        RefusedError: there is no such class hour.
        UnavailableError: the broker does not answer, or did not take it; the same again does no harm.
    """
    hour = register.hour(rest.class_hour)
    with register.turn():
        marks = standing(register.marks(hour.id))
        mine = [each for each in marks.values() if each.batch == rest.id and each.confirmed]
        if mine:
            undone = [Mark(student_id=each.student_id, verdict=AS_JUDGED) for each in mine]
            send_marks(settings, _batch(hour, uuid4().hex, rest.by, after(now, mine), undone))
    return tuple(sorted(each.student_id for each in mine))


def _rest(rest: Rest, confirmed: Iterable[str]) -> RestDecided:
    return RestDecided(tuple(sorted(confirmed)), tuple(sorted({*rest.seen} - {*confirmed})))


def _mark(register: HourRegister, decision: Decision, student: str) -> Mark:
    """Return what a decision says.

    Raises:
        RefusedError: nobody is who he looks like, or it is himself.
    """
    other = decision.looks_like
    if other is not None:
        if register.anybody(other).student_id == student:
            raise RefusedError(
                Text("{student} cannot be taken for himself", student=student), "Name whom the camera saw instead."
            )
        if decision.verdict is None:
            raise RefusedError("what is taken back names nobody else", "Give a verdict.")
    said: Said = decision.verdict or AS_JUDGED
    return Mark(
        student_id=student,
        verdict=said,
        confirmed=decision.confirmed and decision.verdict is not None,
        in_bulk=decision.in_bulk and decision.verdict is not None,
        looks_like=other,
    )


def _batch(hour: ClassHour, batch_id: str, by: str, at: datetime, marks: Iterable[Mark]) -> MarkBatch:
    return MarkBatch(id=batch_id, class_hour=hour.id, hall=hour.hall, kind="mark", by=by, at=at, marks=tuple(marks))


def reason_line(text: str) -> str:
    """Return a reason in one line.

    Raises:
        RefusedError: it is too long.
    """
    line = " ".join(cleaned(text).split())
    if len(line) > MOST_REASON:
        raise RefusedError(
            Text("the reason has {count} characters", count=len(line)),
            Text("Say it in {longest}.", longest=MOST_REASON),
        )
    return "".join(each for each in line if each.isprintable())


def _verdict(said: Said) -> Verdict | None:
    return None if said == AS_JUDGED else said
