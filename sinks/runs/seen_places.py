"""Where students were seen, and who was taken for whom: the place of one who was not there. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from math import hypot
from statistics import median
from typing import NamedTuple, TypeAlias

import msgspec
import numpy as np

from schemas.messages import Moment
from schemas.translations import say
from sinks.runs.rows import StudentKey

__all__ = ["NOTHING", "Box", "Example", "FaceSeen", "Given", "Named", "RunSightings", "SeenPlace", "place_of"]

Box: TypeAlias = tuple[float, float, float, float]
"""x1, y1, x2, y2 in pixels of the frame."""


class FaceSeen(NamedTuple):
    """A face of a frame. student_id, visitor: who it was taken for there alone; empty is nobody."""

    camera: str
    captured_at: datetime
    student_id: str
    visitor: str
    box: Box


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """Whom else a place was given to. name: empty if the run does not know it."""

    student_id: str
    name: str
    frames: int

    def __str__(self) -> str:
        return self.said("en")

    def said(self, language: str) -> str:
        """Return it in words of a language."""
        who = f"{self.student_id} {self.name}".strip()
        return say(language, "{who} in {frames}", who=who, frames=self.frames)


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """A face that was given his name."""

    captured_at: Moment
    box: Box


class SeenPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where a student was seen, though he was not there: where most of the faces are that were given his name.

    box: the median of those. frames: of the class hour that show a face there, its middle within half a width; of two
    faces the nearer one. him, others, nobody: whose name it was given in them; elsewhere: other faces that got his.
    visitors: people of other courses who are like it, whoever it was given to.
    examples: the first, the middle and the last that got his name there.
    """

    camera: str
    box: Box
    frames: int
    him: int
    others: tuple[Given, ...]
    nobody: int
    elsewhere: int
    visitors: tuple[Given, ...]
    examples: tuple[Example, ...]

    def __str__(self) -> str:
        return self.said("en")

    def said(self, language: str) -> str:
        """Return it in words of a language."""
        tell = partial(say, language)
        x1, y1, x2, y2 = map(round, self.box)
        rest = "".join(f", {each.said(language)}" for each in self.others)
        likely = "".join(tell("; like the visitor {visitor}", visitor=each) for each in self.visitors)
        away = tell("; named him elsewhere in {count}", count=self.elsewhere) if self.elsewhere else ""
        return tell(
            "at {camera} {x1},{y1} to {x2},{y2}: of {frames} frames named him in {him}{rest}, "
            "nobody in {nobody}{likely}{away}",
            camera=self.camera,
            x1=x1,
            y1=y1,
            x2=x2,
            y2=y2,
            frames=self.frames,
            him=self.him,
            rest=rest,
            nobody=self.nobody,
            likely=likely,
            away=away,
        )


class Named(NamedTuple):
    """Where frames named a student in a class hour. camera: that most often did.

    width: the median of his faces there, in whole pixels, downwards; of two in the middle the wider one.
    """

    camera: str
    width: int


class RunSightings(NamedTuple):
    """What is known of verdicts by what was seen. places: of those who were not there; none where no frame named them.

    named: nothing of whom no frame named; None if the store holds no face of these class hours at all.
    """

    named: Mapping[StudentKey, Named] | None
    places: Mapping[StudentKey, SeenPlace]


NOTHING = RunSightings(None, {})


def place_of(student: str, faces: Sequence[FaceSeen], names: Mapping[str, str]) -> SeenPlace | None:
    """Return where a student was seen; None if no face was given his name in a frame alone.

    faces: all of the class hour. names: of students.
    """
    named = Counter(face.camera for face in faces if face.student_id == student)
    if not named:
        return None
    camera = min(named, key=lambda each: (-named[each], each))
    here = [face for face in faces if face.camera == camera]
    his = _densest(sorted(face for face in here if face.student_id == student))
    x1, y1, x2, y2 = (round(median(face.box[side] for face in his), 1) for side in range(4))
    there = list(_nearest(here, (x1, y1, x2, y2)))
    given = Counter(face.student_id for face in there)
    him = given.pop(student, 0)
    return SeenPlace(
        camera=camera,
        box=(x1, y1, x2, y2),
        frames=len(there),
        him=him,
        nobody=given.pop("", 0),
        elsewhere=named.total() - him,
        others=tuple(_given(given, names)),
        visitors=tuple(_given(Counter(face.visitor for face in there if face.visitor), names)),
        examples=tuple(
            Example(captured_at=his[number].captured_at, box=his[number].box)
            for number in sorted({0, len(his) // 2, len(his) - 1})
        ),
    )


def _densest(faces: Sequence[FaceSeen]) -> list[FaceSeen]:
    """Return those faces that are where most of them are: near the one that has most others within half its width."""
    boxes = np.array([face.box for face in faces])
    middles, reach = (boxes[:, :2] + boxes[:, 2:]) / 2, (boxes[:, 2] - boxes[:, 0]) / 2
    most = np.zeros(len(faces), bool)
    for middle, far in zip(middles, reach, strict=True):
        near = np.hypot(*(middles - middle).T) <= far
        if near.sum() > most.sum():
            most = near
    return [face for face, near in zip(faces, most, strict=True) if near]


def _nearest(faces: Iterable[FaceSeen], place: Box) -> Iterator[FaceSeen]:
    """Yield the face of each frame that is at a place."""
    near: dict[datetime, list[tuple[float, FaceSeen]]] = defaultdict(list)
    for face in faces:
        if (off := _apart(face.box, place)) <= (place[2] - place[0]) / 2:
            near[face.captured_at].append((off, face))
    for frame in near.values():
        yield min(frame)[1]


def _apart(one: Box, other: Box) -> float:
    """Return how far the middles of two boxes are apart, in pixels."""
    return hypot(one[0] + one[2] - other[0] - other[2], one[1] + one[3] - other[1] - other[3]) / 2


def _given(counts: Counter[str], names: Mapping[str, str]) -> Iterator[Given]:
    for student, frames in sorted(counts.items(), key=lambda each: (-each[1], each[0])):
        yield Given(student_id=student, name=names.get(student, ""), frames=frames)
