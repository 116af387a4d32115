"""Who a face is: one to one, nobody allowed, the probability of the answer."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as example_settings
from hypothesis import strategies as st

from enrollment.identify import NOBODY, answers
from enrollment.likeness import EnrolledFace
from streams.faces.calibration import Calibration
from streams.faces.engines import Found

CALIBRATION = Calibration(center=0.0, spread=0.1, several=(1, 0, 0, 0), single=(1, 0, 0, 0))
"""The log likelihood ratio of a cosine is ten times the cosine."""


def face(*vector: float, left: float = 0) -> Found:
    return Found(box=(left, 0, left + 50, 60), score=1, embedding=np.array(vector, np.float32))


def known(student: str, *vector: float) -> EnrolledFace:
    return EnrolledFace(student, np.array(vector, np.float32), 2)


def test_the_probability_is_the_posterior_with_nobody() -> None:
    (answer,) = answers([face(1, 0)], [known("1001", 1, 0), known("1002", 0, 1)], CALIBRATION)
    prior = (1 - NOBODY) / 2
    expected = prior * np.exp(10) / (prior * np.exp(10) + prior + NOBODY)
    assert (answer.student_id, answer.probability) == ("1001", pytest.approx(expected))


def test_a_face_like_nobody_is_nobodys() -> None:
    (answer,) = answers([face(-1, -1)], [known("1001", 1, 0), known("1002", 0, 1)], CALIBRATION)
    assert answer.student_id is None
    assert answer.probability > 0.9


def test_a_student_is_at_most_one_face() -> None:
    found = answers([face(0.8, 0.6), face(1, 0, left=100)], [known("1001", 1, 0)], CALIBRATION)
    assert [each.student_id for each in found] == [None, "1001"]
    assert found[0].probability == 1.0


def test_without_candidates_everybody_is_nobody() -> None:
    assert [each.student_id for each in answers([face(1, 0)], [], CALIBRATION)] == [None]


def test_what_speaks_for_somebody_else_lowers_every_candidate() -> None:
    candidates = [known("1001", 1, 0), known("1002", 0.8, 0.6)]
    (alone,), (beside,) = (answers([face(1, 0)], candidates, CALIBRATION, each) for each in (0, 3))
    assert (alone.student_id, beside.student_id) == ("1001", "1001")
    assert beside.probability < alone.probability
    assert beside.next / beside.probability == pytest.approx(np.exp(-2))
    assert alone.next / alone.probability == pytest.approx(np.exp(-2))
    (nobody,) = answers([face(1, 0)], candidates, CALIBRATION, 30)
    assert (nobody.student_id, nobody.next < 0.2) == (None, True)


vectors = st.tuples(st.floats(-1, 1), st.floats(-1, 1)).filter(lambda each: np.hypot(*each) > 0.1)


@example_settings(deadline=None)
@given(st.lists(vectors, min_size=1, max_size=5), st.lists(vectors, min_size=1, max_size=5))
def test_names_are_given_once_and_probabilities_are_probabilities(
    looks: list[tuple[float, float]], people: list[tuple[float, float]]
) -> None:
    candidates = [known(f"100{n}", *np.array(each) / np.hypot(*each)) for n, each in enumerate(people)]
    found = answers([face(*each) for each in looks], candidates, CALIBRATION)
    named = [each.student_id for each in found if each.student_id]
    assert len(named) == len(set(named))
    assert all(0 < each.probability <= 1 for each in found)
