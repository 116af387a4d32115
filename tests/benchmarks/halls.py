"""How right the verdicts are: class hours made up by chance, real faces, and what usual systems say of the same frames.

    python -m tests.benchmarks.halls [--faces DIR] [--engine NAME] [--halls 5] [--first-seed 101]

DIR holds a folder of pictures for each person, as LFW does; without it (and without NAUL_FACES) the 40 people of ORL
play. What an engine saw is kept in the cache, so that only the first run is slow.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from infra.rehearsal.facts import enrolled, facts_of, hour_of, people_of_roster
from infra.rehearsal.film import Film
from producers.simulated_hall import Expected, boxes_at, expected
from producers.simulated_hall.people import people_of
from schemas.settings import Policy
from streams.faces.calibration import Calibration
from streams.faces.engines import Engine
from streams.faces.pictures import read_photo
from streams.faces.portraits import sit
from streams.faces.templates import Template
from streams.judgement.judge import StudentJudgement, judge
from streams.judgement.timeline import Absence, Coverage, Hour, stay
from streams.judgement.verdict import not_seen, seen

PRESENT = ("present", "late", "left_early")
SAME_DEPARTURE = 180.0
"""A departure that is told counts as the real one if it is no further from it than this, seconds."""

NEAR = 0.6
"""Euclidean distance below which usual systems take a face for a photograph's; the example of dlib's author."""


class Case(NamedTuple):
    """A student of a hall: the truth, what was said, and the first frame that shows his face, POSIX seconds."""

    truth: Expected
    said: StudentJudgement
    first_shown: float | None


@dataclass(frozen=True)
class Score:
    """What a rule got right in some halls. Times are seconds."""

    students: int
    right: int
    proxies: int
    told_absent: int
    departures: int
    wrong: int
    missed: int
    departure_errors: NDArray[np.float64]
    arrival_errors: NDArray[np.float64]


def naul(film: Film, templates: Mapping[str, Template], calibration: Calibration, every: timedelta) -> list[Case]:
    """Return what Naul says of everybody in a hall."""
    facts = facts_of(film, templates, calibration, every=every)
    roster = people_of_roster(film.script, templates)
    said = judge(hour_of(film.script), facts, roster, Policy(), calibration, closed=True)
    return _cases(film, said.students)


def usual(film: Film, photos: Mapping[str, NDArray[np.float32]], every: timedelta) -> list[Case]:
    """Return what usual systems say of everybody: the nearest photo below 0.6, first and last seen.

    photos: embeddings of each student's photographs, (k, d).
    """
    policy, hour = Policy(), hour_of(film.script)
    names = [name for name, those in photos.items() for _ in those]
    gallery = np.concatenate(list(photos.values()))
    last, moments, sightings = None, [], {name: [] for name in photos}
    for shot in film.shots:
        if last is not None and shot.moment - last < every:
            continue
        last = shot.moment
        moments.append(shot.moment.timestamp())
        for face in shot.found:
            distance = np.linalg.norm(gallery - face.embedding, axis=1)
            nearest = int(distance.argmin())
            if distance[nearest] < NEAR:
                sightings[names[nearest]].append(shot.moment.timestamp())
    coverage = Coverage(hour, np.array(moments), policy.frame_cover.total_seconds())
    share = coverage.seconds / (hour.ends_at - hour.starts_at)
    said = {}
    for student in film.script.students:
        times = sorted(set(sightings.get(student.student_id, [])))
        if not times:
            said[student.student_id] = StudentJudgement(not_seen(0.0, share, policy, closed=True).verdict)
            continue
        found = stay(np.array(times), coverage, policy.departure_after.total_seconds())
        absences = tuple(each for each in found.absences if each[1] is None)
        said[student.student_id] = StudentJudgement(
            seen(found, hour, policy).verdict, found.arrived_at, absences, found.departed_at
        )
    return _cases(film, said)


def photos_of(film: Film, engine: Engine, most: int | None = None) -> dict[str, NDArray[np.float32]]:
    """Return the embeddings of the photographs of each student, (k, d)."""
    people, found = people_of(film.script.faces, film.script.shuffle), {}
    for student in film.script.students:
        those = []
        for file in people.photos(student.face, film.script.photos):
            try:
                sitting = sit(engine, read_photo(file))
            except Exception:
                continue
            those.append(engine.embed(sitting.image, sitting.face)[0])
        if those:
            found[student.student_id] = np.array(those[:most])
    return found


def _cases(film: Film, said: Mapping[str, StudentJudgement]) -> list[Case]:
    script, hour = film.script, film.script.hours[0]
    truth, first = expected(script), {}
    for shot in film.shots:
        if shot.moment in hour:
            for name in boxes_at(script, shot.moment):
                first.setdefault(name, shot.moment.timestamp())
    return [
        Case(truth[hour.id, each.student_id], said[each.student_id], first.get(each.student_id))
        for each in script.students
    ]


def score(cases: Sequence[Case]) -> Score:
    """Count what is right."""
    matched = [_matched(case) for case in cases]
    departures = np.array([error for errors, _, _ in matched for error in errors])
    arrivals = [
        case.said.arrived_at - case.first_shown
        for case in cases
        if case.said.arrived_at is not None and case.first_shown is not None and case.truth.verdict in PRESENT
    ]
    return Score(
        students=len(cases),
        right=sum(case.said.verdict == case.truth.verdict for case in cases),
        proxies=sum(case.said.verdict in PRESENT and case.truth.verdict not in PRESENT for case in cases),
        told_absent=sum(case.said.verdict == "absent" and case.truth.verdict in PRESENT for case in cases),
        departures=sum(len(case.truth.absences) for case in cases),
        wrong=sum(wrong for _, wrong, _ in matched),
        missed=sum(missed for _, _, missed in matched),
        departure_errors=departures,
        arrival_errors=np.array(arrivals),
    )


def _matched(case: Case) -> tuple[list[float], int, int]:
    """Return the errors of the departures that were found, and how many were wrong and missed."""
    told: list[Absence] = list(case.said.absences)
    errors = []
    for real in case.truth.absences:
        left = real.departed_at.timestamp()
        near = [each for each in told if abs(each[0] - left) <= SAME_DEPARTURE and (each[1] is None) == (real.returned_at is None)]
        if near:
            best = min(near, key=lambda each: abs(each[0] - left))
            told.remove(best)
            errors.append(abs(best[0] - left))
    return errors, len(told), len(case.truth.absences) - len(errors)
