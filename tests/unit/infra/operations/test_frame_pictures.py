"""What is left of a face that is blurred, and what is cut out with one."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from infra.operations.class_hours.frame_pictures import CELLS, GROWN, LEAST_SIDE, Box, blurred, cropped, strangers
from schemas.messages import Observation, decode
from tests.examples import example

WIDTH, HEIGHT = 160, 120
BOX: Box = (60, 40, 90, 76)


def noise(seed: int = 1) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)


def inside(grown: float = GROWN) -> tuple[slice, slice]:
    x1, y1, x2, y2 = BOX
    wide, high = grown * (x2 - x1), grown * (y2 - y1)
    return slice(int(y1 - high), int(np.ceil(y2 + high))), slice(int(x1 - wide), int(np.ceil(x2 + wide)))


def test_two_faces_with_the_same_averages_are_the_same_so_that_nothing_can_be_had_back() -> None:
    one = noise()
    rows, columns = inside()
    height, width = one[rows, columns].shape[:2]
    assert (height, width) == (58, 48)
    other, rng = one.copy(), np.random.default_rng(2)
    # Within each part that one average is made of, in whole pixels, everything is moved about.
    for part in range(CELLS):
        first, last = -(-part * width // CELLS), (part + 1) * width // CELLS
        lines = other[rows, columns][:, first:last]
        lines[:] = rng.permuted(lines, axis=1)
    assert (other[rows, columns] != one[rows, columns]).mean() > 0.8
    same = blurred(other, [BOX]).astype(int) - blurred(one, [BOX])
    assert np.abs(same).max() <= 1, "but for rounding"


def test_what_is_outside_of_the_boxes_stays_to_the_last_pixel() -> None:
    image = noise()
    done = blurred(image, [BOX])
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[inside()] = True
    assert (done[~mask] == image[~mask]).all()
    assert (done[mask] != image[mask]).mean() > 0.9
    assert (image == noise()).all(), "the picture that was given is left alone"


def test_a_face_that_is_blurred_has_no_detail_left() -> None:
    done = blurred(noise(), [BOX])[inside()]
    assert cv2.Laplacian(done, cv2.CV_64F).var() < 0.01 * cv2.Laplacian(noise(), cv2.CV_64F).var()


boxes = (
    st.tuples(*[st.floats(-300, 300)] * 4)
    .map(lambda each: (*sorted(each[::2]), *sorted(each[1::2])))
    .map(lambda each: (each[0], each[2], each[1], each[3]))
)


@given(boxes, st.lists(boxes, max_size=3))
def test_no_box_is_too_odd_to_be_blurred_or_cut_out(box: Box, others: list[Box]) -> None:
    image = noise()
    assert blurred(image, [box, *others]).shape == image.shape
    cut = cropped(image, box, others)
    assert cut is None or min(cut.shape[:2]) > 0


def test_a_face_is_cut_out_with_what_is_round_it_large_enough_to_be_seen() -> None:
    cut = cropped(noise(), BOX, [])
    assert cut is not None
    assert max(cut.shape[:2]) == LEAST_SIDE
    assert cut.shape[0] / cut.shape[1] == pytest.approx(36 / 30, abs=0.05)
    large = np.zeros((2000, 2000, 3), np.uint8)
    found = cropped(large, (500, 500, 1000, 1000), [])
    assert found is not None
    assert found.shape == (1100, 1100, 3), "it is not made smaller"


def test_the_neighbour_is_blurred_and_the_face_itself_is_not_even_where_the_two_overlap() -> None:
    image = noise()
    alone, beside = cropped(image, BOX, []), cropped(image, BOX, [(85, 40, 115, 76), (62, 42, 92, 78)])
    assert alone is not None
    assert beside is not None
    scale = LEAST_SIDE / 80
    margin = slice(round(22 * scale) + 6, round(58 * scale) - 6), slice(round(18 * scale) + 6, round(48 * scale) - 6)
    assert (alone[margin] == beside[margin]).all()
    assert (alone[:, -10:] != beside[:, -10:]).mean() > 0.7


def test_strangers_are_all_who_were_taken_for_nobody_who_may_be_shown() -> None:
    seen = decode(example("observation"), Observation)
    his, other = seen.faces
    assert strangers(seen, {"201912345"}) == (other.box,)
    assert strangers(seen, ()) == (his.box, other.box)
