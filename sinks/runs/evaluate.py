"""A run beside the truth. Pure: rows in, a value out.

It judges the machine: a verdict that a person marked is his own, and only counted.
"""

from bisect import bisect
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

import msgspec

from schemas.messages import CAMERA, Moment
from sinks.runs.detection import Detection, detection
from sinks.runs.reliability import Reliability, calibration
from sinks.runs.rows import PRESENT, RunRows, StudentHour, StudentKey, Subject, VerdictEvidence, evidence
from sinks.runs.seen_places import NOTHING, RunSightings, SeenPlace
from sinks.runs.statistics import Error, Interval, error, interval
from sinks.runs.truth import Truth, Truths

__all__ = [
    "SHOWN",
    "Evaluation",
    "JudgedVerdict",
    "Score",
    "Times",
    "evaluate",
    "false_presences",
]

WIDTHS: Final = (24, 32, 48, 64)
"""Pixels between which widths of faces are told apart."""

UNNAMED: Final = "never named"
"""Whom no frame alone named: there is no face of his."""

SHOWN: Final = 500
"""Students whom a person may look at one by one; more than that are only counted, unless they are judged wrongly."""

Case = tuple[StudentKey, StudentHour, Truth]


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


class JudgedVerdict(Subject, frozen=True, kw_only=True):
    """A verdict with its evidence, beside the truth. starts_at, ends_at: of the class hour, if it has a row.

    place: where he was seen if he was not there; None if no frame alone named him.
    """

    starts_at: Moment | None
    ends_at: Moment | None
    truth: str
    true_arrived_at: Moment | None
    true_departed_at: Moment | None
    said: VerdictEvidence
    place: SeenPlace | None


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """A run beside the truth.

    marked: verdicts that a person had said in this run. unknown: truths of which the run has no verdict.
    halls, sections: the same score for each. cameras: by hall and camera that named a student most often in the class
    hour. widths: by how wide his face was there. Both are empty if the store holds no faces of this run.
    detection: of present and absent, by p. wrong: every wrong verdict. right: as many of the others as fit into SHOWN.
    """

    run: str
    marked: int
    unknown: int
    score: Score
    halls: dict[str, Score]
    sections: dict[str, Score]
    cameras: dict[str, Score]
    widths: dict[str, Score]
    calibration: Reliability
    detection: Detection
    wrong: tuple[JudgedVerdict, ...]
    right: tuple[JudgedVerdict, ...]


def evaluate(rows: RunRows, truths: Truths, seen: RunSightings = NOTHING) -> Evaluation:
    """Judge a run by what is known to be true. seen: of the class hours of these truths."""
    cases = _cases(rows, truths)
    known = len(truths.keys() & rows.attendance.keys())
    wrong = [case for case in cases if not _right(case)]
    right = [case for case in cases if _right(case)][: max(SHOWN - len(wrong), 0)]
    return Evaluation(
        run=rows.run,
        marked=known - len(cases),
        unknown=len(truths) - known,
        score=_score(cases),
        halls=_by([said.hall for _, said, _ in cases], cases),
        sections=_by([said.section for _, said, _ in cases], cases),
        cameras=_cameras(cases, seen),
        widths=_widths(cases, seen),
        calibration=calibration(
            (said.confidence, _right((key, said, truth)))
            for key, said, truth in cases
            if said.verdict != "unobserved"  # that claims nothing
        ),
        detection=detection(
            (truth.verdict in PRESENT, said.verdict in PRESENT, said.p)
            for _, said, truth in cases
            if truth.verdict != "unobserved"
        ),
        wrong=tuple(_judged(rows, seen.places.get(case[0]), *case) for case in wrong),
        right=tuple(_judged(rows, None, *case) for case in right),
    )


def false_presences(rows: RunRows, truths: Truths) -> list[StudentKey]:
    """Return who was not there and is called present by the camera."""
    return [key for key, said, truth in _cases(rows, truths) if said.verdict in PRESENT and truth.verdict == "absent"]


def _cases(rows: RunRows, truths: Truths) -> list[Case]:
    """Return what can be judged."""
    known = ((key, rows.attendance[key], truths[key]) for key in sorted(truths.keys() & rows.attendance.keys()))
    return [case for case in known if case[1].source == CAMERA]


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


def _by(names: Sequence[str], cases: Sequence[Case], order: Sequence[str] = ()) -> dict[str, Score]:
    """Return the score of each name; in this order, and then by name."""
    found: dict[str, list[Case]] = {name: [] for name in (*order, *sorted(set(names) - set(order)))}
    for name, case in zip(names, cases, strict=True):
        found[name].append(case)
    return {name: _score(mine) for name, mine in found.items() if mine}


def _cameras(cases: Sequence[Case], seen: RunSightings) -> dict[str, Score]:
    if seen.named is None:
        return {}
    names = [f"{said.hall}/{named.camera}" if (named := seen.named.get(key)) else UNNAMED for key, said, _ in cases]
    return _by(names, cases)


def _widths(cases: Sequence[Case], seen: RunSightings) -> dict[str, Score]:
    if seen.named is None:
        return {}
    words = [
        f"under {WIDTHS[0]} px",
        *(f"{low} to {high} px" for low, high in pairwise(WIDTHS)),
        f"from {WIDTHS[-1]} px",
    ]
    names = [words[bisect(WIDTHS, named.width)] if (named := seen.named.get(key)) else UNNAMED for key, _, _ in cases]
    return _by(names, cases, words)


def _times(pairs: Iterable[tuple[Moment | None, Moment | None]]) -> Times:
    judged = [(said, true) for said, true in pairs if true]
    told = [(said - true).total_seconds() for said, true in judged if said]
    return Times(off=error(told), missed=len(judged) - len(told))


def _judged(rows: RunRows, place: SeenPlace | None, key: StudentKey, said: StudentHour, truth: Truth) -> JudgedVerdict:
    section, day, period, student = key
    hour = rows.coverage.get(key[:3])
    return JudgedVerdict(
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
        place=place,
    )
