"""The people who are enrolled: all of them checked, or one of them with the history of his photos."""

from datetime import datetime
from typing import NamedTuple

from enrollment.advice import Advice, advise
from enrollment.loaded import enrollments, rosters
from infra.operations.enrolment_check import EnrolmentCheck, check_enrolment
from schemas.errors import RefusedError
from schemas.ids import student_id
from schemas.messages import Enrollment
from schemas.settings import Settings
from streams.faces.engines import load_engine
from streams.faces.template_cipher import TemplateCipher
from streams.reference.live_engine import live_engine

__all__ = ["PeopleCheck", "advice_for", "check_people", "enrollment_of"]

_REMEDY = "Enrol people with `naul enroll PHOTOS --consent-on-file`."


class PeopleCheck(NamedTuple):
    """What is told of everybody, by the live engine (its name); elsewhere: how many it does not know."""

    engine: str
    elsewhere: int
    check: EnrolmentCheck


def check_people(settings: Settings, now: datetime) -> PeopleCheck:
    """Compare everybody with everybody. No photo is needed: what is known of them was kept when they were enrolled.

    now: aware; of the engine that is live.

    Raises:
        RefusedError: nobody is enrolled, this machine does not have the live engine, or the home has no key.
        UnavailableError: the broker does not answer.
    """
    people = enrollments(settings)
    if not people:
        raise RefusedError("nobody is enrolled", _REMEDY)
    engine = load_engine(live_engine(settings, now), settings.home)
    known = {
        student: () for student in sorted(people) if engine.id in {each.engine for each in people[student].templates}
    }
    cipher = TemplateCipher.open(settings.key_file)
    told = (engine.id, engine.calibration)
    found = check_enrolment(settings, told, known, people, rosters(settings).everything, cipher)
    return PeopleCheck(engine.name, len(people) - len(known), found)


def enrollment_of(settings: Settings, student: str) -> Enrollment:
    """Return how a student is enrolled.

    Raises:
        RefusedError: he is not.
        UnavailableError: the broker does not answer.
    """
    found = enrollments(settings).get(student_id(student))
    if found is None:
        raise RefusedError(f"{student} is not enrolled", _REMEDY)
    return found


def advice_for(settings: Settings, enrollment: Enrollment, now: datetime) -> tuple[Advice, ...]:
    """Return what is to be improved in a student's photos; nothing if the live engine does not know him.

    Raises:
        RefusedError: this machine does not have the live engine.
        UnavailableError: the broker does not answer.
    """
    engine = load_engine(live_engine(settings, now), settings.home)
    return tuple(
        advise(enrollment.student_id, each, engine.calibration)
        for each in enrollment.templates
        if each.engine == engine.id
    )
