"""What a person says of students in a class hour: one mark, or a roll call from its first name to its message."""

from collections import Counter
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from msgspec.structs import replace

from enrollment.class_hours import choose, describe, roster_of, student_of
from enrollment.loaded import class_hours, mark_batches, rosters
from enrollment.rollcall import RollCall, back, complete, file_of, keep, next_student, resume
from infra.operations.class_hours.hour_register import after, standing
from producers.marks import mark_batch, send_marks
from schemas.errors import RefusedError
from schemas.messages import AS_JUDGED, ClassHour, Roster, Said, Student, Verdict
from schemas.settings import Settings

__all__ = [
    "HourRequest",
    "MarkRequest",
    "MarkedStudent",
    "OpenRollCall",
    "answer_roll_call",
    "mark_student",
    "open_roll_call",
    "send_roll_call",
    "step_back",
]


class HourRequest(NamedTuple):
    """Which class hour of a section is meant.

    day: None is today in the site's zone. period: None is the one that runs now, or the last one that has begun.
    """

    section: str
    day: date | None = None
    period: int | None = None


class MarkRequest(NamedTuple):
    """What a person says of a student (an id) in a class hour. by: who says so. reason: kept with the mark.

    verdict: ``as_judged`` takes back what was marked.
    """

    hour: HourRequest
    student: str
    verdict: Said
    by: str
    reason: str = ""


class MarkedStudent(NamedTuple):
    """Who was marked, and in which class hour."""

    student: Student
    hour: ClassHour


class OpenRollCall(NamedTuple):
    """A roll call as far as it is. file: where the answers are kept. resumed: some were given before."""

    hour: ClassHour
    roster: Roster
    call: RollCall
    file: Path
    resumed: bool = False

    @property
    def next_student(self) -> Student | None:
        """The first student without an answer, or None when everybody has one."""
        return next_student(self.call, self.roster)


def mark_student(settings: Settings, request: MarkRequest, now: datetime) -> MarkedStudent:
    """Mark a student and return when every replica has it. now: aware; of two marks the later holds.

    Raises:
        RefusedError: there is no such student or class hour (what may be meant is named), or nothing to take back.
        UnavailableError: the broker does not answer, or did not take it.
    """
    hour = _hour(settings, request.hour, now)
    student = student_of(request.student, hour.section, rosters(settings), hour.date, settings.language)
    at = now
    if request.verdict == AS_JUDGED:
        here = [each for each in mark_batches(settings).values() if each.class_hour == hour.id]
        before = standing(here).get(student.student_id)
        if before is None or not before.stands:
            what = f"nobody marked {student.student_id} in {describe(hour, settings.zone)}"
            raise RefusedError(
                what, "There is nothing to take back. Another class hour is named by --date and --period."
            )
        at = after(now, [before])
    verdicts = {student.student_id: request.verdict}
    batch = mark_batch(hour, verdicts, batch_id=uuid4().hex, kind="mark", by=request.by, at=at, reason=request.reason)
    send_marks(settings, batch)
    return MarkedStudent(student, hour)


def open_roll_call(settings: Settings, request: HourRequest, by: str, now: datetime) -> OpenRollCall:
    """Begin a roll call, or go on with the one of this class hour that was interrupted.

    by: who calls; kept with the marks, and who goes on has called. now: aware.

    Raises:
        RefusedError: there is no such class hour or roster, or the answers so far cannot be read.
        UnavailableError: the broker does not answer.
    """
    hour = _hour(settings, request, now)
    roster = roster_of(hour.section, rosters(settings), hour.date, settings.language)
    file = file_of(settings.home, hour.id)
    if call := resume(file):
        return OpenRollCall(hour, roster, replace(call, by=by), file, resumed=True)
    return OpenRollCall(hour, roster, RollCall(id=uuid4().hex, class_hour=hour.id, by=by, at=now, answers={}), file)


def answer_roll_call(opened: OpenRollCall, student: str, verdict: Verdict, at: datetime) -> OpenRollCall:
    """Return the roll call with one more answer; it is on the disk. at: aware."""
    return _kept(opened._replace(call=opened.call.answered(student, verdict, at)))


def step_back(opened: OpenRollCall) -> OpenRollCall:
    """Return the roll call one student earlier; at the first it stays as it is."""
    return _kept(opened._replace(call=back(opened.call, opened.roster)))


def send_roll_call(settings: Settings, opened: OpenRollCall) -> Counter[Verdict]:
    """Send all answers as one message, forget what was kept, and return how many students have each verdict.

    Raises:
        UnavailableError: it was not acknowledged; sending it again does no harm.
    """
    call = opened.call
    verdicts = complete(call, opened.roster)
    send_marks(settings, mark_batch(opened.hour, verdicts, batch_id=call.id, kind="rollcall", by=call.by, at=call.at))
    opened.file.unlink(missing_ok=True)
    return Counter(verdicts.values())


def _hour(settings: Settings, request: HourRequest, now: datetime) -> ClassHour:
    hours = class_hours(settings)
    return choose(
        hours,
        request.section,
        now=now,
        zone=settings.zone,
        day=request.day,
        period=request.period,
        language=settings.language,
    )


def _kept(opened: OpenRollCall) -> OpenRollCall:
    keep(opened.file, opened.call)
    return opened
