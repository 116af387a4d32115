"""One of the people who are enrolled: how, and what would make his photos better."""

from datetime import datetime

from enrollment.advice import Advice, advise
from enrollment.loaded import enrollments
from schemas.errors import RefusedError
from schemas.ids import student_id
from schemas.messages import Enrollment
from schemas.settings import Settings
from schemas.translations import Text
from streams.faces.calibration import calibration_of
from streams.faces.engines import engine_id
from streams.reference.live_engine import live_engine

__all__ = ["NOBODY", "advice_for", "enrollment_of"]

NOBODY = "Enrol people with `naul enroll PHOTOS --consent-on-file`."
"""What to do where somebody, or everybody, is missing."""


def enrollment_of(settings: Settings, student: str) -> Enrollment:
    """Return how a student is enrolled.

    Raises:
        RefusedError: he is not.
        UnavailableError: the broker does not answer.
    """
    found = enrollments(settings).get(student_id(student))
    if found is None:
        raise RefusedError(Text("{student} is not enrolled", student=student), NOBODY)
    return found


def advice_for(settings: Settings, enrollment: Enrollment, now: datetime) -> tuple[Advice, ...]:
    """Return what is to be improved in a student's photos; nothing if the live engine does not know him.

    Raises:
        RefusedError: this machine does not have the live engine.
        UnavailableError: the broker does not answer.
    """
    engine = engine_id(live_engine(settings, now), settings.home)
    calibration = calibration_of(engine, settings.home)
    return tuple(
        advise(enrollment.student_id, each, calibration) for each in enrollment.templates if each.engine == engine
    )
