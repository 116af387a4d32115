"""What is said of students who change their seats: single ones during the hour, and half the class after a break.

    python -m tests.benchmarks.seat_changes [--faces DIR] [--first-seed 201]

A departure is wrong if the script knows none then: whoever moves was told to have left.
"""

import argparse
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial

import msgspec
import numpy as np
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from infra.operations.engines.calibrate import scripts
from infra.operations.simulation.film import refilmed
from producers.simulated_hall import Script
from producers.simulated_hall.geometry import room
from producers.simulated_hall.script import SeatMove, Stretch, StudentRole
from streams.faces.engines import DEFAULT, load_engine
from tests.benchmarks.crowd import faces_of_benchmark
from tests.benchmarks.halls import Played, accuracy, advance, play, row, say

EVERY = timedelta(seconds=20)
"""Between frames."""

HALLS = 4
SINGLE_MOVES = (12.0, 20.0, 28.0, 36.0)
"""Minutes of the class hour in which one student moves to a free seat."""

BREAK = 23.0, 25.0
"""Minutes; whoever goes out sits elsewhere afterwards."""

STAYS = timedelta(minutes=5)
"""After the break, at least; whoever is there for a moment only may as well have left when it began."""


def single_moves(script: Script) -> Script:
    """Return the script with four students who move, one after the other, to seats that are free all the time."""
    rng = np.random.default_rng([script.seed, 1])
    taken = {each.seat for each in script.seated}
    free = [
        seat for seat in room(script.width, script.height, script.nearest, script.farthest).seats if seat not in taken
    ]
    who, where = rng.permutation([each.face for each in _always_there(script)]), rng.permutation(free)
    moves = tuple(
        SeatMove(face=str(face), at=_minute(script, at), seat=str(seat))
        for face, seat, at in zip(who, where, SINGLE_MOVES, strict=False)
    )
    return msgspec.structs.replace(script, moves=moves)


def half_the_class(script: Script) -> Script:
    """Return the script with half of the students out in the break, and then on one another's seats."""
    rng = np.random.default_rng([script.seed, 2])
    left, back = (_minute(script, each) for each in BREAK)
    there = [each for each in script.students if any(left in stay and back + STAYS in stay for stay in each.here)]
    movers = [there[place] for place in rng.permutation(len(there))[: len(script.students) // 2]]
    seats = rng.permutation([each.seat for each in movers])
    moves = tuple(SeatMove(face=each.face, at=back, seat=str(seat)) for each, seat in zip(movers, seats, strict=True))
    students = tuple(_away(each, left, back) if each in movers else each for each in script.students)
    return msgspec.structs.replace(script, moves=moves, students=students)


KINDS: tuple[tuple[str, Callable[[Script], Script], float], ...] = (
    ("one student moves, four times an hour", single_moves, SINGLE_MOVES[0]),
    ("half the class changes seats in a break", half_the_class, BREAK[0]),
)
"""What happens, the script of it, and the minute from which the hour is another."""


def _minute(script: Script, minute: float) -> datetime:
    return script.hours[0].starts_at + timedelta(minutes=minute)


def _always_there(script: Script) -> list[StudentRole]:
    hour = script.hours[0]
    return [
        each
        for each in script.students
        if len(each.here) == 1 and each.here[0].starts_at <= hour.starts_at and each.here[0].ends_at >= hour.ends_at
    ]


def _away(student: StudentRole, left: datetime, back: datetime) -> StudentRole:
    here: list[Stretch] = []
    for stay in student.here:
        parts = (Stretch(stay.starts_at, left), Stretch(back, stay.ends_at)) if left in stay else (stay,)
        here += [part for part in parts if part.starts_at < part.ends_at]
    return msgspec.structs.replace(student, here=tuple(here))


def tables(faces: str, first: int) -> Iterator[Table]:
    """Yield what was measured with the default engine."""
    engine = load_engine(DEFAULT)
    engine.quicken("auto")
    halls = play(engine, scripts(faces, HALLS, first, EVERY))
    table = accuracy(f"{HALLS} class hours of {len(halls[0].film.script.students)} students, {engine.id}")
    for name, photos in (("nobody moves", 2), ("the same, 1 photo", 1)):
        table.add_row(*row(name, say(halls, engine.calibration, single=photos == 1)))
    for name, change, since in KINDS:
        moved = []
        with Progress(transient=True) as bar:
            for hall in halls:
                script, hour = change(hall.film.script), hall.film.script.hours[0]
                task = bar.add_task(f"{name}, {script.name}", total=None)
                when = (Stretch(_minute(script, since), hour.ends_at),)
                film = refilmed(hall.film, script, when, engine, progress=partial(advance, bar, task))
                moved.append(Played(film, hall.several, hall.single))
                bar.remove_task(task)
        table.add_row(*row(name, say(moved, engine.calibration)))
        table.add_row(*row("the same, 1 photo", say(moved, engine.calibration, single=True)))
    yield table


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faces", default=faces_of_benchmark())
    parser.add_argument("--first-seed", type=int, default=201)
    given = parser.parse_args()
    for table in tables(given.faces, given.first_seed):
        Console(width=150).print(table)


if __name__ == "__main__":
    main()
