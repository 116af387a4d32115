"""What a similarity is worth as evidence."""

import math

import numpy as np
import pytest

from streams.faces.calibration import Calibration, calibration_of
from streams.faces.engines import engine_names

DLIB = calibration_of("centerface-dlib")


@pytest.mark.parametrize("name", engine_names())
def test_every_engine_has_one(name: str) -> None:
    assert 0 < calibration_of(name).spread < 1


@pytest.mark.parametrize(("looks", "s"), [(1, 1.75), (3, 2.20), (7, 2.39)])
def test_evidence_is_balanced_at_the_scores_that_were_measured(looks: int, s: float) -> None:
    assert abs(DLIB.llr(s, looks, 2)) < 0.1


def test_more_than_seven_looks_add_nothing() -> None:
    assert DLIB.llr(4.0, 25, 3) == DLIB.llr(4.0, 7, 3) > DLIB.llr(4.0, 6, 3)


def test_one_photo_has_constants_of_its_own_and_several_share_theirs() -> None:
    a, b, c, d = DLIB.single
    assert DLIB.llr(2.5, 3, 1) == pytest.approx((a + b * math.log(3)) * 2.5 + c * math.log(3) + d)
    assert DLIB.llr(2.5, 3, 2) == DLIB.llr(2.5, 3, 5) != DLIB.llr(2.5, 3, 1)


def test_scores_looks_and_photos_broadcast() -> None:
    s = np.array([[1.0, 2.0, 3.0], [0.0, -1.0, 4.0]])
    llr = DLIB.llr(s, np.array([[1], [4]]), np.array([1, 2, 3]))
    assert llr.shape == (2, 3)
    assert llr[1, 2] == DLIB.llr(4.0, 4, 3)
    assert llr[0, 0] == DLIB.llr(1.0, 1, 1)


def test_a_spread_of_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="spread must be above 0"):
        Calibration(center=0, spread=0, several=DLIB.several, single=DLIB.single)
