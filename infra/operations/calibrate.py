"""Where a calibration comes from: simulated halls, photographs of a site's people, or its own class hours."""

import math
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import msgspec

from infra.operations.simulation.film import film, film_file
from infra.operations.simulation.labelled_faces import of_film, of_photos
from infra.operations.site_units import of_hours, units_of
from producers.simulated_hall import Scene, Script
from producers.simulated_hall.actors import people_of
from producers.simulated_hall.composed import compose
from schemas.errors import RefusedError
from schemas.settings import Settings
from streams.faces.calibration import Calibration, Proof
from streams.faces.cross_validation import proof
from streams.faces.engines import Engine
from streams.faces.fitting import FEWEST_PEOPLE, Labelled, calibration_from, recalibrated, scored
from streams.faces.pictures import decode_jpeg
from streams.judgement.matching import STRANGER

__all__ = ["Fresh", "from_halls", "from_hours", "from_photos", "scripts", "seconds_to_film"]

STRANGERS = 6
"""Of a hall."""

STUDENTS, MOST_STUDENTS = 0.75, 40
"""Part of the people who are students of a hall; the others differ from hall to hall, and some are its strangers."""

PICTURES = 4
"""That a person must have to play: two are enrolled, the others sit in the hall."""


class Fresh(NamedTuple):
    """A calibration, what it was fitted to, in words and numbers, and how well it holds for others."""

    calibration: Calibration
    data: str
    people: int
    faces: int
    several: Proof | None = None
    single: Proof | None = None


def scripts(
    faces: str, halls: int, seed: int, every: timedelta, *, width: int = 1920, height: int = 1080
) -> list[Script]:
    """Return halls in which these people play (faces: as of ``Script``).

    Raises:
        RefusedError: they are too few; the message says how many are missing.
    """
    people = len(people_of(faces).names(pictures=PICTURES))
    students = min(MOST_STUDENTS, int(people * STUDENTS))
    if students < FEWEST_PEOPLE:
        wanted = math.ceil(FEWEST_PEOPLE / STUDENTS)
        raise RefusedError(
            f"{faces}: {people} people have {PICTURES} pictures or more, {wanted} are needed: "
            f"{wanted - people} are missing",
            "Give a folder with more people, or leave --faces out: then those of ORL play.",
        )
    seeds = range(seed, seed + halls)
    return [
        compose(each, faces, students=students, strangers=STRANGERS, every=every, width=width, height=height)
        for each in seeds
    ]


def seconds_to_film(engine: Engine, plays: Sequence[Script]) -> float:
    """Return about how long it takes to film what was not filmed before; it is tried on one frame."""
    new = [script for script in plays if not film_file(script, engine).exists()]
    if not new:
        return 0.0
    scene, moment = Scene(new[0]), new[0].moments()[0]
    engine.look(decode_jpeg(scene.jpeg(moment)))  # the first one is slower than all others
    start = perf_counter()
    engine.look(decode_jpeg(scene.jpeg(moment)))
    return (perf_counter() - start) * sum(len(script.moments()) for script in new)


def from_halls(engine: Engine, plays: Sequence[Script], advance: Callable[[int], None]) -> Fresh:
    """Fit a calibration to films of these scripts. advance: is called with the number of frames that were done."""
    lessons = []
    for script in plays:
        if film_file(script, engine).exists():
            advance(len(script.moments()))
        lessons.append(of_film(film(script, engine, progress=lambda *_: advance(1)), engine))
    several = [scored(each, each.several) for each in lessons]
    single = [scored(each, each.single) for each in lessons]
    first = plays[0]
    return Fresh(
        calibration_from(several, single),
        f"{len(plays)} simulated halls of {len(first.students)} students with {first.photos} photographs each and "
        f"{len(first.strangers)} strangers, {first.width}x{first.height}, faces {first.farthest:.0f} to "
        f"{first.nearest:.0f} px, pictures of {first.faces}",
        *_size(lessons),
        proof(several, 2, STRANGER),
        proof(single, 1, STRANGER),
    )


def from_photos(engine: Engine, people: dict[str, tuple[Path, ...]], advance: Callable[[int], None]) -> Fresh:
    """Adjust the calibration that stands to photographs of a site's people."""
    lessons = of_photos(engine, people, advance)
    several = [scored(each, each.several) for each in lessons if each.several]
    single = [scored(each, each.single) for each in lessons]
    what = "photographs of the site's people, each seen from afar while the others were enrolled; center and spread, "
    return Fresh(
        recalibrated(engine.calibration, several, single), f"{what}and what more looks add, as before", *_size(lessons)
    )


def from_hours(engine: Engine, settings: Settings) -> Fresh:
    """Give the calibration that stands the units of a site's own class hours."""
    found = units_of(of_hours(settings, engine.id))
    center, spread = found.units
    calibration = msgspec.structs.replace(engine.calibration, center=center, spread=spread)
    return Fresh(
        calibration, f"{found.hours} class hours of the site, nobody labelled; the rest as before", 0, found.faces
    )


def _size(lessons: Sequence[Labelled]) -> tuple[int, int]:
    return len({name for each in lessons for name in each.who.tolist()}), sum(len(each.who) for each in lessons)
