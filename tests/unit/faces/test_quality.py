"""How sharp a face is, how it is held and lit."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from streams.faces.pictures import Image
from streams.faces.quality import light, pose, sharpness


def test_a_blurred_face_is_less_sharp(orl: Callable[[int, int], Image]) -> None:
    image, box = orl(3, 1), np.array([5, 10, 85, 105], np.float32)
    steps = [sharpness(cv2.GaussianBlur(image, (0, 0), sigma), box) for sigma in (0.3, 1, 2, 4)]
    assert steps == sorted(steps, reverse=True)
    assert steps[-1] < steps[0]


def test_sharpness_does_not_depend_on_the_light(orl: Callable[[int, int], Image]) -> None:
    image, box = orl(5, 2), np.array([5, 10, 85, 105], np.float32)
    darker = (image * 0.5 + 10).astype(np.uint8)
    np.testing.assert_allclose(sharpness(darker, box), sharpness(image, box), rtol=0.1)


def test_a_flat_face_is_not_sharp_and_a_box_outside_does_no_harm() -> None:
    grey = np.full((50, 50, 3), 99, np.uint8)
    for box in ([0, 0, 50, 50], [-90, -90, -20, -20], [49.5, 10, 300, 12], [10, 10, 10, 10]):
        assert sharpness(grey, np.array(box, np.float32)) == 0


UPRIGHT = np.array([[0, 0], [40, 0], [20, 25], [8, 45], [32, 45]], np.float32)


def turned(by: float) -> np.ndarray:
    """The face with its nose moved aside, by so many distances of the eyes."""
    face = UPRIGHT.copy()
    face[2, 0] += 40 * by
    return face


def test_a_head_that_looks_into_the_camera_is_neither_turned_nor_tilted() -> None:
    assert (pose(UPRIGHT).yaw, pose(UPRIGHT).roll) == (0, 0)


def test_a_head_turned_aside_is_so_by_the_way_of_its_nose() -> None:
    assert 20 < pose(turned(0.25)).yaw < 30
    assert pose(turned(-0.25)).yaw == pytest.approx(-pose(turned(0.25)).yaw)
    assert pose(turned(0.4)).yaw > pose(turned(0.25)).yaw


def test_a_tilt_is_the_angle_of_the_eyes_and_does_not_turn_the_head() -> None:
    angle = np.radians(30)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    tilted = pose((turned(0.2) @ turn.T).astype(np.float32))
    assert tilted.roll == pytest.approx(30, abs=1e-3)
    assert tilted.yaw == pytest.approx(pose(turned(0.2)).yaw, abs=1e-3)


def test_light_is_measured_in_grey_values_of_the_face_alone() -> None:
    image = np.full((100, 200, 3), 255, np.uint8)
    image[:, :100] = np.linspace(20, 120, 100).astype(np.uint8)[:, None, None]
    found = light(image, np.array([0, 0, 100, 100], np.float32))
    assert found.bright == pytest.approx(115, abs=1)
    assert found.contrast == pytest.approx(90, abs=2)


def test_a_darker_picture_has_less_of_both() -> None:
    image = np.tile(np.linspace(60, 240, 50).astype(np.uint8)[:, None, None], (1, 50, 3))
    box = np.array([0, 0, 50, 50], np.float32)
    before, after = light(image, box), light(image // 3, box)
    assert after.bright < before.bright
    assert after.contrast < before.contrast
