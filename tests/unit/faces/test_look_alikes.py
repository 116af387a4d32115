"""How often people who are alike are taken for each other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.faces.calibration import Calibration, calibration_of
from streams.faces.look_alikes import BLOCK, alike_pairs, confusion_rate

DLIB = calibration_of("centerface-dlib")
cosines = st.floats(-1, 1)


def own_cosine(calibration: Calibration) -> float:
    """What a look has to its own template, found by trying: the sizes of the two noises fit the neutral cosine."""
    s = np.linspace(0, 10, 100_001)
    neutral = calibration.center + calibration.spread * s[np.abs(calibration.llr(s, 1, 2)).argmin()]
    ratios = np.linspace(1.001, 50, 1_000_000)
    fits = np.abs(np.log(ratios) / (ratios - 1) - (1 - neutral) / (1 - calibration.center)).argmin()
    return float(1 - (1 - calibration.center) / ratios[fits])


@pytest.mark.parametrize("rho", [0.93, 0.96, 0.985])
def test_the_rate_is_that_of_simulated_looks(rho: float) -> None:
    rng = np.random.default_rng(0)
    dimensions = round(((1 - DLIB.center) / DLIB.spread) ** 2)
    own = own_cosine(DLIB)
    # A lies along the first axis, B beside it; a look is A and a noise across it, of the length that is left.
    other = np.zeros(1 + dimensions)
    other[:2] = rho, np.sqrt(1 - rho**2)
    noise = rng.normal(0, np.sqrt((1 - own**2) / dimensions), (200_000, dimensions))
    looks = np.hstack([np.full((len(noise), 1), own), noise])
    confused = float(np.mean(looks @ other > looks[:, 0]))
    assert confusion_rate(rho, 2, DLIB) == pytest.approx(confused, rel=0.15)


@given(cosines, cosines)
def test_who_is_more_alike_is_confused_more_often(one: float, other: float) -> None:
    less, more = confusion_rate(sorted((one, other)), 2, DLIB)
    assert 0 <= less <= more <= 0.5


@given(cosines)
def test_with_a_single_photo_more_looks_go_astray(rho: float) -> None:
    assert confusion_rate(rho, 1, DLIB) >= confusion_rate(rho, 2, DLIB)


def test_one_face_twice_is_a_toss_of_a_coin() -> None:
    assert confusion_rate(1.0, 2, DLIB) == 0.5


def crowd(size: int, dimension: int = 12) -> np.ndarray:
    vectors = np.random.default_rng(1).normal(size=(size, dimension)) * 0.12 + 1
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def test_blocks_find_what_every_pair_by_itself_finds() -> None:
    templates = crowd(BLOCK + 90, 24)
    photos = np.arange(len(templates)) % 3 + 1
    least = 0.3
    found = alike_pairs(templates, photos, DLIB, least=least)
    one, other = np.triu_indices(len(templates), 1)
    rates = confusion_rate(np.sum(templates[one] * templates[other], 1), np.minimum(photos[one], photos[other]), DLIB)
    expected = {(a, b) for a, b, rate in zip(one.tolist(), other.tolist(), rates, strict=True) if rate >= least + 1e-5}
    borderline = {
        (a, b) for a, b, rate in zip(one.tolist(), other.tolist(), rates, strict=True) if rate >= least - 1e-5
    }
    assert expected <= {(each.one, each.other) for each in found} <= borderline
    assert 0 < len(expected) < len(rates)
    assert any(each.one < BLOCK <= each.other for each in found)


def test_the_order_of_people_does_not_matter() -> None:
    templates, photos = crowd(40), np.full(40, 2)
    shuffled = np.random.default_rng(2).permutation(40)
    straight = {(each.one, each.other) for each in alike_pairs(templates, photos, DLIB, least=0.2)}
    again = alike_pairs(templates[shuffled], photos, DLIB, least=0.2)
    assert {tuple(sorted((int(shuffled[each.one]), int(shuffled[each.other])))) for each in again} == straight
    assert straight


def test_nobody_and_one_person_are_no_pair() -> None:
    assert alike_pairs(np.zeros((0, 128), np.float32), [], DLIB) == []
    assert alike_pairs(crowd(1), [1], DLIB) == []


def test_a_rate_that_no_pair_can_have_is_refused() -> None:
    with pytest.raises(ValueError, match=r"between 0 and 0\.5, got 0\.6"):
        alike_pairs(crowd(2), [1, 1], DLIB, least=0.6)
