"""Photos to an enrolment: what each engine makes of a person's photos, sealed."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
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

__all__ = ["Portrayal", "Replaced", "known", "portray", "record", "renewed", "replaced", "source_of", "would_replace"]

SAME = 1e-5
"""Two templates whose numbers differ by less are of the same photos."""


@dataclass(frozen=True, kw_only=True)
class Portrayal:
    """What an engine (its id) made of a person's photos; template is None if none could be taken.

    taken: in the order of the files. refused: why each of the others was not. source: as of ``EnrollmentTemplate``;
    empty if a photo was refused, so that whoever has such a photo is told again.
    """

    student_id: str
    engine: str
    template: Template | None
    taken: Mapping[Path, PhotoQuality]
    refused: Mapping[Path, Unfit]
    source: bytes = b""


class Replaced(NamedTuple):
    """Enrolled photos that would be given up for fewer, or the only one for another. before, now: how many."""

    student_id: str
    before: int
    now: int


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


def replaced(portrayals: Iterable[Portrayal], stood: Enrollment | None, cipher: TemplateCipher) -> Replaced | None:
    """Return what an enrolment gives up for these photos; None if it is as good with them as before.

    As many others are as good, for one of them may have been taken again; but a second photo is no first one. A
    template that the key does not open is worth nothing to anybody.
    """
    before = {each.engine: each for each in stood.templates} if stood else {}
    lost = [
        Replaced(each.student_id, stands.photos, each.template.photos)
        for each in portrayals
        if each.template
        and (stands := before.get(each.engine))
        and _less(stands.photos, each.template.photos)
        and _opened(each.student_id, stands, cipher) is not None
        and not _same(each.student_id, each.template, stands, cipher)
    ]
    return max(lost, key=lambda each: each.before - each.now, default=None)


def would_replace(paths: Sequence[Path], stood: Enrollment, cipher: TemplateCipher | None) -> Replaced | None:
    """Return what an enrolment would give up for these files, by their number, and whether they are those it has."""
    source = source_of(stood.student_id, paths, cipher) if cipher else b""
    before = max((each.photos for each in stood.templates), default=0)
    same = not source or any(each.source in (b"", source) for each in stood.templates)
    less = _less(before, len(paths)) and (len(paths) < before or not same)
    return Replaced(stood.student_id, before, len(paths)) if paths and less else None


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


def record(settings: Settings, enrollment: Enrollment) -> Record:
    """Write an enrolment as it is sent."""
    return settings.topic("enrollments"), enrollment.student_id.encode(), encode(enrollment), None, None


def _less(before: int, now: int) -> bool:
    return now < before or before == now == 1


def _read(path: Path, seen: dict[bytes, Path]) -> Image | Unfit:
    """Return a photo, or why it is none. seen: what was read of this person before; this one is added."""
    try:
        photo = read_photo(path, ENOUGH)
    except UnfitPictureError as error:
        return error.unfit
    # A sixteenth of the pixels tells two pictures apart.
    twin = seen.setdefault(hashlib.blake2b(photo[::4, ::4].tobytes()).digest(), path)
    return photo if twin == path else Unfit("twin", {"name": twin.name})


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
    if stood.photos != fresh.photos:
        return False
    vector = _opened(student, stood, cipher)
    return (
        vector is not None and vector.shape == fresh.vector.shape and bool(np.allclose(vector, fresh.vector, 0, SAME))
    )


def _opened(student: str, stood: EnrollmentTemplate, cipher: TemplateCipher) -> Floats | None:
    try:
        return cipher.open_sealed(stood.sealed, template_context(student, stood.engine))
    except BadMessageError:
        return None
