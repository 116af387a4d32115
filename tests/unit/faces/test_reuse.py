"""Which faces keep the embedding of an earlier frame, and which never do. Faces are ORL's; nothing is looked for."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.faces.pictures import Image
from streams.faces.reuse import ALIKE, Reuse, alike, quarters
from streams.faces.values import Detections, Floats
from streams.judgement.identity import MINUTE

pytestmark = pytest.mark.slow

NINE = datetime(2026, 3, 9, 9, tzinfo=UTC)
FRONT = ("E101", "front")
PORTRAIT = np.array([[30, 47], [62, 47], [46, 64], [33, 84], [59, 84]], np.float32)
"""Where eyes, nose and corners of the mouth are in most pictures of ORL, roughly."""

Orl = Callable[[int, int], Image]
people, seeds = st.integers(1, 40), st.integers(0, 99)


def frame(face: Image, *, seed: int = 0, light: float = 1.0, noise: float = 3.0, at: int = 40) -> Image:
    """A frame of 160 x 120 through its JPEG, with one face 46 px wide."""
    image = np.full((120, 160, 3), 110.0)
    small = cv2.resize(face, (56, 68), interpolation=cv2.INTER_AREA)
    image[30 : 30 + 68, at : at + 56] = small[:, : 160 - at]
    image = image * light + np.random.default_rng(seed).normal(0, noise, image.shape)
    _, jpeg = cv2.imencode(".jpg", np.clip(image, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 88])
    return np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.uint8)


def found(at: int = 40) -> Detections:
    scale, corner = 56 / 92, np.array([at, 30], np.float32)
    x, y = at + 5, 30 + 8
    return Detections(
        boxes=np.array([[x, y, x + 46, y + 56]], np.float32),
        scores=np.ones(1, np.float32),
        landmarks=(PORTRAIT * scale + corner)[None].astype(np.float32),
    )


class Seat:
    """One seat before a camera. Whoever is embedded gets his own number as embedding."""

    def __init__(self, orl: Orl) -> None:
        self.reuse, self.embedded = Reuse(), 0
        self._orl = orl

    def look(self, person: int, seconds: float = 0, *, camera: tuple[str, str] = FRONT, **drawn: Any) -> float:
        """Return the embedding of who sits there."""
        return self.look_at(frame(self._orl(person, 1), **drawn), found(drawn.get("at", 40)), person, seconds, camera)

    def look_at(
        self, image: Image, faces: Detections, person: int, seconds: float = 0, camera: tuple[str, str] = FRONT
    ) -> float:
        def embed(_: Image, some: Detections) -> Floats:
            self.embedded += len(some)
            return np.full((len(some), 3), person, np.float32)

        embeddings = self.reuse.embed(embed, camera, NINE + timedelta(seconds=seconds), image, faces)
        assert embeddings.shape == (len(faces), 3)
        return float(embeddings[0, 0]) if len(faces) else float("nan")


@pytest.fixture
def seat(orl: Orl) -> Seat:
    return Seat(orl)


with_orl = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@given(person=people, seed=seeds)
@with_orl
def test_who_sits_still_is_embedded_once(orl: Orl, person: int, seed: int) -> None:
    seat = Seat(orl)
    assert {seat.look(person, second, seed=seed + second) for second in (0, 3, 5, 9)} == {person}
    assert seat.embedded == 1


@given(
    persons=st.lists(people, min_size=2, max_size=2, unique=True),
    seeds=st.tuples(seeds, seeds),
    light=st.sampled_from([0.1, 0.3, 1.0, 1.4]),
    noise=st.sampled_from([0.5, 3.0, 7.0]),
)
@with_orl
def test_another_person_in_the_seat_never_gets_the_embedding_of_the_one_before(
    orl: Orl, persons: list[int], seeds: tuple[int, int], light: float, noise: float
) -> None:
    seat = Seat(orl)
    for person, seed in zip(persons, seeds, strict=True):
        assert seat.look(person, light=light, noise=noise, seed=seed) == person


@given(persons=st.lists(people, min_size=2, max_size=2, unique=True), shadow=st.sampled_from([0.2, 0.4, 0.6]))
@with_orl
def test_nor_does_light_from_one_side_make_them_alike(orl: Orl, persons: list[int], shadow: float) -> None:
    seat = Seat(orl)
    for person in persons:
        image = frame(orl(person, 1), seed=person).astype(np.float32)
        image[:, 68:] *= shadow
        assert seat.look_at(image.astype(np.uint8), found(), person) == person


@given(
    frames=st.lists(st.tuples(people, st.integers(0, 179)), min_size=2, max_size=8, unique_by=lambda each: each[1]),
    order=st.randoms(use_true_random=False),
)
@with_orl
def test_frames_in_any_order_and_again_give_everybody_his_own(
    orl: Orl, frames: list[tuple[int, int]], order: Any
) -> None:
    seat, again = Seat(orl), [*frames, *frames]
    order.shuffle(again)
    for person, second in again:
        assert seat.look(person, second, seed=second) == person


@pytest.mark.parametrize("grey", [0, 4, 128, 255])
def test_a_face_that_shows_nothing_is_embedded_each_time(seat: Seat, grey: int) -> None:
    rng = np.random.default_rng(1)
    for person in (1, 2, 3):
        image = np.clip(grey + rng.normal(0, 1.5, (120, 160, 3)), 0, 255).astype(np.uint8)
        assert seat.look_at(image, found(), person) == person
    flat = np.full((120, 160, 3), grey, np.uint8)
    assert [seat.look_at(flat, found(), person) for person in (4, 5)] == [4, 5]


@pytest.mark.parametrize(
    ("camera", "seconds", "drawn"),
    [
        pytest.param(("E101", "back"), 0, {}, id="another camera"),
        pytest.param(("E102", "front"), 0, {}, id="another hall"),
        pytest.param(FRONT, 10, {}, id="ten seconds later"),
        pytest.param(FRONT, -10, {}, id="or before"),
        pytest.param(FRONT, MINUTE - 59, {}, id="another minute of the judgement"),
        pytest.param(FRONT, 0, {"at": 80}, id="another seat"),
    ],
)
def test_nothing_is_carried_elsewhere(
    seat: Seat, camera: tuple[str, str], seconds: float, drawn: dict[str, int]
) -> None:
    seat.look(1, 59)
    seat.look(1, 59 + seconds, camera=camera, **drawn)
    assert seat.embedded == 2


def test_nor_to_a_frame_of_another_size(seat: Seat, orl: Orl) -> None:
    image = frame(orl(1, 1))
    seat.look_at(image, found(), 1)
    seat.look_at(np.vstack([image, image]), found(), 1)
    assert seat.embedded == 2


def test_a_face_that_the_border_cuts_is_embedded_each_time(seat: Seat) -> None:
    for second in (0, 5):
        seat.look(1, second, at=110, seed=second)
    assert seat.embedded == 2


def test_who_changes_little_by_little_is_embedded_again_before_he_is_another(orl: Orl) -> None:
    seat, one, other = Seat(orl), orl(3, 1).astype(np.float32), orl(12, 1).astype(np.float32)
    for step in range(41):
        mixed = (one * (40 - step) + other * step) / 40
        told = seat.look_at(frame(mixed.astype(np.uint8), seed=step), found(), step, step / 5)
    assert told > 20, "not that of the first, step by step"
    assert 1 < seat.embedded < 41


def test_what_is_kept_is_bounded(seat: Seat) -> None:
    seat.look(1)
    for number in range(100):
        seat.look(2, camera=("E101", f"c{number}"))
    seat.look(1)
    assert seat.embedded == 102, "the camera that was not seen for longest is forgotten"
    moving = np.random.default_rng(3)
    for _ in range(500):
        seat.look_at(moving.integers(0, 256, (120, 160, 3), np.uint8), found(), 3)
    seat.look(1)
    assert seat.embedded == 603, "and so is the oldest of too many faces"


def test_a_frame_without_faces_is_nothing(seat: Seat, orl: Orl) -> None:
    nobody = found().only()
    for _ in range(2):
        seat.look_at(frame(orl(1, 1)), nobody, 0)
    assert seat.look(1) == 1
    assert seat.look_at(frame(orl(1, 1)), nobody, 0) != 0
    assert seat.embedded == 1


def test_threads_give_everybody_his_own(orl: Orl) -> None:
    reuse, together = Reuse(), threading.Barrier(4)

    def look(person: int) -> list[float]:
        def embed(_: Image, some: Detections) -> Floats:
            return np.full((len(some), 3), person, np.float32)

        image, told = frame(orl(person, 1)), []
        for second in range(30):
            together.wait()
            told.append(float(reuse.embed(embed, FRONT, NINE + timedelta(seconds=second), image, found())[0, 0]))
        return told

    with ThreadPoolExecutor(4) as pool:
        for person, told in enumerate(pool.map(look, range(1, 5)), 1):
            assert told == [person] * 30


def test_a_chip_agrees_with_itself_wholly_and_with_its_negative_not_at_all(orl: Orl) -> None:
    image = frame(orl(5, 1))
    chip, negative = (quarters(each, found().landmarks) for each in (image, 255 - image))
    assert alike(chip, chip).item() == pytest.approx(1, abs=1e-5)
    assert alike(chip, negative).item() < -ALIKE
