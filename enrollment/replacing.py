"""What an enrolment gives up for other photos, and whom photos resemble that may be in the wrong folder. Pure.

The bounds are those of ``enrollment.advice`` and ``enrollment.likeness``, and where the calibration's evidence is 0
(ADR 12 has what was measured). All of it only asks: people change, and a person decides.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from enrollment.advice import UNLIKE, is_odd
from enrollment.likeness import EnrolledFace, KnownFaces, Likeness
from enrollment.portrayals import Portrayal, is_same, source_of
from schemas.messages import Enrollment, EnrollmentTemplate
from streams.faces.calibration import Calibration
from streams.faces.template_cipher import TemplateCipher

__all__ = ["Replaced", "Stray", "odd_photos", "replaced", "strays", "would_replace"]


class Stray(NamedTuple):
    """A photo that looks like somebody else than the one in whose folder it is."""

    path: Path
    student_id: str


class Replaced(NamedTuple):
    """Enrolled photos that would be given up for others, where that is asked for. before, now: how many.

    unlike: which of the others are not like what is enrolled. like: whose they are rather. odd: which are unlike each
    other, although the enrolled ones agree. strays: which look like somebody else.
    """

    student_id: str
    before: int
    now: int
    unlike: tuple[Path, ...] = ()
    like: Likeness | None = None
    odd: tuple[Path, ...] = ()
    strays: tuple[Stray, ...] = ()

    @property
    def fewer(self) -> bool:
        """Whether they are fewer, or another one in place of the only one."""
        return _less(self.before, self.now)


def replaced(
    portrayals: Iterable[Portrayal], stood: Enrollment | None, known_faces: Mapping[str, KnownFaces]
) -> Replaced | None:
    """Return what an enrolment gives up for these photos; None if it is as good with them as before.

    As many others of the same face are as good, for one of them may have been taken again; but a second photo is no
    first one. A template that the key does not open is worth nothing to anybody.

    known_faces: by the engine's id, of all who were enrolled before.
    """
    before = {each.engine: each for each in stood.templates} if stood else {}
    found = [
        one
        for each in portrayals
        if (stands := before.get(each.engine)) and (one := _given_up(each, stands, known_faces[each.engine]))
    ]
    return max(found, key=lambda each: (len(each.unlike), len(each.odd), each.before - each.now), default=None)


def odd_photos(portrayal: Portrayal, calibration: Calibration) -> tuple[Path, ...]:
    """Return the photos that are like none of the others of their person."""
    return tuple(path for path, quality in portrayal.taken.items() if is_odd(quality.agreement, calibration))


def strays(
    portrayals: Iterable[Portrayal], doubted: Sequence[Path], known_faces: Mapping[str, KnownFaces]
) -> list[Stray]:
    """Return which of the doubted photos of a person have the face of somebody else who is enrolled."""
    found: dict[Path, Stray] = {}
    for each in portrayals:
        for path in doubted:
            face = each.faces.get(path)
            like = known_faces[each.engine].same_face(face.share, 1, besides=each.student_id) if face else None
            if like:
                found.setdefault(path, Stray(path, like.student_id))
    return [found[path] for path in sorted(found)]


def would_replace(paths: Sequence[Path], stood: Enrollment, cipher: TemplateCipher | None) -> Replaced | None:
    """Return what an enrolment would give up for these files, by their number, and whether they are those it has."""
    source = source_of(stood.student_id, paths, cipher) if cipher else b""
    before = max((each.photos for each in stood.templates), default=0)
    same = not source or any(each.source in (b"", source) for each in stood.templates)
    less = _less(before, len(paths)) and (len(paths) < before or not same)
    return Replaced(stood.student_id, before, len(paths)) if paths and less else None


def _given_up(portrayal: Portrayal, stands: EnrollmentTemplate, known_faces: KnownFaces) -> Replaced | None:
    student, fresh, own = portrayal.student_id, portrayal.template, known_faces.of(portrayal.student_id)
    if fresh is None or own is None or is_same(fresh, own):
        return None
    agreed = not any(is_odd(each.agreement, known_faces.calibration) for each in stands.qualities)
    like = known_faces.same_face(fresh.vector, fresh.photos, besides=student)
    found = Replaced(
        student,
        stands.photos,
        fresh.photos,
        unlike=_unlike(portrayal, own, known_faces.calibration),
        like=like if like and like.cosine > float(fresh.vector @ own.vector) else None,
        odd=odd_photos(portrayal, known_faces.calibration) if agreed else (),
    )
    return found if found.fewer or found.unlike or found.like or found.odd else None


def _unlike(portrayal: Portrayal, own: EnrolledFace, calibration: Calibration) -> tuple[Path, ...]:
    """Return the photos that are not like what is enrolled.

    Photos that agree are one person's: all, if together they speak for another one. Else each speaks for itself.
    """
    if not portrayal.faces:
        return ()
    cosines = np.stack([each.embedding for each in portrayal.faces.values()]) @ own.vector
    scores = (cosines - calibration.center) / calibration.spread
    another = calibration.llr(scores.mean(), 1, own.photos) < 0
    if another and not odd_photos(portrayal, calibration):
        return tuple(portrayal.faces)
    unlike = calibration.llr(scores, 1, own.photos) < 0 if another else scores < UNLIKE
    return tuple(path for path, each in zip(portrayal.faces, unlike, strict=True) if each)


def _less(before: int, now: int) -> bool:
    return now < before or before == now == 1
