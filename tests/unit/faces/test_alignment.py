"""The chip of a face does not depend on where, how large and how tilted the face is."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from streams.faces.alignment import chip, similarity
from streams.faces.intake import CHIP, POSITIONS
from streams.faces.values import Floats

ANGLES = st.floats(-np.pi, np.pi)
SCALES = st.floats(0.05, 20)
SHIFTS = st.tuples(st.floats(-2000, 2000), st.floats(-2000, 2000))
LANDMARKS = arrays(np.float32, (5, 2), elements=st.floats(-3, 3, width=32)).map(lambda noise: POSITIONS + noise)


def moved(points: Floats, angle: float, scale: float, shift: tuple[float, float]) -> Floats:
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return (points @ turn.T + shift).astype(np.float32)


def carried(matrix: NDArray[np.float64], points: Floats) -> NDArray[np.float64]:
    return points @ matrix[:, :2].T + matrix[:, 2]


@given(LANDMARKS, ANGLES, SCALES, SHIFTS)
def test_turned_scaled_and_shifted_landmarks_land_on_the_same_spots(
    landmarks: Floats, angle: float, scale: float, shift: tuple[float, float]
) -> None:
    elsewhere = moved(landmarks, angle, scale, shift)
    there, here = carried(similarity(elsewhere), elsewhere), carried(similarity(landmarks), landmarks)
    np.testing.assert_allclose(there, here, atol=0.02 + 2e-3 / scale)


@given(LANDMARKS, ANGLES, SCALES, SHIFTS)
def test_no_neighbouring_similarity_fits_better(
    landmarks: Floats, angle: float, scale: float, shift: tuple[float, float]
) -> None:
    elsewhere = moved(landmarks, angle, scale, shift)
    best = similarity(elsewhere)
    error = ((carried(best, elsewhere) - POSITIONS) ** 2).sum()
    size = np.abs(elsewhere).max() + 1
    for a, b, x, y in [(1e-2 / size, 0, 0, 0), (0, 1e-2 / size, 0, 0), (0, 0, 1e-2, 0), (0, 0, 0, 1e-2)]:
        for sign in (1, -1):
            other = best + sign * np.array([[a, -b, x], [b, a, y]])
            assert ((carried(other, elsewhere) - POSITIONS) ** 2).sum() >= error - 1e-3


@given(LANDMARKS, ANGLES, SCALES)
def test_a_similarity_never_mirrors(landmarks: Floats, angle: float, scale: float) -> None:
    assert np.linalg.det(similarity(moved(landmarks, angle, scale, (0, 0)))[:, :2]) > 0


@pytest.mark.parametrize(
    "landmarks",
    [
        pytest.param(np.full((5, 2), 40), id="all in one point"),
        pytest.param(np.stack([np.arange(5), np.zeros(5)], 1), id="on a line"),
        pytest.param(POSITIONS * 1e-4, id="smaller than a pixel"),
        pytest.param(POSITIONS - 5000, id="far outside of the picture"),
        pytest.param(POSITIONS * 300, id="larger than any picture"),
    ],
)
def test_degenerate_landmarks_give_a_chip_all_the_same(landmarks: Floats) -> None:
    image = np.full((60, 80, 3), 90, np.uint8)
    assert chip(image, landmarks.astype(np.float32)).shape == (CHIP, CHIP, 3)


@pytest.mark.parametrize(("scale", "angle"), [(1.0, 0.0), (1.0, 0.5), (3.0, -0.3), (0.4, 1.0), (7.3, 0.1)])
def test_the_chip_shows_the_same_picture_from_any_view(scale: float, angle: float) -> None:
    ramp = np.linspace(0, 1, CHIP)
    upright = np.stack([255 * np.outer(ramp, ramp), 255 * np.outer(ramp, 1 - ramp), np.full((CHIP, CHIP), 128)], -1)
    shift = (300.0 * scale, 300.0 * scale)
    # Pixel centres: the middle of pixel 0 lies at 0.
    view = cv2.warpAffine(
        upright.astype(np.uint8),
        scale * np.array([[np.cos(angle), -np.sin(angle), 300.0], [np.sin(angle), np.cos(angle), 300.0]]),
        (round(800 * scale), round(800 * scale)),
    )
    difference = np.abs(chip(view, moved(POSITIONS, angle, scale, shift)).astype(int) - upright)[8:-8, 8:-8]
    assert difference.mean() < 1.5
