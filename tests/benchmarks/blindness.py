"""What is said of students while nobody could have been seen: whole class hours with each kind of mishap.

    python -m tests.benchmarks.blindness [--faces DIR] [--first-seed 201] [--kinds KIND ...]

The plain hours are looked at once and kept in the cache; of each mishap only the frames that it changes. An hour is
judged with the mishap and without: a wrong claim that is made without it too does not come of it.
"""

import argparse
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple, TypeVar

import msgspec
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from infra.operations.engines.calibrate import scripts
from infra.operations.simulation.film import refilmed
from producers.simulated_hall import Script
from producers.simulated_hall.composed import compose
from producers.simulated_hall.mishaps import MISHAPS
from producers.simulated_hall.script import Mishap, Role, Stretch
from schemas.messages import Absence
from streams.faces.calibration import Calibration
from streams.faces.engines import DEFAULT, Engine, load_engine
from tests.benchmarks.crowd import faces_of_benchmark
from tests.benchmarks.halls import PRESENT, SAME_DEPARTURE, Case, Played, advance, play, say

EVERY = timedelta(seconds=20)
"""Between frames."""

WHEN: tuple[tuple[float, float], ...] = ((20, 7), (12, 10), (27, 5), (33, 10))
"""When a mishap begins in each class hour and how long it lasts, minutes."""

FLICKERING = "dark, every other frame"
LEFT_AT = 35.0
"""Minutes; everybody leaves then."""

FEW_STUDENTS = 8
"""Of the small halls that everybody leaves."""


R = TypeVar("R", bound=Role)


class Wrong(NamedTuple):
    """Who is wronged by what is said: students told absent, told late, and departures that were none."""

    absent: int
    late: int
    departures: int

    def __add__(self, other: object) -> "Wrong":
        """Return both together."""
        return Wrong(*(a + b for a, b in zip(self, other, strict=True))) if isinstance(other, Wrong) else NotImplemented


def mishaps(kind: str, script: Script, start: float, minutes: float) -> tuple[Mishap, ...]:
    """Return what happens to the camera of a class hour. start, minutes: of the class hour."""
    begins = script.hours[0].starts_at + timedelta(minutes=start)
    ends = begins + timedelta(minutes=minutes)
    if kind != FLICKERING:
        return (Mishap(kind=kind, when=Stretch(begins, ends)),)
    frames = [each for each in script.moments() if begins <= each < ends]
    return tuple(Mishap(kind="dark", when=Stretch(each, each + timedelta(seconds=1))) for each in frames[::2])


def wronged(case: Case, plain: Case) -> Wrong:
    """Return what is wrongly said of a student. plain: what is said of the same hour without the mishap."""
    said, truth = case.said.verdict, case.truth.verdict
    fresh = said != plain.said.verdict
    real = [each.departed_at for each in (*case.truth.absences, *plain.truth.absences)]
    without = [each.left_at for each in plain.said.absences]
    known = [*without, *(each.timestamp() for each in real)]
    return Wrong(
        absent=fresh and said == "absent" and truth in PRESENT,
        late=fresh and said == "late" and truth in ("present", "left_early"),
        departures=sum(all(abs(each.left_at - one) > SAME_DEPARTURE for one in known) for each in case.said.absences),
    )


def found(cases: Sequence[Case]) -> tuple[int, int]:
    """Return how many real departures were found, and all."""
    all_ = [(case, each) for case in cases for each in case.truth.absences]
    return sum(_told(case, each) for case, each in all_), len(all_)


def _told(case: Case, real: Absence) -> bool:
    left = real.departed_at.timestamp()
    return any(abs(each.left_at - left) <= SAME_DEPARTURE for each in case.said.absences)


def tables(faces: str, first: int, kinds: Sequence[str]) -> Iterator[Table]:
    """Yield what was measured with the default engine."""
    engine = load_engine(DEFAULT)
    engine.quicken("auto")
    halls = play(engine, scripts(faces, len(WHEN), first, EVERY))
    yield _of_kinds(engine, halls, kinds)
    leaving = [*scripts(faces, 2, first + len(WHEN), EVERY)]
    leaving += [
        compose(first + len(WHEN) + 2 + n, faces, students=FEW_STUDENTS, strangers=0, every=EVERY) for n in range(2)
    ]
    yield _of_leaving(engine.calibration, play(engine, [emptied(each) for each in leaving]))


def _of_kinds(engine: Engine, halls: Sequence[Played], kinds: Sequence[str]) -> Table:
    hours = ", ".join(f"{start:.0f} to {start + minutes:.0f}" for start, minutes in WHEN)
    table = Table(
        "mishap", "photos", "student-\nhours", "right", "wrongly\nabsent", "wrongly\nlate", "wrongly\nleft",
        "departures\nfound", "un-\nobserved", "review",
        title=f"{len(halls)} class hours, each with a mishap (minutes {hours}), {engine.id}+{engine.variant}; "
        "wrong is only what is not said without it",
    )  # fmt: skip
    plain = {photos: [say([each], engine.calibration, single=photos == 1) for each in halls] for photos in (2, 1)}
    for photos, cases in plain.items():
        table.add_row("none", str(photos), *_row(cases, cases))
    with Progress(transient=True) as bar:
        for kind in kinds:
            played = []
            for (start, minutes), hall in zip(WHEN, halls, strict=True):
                task = bar.add_task(f"{kind}, {hall.film.script.name}", total=None)
                what = mishaps(kind, hall.film.script, start, minutes)
                script, when = msgspec.structs.replace(hall.film.script, mishaps=what), [each.when for each in what]
                film = refilmed(hall.film, script, when, engine, progress=partial(advance, bar, task))
                played.append(hall._replace(film=film))
                bar.remove_task(task)
            for photos in (2, 1):
                cases = [say([each], engine.calibration, single=photos == 1) for each in played]
                table.add_row(kind.replace("_", " "), str(photos), *_row(cases, plain[photos]))
    return table


def _row(hours: Sequence[Sequence[Case]], plain: Sequence[Sequence[Case]]) -> list[str]:
    cases = [case for hour in hours for case in hour]
    usually = [case for hour in plain for case in hour]
    wrong = sum((wronged(*both) for both in zip(cases, usually, strict=True)), Wrong(0, 0, 0))
    right = sum(case.said.verdict == case.truth.verdict for case in cases) / len(cases)
    return [
        str(len(cases)),
        f"{right:.1%}",
        *map(str, wrong),
        " of ".join(map(str, found(cases))),
        str(sum(case.said.verdict == "unobserved" for case in cases)),
        str(sum(case.said.review for case in cases)),
    ]


def emptied(script: Script) -> Script:
    """Return the script with nobody left in the hall from a moment on."""
    left_at = script.hours[0].starts_at + timedelta(minutes=LEFT_AT)

    return msgspec.structs.replace(
        script,
        name=f"{script.name}-emptied",
        students=tuple(_until(each, left_at) for each in script.students),
        strangers=tuple(_until(each, left_at) for each in script.strangers),
    )


def _until(person: R, moment: datetime) -> R:
    stays = (Stretch(each.starts_at, min(each.ends_at, moment)) for each in person.here if each.starts_at < moment)
    return msgspec.structs.replace(person, here=tuple(stays))


def _of_leaving(calibration: Calibration, halls: Sequence[Played]) -> Table:
    table = Table(
        "everybody leaves at once", "photos", "hours", "student-\nhours", "right", "departures\nfound", "un-\nobserved",
        title=f"everybody who is there leaves at minute {LEFT_AT:.0f}",
    )  # fmt: skip
    small = [each for each in halls if len(each.film.script.students) == FEW_STUDENTS]
    large = [each for each in halls if each not in small]
    for these in (large, small):
        for photos in (2, 1):
            cases = say(these, calibration, single=photos == 1)
            right = sum(case.said.verdict == case.truth.verdict for case in cases) / len(cases)
            table.add_row(
                f"{len(these[0].film.script.students)} students", str(photos), str(len(these)), str(len(cases)),
                f"{right:.1%}", " of ".join(map(str, found(cases))),
                str(sum(case.said.verdict == "unobserved" for case in cases)),
            )  # fmt: skip
    return table


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faces", default=faces_of_benchmark())
    parser.add_argument("--first-seed", type=int, default=201)
    parser.add_argument("--kinds", nargs="+", default=[*MISHAPS, FLICKERING])
    given = parser.parse_args()
    console = Console(width=150)
    for table in tables(given.faces, given.first_seed, given.kinds):
        console.print(table)


if __name__ == "__main__":
    main()
