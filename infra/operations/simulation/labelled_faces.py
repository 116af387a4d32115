"""Faces whose people are known: what a calibration is fitted to."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from infra.operations.simulation.film import NOT_PLAYED, Film
from producers.simulated_hall.actors import people_of
from schemas.errors import RefusedError
from schemas.translations import Text
from streams.faces.engines import Engine
from streams.faces.fitting import FEWEST_PEOPLE, Labelled
from streams.faces.pictures import read_photo
from streams.faces.portraits import sit
from streams.faces.templates import as_seen_from_afar, blend, study
from streams.faces.values import Floats

__all__ = ["AFAR", "Taken", "of_film", "of_photos", "photographed"]

MINUTE = 60.0

AFAR = (32.0, 24.0)
"""Widths in pixels of the face in the copies of a photograph that stand for looks in a hall."""


class Taken(NamedTuple):
    """What a photograph gives to a template, (d,), and how its face looks from afar, (len(AFAR), d)."""

    share: Floats
    views: Floats


def of_film(film: Film, engine: Engine) -> Labelled:
    """Return the faces of a film, and the students as their photographs show them: all photographs, and the first."""
    faces = [
        (found, person, int(shot.moment.timestamp() // MINUTE))
        for shot in film.shots
        for found, person in zip(shot.found, shot.who, strict=True)
        if person != NOT_PLAYED
    ]
    names = {each.student_id: each.face for each in film.script.students}
    people = people_of(film.script.faces, film.script.shuffle)
    shares = {face: _shares(engine, people.photos(face, film.script.photos)) for face in names.values()}
    return Labelled(
        embeddings=np.array([found.embedding for found, _, _ in faces], np.float32),
        # The same face plays another student in another hall, and a stranger in the next.
        who=np.array([names.get(person, person) for _, person, _ in faces], np.str_),
        group=np.array([minute for _, _, minute in faces], np.int64),
        several={face: blend(each).vector for face, each in shares.items() if len(each) > 1},
        single={face: blend(each[:1]).vector for face, each in shares.items() if each},
    )


def of_photos(
    engine: Engine, people: Mapping[str, Sequence[Path]], progress: Callable[[int], None] | None = None
) -> list[Labelled]:
    """Return lessons of photographs alone: in each, one of every person is seen from afar, the others are enrolled.

    progress: is called with the number of photographs that were looked at.

    Raises:
        RefusedError: too few people have two photographs that can be used.
    """
    taken = {}
    for name, files in people.items():
        taken[name] = list(photographed(engine, files))
        if progress is not None:
            progress(len(files))
    pairs = sum(len(those) > 1 for those in taken.values())
    if pairs < FEWEST_PEOPLE:
        raise RefusedError(
            Text(
                "{pairs} people have two photographs that can be used, {needed} are needed: {missing} are missing",
                pairs=pairs,
                needed=FEWEST_PEOPLE,
                missing=FEWEST_PEOPLE - pairs,
            ),
            "Take a second photograph of more people.",
        )
    lessons = (_lesson(taken, left) for left in range(max(map(len, taken.values()))))
    return [lesson for lesson in lessons if len(lesson.single) >= FEWEST_PEOPLE]


def _lesson(taken: Mapping[str, Sequence[Taken]], left: int) -> Labelled:
    seen = {name: those[left] for name, those in sorted(taken.items()) if len(those) > max(left, 1)}
    others = {name: [each.share for each in taken[name] if each is not seen[name]] for name in seen}
    several = {name: blend(shares).vector for name, shares in others.items() if len(shares) > 1}
    views = [view for each in seen.values() for view in each.views]
    return Labelled(
        embeddings=np.array(views, np.float32),
        who=np.repeat(np.array(list(seen), np.str_), len(AFAR)),
        group=np.zeros(len(views), np.int64),
        several=several if len(several) >= FEWEST_PEOPLE else {},
        single={name: blend(shares[:1]).vector for name, shares in others.items()},
    )


def photographed(engine: Engine, files: Sequence[Path]) -> Iterator[Taken]:
    """Yield what the photographs of a person give; those that an enrolment would refuse give nothing."""
    for file in files:
        try:
            photo = read_photo(file)
            share, sitting = study(engine, photo).share, sit(engine, photo)
        except RefusedError:
            continue
        views = [engine.embed(*as_seen_from_afar(sitting.image, sitting.face, width))[0] for width in AFAR]
        yield Taken(share, np.array(views))


def _shares(engine: Engine, photos: Sequence[Path]) -> list[Floats]:
    """Return what each photograph gives to a template; those that an enrolment would refuse give nothing."""
    shares = []
    for file in photos:
        try:
            shares.append(study(engine, read_photo(file)).share)
        except RefusedError:
            continue
    return shares
