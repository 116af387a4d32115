"""Photos to an enrolment: what each engine makes of a person's photos, sealed."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from enrollment.history import history
from enrollment.likeness import EnrolledFace, Floats, agreements
from schemas.cluster import Record
from schemas.errors import BadMessageError, RefusedError
from schemas.messages import Enrollment, EnrollmentTemplate, EnrollmentVersion, PhotoQuality, encode
from schemas.settings import Settings
from streams.faces.engines import Engine
from streams.faces.pictures import Image, read_photo
from streams.faces.portraits import ENOUGH
from streams.faces.template_cipher import TemplateCipher, template_context
from streams.faces.templates import Study, Template, blend, study
from streams.faces.unfit_pictures import Unfit, UnfitPictureError

__all__ = ["PhotoFace", "Portrayal", "is_same", "known", "portray", "record", "renewed", "source_of"]

SAME = 1e-5
"""Two templates whose numbers differ by less are of the same photos."""


class PhotoFace(NamedTuple):
    """The face of one photo. embedding: (d,) of unit length, as it is. share: (d,), what it gives to the template."""

    embedding: Floats
    share: Floats


@dataclass(frozen=True, kw_only=True)
class Portrayal:
    """What an engine (its id) made of a person's photos; template is None if none could be taken.

    taken: in the order of the files. refused: why each of the others was not. source: as of ``EnrollmentTemplate``;
    empty if a photo was refused, so that whoever has such a photo is told again. faces: of the photos that were taken;
    they are held against those who are enrolled, and never kept.
    """

    student_id: str
    engine: str
    template: Template | None
    taken: Mapping[Path, PhotoQuality]
    refused: Mapping[Path, Unfit]
    source: bytes = b""
    faces: Mapping[Path, PhotoFace] = field(default_factory=dict)


def source_of(student: str, paths: Iterable[Path], cipher: TemplateCipher) -> bytes:
    """Return the keyed digest of a person's photo files in their order; nothing if one cannot be read."""
    try:
        files = [hashlib.sha256(path.read_bytes()).digest() for path in paths]
    except OSError:
        return b""
    return cipher.digest(b"".join([student.encode(), b"|", *files]))


def portray(engines: Sequence[Engine], student: str, paths: Iterable[Path], source: bytes = b"") -> list[Portrayal]:
    """Look at the photos of a person, each read once for all engines. What cannot be used is reported, never raised.

    Only one photo is held at a time.
    """
    taken: dict[str, dict[Path, Study]] = {each.id: {} for each in engines}
    refused: dict[str, dict[Path, Unfit]] = {each.id: {} for each in engines}
    seen: dict[bytes, Path] = {}
    for path in paths if engines else ():
        photo = _read(path, seen)
        for engine in engines:
            if isinstance(photo, Unfit):
                refused[engine.id][path] = photo
                continue
            try:
                taken[engine.id][path] = study(engine, photo)
            except UnfitPictureError as error:
                refused[engine.id][path] = error.unfit
            except RefusedError as error:
                refused[engine.id][path] = Unfit("other", {"detail": error.message, "remedy": error.remedy})
    return [
        Portrayal(
            student_id=student,
            engine=each.id,
            template=blend([one.share for one in taken[each.id].values()]) if taken[each.id] else None,
            taken=_qualities(taken[each.id]),
            refused=refused[each.id],
            source=b"" if refused[each.id] else source,
            faces={path: _face(one) for path, one in taken[each.id].items()},
        )
        for each in engines
    ]


def renewed(
    portrayals: Sequence[Portrayal],
    stood: Enrollment | None,
    cipher: TemplateCipher,
    at: datetime,
    *,
    by: str = "",
    why: str = "",
) -> Enrollment | None:
    """Return the enrolment of a person, or None if these photos change nothing.

    portrayals: of one person, by different engines. Templates of engines that did not look stay as they are. A new
    version is one whose templates are others; the same photos in other files only change what is known of them.
    at: aware; a class hour that began before keeps the templates that are replaced.
    """
    before = {each.engine: each for each in stood.templates} if stood else {}
    fresh, same = {}, {}
    for each in portrayals:
        if each.template is None:
            continue
        stands = before.get(each.engine)
        qualities = tuple(each.taken.values())
        if stands and _same(each.student_id, each.template, stands, cipher):
            same[each.engine] = msgspec.structs.replace(stands, source=each.source, qualities=qualities)
        else:
            sealed = cipher.seal(each.template.vector, template_context(each.student_id, each.engine))
            fresh[each.engine] = EnrollmentTemplate(
                engine=each.engine,
                photos=each.template.photos,
                sealed=sealed,
                source=each.source,
                qualities=qualities,
            )
    after = before | same | fresh
    if after == before:
        return None
    templates = tuple(after[engine] for engine in sorted(after))
    if stood and not fresh:
        return msgspec.structs.replace(stood, templates=templates)
    version = EnrollmentVersion(
        version=stood.version + 1 if stood else 1,
        enrolled_at=at,
        engines=tuple(sorted(fresh)),
        photos=max(each.photos for each in fresh.values()),
        by=by,
        why=why,
    )
    return Enrollment(
        student_id=portrayals[0].student_id,
        version=version.version,
        enrolled_at=at,
        consent_on_file=True,
        templates=templates,
        previous=tuple(before[engine] for engine in sorted(fresh) if engine in before),
        history=(*(history(stood) if stood else ()), version),
    )


def known(
    enrollments: Iterable[Enrollment], engine: str, cipher: TemplateCipher
) -> tuple[list[EnrolledFace], list[str]]:
    """Return everybody whom an engine (its id) knows, and the ids of those whose template this key does not open."""
    found, closed = [], []
    for enrollment in enrollments:
        for each in enrollment.templates:
            if each.engine == engine:
                vector = _opened(enrollment.student_id, each, cipher)
                if vector is None:
                    closed.append(enrollment.student_id)
                else:
                    found.append(EnrolledFace(enrollment.student_id, vector, each.photos))
    return found, sorted(closed)


def is_same(fresh: Template, enrolled: EnrolledFace) -> bool:
    """Whether a template is of the photos that are enrolled."""
    one, other = fresh.vector, enrolled.vector
    return fresh.photos == enrolled.photos and one.shape == other.shape and bool(np.allclose(other, one, 0, SAME))


def record(settings: Settings, enrollment: Enrollment) -> Record:
    """Write an enrolment as it is sent."""
    return settings.topic("enrollments"), enrollment.student_id.encode(), encode(enrollment), None, None


def _read(path: Path, seen: dict[bytes, Path]) -> Image | Unfit:
    """Return a photo, or why it is none. seen: what was read of this person before; this one is added."""
    try:
        photo = read_photo(path, ENOUGH)
    except UnfitPictureError as error:
        return error.unfit
    # A sixteenth of the pixels tells two pictures apart.
    twin = seen.setdefault(hashlib.blake2b(photo[::4, ::4].tobytes()).digest(), path)
    return photo if twin == path else Unfit("twin", {"name": twin.name})


def _face(studied: Study) -> PhotoFace:
    embedding = studied.portrait.found.embedding
    return PhotoFace(embedding / np.linalg.norm(embedding), studied.share)


def _qualities(taken: Mapping[Path, Study]) -> dict[Path, PhotoQuality]:
    alike = agreements([each.portrait.found.embedding for each in taken.values()])
    return {
        path: PhotoQuality(
            width=round(each.portrait.width, 1),
            sharpness=round(each.portrait.sharpness, 3),
            yaw=round(each.portrait.pose.yaw, 1),
            roll=round(each.portrait.pose.roll, 1),
            bright=round(each.portrait.light.bright, 1),
            contrast=round(each.portrait.light.contrast, 1),
            agreement=agreement,
        )
        for (path, each), agreement in zip(taken.items(), alike, strict=True)
    }


def _same(student: str, fresh: Template, stood: EnrollmentTemplate, cipher: TemplateCipher) -> bool:
    vector = _opened(student, stood, cipher)
    return vector is not None and is_same(fresh, EnrolledFace(student, vector, stood.photos))


def _opened(student: str, stood: EnrollmentTemplate, cipher: TemplateCipher) -> Floats | None:
    try:
        return cipher.open_sealed(stood.sealed, template_context(student, stood.engine))
    except BadMessageError:
        return None
