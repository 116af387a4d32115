"""Whose faces are in a photo."""

from datetime import datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

from enrollment.class_hours import roster_of
from enrollment.identify import answers, faces_of
from enrollment.loaded import enrollments, rosters
from enrollment.portrayals import known
from schemas.errors import RefusedError
from schemas.settings import Settings
from schemas.translations import Text, gettext_noop, say
from streams.faces.engines import load_engine
from streams.faces.pictures import read_photo
from streams.faces.template_cipher import TemplateCipher
from streams.faces.unfit_pictures import UnfitPictureError
from streams.reference.live_engine import live_engine

__all__ = ["IdentifiedFace", "identify_faces"]


class IdentifiedFace(NamedTuple):
    """Who a face is.

    box: x1, y1, x2, y2 in pixels of the photo. student_id: None is nobody. name: of the rosters, or empty.
    probability: of this very answer. sure: whether it is as certain as the site's policy accepts.
    """

    box: tuple[float, float, float, float]
    student_id: str | None
    name: str
    probability: float
    sure: bool


def identify_faces(settings: Settings, photo: Path, section: str | None, now: datetime) -> tuple[IdentifiedFace, ...]:
    """Return who is in a photo, from left to right. section: only its students; else everybody who is enrolled.

    now: aware; of the engine that is live.

    Raises:
        RefusedError: it is no photo, shows no face, or there is nobody to compare with.
        UnavailableError: the broker does not answer.
    """
    tell = partial(say, settings.language)
    try:
        image = read_photo(photo)
    except UnfitPictureError as error:
        raise RefusedError(Text("{photo}: {said}", photo=photo, said=error.unfit.said(settings.language))) from error
    lists = rosters(settings)
    names = {student: each.name for student, each in lists.students.items()}
    enrolled = enrollments(settings)
    if section:
        today = now.astimezone(settings.zone).date()
        mine = {each.student_id for each in roster_of(section, lists, today, settings.language).students}
        enrolled = {student: each for student, each in enrolled.items() if student in mine}
    engine = load_engine(live_engine(settings, now), settings.home)
    candidates, closed = (
        known(enrolled.values(), engine.id, TemplateCipher.open(settings.key_file)) if enrolled else ([], [])
    )
    if closed:
        what = tell(
            "the key of this home does not open {count} templates ({first}, ...)", count=len(closed), first=closed[0]
        )
        raise RefusedError(what, tell("Copy the key of the machine where people were enrolled."))
    if not candidates:
        text = (
            gettext_noop("nobody is enrolled of section {section} for the engine {engine}")
            if section
            else gettext_noop("nobody is enrolled for the engine {engine}")
        )
        what = tell(text, engine=engine.name, section=section)
        raise RefusedError(what, tell("Enrol people with `naul enroll`."))
    try:
        faces = faces_of(engine, image)
    except UnfitPictureError as error:
        raise RefusedError(Text("{photo}: {said}", photo=photo, said=error.unfit.said(settings.language))) from error
    return tuple(
        IdentifiedFace(
            box=each.box,
            student_id=each.student_id,
            name=names.get(each.student_id or "", ""),
            probability=each.probability,
            sure=each.probability >= settings.policy.accept,
        )
        for each in answers(faces, candidates, engine.calibration)
    )
