"""Two faces under one id, one face under two: both are named."""

import numpy as np
import pytest

from enrollment.likeness import Known, Pair, odd_photos, same_faces
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
    assert odd_photos([3 * towards(each) for each in cosines_to_first], CALIBRATION) == odd


def known(student: str, cosine: float, photos: int = 2) -> Known:
    return Known(student, towards(cosine), photos)


def pairs(new: list[Known], enrolled: list[Known]) -> list[tuple[str, str]]:
    return [(each.one, each.other) for each in same_faces(new, enrolled, CALIBRATION)]


def test_a_pair_is_named_once_with_its_cosine() -> None:
    (pair,) = same_faces([known("1002", 0.8), known("1001", 1.0)], [], CALIBRATION)
    assert (pair.one, pair.other) == ("1001", "1002")
    assert pair.cosine == pytest.approx(0.8)
    assert isinstance(pair, Pair)


def test_the_new_are_compared_with_the_enrolled_but_these_not_with_each_other() -> None:
    assert pairs([known("1001", 1.0)], [known("1002", 0.9), known("1003", 0.9), known("1004", 0.3)]) == [
        ("1001", "1002"),
        ("1001", "1003"),
    ]


def test_who_is_enrolled_again_is_no_double_of_himself() -> None:
    assert pairs([known("1001", 1.0)], [known("1001", 1.0)]) == []


def test_a_single_photo_is_alike_earlier() -> None:
    assert pairs([known("1001", 1.0)], [known("1002", 0.77)]) == []
    assert pairs([known("1001", 1.0)], [known("1002", 0.77, photos=1)]) == [("1001", "1002")]


def test_nobody_new_nobody_compared() -> None:
    assert pairs([], [known("1001", 1.0), known("1002", 1.0)]) == []
