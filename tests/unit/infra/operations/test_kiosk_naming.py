"""Nobody is named in doubt, and never somebody of another roster."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrollment.likeness import EnrolledFace
from infra.operations.kiosk.kiosk_naming import LikelyStudent, whose_face
from streams.faces.calibration import Calibration
from streams.faces.engines import Found
from streams.faces.unfit_pictures import Unfit
from streams.reference.visitors import NO_VISITORS, Everybody, Visitors

CALIBRATION = Calibration(center=0.0, spread=0.1, several=(2, 0, 0, -6), single=(2, 0, 0, -6))
"""A cosine of 1 speaks for a person with e^14, one of 0 against him with e^-6; 0.3 is neither."""

ACCEPT = 0.8


def face(*vector: float) -> Found:
    return Found(box=(0, 0, 50, 60), score=1, embedding=np.array(vector, np.float32))


def known(student: str, *vector: float) -> EnrolledFace:
    return EnrolledFace(student, np.array(vector, np.float32) / np.float32(np.hypot(*vector)), 2)


def elsewhere(*vectors: tuple[float, float]) -> Visitors:
    names = tuple(f"visitor{number}" for number in range(len(vectors)))
    templates = np.array([np.array(each) / np.hypot(*each) for each in vectors], np.float32)
    rows = {name: row for row, name in enumerate(names)}
    return Visitors(Everybody(names, templates, np.full(len(names), 2), rows, 0), np.zeros(0, np.intp))


def test_who_is_on_the_roster_is_named_with_the_probability_that_naul_identify_says() -> None:
    said = whose_face(face(1, 0), [known("1001", 1, 0), known("1002", 0, 1)], NO_VISITORS, CALIBRATION, ACCEPT)
    odds = 0.4 / 0.2 * np.exp(14)
    assert isinstance(said, LikelyStudent)
    assert said == ("1001", pytest.approx(odds / (odds + 1 + 2 * np.exp(-6)), abs=1e-6))


@pytest.mark.parametrize(
    ("vector", "students", "others", "cause"),
    [
        ((-1, 0), [("1001", 1, 0)], [], "stranger"),
        ((0, 1), [("1001", 1, 0)], [(0, 1)], "not_on_roster"),
        ((1, 0), [("1001", 1, 0), ("1002", 1, 0.01)], [], "alike"),
        ((0.28, 0.96), [("1001", 1, 0)], [], "unsure"),
    ],
    ids=["a stranger", "of another roster", "twins", "a likeness"],
)
def test_why_nobody_is_named(
    vector: tuple[float, float], students: list[tuple[str, float, float]], others: list[tuple[float, float]], cause: str
) -> None:
    faces = [known(*each) for each in students]
    said = whose_face(face(*vector), faces, elsewhere(*others) if others else NO_VISITORS, CALIBRATION, ACCEPT)
    assert said == Unfit(cause, {})


vectors = st.tuples(st.floats(-1, 1), st.floats(-1, 1)).filter(lambda each: np.hypot(*each) > 0.1)


@given(vectors, st.lists(vectors, min_size=1, max_size=5), st.lists(vectors, min_size=1, max_size=5))
def test_who_is_enrolled_elsewhere_never_makes_a_name_likelier(
    look: tuple[float, float], people: list[tuple[float, float]], others: list[tuple[float, float]]
) -> None:
    students = [known(f"100{n}", *each) for n, each in enumerate(people)]
    alone = whose_face(face(*look), students, NO_VISITORS, CALIBRATION, ACCEPT)
    beside = whose_face(face(*look), students, elsewhere(*others), CALIBRATION, ACCEPT)
    if isinstance(beside, LikelyStudent):
        assert isinstance(alone, LikelyStudent)
        assert beside.student_id == alone.student_id
        assert 1 - (1 - ACCEPT) / 2 <= beside.probability <= alone.probability + 1e-9
