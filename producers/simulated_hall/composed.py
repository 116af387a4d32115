"""A class hour made up by chance, to measure with: everybody who can be mistaken sits in it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from producers.simulated_hall.actors import people_of
from producers.simulated_hall.geometry import room
from producers.simulated_hall.script import Role, Script, Stretch, StudentRole
from schemas.errors import RefusedError
from schemas.messages import ClassHour
from schemas.translations import Text

__all__ = ["compose"]

Stay = tuple[float, float]
"""From and to, minutes of the class hour."""

STARTS_AT = datetime(2026, 3, 9, tzinfo=UTC)
MINUTES = 50.0
ALWAYS: tuple[Stay, ...] = ((0, MINUTES),)

_FATES = ("late", "late", "early", "early", "out", "out", "break", "break", "absent", "absent", "absent", "absent")
"""What happens to twelve of forty students; the others are there all the time."""

_SEATS_TAKEN_BY_STRANGERS = 3
"""Of the absent students' seats."""

_LEAST_PICTURES = 4


def compose(
    seed: int,
    faces: str = "orl",
    *,
    students: int = 40,
    strangers: int = 6,
    photos: int = 2,
    every: timedelta = timedelta(seconds=10),
    width: int = 1920,
    height: int = 1080,
) -> Script:
    """Return a class hour of 50 minutes: who comes late, leaves, is away for a while, is absent, is a stranger.

    faces: as of ``Script``; of whoever has four pictures, some are students, others strangers. photos: of a student
    that are enrolled. Faces are 28 to 70 pixels wide in 1920x1080, heads are bent a third of the time, and in one hall
    of two the camera is dark for some minutes. The same arguments give the same script.

    Raises:
        RefusedError: there are too few people or seats.
    """
    rng = np.random.default_rng(seed)
    scale = width / 1920
    nearest, farthest = 70 * scale, 28 * scale
    seats = list(room(width, height, nearest, farthest).seats)
    cast, places = _cast(rng, faces, seats, students + strangers)
    roster = _roster(rng, seed, cast[:students], places)
    free = [each.seat for each in roster if not each.here][:_SEATS_TAKEN_BY_STRANGERS]
    others = tuple(
        Role(face=face, seat=seat, here=_stretches(_stays("there" if n % 3 else "late", rng)))
        for n, (face, seat) in enumerate(zip(cast[students:], [*free, *places[students:]], strict=False))
    )
    dark = [_outage(rng)] if seed % 2 else []
    end = STARTS_AT + timedelta(minutes=MINUTES)
    hour = ClassHour(section="EA0017-1", hall="E101", date=STARTS_AT.date(), period=1, starts_at=STARTS_AT, ends_at=end)
    return Script(
        name=f"composed-{seed}",
        hall="E101",
        camera="front",
        zone="Asia/Seoul",
        record=Stretch(STARTS_AT, end),
        dark=_stretches(dark),
        every=every,
        width=width,
        height=height,
        seed=seed,
        heads_down=0.33,
        faces=faces,
        hours=(hour,),
        students=roster,
        strangers=others,
        lecturer=None,
        photos=photos,
        shuffle=seed,
        nearest=nearest,
        farthest=farthest,
        face_shown=timedelta(0),
    )


def _cast(rng: np.random.Generator, faces: str, seats: Sequence[str], people: int) -> tuple[list[str], list[str]]:
    """Return whose faces play, and on which seats.

    Raises:
        RefusedError: there are too few people or seats.
    """
    names = people_of(faces).names(pictures=_LEAST_PICTURES)
    if len(names) < people:
        raise RefusedError(
            Text(
                "{faces}: {count} people have {pictures} pictures, {people} are needed",
                faces=faces,
                count=len(names),
                pictures=_LEAST_PICTURES,
                people=people,
            ),
            "Take fewer students and strangers, or a folder with more people.",
        )
    if len(seats) < people:
        raise RefusedError(
            Text("{count} seats for {people} people", count=len(seats), people=people), "Take fewer people."
        )
    cast = [str(each) for each in rng.permutation(names)[:people]]
    return cast, [str(each) for each in rng.permutation(seats)[:people]]


def _roster(rng: np.random.Generator, seed: int, cast: Sequence[str], places: Sequence[str]) -> tuple[StudentRole, ...]:
    """Return the students, each with what happens to him."""
    fates = [_FATES[n] if n < len(_FATES) * len(cast) // 40 else "there" for n in range(len(cast))]
    rng.shuffle(fates)
    return tuple(
        StudentRole(
            face=face,
            seat=places[n],
            here=_stretches(_stays(fates[n], rng)),
            student_id=f"2019{seed % 1000:03d}{n:02d}",
            name=f"학생 {n + 1}",
            story=fates[n],
        )
        for n, face in enumerate(cast)
    )


def _stays(fate: str, rng: np.random.Generator) -> tuple[Stay, ...]:
    def minutes(low: float, high: float) -> float:
        return round(float(rng.uniform(low, high)), 2)

    match fate:
        case "late":
            return ((minutes(12, 30), MINUTES),)
        case "early":
            return ((0, minutes(15, 37)),)
        case "out":
            left = minutes(8, 28)
            return ((0, left), (left + minutes(7, 14), MINUTES))
        case "break":
            left = minutes(8, 40)
            return ((0, left), (left + minutes(1.5, 3), MINUTES))
        case "absent":
            return ()
    # Most are in their seats when it begins, and some not quite.
    return ((minutes(0, 6), MINUTES),) if rng.random() < 0.2 else ALWAYS


def _outage(rng: np.random.Generator) -> Stay:
    start = float(rng.uniform(8, 35))
    return start, start + float(rng.uniform(4, 9))


def _stretches(stays: Sequence[Stay]) -> tuple[Stretch, ...]:
    return tuple(
        Stretch(STARTS_AT + timedelta(minutes=start), STARTS_AT + timedelta(minutes=end)) for start, end in stays
    )
