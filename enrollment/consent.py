"""Consent for a face template as an enrolment keeps it: given without photos, taken back, since when. Pure."""

from datetime import datetime
from typing import NamedTuple

from enrollment.history import history
from schemas.messages import Enrollment, EnrollmentVersion

__all__ = ["Consent", "consent_of", "taken_back_since", "with_consent", "without_consent"]


class Consent(NamedTuple):
    """What was said last of a student's consent. given: whether it is on record. at: when; by: who put it there."""

    given: bool
    at: datetime
    by: str


def consent_of(enrollment: Enrollment | None) -> Consent | None:
    """Return what was said last; None: nothing ever was."""
    if enrollment is None:
        return None
    versions = history(enrollment)
    if not enrollment.consent_on_file:
        return Consent(False, enrollment.enrolled_at, versions[-1].by)
    last = max((at for at, each in enumerate(versions) if each.consent is False), default=-1)
    first = versions[last + 1]
    return Consent(True, first.enrolled_at, first.by)


def with_consent(student: str, stood: Enrollment | None, at: datetime, by: str) -> Enrollment | None:
    """Return an enrolment of nothing but consent; None: it is on record already. at: aware."""
    if stood and stood.consent_on_file:
        return None
    return _renewed(student, stood, at, by, given=True)


def without_consent(stood: Enrollment | None, at: datetime, by: str) -> Enrollment | None:
    """Return an enrolment whose consent was taken back: no template is left. None: none is on record. at: aware."""
    if stood is None or not stood.consent_on_file:
        return None
    return _renewed(stood.student_id, stood, at, by, given=False)


def taken_back_since(enrollment: Enrollment | None, moment: datetime | None) -> bool:
    """Whether consent that was given at a moment was taken back after it. moment: None is now."""
    last = consent_of(enrollment)
    return bool(moment and last and not last.given and last.at > moment)


def _renewed(student: str, stood: Enrollment | None, at: datetime, by: str, *, given: bool) -> Enrollment:
    version = stood.version + 1 if stood else 0
    said = EnrollmentVersion(version=version, enrolled_at=at, engines=(), photos=0, by=by, consent=given)
    return Enrollment(
        student_id=student,
        version=version,
        enrolled_at=at,
        consent_on_file=given,
        templates=(),
        history=(*(history(stood) if stood else ()), said),
    )
