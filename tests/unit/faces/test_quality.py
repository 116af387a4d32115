"""A better face has the higher quality."""

from collections.abc import Callable

import cv2
import numpy as np

from streams.faces.engines import Engine
from streams.faces.pictures import Image
from streams.faces.quality import frontality, qualities, sharpness
from streams.faces.values import Detections


def face(image: Image, engine: Engine) -> Detections:
    bordered = cv2.copyMakeBorder(image, 30, 30, 30, 30, cv2.BORDER_REPLICATE)
    return engine.detect(bordered).only(0).moved(-30, -30)


def test_a_blurred_face_is_worse(orl: Callable[[int, int], Image], centerface_dlib: Engine) -> None:
    image = orl(3, 1)
    where = face(image, centerface_dlib)
    steps = [qualities(cv2.GaussianBlur(image, (0, 0), sigma), where)[0] for sigma in (0.3, 1, 2, 4)]
    assert steps == sorted(steps, reverse=True)
    assert 0 <= steps[-1] < steps[0] <= 1


def test_a_smaller_face_is_worse(orl: Callable[[int, int], Image], centerface_dlib: Engine) -> None:
    image = orl(3, 1)
    where = face(image, centerface_dlib)
    half = cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    assert qualities(half, where.scaled(0.5))[0] < qualities(image, where)[0]


def test_sharpness_does_not_depend_on_the_light(orl: Callable[[int, int], Image]) -> None:
    image, box = orl(5, 2), np.array([5, 10, 85, 105], np.float32)
    darker = (image * 0.5 + 10).astype(np.uint8)
    np.testing.assert_allclose(sharpness(darker, box), sharpness(image, box), rtol=0.1)


def test_a_flat_face_is_not_sharp_and_a_box_outside_does_no_harm() -> None:
    grey = np.full((50, 50, 3), 99, np.uint8)
    for box in ([0, 0, 50, 50], [-90, -90, -20, -20], [49.5, 10, 300, 12], [10, 10, 10, 10]):
        assert sharpness(grey, np.array(box, np.float32)) == 0


def test_a_face_is_frontal_when_the_nose_lies_between_the_eyes() -> None:
    eyes_mouth = [[0, 0], [40, 0], [0, 0], [8, 45], [32, 45]]
    faces = np.array([eyes_mouth] * 3, np.float32)
    faces[:, 2] = [[20, 25], [30, 25], [45, 25]]
    np.testing.assert_allclose(frontality(faces), [1, 0.5, 0])


def test_a_tilted_head_is_as_frontal() -> None:
    upright = np.array([[0, 0], [40, 0], [24, 25], [8, 45], [32, 45]])
    turn = np.array([[0.8, -0.6], [0.6, 0.8]])
    tilted = np.stack([upright, upright @ turn.T]).astype(np.float32)
    np.testing.assert_allclose(frontality(tilted)[0], frontality(tilted)[1], atol=1e-5)


def test_no_faces_have_no_qualities() -> None:
    nobody = Detections(*(np.empty(shape, np.float32) for shape in [(0, 4), (0,), (0, 5, 2)]))
    assert qualities(np.zeros((9, 9, 3), np.uint8), nobody) == []
