import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.jpeg import MAX_JPEG, Image, encode, fit
from schemas.errors import RefusedError


def noise(height: int, width: int, seed: int = 1) -> Image:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def size_of(jpeg: bytes) -> tuple[int, int]:
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    return image.shape[0], image.shape[1]


def test_the_limit_is_four_mebibytes_and_the_topic_leaves_room_for_headers() -> None:
    assert MAX_JPEG == 4 * 2**20


@settings(max_examples=30, deadline=None)
@given(st.integers(16, 120), st.integers(16, 120), st.integers(0, 9), st.integers(500, 20_000))
def test_whatever_comes_off_the_ladder_fits(height: int, width: int, seed: int, limit: int) -> None:
    try:
        jpeg = encode(noise(height, width, seed), limit=limit)
    except RefusedError:
        return
    assert len(jpeg) <= limit
    assert size_of(jpeg)[0] <= height


def test_quality_goes_before_size() -> None:
    image = noise(120, 160)
    full = encode(image)
    less = encode(image, limit=len(full) // 2)
    least = encode(image, limit=len(full) // 10)
    assert size_of(full) == size_of(less) == (120, 160)
    assert size_of(least) < (120, 160)


def test_a_picture_that_cannot_be_made_small_enough_is_refused_with_its_size() -> None:
    with pytest.raises(RefusedError, match="640x480"):
        encode(noise(480, 640), limit=1000)


def test_bytes_that_fit_pass_untouched_even_if_they_are_no_picture() -> None:
    damaged = encode(noise(50, 50))[:500]
    assert fit(damaged) is damaged


def test_a_jpeg_that_is_too_large_goes_down_the_ladder() -> None:
    jpeg = encode(noise(120, 160))
    assert len(fit(jpeg, limit=len(jpeg) - 1)) < len(jpeg)


@pytest.mark.parametrize("rubbish", [b"no picture", b"\xff\xd8\xff\xe0 cut off"])
def test_too_many_bytes_that_are_no_picture_are_refused(rubbish: bytes) -> None:
    with pytest.raises(RefusedError, match="no picture"):
        fit(rubbish, limit=5)
