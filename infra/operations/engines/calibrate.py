"""Where a calibration comes from: simulated halls, photographs of a site's people, or its own class hours."""

import math
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import cycle
from pathlib import Path
from time import perf_counter
from typing import NamedTuple, Protocol

import msgspec

from enrollment.photos import DOUBTS, find_photos
from infra.operations.simulation.film import film, film_file
from infra.operations.simulation.labelled_faces import of_film, of_photos
from infra.operations.site.site_units import of_hours, units_of
from producers.simulated_hall import Scene, Script
from producers.simulated_hall.actors import people_of
from producers.simulated_hall.composed import compose
from schemas.errors import RefusedError
from schemas.settings import Settings
from schemas.translations import Text
from streams.faces.calibration import Calibration, Made, Proof, calibration_file, written
from streams.faces.cross_validation import proof
from streams.faces.engines import Engine, load_engine
from streams.faces.fitting import FEWEST_PEOPLE, Labelled, Scored, calibration_from, recalibrated, scored
from streams.faces.pictures import decode_jpeg
from streams.judgement.matching import STRANGER
from streams.reference.live_engine import live_engine

__all__ = [
    "CalibrateObserver",
    "CalibrateRequest",
    "Calibrated",
    "Fresh",
    "HallScores",
    "calibrate",
    "from_halls",
    "from_hours",
    "from_photos",
    "keep_calibration",
    "plays_of",
    "scores_of",
    "scripts",
    "seconds_to_film",
]

STRANGERS = 6
"""Of a hall."""

STUDENTS, MOST_STUDENTS = 0.75, 40
"""Part of the people who are students of a hall; the others differ from hall to hall, and some are its strangers."""

LARGE, SMALL = (1920, 1080), (1280, 720)
SIZES = (LARGE, SMALL, *[LARGE] * 6)
"""Of the pictures, from hall to hall. In large ones alone people who were photographed in one session are hardly ever
like somebody else, and what is fitted to them asks too much of small pictures, short hours and people on other days."""

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


class HallScores(NamedTuple):
    """What halls are fitted by: numbers alone, neither faces nor embeddings.

    several, single: a hall each, with templates of several photographs and of one. data: what was played, in words.
    people, faces: how many were seen.
    """

    several: Sequence[Scored]
    single: Sequence[Scored]
    data: str
    people: int
    faces: int


class CalibrateRequest(NamedTuple):
    """What a calibration is to be fitted to.

    engine: its name; None is the one that is set, or with ``from_site`` the live one. faces: as of ``Script``. halls:
    how many are simulated. seed: of the first one. every: between frames. from_site: to the site's own class hours
    instead; with photos (a folder) to these. output: where it is written; None is the site's file of the engine.
    """

    engine: str | None = None
    faces: str = "orl"
    halls: int = 8
    seed: int = 1
    every: timedelta = timedelta(seconds=30)
    from_site: bool = False
    photos: Path | None = None
    output: Path | None = None


class Calibrated(NamedTuple):
    """What stood before, what was found instead, for which engine, and the file that it goes into."""

    before: Calibration | None
    fresh: Fresh
    engine: Engine
    file: Path


class CalibrateObserver(Protocol):
    """Is told what happens meanwhile."""

    def filming(self, frames: int, seconds: float) -> None:
        """So many frames are filmed now, which takes about so long; 0 if all were filmed before."""

    def begin(self, what: str, total: int) -> None:
        """So many frames or photos are looked at now."""

    def advance(self, done: int) -> None:
        """So many more are done."""


def calibrate(settings: Settings, request: CalibrateRequest, observer: CalibrateObserver, now: datetime) -> Calibrated:
    """Fit a calibration; ``keep_calibration`` lets it hold. now: aware; of the engine that is live.

    Raises:
        RefusedError: too few people, photos or class hours, or no such engine.
        UnavailableError: the broker does not answer.
    """
    name = request.engine
    if name is None:
        by_hours = request.from_site and not request.photos
        name = live_engine(settings, now) if by_hours else settings.engine
    engine = load_engine(name, settings.home)
    before = _stands(engine)
    fresh = _fitted(settings, engine, request, observer)
    return Calibrated(before, fresh, engine, request.output or calibration_file(engine.name, settings.home))


def keep_calibration(found: Calibrated, command: str, now: datetime) -> None:
    """Write a calibration into its file, with what it was made of. command: makes it again. now: aware.

    Raises:
        RefusedError: the file cannot be written.
    """
    fresh = found.fresh
    made = Made(
        command=command,
        data=fresh.data,
        day=now.date(),
        engine=found.engine.id,
        people=fresh.people,
        faces=fresh.faces,
        several=fresh.several,
        single=fresh.single,
    )
    _write(found.file, msgspec.structs.replace(fresh.calibration, made=made))


def _fitted(settings: Settings, engine: Engine, request: CalibrateRequest, observer: CalibrateObserver) -> Fresh:
    if not request.from_site:
        plays = plays_of(request)
        frames = sum(len(script.moments()) for script in plays)
        observer.filming(frames, seconds_to_film(engine, plays))
        observer.begin("filming", frames)
        return from_halls(scores_of(engine, plays, observer.advance))
    if request.photos:
        people = _people_in(request.photos)
        observer.begin("looking at photos", sum(map(len, people.values())))
        return from_photos(engine, people, observer.advance)
    return from_hours(engine, settings)


def _people_in(folder: Path) -> dict[str, tuple[Path, ...]]:
    """Return whose photos a folder holds; no roster is asked, and a name need not be on one.

    Raises:
        RefusedError: it is not plain of some photos whose they are: a wrong name would spoil the calibration.
    """
    found = find_photos(folder)
    doubtful = [each for each in found.ignored if each.why in DOUBTS]
    if doubtful:
        raise RefusedError(
            Text(
                "it is not plain whose photos these are: {names}",
                names=", ".join(str(each.path) for each in doubtful[:3]),
            ),
            "Make a folder for each person.",
        )
    return found.people


def _stands(engine: Engine) -> Calibration | None:
    try:
        return engine.calibration
    except RefusedError:
        return None


def _write(file: Path, calibration: Calibration) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_name(f"{file.name}.part")
        part.write_text(written(calibration), "utf-8")
        part.replace(file)
    except OSError as error:
        raise RefusedError(
            Text("cannot write {file}: {strerror}", file=file, strerror=error.strerror), "Choose another --output."
        ) from error


def plays_of(request: CalibrateRequest) -> list[Script]:
    """Return the halls that a calibration is fitted to, in pictures of SIZES.

    Raises:
        RefusedError: too few people; the message says how many are missing.
    """
    return [
        scripts(request.faces, 1, request.seed + n, request.every, width=width, height=height)[0]
        for n, (width, height) in zip(range(request.halls), cycle(SIZES), strict=False)
    ]


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
            Text(
                "{faces}: {people} people have {pictures} pictures or more, {wanted} are needed: {missing} are missing",
                faces=faces,
                people=people,
                pictures=PICTURES,
                wanted=wanted,
                missing=wanted - people,
            ),
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


def scores_of(engine: Engine, plays: Sequence[Script], advance: Callable[[int], None]) -> HallScores:
    """Film these scripts, and compare who was seen with who is enrolled.

    advance: is called with the number of frames that were done.
    """
    lessons = []
    for script in plays:
        if film_file(script, engine).exists():
            advance(len(script.moments()))
        lessons.append(of_film(film(script, engine, progress=lambda *_: advance(1)), engine))
    return HallScores(
        [scored(each, each.several) for each in lessons],
        [scored(each, each.single) for each in lessons],
        _in_words(plays),
        *_size(lessons),
    )


def _in_words(plays: Sequence[Script]) -> str:
    first = plays[0]
    sizes = dict.fromkeys(
        f"{each.width}x{each.height} (faces {each.farthest:.0f} to {each.nearest:.0f} px)" for each in plays
    )
    return (
        f"{len(plays)} simulated halls of {len(first.students)} students with {first.photos} photographs each and "
        f"{len(first.strangers)} strangers, {' and '.join(sizes)}, pictures of {first.faces}"
    )


def from_halls(halls: HallScores) -> Fresh:
    """Fit a calibration to halls, and try it on people it was not fitted to."""
    return Fresh(
        calibration_from(halls.several, halls.single),
        halls.data,
        halls.people,
        halls.faces,
        proof(halls.several, 2, STRANGER),
        proof(halls.single, 1, STRANGER),
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
