"""An engine on trial: does it find faces, tell people apart, and say the same twice? The faces are the ORL pictures."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np

from producers.simulated_hall.actors import people_of
from schemas.errors import NaulError
from schemas.translations import Text
from streams.faces.engines import Engine, engine_id, load_engine
from streams.faces.pictures import Image
from streams.faces.values import Floats, Found
from streams.faces.weights import read_weight

__all__ = ["CheckedEngine", "EngineCheck", "check_engine", "check_named", "faults"]

PEOPLE, PICTURES = 20, 4

LEAST_FOUND = 0.9
"""Of the faces, 75 px wide and from the front."""

LEAST_TOLD_APART = 0.95
"""Of the pairs of one person: more alike than 99 in 100 pairs of two. Sound engines have 1; with the alignment of
another one 0.93, with another range of pixels 0.46. The pictures are grey and easy: red for blue changes nothing."""

_COLUMNS, _WIDE, _TALL = 5, 256, 180


@dataclass(frozen=True, slots=True)
class EngineCheck:
    """What came out.

    faces, found: shown and found. same, different: cosines of pairs of one person and of two.
    steady: the largest difference between two looks at one frame. milliseconds: of a look, the median.
    """

    faces: int
    found: int
    same: Floats
    different: Floats
    steady: float
    milliseconds: float

    @property
    def told_apart(self) -> float:
        """Share of the pairs of one person that are more alike than 99 in 100 pairs of two."""
        if not len(self.same) or not len(self.different):
            return 0.0
        return float(np.mean(self.same > np.quantile(self.different, 0.99)))


class CheckedEngine(NamedTuple):
    """An engine, how it did, and what is wrong with it: nothing if it is fit to be used."""

    engine: Engine
    check: EngineCheck
    wrong: tuple[str, ...]


def check_named(name: str, home: Path) -> CheckedEngine:
    """Let an engine of a home look at some people.

    Raises:
        RefusedError: there is no such engine, or the ORL faces are not installed.
    """
    engine = load_engine(name, home)
    check = check_engine(engine)
    wrong = faults(engine, check)
    registered = engine_id(name, home)
    if (engine.name, engine.id) != (name, registered):
        wrong.append(
            Text(
                "it calls itself {name}, {id}; its registration {registered}",
                name=engine.name,
                id=engine.id,
                registered=registered,
            )
        )
    return CheckedEngine(engine, check, tuple(wrong))


def check_engine(engine: Engine) -> EngineCheck:
    """Let an engine look at some people.

    Raises:
        RefusedError: the ORL faces are not installed.
    """
    looks: dict[int, list[Floats]] = {}
    times, frames = [], list(_frames())
    steady = _difference(engine.look(frames[0]), engine.look(frames[0]))
    for frame in frames:
        began = time.perf_counter()
        faces = engine.look(frame)
        times.append(time.perf_counter() - began)
        for person, face in _seated(faces).items():
            looks.setdefault(person, []).append(face.embedding / np.linalg.norm(face.embedding))
    same = [a @ b for those in looks.values() for a, b in combinations(those, 2)]
    different = [a @ b for those, others in combinations(looks.values(), 2) for a in those for b in others]
    return EngineCheck(
        faces=PEOPLE * PICTURES,
        found=sum(map(len, looks.values())),
        same=np.array(same, np.float32),
        different=np.array(different, np.float32),
        steady=steady,
        milliseconds=1000 * float(np.median(times)),
    )


def faults(engine: Engine, trial: EngineCheck) -> list[str]:
    """Return what is wrong with an engine, each in a line; nothing if it is fit to be used."""
    found = []
    for weight in engine.weights:
        try:
            read_weight(weight)
        except NaulError as error:
            found.append(error.message)
    if trial.found < LEAST_FOUND * trial.faces:
        found.append(
            Text(
                "it finds {found} of {count} faces; is the detector's threshold too high?",
                found=trial.found,
                count=trial.faces,
            )
        )
    elif not trial.told_apart >= LEAST_TOLD_APART:
        found.append(
            Text(
                "it tells people apart in {share:.0%} of the pairs; are mean, scale and alignment right?",
                share=trial.told_apart,
            )
        )
    if trial.steady > 1e-5:
        found.append(Text("it does not say the same twice: embeddings differ by {steady:.2g}", steady=trial.steady))
    return found


def _frames() -> Iterator[Image]:
    """Yield a frame of 1280 x 720 for each picture: everybody in a seat of his own, before a grey wall."""
    people = people_of("orl")
    portraits = [people.portraits(name, enrolled=0)[:PICTURES] for name in people.names()[:PEOPLE]]
    for pictures in zip(*portraits, strict=True):
        frame = np.full((_TALL * PEOPLE // _COLUMNS, _WIDE * _COLUMNS, 3), 110, np.uint8)
        for seat, picture in enumerate(pictures):
            height, width = picture.shape[:2]
            y, x = seat // _COLUMNS * _TALL + (_TALL - height) // 2, seat % _COLUMNS * _WIDE + (_WIDE - width) // 2
            frame[y : y + height, x : x + width] = picture
        yield frame


def _seated(faces: list[Found]) -> dict[int, Found]:
    """Return who sits where, the best score first come."""
    seats: dict[int, Found] = {}
    for face in faces:
        x1, y1, x2, y2 = face.box
        column, row = int((x1 + x2) / 2 // _WIDE), int((y1 + y2) / 2 // _TALL)
        seats.setdefault(row * _COLUMNS + column, face)
    return seats


def _difference(one: list[Found], other: list[Found]) -> float:
    """Return by how much the embeddings of two looks differ at most, of unit length; infinite if the faces do."""
    if [face.box for face in one] != [face.box for face in other]:
        return np.inf
    pairs = [(a.embedding, b.embedding) for a, b in zip(one, other, strict=True)]
    return max((float(np.abs(a - b).max() / np.linalg.norm(a)) for a, b in pairs), default=0.0)
