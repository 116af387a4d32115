"""Whom Naul names in a hall of another class: full hours in which nobody of the roster is there.

    python -m tests.benchmarks.another_class [--faces DIR] [--others DIR] [--halls 10] [--first-seed 101]

The people of DIR sit in the hall, as in ``tests.benchmarks.halls``; every roster is 40 people of ``--others``, of whom
there must be two pictures: by default the folder ``others`` beside DIR. Two of their pictures are enrolled, or one.
"""

import argparse
from collections.abc import Iterator, Sequence
from functools import cache, partial
from itertools import islice
from pathlib import Path
from unittest.mock import patch

import msgspec
import numpy as np
from rich.console import Console
from rich.table import Table

from infra.operations.engines.calibrate import scripts
from infra.operations.simulation.film import Film
from infra.operations.simulation.film_facts import template_of
from producers.simulated_hall.actors import people_of
from producers.simulated_hall.script import StudentRole
from schemas.errors import RefusedError
from streams.faces.calibration import Calibration
from streams.faces.engines import DEFAULT, Engine, load_engine
from streams.faces.templates import Template
from streams.judgement import judge
from tests.benchmarks.crowd import faces_of_benchmark
from tests.benchmarks.halls import EVERY, FIXED_SHARE, PRESENT, TWO_PLACES, Played, play, say, without

STUDENTS = 40
WIDTH, HEIGHT = 1920, 1080


class Absentees:
    """People who are in no hall, and their templates."""

    def __init__(self, folder: Path, engine: Engine) -> None:
        """Keep the folder: a folder of pictures for each person."""
        self._folder = folder
        self._people = people_of(str(folder))
        self._known = cache(partial(self._templates, engine))

    def instead(self, hall: Played) -> Played:
        """Return the hall with a roster of people who are not there.

        Raises:
            RefusedError: too few have two pictures that can be enrolled.
        """
        rng = np.random.default_rng(hall.film.script.seed)
        names = (str(name) for name in rng.permutation(self._people.names(pictures=2)))
        chosen = list(islice(filter(self._known, names), STUDENTS))
        if len(chosen) < STUDENTS:
            raise RefusedError(
                f"{self._folder}: {len(chosen)} people have two pictures that can be enrolled, {STUDENTS} are needed",
                "Name a folder with more people: --others DIR.",
            )
        roster = tuple(
            StudentRole(face=name, seat="", here=(), student_id=f"2020{number:05d}", name=name)
            for number, name in enumerate(chosen)
        )
        several, single = ({each.student_id: self._known(each.face)[n] for each in roster} for n in (0, 1))
        script = msgspec.structs.replace(hall.film.script, students=roster)
        return Played(Film(script, hall.film.engine, hall.film.shots), several, single)

    def _templates(self, engine: Engine, name: str) -> tuple[Template, ...]:
        """Return the templates of two pictures and of one; none if they cannot be enrolled."""
        pictures = self._people.pictures(name)[:2]
        try:
            return template_of(engine, pictures), template_of(engine, pictures[:1])
        except RefusedError:
            return ()


def tables(faces: str, others: Path, halls: int, first: int) -> Iterator[Table]:
    """Yield what was measured with the default engine."""
    engine = load_engine(DEFAULT)
    engine.quicken("auto")
    absentees = Absentees(others, engine)
    table = Table(
        "camera", "photos", "student-\nhours", "named\npresent", "un-\nobserved", "absent",
        "is the timetable\nright? (hours)",
        title=f"another class in the hall: {halls} hours, rosters of {STUDENTS} people of {others.name}, {engine.id}",
    )  # fmt: skip
    for width, height in ((WIDTH, HEIGHT), (1280, 720)):
        played = [
            absentees.instead(each)
            for each in play(engine, scripts(faces, halls, first, EVERY, width=width, height=height))
        ]
        for photos in (2, 1):
            table.add_row(f"{width}x{height}", str(photos), *_row(played, engine.calibration, photos))
        for step in (FIXED_SHARE, TWO_PLACES) if width == WIDTH else ():
            with without(step) as name, patch.object(judge, "HARDLY_ANYBODY", 0):
                table.add_row(f"{name}, and nobody asks about the timetable", "2", *_row(played, engine.calibration, 2))
    yield table


def _row(halls: Sequence[Played], calibration: Calibration, photos: int) -> list[str]:
    hours = [[each.said for each in say([hall], calibration, single=photos == 1)] for hall in halls]
    said = [each for hour in hours for each in hour]
    return [
        str(len(said)),
        str(sum(each.verdict in PRESENT for each in said)),
        str(sum(each.verdict == "unobserved" for each in said)),
        str(sum(each.verdict == "absent" for each in said)),
        str(sum(any("another_class" in each.doubts for each in hour) for hour in hours)),
    ]


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
