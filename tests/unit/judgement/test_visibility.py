"""What could be seen in a frame, against what its camera usually shows."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from producers.simulated_hall.mishaps import MISHAPS, WHOLE
from streams.faces.frame_view import REGIONS, THUMBNAIL, view_of
from streams.judgement.observations import Seen
from streams.judgement.visibility import HallVisibility, sight

WIDTH, HEIGHT = 1280, 720
ASPECT = HEIGHT / WIDTH
RNG = np.random.default_rng(7)


def hall(people: int = 40, seed: int = 0) -> NDArray[np.uint8]:
    """Rows of desks with heads over them, on a wall with a window."""
    rng = np.random.default_rng(seed)
    image = np.full((HEIGHT, WIDTH, 3), 140, np.uint8)
    image[40:200, 900:1200] = 230
    for row in range(6):
        y = 180 + 85 * row
        image[y : y + 6] = 60
        image[y + 6 : y + 40] = 100
        for seat in range(10):
            x = 60 + 120 * seat
            image[y - 30 : y + 4, x : x + 8] = 70  # the back of a chair
            if row * 10 + seat < people:
                image[y - 50 : y, x : x + 40] = rng.integers(30, 220, 3)
                image[y - 40 : y - 30, x + 8 : x + 32] = 20
    noise = rng.normal(0, 3, image.shape)
    return np.asarray(np.clip(image + noise, 0, 255), np.uint8)


def seen(image: NDArray[np.uint8], at: float, faces: int) -> Seen:
    view = view_of(image)
    nothing = np.zeros((faces, 0), np.float32)
    return Seen(
        camera="front", captured_at=at, engine="e", students=(), reference=0, width=WIDTH, height=HEIGHT,
        boxes=np.tile(np.array([[100, 100, 140, 150]], np.float32), (faces, 1)), scores=np.ones(faces, np.float32),
        cosines=nothing, looks=nothing, digest=b"", detail=view.detail, thumbnail=view.thumbnail,
    )  # fmt: skip


def told(*last: Seen) -> HallVisibility:
    frames = [seen(hall(seed=n), n, 40) for n in range(6)]
    return sight([*frames, *last], np.zeros(6 + len(last), np.intp))


def test_a_view_is_small_and_the_same_for_every_size_of_a_picture() -> None:
    view = view_of(hall())
    assert (view.detail.shape, view.thumbnail.shape) == (REGIONS, THUMBNAIL)
    large = view_of(np.repeat(np.repeat(hall(), 2, axis=0), 2, axis=1))
    assert np.abs(view.thumbnail.astype(int) - large.thumbnail).max() <= 3


@pytest.mark.parametrize("kind", sorted(WHOLE))
def test_a_picture_in_which_nobody_can_be_found_shows_nothing(kind: str) -> None:
    found = told(seen(MISHAPS[kind](hall(seed=9), RNG), 9, 0))
    assert not found.visible[-1].any()
    assert found.blindness[-1]
    assert all(found.visible[place].all() for place in range(6))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (MISHAPS["dark"], "dark"),
        (MISHAPS["covered"], "dark"),
        (MISHAPS["unfocused"], "blurred"),
        (MISHAPS["sun"], "blinded"),
        (MISHAPS["knocked"], "moved"),
    ],
)
def test_it_says_why(change: Callable[..., NDArray[np.uint8]], why: str) -> None:
    assert told(seen(change(hall(seed=9), RNG), 9, 0)).blindness[-1] == why


def test_an_empty_hall_is_seen_as_well_as_a_full_one() -> None:
    found = told(seen(hall(people=0, seed=9), 9, 0))
    assert found.visible[-1].all()
    assert found.blindness[-1] == ""


def test_what_lies_before_a_part_of_the_lens_hides_that_part() -> None:
    found = told(seen(MISHAPS["half"](hall(seed=9), RNG), 9, 20))
    aspect = np.full(7, ASPECT)
    assert not found.at(0.2, 0.4, aspect)[-1]
    assert found.at(0.85, 0.4, aspect)[-1]
    assert found.blindness[-1] == ""


def test_a_camera_that_looks_at_the_wall_for_most_of_the_hour_shows_the_hall_in_the_rest() -> None:
    walls = [seen(MISHAPS["knocked"](hall(seed=n), RNG), n, 0) for n in range(6, 30)]
    found = told(*walls)
    assert all(found.visible[place].all() for place in range(6))
    assert not found.visible[6:].any()


def test_a_frame_that_does_not_tell_saw_everything() -> None:
    silent = seen(hall(), 9, 3)
    found = told(Seen(**{**silent.__dict__, "detail": np.zeros(0, np.uint8), "thumbnail": np.zeros(0, np.uint8)}))
    assert found.visible[-1].all()
