"""Whose face a kiosk's photo shows, or why nobody is named: as ``naul identify`` answers, but never a doubtful name."""

from collections.abc import Sequence
from typing import NamedTuple

from enrollment.identify import answers
from enrollment.likeness import EnrolledFace
from streams.faces.calibration import Calibration
from streams.faces.engines import Found
from streams.faces.unfit_pictures import Unfit
from streams.judgement.matching import against
from streams.recognise.nearest_visitor import nearest
from streams.reference.visitors import Visitors

__all__ = ["LikelyStudent", "whose_face"]

NEAR = 10.0
"""Another student is near if he is at least a tenth as likely: then nobody is named."""


class LikelyStudent(NamedTuple):
    """Whose face it is."""

    student_id: str
    probability: float


def whose_face(
    found: Found, students: Sequence[EnrolledFace], others: Visitors, calibration: Calibration, accept: float
) -> LikelyStudent | Unfit:
    """Return whose face it is among students, or why nobody is named.

    others: everybody else who is enrolled: they are never named, and make a name less likely. accept: as of the policy;
    of a name by one look half as much doubt is allowed.
    """
    other = nearest(found.embedding[None], others, calibration)
    (answer,) = answers([found], students, calibration, against(other.llr[:, None], others.number))
    if answer.student_id is None and answer.probability >= accept:
        return Unfit("not_on_roster" if other.likely[0] else "stranger", {})
    if answer.student_id is not None and answer.next * NEAR >= answer.probability:
        return Unfit("alike", {})
    if answer.student_id is None or answer.probability < 1 - (1 - accept) / 2:
        return Unfit("unsure", {})
    return LikelyStudent(answer.student_id, answer.probability)
