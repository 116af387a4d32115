"""A face on a telephone or a photograph is inside a rectangle; a living one is not."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from streams.faces.framed import framed
from streams.faces.pictures import Image, decode_jpeg
from streams.faces.values import Floats
from tests.held_up import Kind, hold_up

Hall = tuple[Image, list[tuple[int, int, int, int]]]
Portraits = Callable[[int, int], Image]


def boxes_of(*faces: tuple[float, float, float]) -> Floats:
    """Boxes of faces given by their middle and width."""
    return np.array([(x - w / 2, y - 0.62 * w, x + w / 2, y + 0.62 * w) for x, y, w in faces], np.float32)


def living(hall: Hall) -> Floats:
    """Boxes of the faces of the hall: 75 of the 92 pixels of a picture."""
    return boxes_of(*[((x1 + x2) / 2, (y1 + y2) / 2, (x2 - x1) * 75 / 92) for x1, y1, x2, y2 in hall[1]])


def through_a_camera(frame: Image, seed: int) -> Image:
    noisy = frame + np.random.default_rng(seed).normal(0, 3.5, frame.shape)
    jpeg = cv2.imencode(".jpg", np.clip(noisy, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 88])[1]
    return decode_jpeg(jpeg.tobytes())


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["telephone", "print"])
@pytest.mark.parametrize("face", [30, 45, 60])
def test_a_held_up_picture_is_a_rectangle_most_of_the_time(hall: Hall, orl: Portraits, kind: Kind, face: float) -> None:
    rng = np.random.default_rng(3)
    found: list[bool] = []
    for number in range(12):
        frame, (x, y) = hall[0].copy(), rng.uniform((200, 200), (1080, 520))
        hold_up(frame, orl(1 + number, 2), x, y, face, kind, rng.normal(0, 5))
        near, width = rng.normal(0, 0.04 * face, 2), face * rng.uniform(0.92, 1.08)
        found += framed(through_a_camera(frame, number), boxes_of((x + near[0], y + near[1], width)))
    assert np.mean(found) >= 0.75


def test_a_living_face_is_not(hall: Hall) -> None:
    found = [each for seed in range(4) for each in framed(through_a_camera(hall[0], seed), living(hall))]
    assert (len(found), sum(found)) == (72, 0)


def test_each_face_has_its_own_answer(hall: Hall, orl: Portraits) -> None:
    frame = hall[0].copy()
    hold_up(frame, orl(5, 2), 640, 180, 45)
    boxes = np.concatenate([living(hall)[:2], boxes_of((640, 180, 45)), living(hall)[-1:]])
    assert framed(through_a_camera(frame, 0), boxes) == [False, False, True, False]
    assert framed(frame, boxes[:0]) == []


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [
        pytest.param(1.4, 1.7, True, id="a telephone"),
        pytest.param(2.2, 2.2, True, id="a square photograph"),
        pytest.param(2.4, 1.6, True, id="a telephone that lies"),
        pytest.param(0.9, 1.1, False, id="the face itself"),
        pytest.param(3.1, 3.1, False, id="a blackboard"),
    ],
)
@pytest.mark.parametrize("grey", [20, 220], ids=["dark", "bright"])
def test_only_a_rectangle_of_the_size_of_a_picture_counts(
    width: float, height: float, expected: bool, grey: int
) -> None:
    frame = np.full((400, 400, 3), 120, np.uint8)
    half = np.array([width, height]) * 20
    (x1, y1), (x2, y2) = (200 - half).round().astype(int).tolist(), (200 + half).round().astype(int).tolist()
    cv2.rectangle(frame, (x1, y1), (x2, y2), (grey, grey, grey), -1)
    assert framed(frame, boxes_of((200, 200, 40))) == [expected]


def test_a_desk_and_a_pillar_that_cross_behind_a_face_are_no_rectangle() -> None:
    frame = np.full((400, 400, 3), 120, np.uint8)
    cv2.rectangle(frame, (0, 240), (400, 400), (180, 200, 220), -1)
    cv2.rectangle(frame, (230, 0), (400, 400), (80, 60, 60), -1)
    assert framed(frame, boxes_of((200, 200, 40))) == [False]


@pytest.mark.parametrize("middle", [(2.0, 2.0), (395.0, 200.0), (200.0, 399.0), (-30.0, 500.0)])
def test_a_face_at_the_border_of_the_frame_is_looked_at(middle: tuple[float, float]) -> None:
    frame = np.random.default_rng(0).integers(0, 255, (400, 400, 3), np.uint8)
    assert framed(frame, boxes_of((*middle, 30), (*middle, 1), (*middle, 390))) == [False] * 3
