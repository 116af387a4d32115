"""Two faces under one id, one face under two, two people too alike: all are named."""

import numpy as np
import pytest

from enrollment.advice import is_odd
from enrollment.likeness import EnrolledFace, agreements, look_alikes
from streams.faces.calibration import Calibration

CALIBRATION = Calibration(center=0.5, spread=0.1, several=(1, 0, 0, 0), single=(1, 0, 0, 0))
"""Photographs differ below 0.61; templates are alike above 0.79, with a single photograph above 0.76."""


def towards(cosine: float) -> np.ndarray:
    """A vector with this cosine to (1, 0)."""
    return np.array([cosine, np.sqrt(1 - cosine**2)], np.float32)


SELF = towards(1.0)


@pytest.mark.parametrize(
    ("cosines_to_first", "odd"),
    [
        pytest.param([1.0], [], id="a single photo is like itself"),
        pytest.param([1.0, 0.7], [], id="two of one person"),
        pytest.param([1.0, 0.5], [0, 1], id="two that differ are both odd"),
        pytest.param([1.0, 0.95, 0.0], [2], id="one of three is somebody else"),
        pytest.param([1.0, 0.7, 0.2], [], id="like one of the others is enough"),
        pytest.param([], [], id="none"),
    ],
)
def test_a_photo_unlike_all_others_of_its_person_is_odd(cosines_to_first: list[float], odd: list[int]) -> None:
    found = agreements([3 * towards(each) for each in cosines_to_first])
    assert [at for at, each in enumerate(found) if is_odd(each, CALIBRATION)] == odd


def known(student: str, cosine: float, photos: int = 2) -> EnrolledFace:
    return EnrolledFace(student, towards(cosine), photos)


def pairs(*people: EnrolledFace) -> list[tuple[str, str, bool]]:
    return [(each.one, each.other, each.same) for each in look_alikes(people, CALIBRATION)]


def test_a_pair_is_named_once_with_its_cosine_and_the_smaller_id_first() -> None:
    (pair,) = look_alikes([known("1002", 0.9), known("1001", 1.0)], CALIBRATION)
    assert (pair.one, pair.other) == ("1001", "1002")
    assert pair.cosine == pytest.approx(0.9)
    assert 0 < pair.rate < 0.5


def test_everybody_is_compared_with_everybody_and_the_worst_pair_comes_first() -> None:
    found = look_alikes([known("1001", 1.0), known("1002", 0.99), known("1003", 0.9), known("1004", -0.9)], CALIBRATION)
    assert [(each.one, each.other) for each in found] == [("1001", "1002"), ("1002", "1003"), ("1001", "1003")]
    assert [each.rate for each in found] == sorted((each.rate for each in found), reverse=True)


def test_a_single_photo_is_one_face_earlier() -> None:
    assert pairs(known("1001", 1.0), known("1002", 0.77)) == [("1001", "1002", False)]
    assert pairs(known("1001", 1.0), known("1002", 0.77, photos=1)) == [("1001", "1002", True)]


def test_nobody_is_like_nobody() -> None:
    assert pairs() == []
    assert pairs(known("1001", 1.0)) == []
