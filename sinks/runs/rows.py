"""A run as it is compared: what it says of everybody, and how much of every class hour it saw."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final, NamedTuple, TypeAlias

import msgspec

from schemas.messages import Moment
from schemas.runs import Manifest

__all__ = [
    "PRESENT",
    "HourKey",
    "RunHour",
    "RunRows",
    "StudentHour",
    "StudentKey",
    "Subject",
    "VerdictEvidence",
    "evidence",
]

HourKey: TypeAlias = tuple[str, date, int]
"""section, date, period."""

StudentKey: TypeAlias = tuple[str, date, int, str]
"""section, date, period, student."""

PRESENT: Final = frozenset({"present", "late", "left_early"})
"""Verdicts of those who were there."""


class StudentHour(NamedTuple):
    """A verdict. Fields as in ``attendance_rows``; times are aware."""

    section: str
    date: date
    period: int
    student_id: str
    hall: str
    name: str
    verdict: str
    arrived_at: datetime | None
    departed_at: datetime | None
    absences_departed_at: list[datetime]
    absences_returned_at: list[datetime | None]
    confidence: float
    review: int
    source: str
    reason: str
    looks: int
    p: float | None


class RunHour(NamedTuple):
    """A class hour. Fields as in ``coverage_rows``."""

    section: str
    date: date
    period: int
    hall: str
    starts_at: datetime
    ends_at: datetime
    frames: int
    seconds_covered: float
    unknown_faces: float
    engine: str

    @property
    def share(self) -> float:
        """How much of it analysed frames stand for, 0 to 1."""
        return self.seconds_covered / (self.ends_at - self.starts_at).total_seconds()


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """Whom something is said of: a student in a class hour."""

    section: str
    date: date
    period: int
    hall: str
    student_id: str
    name: str


class VerdictEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """What a run says of a student and why. away: [departed, returned]; None: he did not come back.

    p: probability that he was seen; None in rows of before it was kept.
    """

    verdict: str
    arrived_at: Moment | None
    departed_at: Moment | None
    away: tuple[tuple[Moment, Moment | None], ...]
    confidence: float
    p: float | None
    looks: int
    review: bool
    source: str
    reason: str


def evidence(said: StudentHour) -> VerdictEvidence:
    """Return the evidence of a verdict."""
    return VerdictEvidence(
        verdict=said.verdict,
        arrived_at=said.arrived_at,
        departed_at=said.departed_at,
        away=tuple(zip(said.absences_departed_at, said.absences_returned_at, strict=True)),
        confidence=said.confidence,
        p=said.p,
        looks=said.looks,
        review=bool(said.review),
        source=said.source,
        reason=said.reason,
    )


class RunRows(NamedTuple):
    """All rows of a run. manifest: None of ``live``, and of a run whose writing did not end."""

    run: str
    attendance: Mapping[StudentKey, StudentHour]
    coverage: Mapping[HourKey, RunHour]
    manifest: Manifest | None = None
