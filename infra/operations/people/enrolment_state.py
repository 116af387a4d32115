"""How a student of a class hour is enrolled: what a person weighs who decides whether the camera is right.

Photos are not kept; of each one it was noted what it is worth when he was enrolled.
"""

from contextlib import suppress

import msgspec

from enrollment.advice import advise
from enrollment.history import face_versions
from infra.operations.class_hours.hour_register import HourRegister
from schemas.errors import NaulError
from schemas.messages import ClassHour, Enrollment, Moment
from schemas.settings import Settings
from streams.faces.calibration import Calibration, calibration_of

__all__ = ["EnrolmentState", "enrolment_state", "state_of"]


class EnrolmentState(msgspec.Struct, frozen=True, kw_only=True):
    """What is enrolled of a student.

    since: of the first time; enrolled_at: of what holds now. photos: behind the template of the class hour's engine, by
    its name; None: there is none for it, and engines has those there are. late: none was there when the class hour
    began. renewed: enrolled anew since then, and judged by what was there before. odd: photos that are unlike all
    others of his. flaws: of each photo that has any, words of ``enrollment.advice``; numbers of photos begin at 1.
    poor: no photo is without.
    """

    since: Moment
    enrolled_at: Moment
    engine: str
    engines: tuple[str, ...]
    photos: int | None
    late: bool
    renewed: bool
    odd: tuple[int, ...] = ()
    flaws: tuple[tuple[int, tuple[str, ...]], ...] = ()
    poor: bool = False

    @property
    def doubtful(self) -> bool:
        """Whether the photos may be why a verdict is in doubt.

        Late is no sign of it: most frames, of a recording all of them, may have been looked at afterwards.
        """
        return self.photos is None or self.photos < 2 or self.poor or bool(self.odd)


def enrolment_state(
    settings: Settings, register: HourRegister, hour: ClassHour, student: str, engine: str
) -> EnrolmentState | None:
    """Return how a student (an id) is enrolled; None: he is not. engine: the id of the one that compared.

    Raises:
        UnavailableError: the broker does not answer.
    """
    found = register.enrollment(student)
    calibration = None
    with suppress(NaulError):  # an engine of another machine: whether photos agree is not told
        calibration = calibration_of(engine, settings.home)
    return state_of(found, hour, engine, calibration) if found and found.templates else None


def state_of(found: Enrollment, hour: ClassHour, engine: str, calibration: Calibration | None) -> EnrolmentState:
    """Return what an enrolment says of a student in a class hour; see ``enrolment_state``."""
    since = face_versions(found)[0].enrolled_at
    mine = next((each for each in found.templates if each.engine == engine), None)
    late = since > hour.starts_at
    state = EnrolmentState(
        since=since,
        enrolled_at=found.enrolled_at,
        engine=_name(engine),
        engines=tuple(sorted({_name(each.engine) for each in found.templates})),
        photos=mine.photos if mine else None,
        late=late,
        renewed=found.enrolled_at > hour.starts_at and not late,
    )
    if mine is None or calibration is None:
        return state
    advice = advise(found.student_id, mine, calibration)
    return msgspec.structs.replace(
        state,
        odd=tuple(at + 1 for at in advice.odd),
        flaws=tuple((at + 1, each) for at, each in enumerate(advice.flaws) if each),
        poor=advice.poor,
    )


def _name(engine: str) -> str:
    return engine.partition("@")[0]
