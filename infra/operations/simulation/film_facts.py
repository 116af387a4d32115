"""From a film to what is judged: the same way that frames go in a site, without the broker."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import numpy as np

from infra.operations.simulation.film import Film, FilmFrame
from producers.simulated_hall import Script
from producers.simulated_hall.actors import people_of
from schemas.errors import RefusedError
from schemas.frames import FrameHeaders
from schemas.messages import Candidate, FrameRef, encode
from streams.attend.facts import seen
from streams.faces.calibration import Calibration
from streams.faces.engines import Engine
from streams.faces.pictures import Image, read_photo
from streams.faces.template_cipher import TemplateCipher
from streams.faces.templates import Template, blend, study
from streams.faces.values import Floats
from streams.judgement.judge import Hour, Person
from streams.judgement.observations import Facts
from streams.recognise.engine_runner import FrameFaces
from streams.recognise.observing import HourGallery, observe
from streams.reference.reference_data import NOBODY, Candidates

__all__ = ["candidates_of", "enrolled", "facts_of", "hour_of", "people_of_roster", "template_of"]


def enrolled(script: Script, engine: Engine, photos: int | None = None) -> dict[str, Template]:
    """Return the template of each student.

    photos: how many at most; by default as the script says.
    """
    people, found = people_of(script.faces, script.shuffle), {}
    for student in script.students:
        found[student.student_id] = template_of(engine, people.photos(student.face, script.photos)[:photos])
    return found


def template_of(engine: Engine, photos: Sequence[Path]) -> Template:
    """Return the template of photographs. One that shows several people is cut, as its refusal asks."""
    return blend([_share(engine, read_photo(file)) for file in photos])


def _share(engine: Engine, photo: Image) -> Floats:
    try:
        return study(engine, photo).share
    except RefusedError:
        height, width = photo.shape[:2]
        return study(engine, photo[height // 5 : -height // 5, width // 5 : -width // 5]).share


def people_of_roster(script: Script, templates: Mapping[str, Template]) -> list[Person]:
    """Return the roster of a script as it is judged."""
    return [
        Person(each.student_id, known.vector if known else None, known.photos if known else 0)
        for each in script.students
        for known in [templates.get(each.student_id)]
    ]


def hour_of(script: Script) -> Hour:
    """Return the first class hour of a script as it is judged."""
    return Hour(script.hours[0].starts_at.timestamp(), script.hours[0].ends_at.timestamp())


def facts_of(
    film: Film, templates: Mapping[str, Template], calibration: Calibration, *, every: timedelta = timedelta(0)
) -> Facts:
    """Return the facts of the first class hour of a film.

    every: least time between the frames that count.
    """
    cipher = TemplateCipher(bytes(32))
    gallery = HourGallery(film.script.hours[0], candidates_of(templates), cipher)
    facts, last = Facts(), None
    for number, shot in enumerate(film.shots):
        if last is not None and shot.moment - last < every:
            continue
        last = shot.moment
        observation = observe(
            _headers(film, shot),
            FrameRef(topic="film", partition=0, offset=number),
            FrameFaces(film.script.width, film.script.height, list(shot.found), shot.view),
            gallery,
            engine=film.engine,
            calibration=calibration,
        )
        facts = facts.with_(seen(observation, encode(observation), cipher=lambda: cipher))
    return facts


def candidates_of(templates: Mapping[str, Template]) -> Candidates:
    """Return the students with whom faces are compared."""
    if not templates:
        return NOBODY
    known = sorted(templates.items())
    return Candidates(
        tuple(Candidate(student_id=name, version=1) for name, _ in known),
        np.stack([each.vector for _, each in known]),
        np.array([each.photos for _, each in known]),
    )


def _headers(film: Film, shot: FilmFrame) -> FrameHeaders:
    script = film.script
    return FrameHeaders(hall=script.hall, camera=script.camera, captured_at=shot.moment, live=False, sequence=0)
