"""How right the verdicts are: class hours made up by chance, real faces, and what usual systems say of the same frames.

    python -m tests.benchmarks.halls [--faces DIR] [--halls 10] [--first-seed 101] [--engine NAME --home DIR] [--short]

DIR holds a folder of pictures for each person, as LFW does; without it, and without BENCH_FACES, the 40 people of ORL
play: then 30 are students. What an engine saw of a hall is kept in the cache; the first run takes minutes a hall.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress, TaskID
from rich.table import Table

from infra.operations.engines.calibrate import scripts
from infra.operations.simulation.film import Film, film
from infra.operations.simulation.film_facts import enrolled, facts_of, hour_of, people_of_roster
from producers.simulated_hall import Expected, Script, boxes_at, expected
from producers.simulated_hall.actors import people_of
from schemas.errors import RefusedError
from schemas.settings import Policy
from streams.faces.calibration import Calibration
from streams.faces.engines import DEFAULT, Engine, load_engine
from streams.faces.pictures import read_photo
from streams.faces.portraits import sit
from streams.faces.templates import Template
from streams.judgement import identity, places, recognition
from streams.judgement.association import Association
from streams.judgement.hall import Hall, Units
from streams.judgement.judge import StudentJudgement, judge
from streams.judgement.matching import prior
from streams.judgement.observations import Facts
from streams.judgement.timeline import AwayInterval, FrameCoverage, stay
from streams.judgement.verdict import not_seen, seen
from tests.benchmarks.crowd import faces_of_benchmark

PRESENT = ("present", "late", "left_early")
SAME_DEPARTURE = 180.0
"""A departure that is told counts as the real one if it is no further from it than this, seconds."""

EVERY = timedelta(seconds=10)
"""Between frames."""

SMALL = 6
"""Halls that are looked at in a small picture too."""

NEAR = 0.6
"""Euclidean distance below which usual systems take a face for a photograph's; the example of dlib's author."""


Step: TypeAlias = tuple[str, Sequence[tuple[Any, dict[str, Any]]]]
"""A step of the rule: its name, and what replaces what without it."""


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


def naul(film: Film, facts: Facts, templates: Mapping[str, Template], calibration: Calibration) -> list[Case]:
    """Return what Naul says of everybody in a hall."""
    roster = people_of_roster(film.script, templates)
    said = judge(hour_of(film.script), facts, roster, Policy(), calibration, closed=True)
    return _cases(film, said.students)


def usual(film: Film, photos: Mapping[str, NDArray[np.float32]]) -> list[Case]:
    """Return what usual systems say of everybody: the nearest photo below 0.6, first and last seen.

    photos: embeddings of each student's photographs, (k, d).
    """
    policy, hour = Policy(), hour_of(film.script)
    names = [name for name, those in photos.items() for _ in those]
    gallery = np.concatenate(list(photos.values()))
    sightings: dict[str, list[float]] = {name: [] for name in photos}
    for shot in film.shots:
        for face in shot.found:
            distance = np.linalg.norm(gallery - face.embedding, axis=1)
            nearest = int(distance.argmin())
            if distance[nearest] < NEAR:
                sightings[names[nearest]].append(shot.moment.timestamp())
    moments = np.array([shot.moment.timestamp() for shot in film.shots])
    coverage = FrameCoverage(hour, moments, policy.frame_cover.total_seconds())
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


def photos_of(script: Script, engine: Engine) -> dict[str, NDArray[np.float32]]:
    """Return the embeddings of the photographs of each student, (k, d)."""
    people, found = people_of(script.faces, script.shuffle), {}
    for student in script.students:
        those = []
        for file in people.photos(student.face, script.photos):
            try:
                sitting = sit(engine, read_photo(file))
            except RefusedError:
                continue
            those.append(engine.embed(sitting.image, sitting.face)[0])
        if those:
            found[student.student_id] = np.array(those)
    return found


def _cases(film: Film, said: Mapping[str, StudentJudgement]) -> list[Case]:
    script, hour = film.script, film.script.hours[0]
    truth, first = expected(script), {}
    for shot in film.shots:
        if shot.moment in hour:
            for name in boxes_at(script.seated_at(shot.moment), shot.moment):
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
    told: list[AwayInterval] = list(case.said.absences)
    errors = []
    for real in case.truth.absences:
        left = real.departed_at.timestamp()
        near = [
            each
            for each in told
            if abs(each[0] - left) <= SAME_DEPARTURE and (each[1] is None) == (real.returned_at is None)
        ]
        if near:
            best = min(near, key=lambda each: abs(each[0] - left))
            told.remove(best)
            errors.append(abs(best[0] - left))
    return errors, len(told), len(case.truth.absences) - len(errors)


class Played(NamedTuple):
    """A hall as an engine saw it, and what is known of its students: from all photographs, and from one."""

    film: Film
    several: Mapping[str, Template]
    single: Mapping[str, Template]


def play(engine: Engine, scripts: Sequence[Script]) -> list[Played]:
    """Return halls as an engine sees them; those in the cache at once."""
    played = []
    with Progress(transient=True) as bar:
        for script in scripts:
            task = bar.add_task(f"{script.name}, {script.width}x{script.height}, {engine.name}", total=None)
            seen = film(script, engine, progress=partial(advance, bar, task))
            bar.remove_task(task)
            played.append(Played(seen, enrolled(script, engine), enrolled(script, engine, 1)))
    return played


def advance(bar: Progress, task: TaskID, done: int, total: int) -> None:
    """Show how far a film is."""
    bar.update(task, completed=done, total=total)


def say(
    halls: Sequence[Played], calibration: Calibration, *, single: bool = False, every: timedelta = timedelta(0)
) -> list[Case]:
    """Return what Naul says of everybody in all halls."""
    cases = []
    for each in halls:
        templates = each.single if single else each.several
        cases += naul(each.film, facts_of(each.film, templates, calibration, every=every), templates, calibration)
    return cases


def accuracy(title: str) -> Table:
    """Return the empty table of what was right."""
    return Table(
        "rule", "students", "right", "absent\nnamed", "present told\nabsent", "departures", "wrong", "missed",
        "off by, s\nmedian / 95 %", "arrival off, s\nmedian / 95 %", title=title,
    )  # fmt: skip


def row(name: str, cases: Sequence[Case]) -> list[str]:
    """Return a line of the table."""
    found = score(cases)
    return [
        name,
        str(found.students),
        f"{found.right / found.students:.1%}",
        str(found.proxies),
        str(found.told_absent),
        str(found.departures),
        str(found.wrong),
        str(found.missed),
        _spread(found.departure_errors),
        _spread(np.abs(found.arrival_errors)),
    ]


def _spread(errors: NDArray[np.float64]) -> str:
    return " / ".join(f"{each:.0f}" for each in np.percentile(errors, (50, 95))) if len(errors) else "-"


def reliability(cases: Sequence[Case]) -> Table:
    """Return how often verdicts are right, by how sure they are said to be; unobserved claims nothing."""
    table = Table("confidence", "verdicts", "right", title="is confidence a probability?")
    claimed = [case for case in cases if case.said.verdict != "unobserved"]
    for low, high in ((0.0, 0.5), (0.5, 0.8), (0.8, 0.9), (0.9, 0.99), (0.99, 1.01)):
        mine = [case.said.verdict == case.truth.verdict for case in claimed if low <= case.said.confidence < high]
        if mine:
            table.add_row(f"{low:.2f} to {min(high, 1):.2f}", str(len(mine)), f"{np.mean(mine):.1%}")
    return table


def _no_places(hall: Hall, named: NDArray[np.intp], student: int) -> list[places.Place]:
    mine = np.flatnonzero(named == student)
    return [
        places.Place(int(view), 0.0, 0.0, 1.0, mine[hall.view[mine] == view]) for view in np.unique(hall.view[mine])
    ]


def _only_his(hall: Hall, named: NDArray[np.intp], student: int, cluster: places.Place) -> places.Place | None:
    place = _his(hall, named, student, cluster)
    return place and place._replace(faces=place.faces[named[place.faces] == student])


_his = places._his
_flat = {"seat_term": lambda hall, _: np.zeros(len(hall.frame))}

_names_alone = {"associate": lambda looks, identities, named, **_: Association(list(identities), named)}
NAMES_ALONE: Step = (
    "names alone: no tracklets",
    ((recognition, _names_alone),),
)
FIXED_SHARE: Step = (
    "a fifth of the faces are strangers, whatever the hour tells",
    ((identity.Identification, {"odds": lambda _, identities: prior(len(identities))}),),
)
TWO_PLACES: Step = (
    "one person may be at two places at once",
    ((identity.Identification, {"_at_once": lambda *_: False}),),
)


STEPS: tuple[Step, ...] = (
    ("everything", ()),
    ("only looks taken for him, not all at his place", ((places, {"_his": _only_his}),)),
    (
        "no places: looks from anywhere, no seats, no tracklets",
        ((recognition, {"places_of": _no_places, **_flat, **_names_alone}),),
    ),
    ("names are not given again with the seats known", ((recognition, _flat),)),
    ("the certain ones stay candidates", ((identity, {"ROUNDS": 1}),)),
    ("fixed units, not those of the hall", ((recognition, {"units": lambda _, c: Units(c.center, c.spread)}),)),
    NAMES_ALONE,
    FIXED_SHARE,
    TWO_PLACES,
)
"""What the rule is without each of its steps."""


@contextmanager
def without(step: Step) -> Iterator[str]:
    """Let the rule be without one of its steps, and give its name."""
    name, parts = step
    with ExitStack() as stack:
        for where, what in parts:
            stack.enter_context(patch.multiple(where, **what))
        yield name


def ablation(halls: Sequence[Played], calibration: Calibration, steps: Sequence[Step]) -> Iterator[list[str]]:
    """Yield what is right without each step."""
    for step in steps:
        with without(step) as name:
            yield row(name, say(halls, calibration))


def tables(faces: str, halls: int = 10, first: int = 101, *, short: bool = False) -> Iterator[Table]:
    """Yield what was measured with the default engine."""
    engine = load_engine(DEFAULT)
    engine.quicken("auto")
    plays = scripts(faces, halls, first, EVERY)
    played, known, students = play(engine, plays), engine.calibration, len(plays[0].students)
    whose = "ORL" if faces == "orl" else Path(faces).name
    table = accuracy(f"{halls} class hours of {students} students, people of {whose}, {engine.id}+{engine.variant}")
    cases = say(played, known)
    table.add_row(*row("Naul, 1920x1080, a frame every 10 s, 2 photos", cases))
    table.add_row(*row("a frame every 20 s", say(played, known, every=2 * EVERY)))
    table.add_row(*row("1 photo", say(played, known, single=True)))
    if not short:
        small = scripts(faces, min(halls, SMALL), first, EVERY, width=1280, height=720)
        table.add_row(*row("1280x720 (faces 19 to 47 px)", say(play(engine, small), known)))
    usually = [case for each in played for case in usual(each.film, photos_of(each.film.script, engine))]
    table.add_row(*row("usual: nearest photo < 0.6, first and last seen", usually))
    yield table
    yield reliability(cases)
    steps = accuracy("what each step is worth: the rule without it")
    for line in ablation(played, known, STEPS):
        steps.add_row(*line)
    yield steps


def other(faces: str, name: str, home: Path | None, halls: int, first: int) -> Table:
    """Return what another engine gets right in the same halls."""
    engine = load_engine(name, home)
    engine.quicken("auto")
    played = play(engine, scripts(faces, halls, first, EVERY))
    table = accuracy(f"the engine {engine.id}")
    table.add_row(*row("2 photos", say(played, engine.calibration)))
    table.add_row(*row("1 photo", say(played, engine.calibration, single=True)))
    return table


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faces", default=faces_of_benchmark())
    parser.add_argument("--halls", type=int, default=10)
    parser.add_argument("--first-seed", type=int, default=101)
    parser.add_argument("--engine", help="another engine instead")
    parser.add_argument("--home", type=Path, help="of the site that has it")
    parser.add_argument("--short", action="store_true", help="without the halls of 1280x720")
    given = parser.parse_args()
    console = Console(width=150)
    if given.engine:
        console.print(other(given.faces, given.engine, given.home, given.halls, given.first_seed))
        return
    for table in tables(given.faces, given.halls, given.first_seed, short=given.short):
        console.print(table)


if __name__ == "__main__":
    main()
