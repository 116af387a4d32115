"""What could be seen in a frame, against what its camera usually shows."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from producers.simulated_hall.mishaps import HARMLESS, MISHAPS, WHOLE, hides
from streams.faces.frame_view import REGIONS, THUMBNAIL, view_of
from streams.judgement.observations import Seen
from streams.judgement.visibility import HallVisibility, sight

WIDTH, HEIGHT = 1280, 720
ASPECT = HEIGHT / WIDTH
SEATS = [(60 + 120 * seat, 180 + 85 * row) for row in range(6) for seat in range(10)]
"""Left, and the top of the desk, pixels."""
RNG = np.random.default_rng(7)


def hall(people: int = 40, seed: int = 0, clothes: int = 1) -> NDArray[np.uint8]:
    """Rows of desks with people at them who sway, on a wall with a window. clothes: who it is that sits there."""
    rng, worn = np.random.default_rng(seed), np.random.default_rng(clothes).integers(30, 220, (60, 3))
    image = np.full((HEIGHT, WIDTH, 3), 140, np.uint8)
    image[40:200, 900:1200] = 230
    for number, (x, y) in enumerate(SEATS):
        if number % 10 == 0:
            image[y : y + 6] = 60
            image[y + 6 : y + 40] = 100
        image[y - 30 : y + 4, x : x + 8] = 70  # the back of a chair
        if number < people:
            left = x + int(rng.integers(-8, 9))
            image[y - 50 : y + 24, left : left + 40] = worn[number]
            image[y - 40 : y - 30, left + 8 : left + 32] = 20
    noise = rng.normal(0, 3, image.shape)
    return np.asarray(np.clip(image + noise, 0, 255), np.uint8)


def seen(image: NDArray[np.uint8], at: float, faces: int) -> Seen:
    """Return the frame with faces found on the first seats."""
    view = view_of(image)
    nothing = np.zeros((faces, 0), np.float32)
    boxes = [(x + 8, y - 50, x + 32, y - 20) for x, y in SEATS[:faces]]
    return Seen(
        camera="front", captured_at=at, engine="e", students=(), reference=0, width=WIDTH, height=HEIGHT,
        boxes=np.array(boxes, np.float32).reshape(-1, 4), scores=np.ones(faces, np.float32),
        cosines=nothing, looks=nothing, digest=b"", detail=view.detail, thumbnail=view.thumbnail,
    )  # fmt: skip


def told(*last: Seen) -> HallVisibility:
    frames = [seen(hall(seed=n), n, 40) for n in range(6)]
    return sight([*frames, *last])


def test_a_view_is_small_and_the_same_for_every_size_of_a_picture() -> None:
    view = view_of(hall())
    assert (view.detail.shape, view.thumbnail.shape) == (REGIONS, THUMBNAIL)
    large = view_of(np.repeat(np.repeat(hall(), 2, axis=0), 2, axis=1))
    assert np.abs(view.thumbnail.astype(int) - large.thumbnail).max() <= 3


@pytest.mark.parametrize("kind", sorted(WHOLE - {"frozen"}))
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
        (MISHAPS["nudged"], "moved"),
    ],
)
def test_it_says_why(change: Callable[..., NDArray[np.uint8]], why: str) -> None:
    assert told(seen(change(hall(seed=9), RNG), 9, 0)).blindness[-1] == why


@pytest.mark.parametrize("kind", sorted(HARMLESS - {"nudged"}))
def test_what_hides_nobody_is_seen(kind: str) -> None:
    assert told(seen(MISHAPS[kind](hall(seed=9), RNG), 9, 40)).blindness[-1] == ""


@pytest.mark.parametrize("found", [0, 8, 20])
def test_where_most_faces_are_missing_and_everybody_sits_there_nothing_was_seen(found: int) -> None:
    frames = told(seen(hall(seed=9), 9, found))
    assert frames.blindness[-1] == "blurred"
    assert not frames.visible[-1].any()


@pytest.mark.parametrize("left", [8, 20, 30])
def test_where_some_left_the_others_are_seen(left: int) -> None:
    frames = told(seen(hall(people=left, seed=9), 9, left))
    assert frames.blindness[-1] == ""
    assert frames.visible[-1].mean() > 0.95  # at the edge of those who left, it is not sure of each seat


def test_who_bends_his_head_makes_no_frame_blind() -> None:
    assert told(seen(hall(seed=9), 9, 28)).blindness[-1] == ""


@pytest.mark.parametrize("people", [5, 8])
def test_of_a_few_who_all_leave_the_seats_are_seen(people: int) -> None:
    frames = [seen(hall(people, seed=n), n, people) for n in range(6)]
    gone, hidden = seen(hall(0, seed=9), 9, 0), seen(hall(people, seed=10), 10, 0)
    found = sight([*frames, gone, hidden])
    assert found.blindness[-2:] == ("", "blurred")


def a_plain_wall(there: list[int], at: float) -> Seen:
    """Return a frame of heads before a wall without furniture or bodies; there: on which of the seats."""
    rng = np.random.default_rng(int(at))
    image = np.full((HEIGHT, WIDTH, 3), 150, np.uint8)
    for place in there:
        x, y = SEATS[place]
        image[y - 70 : y, x : x + 55] = rng.integers(60, 120)
        image[y - 50 : y - 30, x + 10 : x + 45] = 20
    frame = seen(np.asarray(np.clip(image + rng.normal(0, 4, image.shape), 0, 255), np.uint8), at, 0)
    boxes = np.array([(x, y - 70, x + 55, y) for x, y in (SEATS[place] for place in there)], np.float32)
    nothing = np.zeros((len(there), 0), np.float32)
    return replace(frame, boxes=boxes, scores=np.ones(len(there), np.float32), cosines=nothing, looks=nothing)


def test_an_empty_seat_before_a_plain_wall_is_not_hidden() -> None:
    seats = [0, 3, 6, 9, 21, 24, 27, 42, 45, 48]
    frames = [a_plain_wall([seat for seat in seats if (seat + at) % 4], at) for at in range(12)]
    found = sight([*frames, a_plain_wall(seats[4:], 12)])
    assert found.blindness == ("",) * 13
    assert found.visible.all()


@pytest.mark.parametrize("kind", ["half", "cut_off", "smeared"])
def test_a_part_that_is_hidden_leaves_the_other_one(kind: str) -> None:
    image = MISHAPS[kind](hall(seed=9), RNG)
    frame = seen(image, 9, 40)
    shown = [place for place, (x, y) in enumerate(SEATS[:40]) if not hides(kind, (x / WIDTH, (y - 30) / HEIGHT))]
    frame = replace(frame, **{name: getattr(frame, name)[shown] for name in ("boxes", "scores", "cosines", "looks")})
    found = told(frame)
    dark, light = ((0.2, 0.4), (0.9, 0.3)) if kind == "half" else ((0.5, 0.5), (0.5, 0.15))
    assert not found.at(*dark, np.full(7, ASPECT))[-1]
    assert found.at(*light, np.full(7, ASPECT))[-1]


def test_what_is_seen_does_not_depend_on_the_order_of_frames() -> None:
    frames = [seen(hall(seed=n), n, 40) for n in range(6)] + [seen(MISHAPS["soft"](hall(seed=9), RNG), 9, 2)]
    one, other = (sight(these) for these in (frames, frames[::-1]))
    assert one.blindness == other.blindness[::-1]
    assert np.array_equal(one.visible, other.visible[::-1])


def test_an_empty_hall_is_seen_as_well_as_a_full_one() -> None:
    found = told(seen(hall(people=0, seed=9), 9, 0))
    assert found.visible[-1].mean() > 0.95
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
