"""Whom Naul names in a hall of another class: full hours in which nobody of the roster is there.

    python -m tests.benchmarks.another_class [--faces DIR] [--others DIR] [--halls 10] [--first-seed 101]

The people of DIR sit in the hall, as in ``tests.benchmarks.halls``; every roster is 40 people of ``--others``, of whom
there must be two pictures: by default the folder ``others`` beside DIR. Two of their pictures are enrolled, or one.
"""

import argparse
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import msgspec
import numpy as np
from rich.console import Console
from rich.table import Table

from infra.operations.calibrate import scripts
from infra.operations.simulation.film import Film
from infra.operations.simulation.film_facts import template_of
from producers.simulated_hall.actors import people_of
from producers.simulated_hall.script import StudentRole
from schemas.errors import RefusedError
from streams.faces.engines import DEFAULT, Engine, load_engine
from streams.faces.templates import Template
from streams.judgement.judge import ANOTHER_CLASS
from tests.benchmarks.crowd import faces_of_benchmark
from tests.benchmarks.halls import EVERY, PRESENT, Played, play, say

STUDENTS = 40


class Absentees:
    """People who are in no hall, and their templates."""

    def __init__(self, folder: Path, engine: Engine) -> None:
        """Find everybody of whom there are two pictures.

        Raises:
            RefusedError: there are too few.
        """
        self._people = people_of(str(folder))
        self._names = self._people.names(pictures=2)
        self._template = cache(lambda name, photos: template_of(engine, self._people.pictures(name)[:photos]))
        if len(self._names) < STUDENTS:
            raise RefusedError(
                f"{folder}: {len(self._names)} people have two pictures, {STUDENTS} are needed",
                "Name a folder with more people: --others DIR.",
            )

    def instead(self, hall: Played) -> Played:
        """Return the hall with a roster of people who are not there."""
        rng = np.random.default_rng(hall.film.script.seed)
        roster = tuple(
            StudentRole(face=str(name), seat="", here=(), student_id=f"2020{number:05d}", name=str(name))
            for number, name in enumerate(rng.permutation(self._names)[:STUDENTS])
        )
        script = msgspec.structs.replace(hall.film.script, students=roster)
        return Played(Film(script, hall.film.engine, hall.film.shots), self._known(roster, 2), self._known(roster, 1))

    def _known(self, roster: Sequence[StudentRole], photos: int) -> dict[str, Template]:
        return {each.student_id: self._template(each.face, photos) for each in roster}


def tables(faces: str, others: Path, halls: int, first: int) -> Iterator[Table]:
    """Yield what was measured with the default engine."""
    engine = load_engine(DEFAULT)
    engine.quicken("auto")
    absentees = Absentees(others, engine)
    table = Table(
        "camera", "photos", "student-\nhours", "named\npresent", "un-\nobserved", "absent", "hours that ask whether the\ntimetable is right",
        title=f"another class in the hall: {halls} hours, rosters of {STUDENTS} people of {others.name}, {engine.id}",
    )  # fmt: skip
    for width, height in ((1920, 1080), (1280, 720)):
        played = [
            absentees.instead(each)
            for each in play(engine, scripts(faces, halls, first, EVERY, width=width, height=height))
        ]
        for photos in (2, 1):
            cases = [say([each], engine.calibration, single=photos == 1) for each in played]
            said = [case.said for hour in cases for case in hour]
            table.add_row(
                f"{width}x{height}", str(photos), str(len(said)),
                str(sum(each.verdict in PRESENT for each in said)),
                str(sum(each.verdict == "unobserved" for each in said)),
                str(sum(each.verdict == "absent" for each in said)),
                str(sum(any(ANOTHER_CLASS in case.said.reason for case in hour) for hour in cases)),
            )  # fmt: skip
    yield table


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faces", default=faces_of_benchmark())
    parser.add_argument("--others", type=Path)
    parser.add_argument("--halls", type=int, default=10)
    parser.add_argument("--first-seed", type=int, default=101)
    given = parser.parse_args()
    if given.others is None and given.faces == "orl":
        print("no other people: BENCH_FACES=DIR with a folder `others` beside it, or --others DIR")
        return
    others = given.others or Path(given.faces).parent / "others"
    for table in tables(given.faces, others, given.halls, given.first_seed):
        Console(width=150).print(table)


if __name__ == "__main__":
    main()
