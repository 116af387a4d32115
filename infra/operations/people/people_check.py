"""Everybody who is enrolled, held against everybody; apart from ``enrolled_people``, for it brings numpy."""

from datetime import datetime
from typing import NamedTuple

from enrollment.loaded import enrollments, rosters
from infra.operations.people.enrolled_people import NOBODY
from infra.operations.people.enrolment_check import EnrolmentCheck, check_enrolment
from schemas.errors import RefusedError
from schemas.settings import Settings
from streams.faces.calibration import calibration_of
from streams.faces.engines import engine_id
from streams.faces.template_cipher import TemplateCipher
from streams.reference.live_engine import live_engine

__all__ = ["PeopleCheck", "check_people"]


class PeopleCheck(NamedTuple):
    """What is told of everybody, by the live engine (its name); elsewhere: how many it does not know."""

    engine: str
    elsewhere: int
    check: EnrolmentCheck


def check_people(settings: Settings, now: datetime) -> PeopleCheck:
    """Compare everybody with everybody. No photo is needed: what is known of them was kept when they were enrolled.

    now: aware; of the engine that is live.

    Raises:
        RefusedError: nobody is enrolled, this machine does not know the live engine, or the home has no key.
        UnavailableError: the broker does not answer.
    """
    people = enrollments(settings)
    if not people:
        raise RefusedError("nobody is enrolled", NOBODY)
    name = live_engine(settings, now)
    engine = engine_id(name, settings.home)  # its networks are not needed: nobody looks at a picture
    known = {student: () for student in sorted(people) if engine in {each.engine for each in people[student].templates}}
    cipher = TemplateCipher.open(settings.key_file)
    told = (engine, calibration_of(engine, settings.home))
    found = check_enrolment(settings, told, known, people, rosters(settings).everything, cipher)
    return PeopleCheck(name, len(people) - len(known), found)
