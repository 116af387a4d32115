"""An enrolment sealed anew: the same templates under the key that seals now."""

from collections.abc import Iterable

import msgspec

from schemas.errors import BadMessageError
from schemas.messages import Enrollment, EnrollmentTemplate
from streams.faces.template_cipher import TemplateCipher, sealed_by, template_context

__all__ = ["resealed", "seals_of"]


def resealed(enrollment: Enrollment, cipher: TemplateCipher) -> Enrollment | None:
    """Return an enrolment with every template under the key that seals; None if they are already, or do not open.

    It is the same version: nobody was enrolled.
    """
    templates = _resealed(enrollment.student_id, enrollment.templates, cipher)
    previous = _resealed(enrollment.student_id, enrollment.previous, cipher)
    if (templates, previous) == (enrollment.templates, enrollment.previous):
        return None
    return msgspec.structs.replace(enrollment, templates=templates, previous=previous)


def seals_of(enrollment: Enrollment) -> list[bytes | None]:
    """Return the id of the key of each template, replaced ones included; None: sealed before keys had ids."""
    return [sealed_by(each.sealed) for each in (*enrollment.templates, *enrollment.previous)]


def _resealed(
    student: str, templates: Iterable[EnrollmentTemplate], cipher: TemplateCipher
) -> tuple[EnrollmentTemplate, ...]:
    return tuple(_one(student, each, cipher) for each in templates)


def _one(student: str, template: EnrollmentTemplate, cipher: TemplateCipher) -> EnrollmentTemplate:
    if sealed_by(template.sealed) == cipher.seals_with:
        return template
    context = template_context(student, template.engine)
    try:
        vector = cipher.open_sealed(template.sealed, context)
    except BadMessageError:
        return template  # of a key that is lost: whoever enrols him again mends it
    return msgspec.structs.replace(template, sealed=cipher.seal(vector, context))
