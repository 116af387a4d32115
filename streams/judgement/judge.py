"""The judgement of a class hour: a verdict for every student, from everything that was seen and marked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schemas.messages import Verdict
from schemas.settings import Policy
from streams.faces.calibration import Calibration
from streams.judgement.observations import Facts

__all__ = ["Hour", "HourJudgement", "Interval", "Person", "StudentJudgement", "judge"]

Interval = tuple[float, float]


@dataclass(frozen=True)
class Hour:
    """The class hour in POSIX seconds; ends_at is the first moment that does not belong to it."""

    starts_at: float
    ends_at: float


@dataclass(frozen=True, eq=False)
class Person:
    """A student of the roster. template: (d,), float32, unit length; None if the engine does not know the face."""

    student_id: str
    template: NDArray[np.float32] | None
    photos: int


@dataclass(frozen=True)
class StudentJudgement:
    """What is said of one student."""

    verdict: Verdict
    arrived_at: float | None
    absences: tuple[tuple[float, float | None], ...]
    departed_at: float | None
    seconds_present: float
    confidence: float
    review: bool
    source: str
    reason: str
    marked_at: float | None
    looks: int
    p: float


@dataclass(frozen=True)
class HourJudgement:
    """What is said of a class hour."""

    version: int
    frames: int
    covered: tuple[Interval, ...]
    gaps: tuple[Interval, ...]
    seconds_covered: float
    unknown_faces: float
    students: Mapping[str, StudentJudgement]


def judge(
    hour: Hour, facts: Facts, people: Sequence[Person], policy: Policy, calibration: Calibration, *, closed: bool
) -> HourJudgement:
    """Return the judgement of a class hour."""
    raise NotImplementedError
