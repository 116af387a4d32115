"""The versions of an enrolment; apart from ``portrayals``, for who reads them needs no engine."""

from schemas.messages import Enrollment, EnrollmentVersion

__all__ = ["face_versions", "history"]


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


def face_versions(enrollment: Enrollment) -> tuple[EnrollmentVersion, ...]:
    """Return the versions that stand behind the templates: of photos, since consent was taken back last."""
    versions = history(enrollment)
    last = max((at for at, each in enumerate(versions) if each.consent is False), default=-1)
    return tuple(each for each in versions[last + 1 :] if each.consent is None)
