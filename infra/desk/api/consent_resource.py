"""A student's consent for a face template: whether it is on record, and putting it there."""

from typing import Final

import msgspec

from enrollment.consent import Consent
from infra.desk.api.calls import ApiCall, Endpoint, forbidden
from infra.operations.accounts.access import may_enroll
from infra.operations.people.record_consent import consent_on_record, say_consent
from schemas.messages import Moment
from schemas.texts import written_plainly

__all__ = ["ENDPOINTS", "ApiConsent", "told_consent"]


class ConsentBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """given: you hold the written consent; false: he takes it back, and his templates are erased."""

    given: bool


class ApiConsent(msgspec.Struct, frozen=True, kw_only=True):
    """Whether consent is on record. at, by: since when, and who put it there; null: nothing was ever said of it."""

    student_id: str
    given: bool
    at: Moment | None
    by: str | None


def _student(call: ApiCall) -> str:
    if not (call.holder.reaches_everything and may_enroll(call.person)):
        raise forbidden()
    return written_plainly(call.path["student"])


def told_consent(student: str, found: Consent | None) -> ApiConsent:
    """Return a student's (an id) consent as it is answered. found: what was said last."""
    return ApiConsent(
        student_id=student,
        given=bool(found and found.given),
        at=found.at if found else None,
        by=found.by if found else None,
    )


def consent_shown(call: ApiCall) -> ApiConsent:
    """Say whether a student's consent for a face template is on record."""
    student = _student(call)
    call.on_record("see_student", student=student)
    return told_consent(student, consent_on_record(call.desk.settings, student))


def consent_said(call: ApiCall) -> ApiConsent:
    """Put a student's consent on record without photos, or that he took it back.

    Taken back, his templates are erased and no camera knows him any more; his attendance stays. Said twice it changes
    nothing.
    """
    student, given = _student(call), call.body.given
    call.on_record("consent", student=student, detail="consent given" if given else "consent taken back")
    say_consent(call.desk.settings, student, given=given, by=call.by, now=call.now)
    return told_consent(student, consent_on_record(call.desk.settings, student))


SCOPE: Final = "enrolment:write"
ONE: Final = "/students/{student}/consent"

ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    Endpoint("GET", ONE, SCOPE, consent_shown, ApiConsent),
    Endpoint("PUT", ONE, SCOPE, consent_said, ApiConsent, body=ConsentBody),
)
