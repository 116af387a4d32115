"""The versions of an enrolment; apart from ``portrayals``, for who reads them needs no engine."""

from schemas.messages import Enrollment, EnrollmentVersion

__all__ = ["history"]


def history(enrollment: Enrollment) -> tuple[EnrollmentVersion, ...]:
    """Return every version that is known of, the oldest first; of an enrolment that kept none, the one that stands."""
    return enrollment.history or (
        EnrollmentVersion(
            version=enrollment.version,
            enrolled_at=enrollment.enrolled_at,
            engines=tuple(each.engine for each in enrollment.templates),
            photos=max((each.photos for each in enrollment.templates), default=0),
        ),
    )
