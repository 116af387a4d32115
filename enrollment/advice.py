"""What is wrong with a person's photos, and what to do about it, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec

from schemas.messages import EnrollmentTemplate, PhotoQuality
from schemas.settings import Settings
from schemas.translations import Texts, say
from streams.faces.calibration import Calibration

if TYPE_CHECKING:
    from enrollment.likeness import Pair  # comparing brings OpenCV and scipy, and to advise takes neither

__all__ = ["COLUMNS", "UNLIKE", "Advice", "advise", "flaws", "is_odd", "refused_row", "rows", "sentences"]

SMALL = 60.0
"""Pixels: a face narrower than this shows less than the first rows of a hall do."""

BLURRED = 0.15
"""Sharpness below which 2 of 100 newspaper pictures (LFW) lie; of these the photos of a person agree least."""

TURNED, TILTED = 25.0, 20.0
"""Degrees. Beyond 25 aside, photographs of a person agree less; a tilt is taken out, but rarely meant."""

DARK, FLAT = 100.0, 60.0
"""Grey values: the brightest part of the face, and its contrast; darker and flatter than all but 1 of 500."""

_FLAWS: Final[Texts] = {
    "small": "the face is rather small; from nearer, or cut out of a larger picture, it shows more",
    "blurred": "the face is not quite sharp; holding still and a clean lens help",
    "turned": "the head is turned aside; looking into the camera helps",
    "tilted": "the head is tilted; upright is better",
    "dark": "the face is rather dark; light from the front helps",
    "flat": "the face has little contrast; less haze, glare or light from behind helps",
}
"""By the name of a flaw."""

UNLIKE = 1.1
"""A photograph below this to each other one of its person is odd (cosine 0.91 of centerface-dlib)."""

COLUMNS: Final = (
    "student_id",
    "engine",
    "photo",
    "refused",
    "width",
    "sharpness",
    "yaw",
    "roll",
    "bright",
    "contrast",
    "agreement",
    "improve",
    "person",
    "alike",
)
"""Of the full report: a row a photo."""


class Advice(msgspec.Struct, frozen=True):
    """What is to be improved. photos: how many there are. odd: which, from 0. flaws: of each, by their names."""

    student_id: str
    photos: int
    odd: tuple[int, ...]
    flaws: tuple[tuple[str, ...], ...]

    @property
    def single(self) -> bool:
        """Whether there is one photo only."""
        return self.photos == 1

    @property
    def poor(self) -> bool:
        """Whether no photo is without a flaw."""
        return bool(self.flaws) and all(self.flaws)

    @property
    def nothing(self) -> bool:
        """Whether this person may stay as he is: a flaw beside a good photo does no harm."""
        return not (self.single or self.odd or self.poor)


def flaws(photo: PhotoQuality) -> tuple[str, ...]:
    """Return what is wrong with a photo, by their names."""
    found = {
        "small": photo.width < SMALL,
        "blurred": photo.sharpness < BLURRED,
        "turned": abs(photo.yaw) > TURNED,
        "tilted": abs(photo.roll) > TILTED,
        "dark": photo.bright < DARK,
        "flat": photo.contrast < FLAT,
    }
    return tuple(name for name, wrong in found.items() if wrong)


def is_odd(agreement: float | None, calibration: Calibration) -> bool:
    """Whether a photograph is like none of the others of its person. Of two that differ, both are."""
    return agreement is not None and (agreement - calibration.center) / calibration.spread < UNLIKE


def advise(student: str, template: EnrollmentTemplate, calibration: Calibration) -> Advice:
    """Return what is to be improved in the photos behind a template."""
    return Advice(
        student_id=student,
        photos=template.photos,
        odd=tuple(at for at, each in enumerate(template.qualities) if is_odd(each.agreement, calibration)),
        flaws=tuple(flaws(each) for each in template.qualities),
    )


def sentences(settings: Settings, advice: Advice, names: Sequence[str] = ()) -> list[str]:
    """Say what is to be improved, in the language of the site. names: of the photos; without them they are numbered."""
    tell = partial(say, settings.language)
    names = _named(settings, advice.photos, names)
    said = [tell("only one photo: take a second one, and enrol both from one folder")] if advice.single else []
    if advice.odd:
        both = len(advice.odd) == advice.photos == 2
        said.append(
            tell(
                "{photos} are unlike each other: see that both show this person, and take a third beside them"
                if both
                else "{photos}: unlike the rest; is it the same person?",
                photos=", ".join(names[at] for at in advice.odd),
            )
        )
    if advice.poor:
        said += [f"{names[at]}: {_improve(settings, each)}" for at, each in enumerate(advice.flaws)]
        said += [] if advice.single else [tell("one photo without these flaws is enough")]
    return said


def rows(
    settings: Settings,
    advice: Advice,
    template: EnrollmentTemplate,
    alike: Iterable[Pair] = (),
    names: Sequence[str] = (),
) -> list[tuple[Any, ...]]:
    """Return the rows of a person in the full report. alike: his pairs."""
    person = "; ".join(sentences(settings, advice, names))
    others = "; ".join(
        f"{each.other if each.one == advice.student_id else each.one} {each.rate:.1%}{' =' if each.same else ''}"
        for each in alike
    )
    named = _named(settings, advice.photos, names)
    nothing_known: list[PhotoQuality | None] = [None] * advice.photos
    return [
        (
            advice.student_id,
            template.engine,
            name,
            "",
            *(getattr(quality, column, None) for column in COLUMNS[4:11]),
            _improve(settings, wrong, optional=not advice.poor),
            person,
            others,
        )
        for name, quality, wrong in zip(
            named, template.qualities or nothing_known, advice.flaws or [()] * advice.photos, strict=True
        )
    ]


def refused_row(student: str, engine: str, name: str, why: str) -> tuple[Any, ...]:
    """Return the row of a photo that was not taken."""
    return (student, engine, name, why, *[None] * 7, "", "", "")


def _named(settings: Settings, photos: int, names: Sequence[str]) -> Sequence[str]:
    return (
        names
        if len(names) == photos
        else [say(settings.language, "photo {number}", number=at + 1) for at in range(photos)]
    )


def _improve(settings: Settings, wrong: Iterable[str], *, optional: bool = False) -> str:
    what = "; ".join(say(settings.language, _FLAWS[each]) for each in wrong)
    return say(settings.language, "good enough beside the others; {what}", what=what) if what and optional else what
