"""Photos to an enrolment: what each engine makes of a person's photos, sealed."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from enrollment.likeness import Floats, Known, odd_photos
from schemas.cluster import Record
from schemas.errors import BadMessageError, RefusedError
from schemas.messages import Enrollment, EnrollmentTemplate, encode
from schemas.settings import Settings
from streams.faces.engines import Engine
from streams.faces.pictures import Image, read_photo
from streams.faces.templates import Template, inspect_photo, template
from streams.faces.vault import Vault, template_context

__all__ = ["PhotoReport", "Portrayal", "known", "portray", "record", "renewed"]

SAME = 1e-5
"""Two templates whose numbers differ by less are of the same photos."""


@dataclass(frozen=True)
class PhotoReport:
    """What became of a photo. refused: why it was not taken; empty if it was. odd: it is unlike the person's others."""

    path: Path
    refused: str = ""
    odd: bool = False


@dataclass(frozen=True)
class Portrayal:
    """What an engine (its id) made of a person's photos; template is None if none could be taken."""

    student_id: str
    engine: str
    template: Template | None
    photos: tuple[PhotoReport, ...]


def portray(engine: Engine, student: str, paths: Iterable[Path]) -> Portrayal:
    """Look at the photos of a person. What cannot be used is reported, never raised."""
    refused: dict[Path, str] = {}
    taken: dict[Path, tuple[Image, Floats]] = {}
    seen: dict[bytes, Path] = {}
    for path in paths:
        try:
            photo = read_photo(path)
            twin = seen.setdefault(hashlib.blake2b(photo.tobytes()).digest(), path)
            if twin != path:
                refused[path] = f"it is the same picture as {twin.name}"
            else:
                taken[path] = photo, inspect_photo(engine, photo).found.embedding
        except RefusedError as error:
            refused[path] = error.message.removeprefix(f"{path}: ")
    odd = odd_photos([embedding for _, embedding in taken.values()], engine.calibration)
    strange = {list(taken)[at] for at in odd}
    reports = [PhotoReport(path, why) for path, why in refused.items()]
    reports += [PhotoReport(path, odd=path in strange) for path in taken]
    return Portrayal(
        student_id=student,
        engine=engine.id,
        template=template(engine, [photo for photo, _ in taken.values()]) if taken else None,
        photos=tuple(sorted(reports, key=lambda each: each.path)),
    )


def renewed(portrayals: Sequence[Portrayal], stood: Enrollment | None, vault: Vault, at: datetime) -> Enrollment | None:
    """Return the enrolment of a person, or None if these photos change nothing.

    portrayals: of one person, by different engines. Templates of engines that did not look stay as they are.
    at: aware; a class hour that began before keeps the templates that are replaced.
    """
    before = {each.engine: each for each in stood.templates} if stood else {}
    fresh = {}
    for each in portrayals:
        if each.template and not _same(each.student_id, each.template, before.get(each.engine), vault):
            context = template_context(each.student_id, each.engine)
            sealed = vault.seal(each.template.vector, context)
            fresh[each.engine] = EnrollmentTemplate(engine=each.engine, photos=each.template.photos, sealed=sealed)
    if not fresh:
        return None
    after = before | fresh
    return Enrollment(
        student_id=portrayals[0].student_id,
        version=stood.version + 1 if stood else 1,
        enrolled_at=at,
        consent_on_file=True,
        templates=tuple(after[engine] for engine in sorted(after)),
        previous=tuple(before[engine] for engine in sorted(fresh) if engine in before),
    )


def known(enrollments: Iterable[Enrollment], engine: str, vault: Vault) -> tuple[list[Known], list[str]]:
    """Return everybody whom an engine (its id) knows, and the ids of those whose template this key does not open."""
    found, closed = [], []
    for enrollment in enrollments:
        for each in enrollment.templates:
            if each.engine == engine:
                vector = _opened(enrollment.student_id, each, vault)
                if vector is None:
                    closed.append(enrollment.student_id)
                else:
                    found.append(Known(enrollment.student_id, vector, each.photos))
    return found, sorted(closed)


def record(settings: Settings, enrollment: Enrollment) -> Record:
    """Write an enrolment as it is sent."""
    return settings.topic("enrollments"), enrollment.student_id.encode(), encode(enrollment), None, None


def _same(student: str, fresh: Template, stood: EnrollmentTemplate | None, vault: Vault) -> bool:
    if stood is None or stood.photos != fresh.photos:
        return False
    vector = _opened(student, stood, vault)
    return (
        vector is not None and vector.shape == fresh.vector.shape and bool(np.allclose(vector, fresh.vector, 0, SAME))
    )


def _opened(student: str, stood: EnrollmentTemplate, vault: Vault) -> Floats | None:
    try:
        return vault.open_sealed(stood.sealed, template_context(student, stood.engine))
    except BadMessageError:
        return None
