"""A run beside the truth. Pure: rows in, a value out.

It judges the machine: a verdict that a person marked is his own, and only counted. What rows cannot tell is in
``UNTOLD``.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import pairwise
from typing import Final

import msgspec

from schemas.messages import Moment
from sinks.runs.rows import CAMERA, PRESENT, Evidence, RunRows, StudentKey, Told, evidence
from sinks.runs.statistics import Error, Interval, error, interval
from sinks.runs.truth import Truth, Truths

__all__ = ["UNTOLD", "Bin", "Calibration", "Evaluation", "Judged", "Score", "Times", "evaluate"]

UNTOLD: Final = (
    "Whom an absent student was taken for, the rate of identification at several false rates, and how right verdicts "
    "are by the size of faces and by camera: verdicts do not hold the scores of faces."
)
"""What an evaluation of verdicts cannot say."""

BINS: Final = 10
"""Of equal width: the usual definition of the expected calibration error."""

Case = tuple[StudentKey, Told, Truth]


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """Times that were judged. off: those told, less the true ones. missed: true ones of which the run tells none."""

    off: Error
    missed: int


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """What is right of some verdicts.

    false_presences: of students who were not there. false_absences: absent, of students who were.
    unobserved: left open, where the truth is known.
    """

    right: Interval
    false_presences: int
    false_absences: int
    unobserved: int
    arrivals: Times
    departures: Times


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """A wrong verdict with its evidence, beside the truth. starts_at, ends_at: of the class hour, if it has a row."""

    section: str
    date: date
    period: int
    hall: str
    student_id: str
    name: str
    starts_at: Moment | None
    ends_at: Moment | None
    truth: str
    true_arrived_at: Moment | None
    true_departed_at: Moment | None
    said: Evidence


class Bin(msgspec.Struct, frozen=True, kw_only=True):
    """Verdicts whose confidence is from low to high: how sure they are on average, and how many are right."""

    low: float
    high: float
    confidence: float | None
    right: Interval


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """Whether confidence is the chance of being right.

    error: expected calibration error, the mean distance between the two; None without verdicts.
    """

    bins: tuple[Bin, ...]
    error: float | None


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """A run beside the truth.

    marked: verdicts that a person had said in this run. unknown: truths of which the run has no verdict.
    halls, sections: the same score for each. wrong: every wrong verdict. untold: what this cannot say.
    """

    run: str
    marked: int
    unknown: int
    score: Score
    halls: dict[str, Score]
    sections: dict[str, Score]
    calibration: Calibration
    wrong: tuple[Judged, ...]
    untold: str = UNTOLD


def evaluate(rows: RunRows, truths: Truths) -> Evaluation:
    """Judge a run by what is known to be true."""
    known = [(key, rows.attendance[key], truths[key]) for key in sorted(truths.keys() & rows.attendance.keys())]
    cases = [case for case in known if case[1].source == CAMERA]
    return Evaluation(
        run=rows.run,
        marked=len(known) - len(cases),
        unknown=len(truths) - len(known),
        score=_score(cases),
        halls=_by([said.hall for _, said, _ in cases], cases),
        sections=_by([said.section for _, said, _ in cases], cases),
        calibration=_calibration(cases),
        wrong=tuple(_judged(rows, *case) for case in cases if not _right(case)),
    )


def _right(case: Case) -> bool:
    _, said, truth = case
    return said.verdict == truth.verdict


def _score(cases: Sequence[Case]) -> Score:
    verdicts = [(said.verdict, truth.verdict) for _, said, truth in cases]
    return Score(
        right=interval(sum(map(_right, cases)), len(cases)),
        false_presences=sum(said in PRESENT and true == "absent" for said, true in verdicts),
        false_absences=sum(said == "absent" and true in PRESENT for said, true in verdicts),
        unobserved=sum(said == "unobserved" != true for said, true in verdicts),
        arrivals=_times((said.arrived_at, truth.arrived_at) for _, said, truth in cases),
        departures=_times((said.departed_at, truth.departed_at) for _, said, truth in cases),
    )


def _by(names: Sequence[str], cases: Sequence[Case]) -> dict[str, Score]:
    found: dict[str, list[Case]] = {name: [] for name in sorted(set(names))}
    for name, case in zip(names, cases, strict=True):
        found[name].append(case)
    return {name: _score(mine) for name, mine in found.items()}


def _times(pairs: Iterable[tuple[Moment | None, Moment | None]]) -> Times:
    judged = [(said, true) for said, true in pairs if true]
    told = [(said - true).total_seconds() for said, true in judged if said]
    return Times(off=error(told), missed=len(judged) - len(told))


def _calibration(cases: Sequence[Case]) -> Calibration:
    claimed = [case for case in cases if case[1].verdict != "unobserved"]  # that claims nothing
    edges = [number / BINS for number in range(BINS + 1)]
    bins = tuple(
        _bin(
            low, high, [case for case in claimed if low <= case[1].confidence < high or case[1].confidence == high == 1]
        )
        for low, high in pairwise(edges)
    )
    off = [
        each.right.of * abs(each.confidence - each.right.share)
        for each in bins
        if each.confidence is not None and each.right.share is not None
    ]
    return Calibration(bins=bins, error=sum(off) / len(claimed) if claimed else None)


def _bin(low: float, high: float, cases: Sequence[Case]) -> Bin:
    return Bin(
        low=low,
        high=high,
        confidence=sum(said.confidence for _, said, _ in cases) / len(cases) if cases else None,
        right=interval(sum(map(_right, cases)), len(cases)),
    )


def _judged(rows: RunRows, key: StudentKey, said: Told, truth: Truth) -> Judged:
    section, day, period, student = key
    hour = rows.coverage.get(key[:3])
    return Judged(
        section=section,
        date=day,
        period=period,
        hall=said.hall,
        student_id=student,
        name=said.name,
        starts_at=hour.starts_at if hour else None,
        ends_at=hour.ends_at if hour else None,
        truth=truth.verdict,
        true_arrived_at=truth.arrived_at,
        true_departed_at=truth.departed_at,
        said=evidence(said),
    )
