"""Consent put on record without photos, and taken back: then the templates are erased, and nothing else."""

from contextlib import closing
from datetime import datetime

from enrollment.consent import Consent, consent_of, with_consent, without_consent
from enrollment.loaded import enrolment_records, rosters
from enrollment.portrayals import record
from infra.operations.people.enrolment_lock import enrolments_held
from schemas.cluster import View, send
from schemas.errors import RefusedError
from schemas.ids import student_id
from schemas.messages import Enrollment, decode
from schemas.settings import Settings
from schemas.translations import Text

__all__ = ["consent_on_record", "say_consent"]


def consent_on_record(settings: Settings, student: str) -> Consent | None:
    """Return what was said last of a student's consent; None: nothing ever was.

    Raises:
        RefusedError: this is no student's id.
        UnavailableError: the broker does not answer.
    """
    return consent_of(enrolment_records(settings).get(student_id(student)))


def say_consent(settings: Settings, student: str, *, given: bool, by: str, now: datetime) -> bool:
    """Put a student's consent on record, or that he took it back; return whether that is new. now: aware.

    Taken back, his templates are erased: no camera knows him from then on, and Kafka keeps none after ``erase_within``.

    Raises:
        RefusedError: this is no student's id, or no roster and no enrolment has it.
        UnavailableError: the broker does not answer.
    """
    student = student_id(student)
    with enrolments_held(settings), closing(_records(settings)) as view:
        view.catch_up()
        stood = view.items.get(student)
        if stood is None and student not in rosters(settings).students:
            raise RefusedError(
                Text("no roster has {student}", student=student), "Load the roster first, or correct the id."
            )
        fresh = with_consent(student, stood, now, by) if given else without_consent(stood, now, by)
        if fresh:
            send(settings, [record(settings, fresh)])
    return fresh is not None


def _records(settings: Settings) -> View[Enrollment]:
    return View(settings, "enrollments", lambda value: decode(value, Enrollment))
