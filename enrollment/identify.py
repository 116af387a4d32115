"""Who is in a photo: each face against the enrolled, one to one, nobody allowed.

The posterior is the one of an hour's verdict for a single look: nobody has probability 0.2 before looking, the
candidates share the rest.
"""

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linear_sum_assignment
from scipy.special import softmax

from enrollment.likeness import EnrolledFace
from schemas.errors import RefusedError
from streams.faces.calibration import Calibration
from streams.faces.engines import Engine, Found
from streams.faces.pictures import Image
from streams.faces.templates import cosines, inspect_photo
from streams.faces.unfit_pictures import UnfitPictureError

__all__ = ["NOBODY", "Answer", "answers", "faces_of"]

NOBODY = 0.2
"""Probability, before looking, that a face belongs to none of the candidates."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of one face.

    box: x1, y1, x2, y2 in pixels of the photo. student_id: None is nobody. probability: of this very answer.
    next: of the likeliest other student, 0 if there is none.
    """

    box: tuple[float, float, float, float]
    student_id: str | None
    probability: float
    next: float = 0.0


def faces_of(engine: Engine, photo: Image) -> list[Found]:
    """Return the faces of a photo from left to right; of a portrait the one face, seen as at enrolment.

    Raises:
        RefusedError: it shows no face.
    """
    try:
        portrait = inspect_photo(engine, photo)
        if not portrait.others:
            return [portrait.found]
    except RefusedError:
        pass  # several faces are welcome here, and small or blurred ones are worth a try
    found = engine.look(photo)
    if not found:
        raise UnfitPictureError("no_face")
    return sorted(found, key=lambda face: face.box[0])


def answers(
    faces: Sequence[Found], candidates: Sequence[EnrolledFace], calibration: Calibration, against: ArrayLike = 0
) -> list[Answer]:
    """Return who each face is. A student is at most one of them.

    against: log odds by which each face may rather be somebody else who is enrolled, (faces,).
    """
    if not candidates:
        return [Answer(box=each.box, student_id=None, probability=1.0) for each in faces]
    nobody = len(candidates)
    evidence = _evidence(faces, candidates, calibration) - np.reshape(against, (-1, 1))
    # Candidates compete for faces; to be nobody is open to each of them.
    gain = np.hstack([evidence, np.zeros((len(faces), len(faces)))])
    _, chosen = linear_sum_assignment(gain, maximize=True)
    given = np.minimum(chosen, nobody)
    for row, at in enumerate(given):
        if at < nobody:  # whoever is one face is none of the others
            evidence[np.arange(len(faces)) != row, at] = -np.inf
    posterior = softmax(np.hstack([evidence, np.zeros((len(faces), 1))]), axis=1)
    return [
        Answer(
            box=face.box,
            student_id=candidates[at].student_id if at < nobody else None,
            probability=float(posterior[row, at]),
            next=float(np.delete(posterior[row, :nobody], at if at < nobody else []).max(initial=0)),
        )
        for row, (face, at) in enumerate(zip(faces, given, strict=True))
    ]


def _evidence(
    faces: Sequence[Found], candidates: Sequence[EnrolledFace], calibration: Calibration
) -> NDArray[np.float64]:
    """Return the log odds of each candidate against nobody, (faces, candidates)."""
    alike = cosines(np.stack([each.embedding for each in faces]), np.stack([each.vector for each in candidates]))
    photos = np.array([each.photos for each in candidates])
    llr = calibration.llr((alike - calibration.center) / calibration.spread, 1, photos)
    odds: NDArray[np.float64] = llr + np.log((1 - NOBODY) / len(candidates)) - np.log(NOBODY)
    return odds
