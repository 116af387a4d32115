"""A camera learns from its own sightings where faces occur and how large they are there."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import RefusedError
from schemas.messages import Profile, decode, encode
from streams.faces.profile import Sight, learn, variant
from streams.faces.regions import plan, work

NINE = datetime(2026, 3, 9, tzinfo=UTC)
WIDTH, HEIGHT = 1920, 1080
Rows = Sequence[tuple[float, float]]
ROWS: Rows = ((150, 16), (230, 24), (350, 36), (700, 64))
"""y and face width of rows of seats, the far one first."""


def face(x: float, y: float, width: float) -> tuple[float, float, float, float]:
    return x - width / 2, y - width * 0.62, x + width / 2, y + width * 0.62


def sights(
    rows: Rows = ROWS, *, frames: int = 60, every: float = 10, seed: int = 0, width: int = WIDTH, height: int = HEIGHT
) -> list[Sight]:
    """What a camera saw of rows of eight people who sway."""
    rng = np.random.default_rng(seed)
    return [
        Sight(
            NINE + timedelta(seconds=every * n),
            width,
            height,
            [
                face(x + rng.normal(0, size / 10), y + rng.normal(0, size / 20), size * rng.uniform(0.95, 1.05))
                for y, size in rows
                for x in np.linspace(200, 1700, 8)
            ],
        )
        for n in range(frames)
    ]


def inside(profile: Profile, box: Sequence[float]) -> bool:
    x1, y1, x2, y2 = (box[0] / WIDTH, box[1] / HEIGHT, box[2] / WIDTH, box[3] / HEIGHT)
    return any(band.x1 <= x1 and band.y1 <= y1 and x2 <= band.x2 and y2 <= band.y2 for band in profile.bands)


def test_every_face_that_was_seen_lies_whole_within_a_band() -> None:
    profile = learn("E101", "front", sights())
    assert all(inside(profile, box) for sight in sights() for box in sight.boxes)
    assert profile.faces == 60 * 8 * len(ROWS)


def test_the_ceiling_and_the_stage_are_not_looked_at() -> None:
    profile = learn("E101", "front", sights())
    assert not inside(profile, face(900, 40, 40))
    assert not inside(profile, face(900, 1000, 40))


def test_near_rows_are_shrunk_far_ones_are_not_and_less_than_half_is_looked_at() -> None:
    regions = plan(learn("E101", "front", sights()), WIDTH, HEIGHT, 24)
    scales = [each.scale for each in regions]
    assert scales == sorted(scales, reverse=True)
    assert scales[0] > 1.4
    assert scales[-1] < 0.45
    assert work(regions, WIDTH, HEIGHT) < 0.35


def test_no_face_is_made_smaller_than_the_engine_finds() -> None:
    regions = plan(learn("E101", "front", sights()), WIDTH, HEIGHT, 24)
    for y, size in ROWS[1:]:
        shown = [each.scale * size for each in regions if each.y1 < y - size and y + size < each.y2]
        assert max(shown) > 22


def test_an_engine_whose_smallest_face_nobody_measured_has_nothing_shrunk() -> None:
    regions = plan(learn("E101", "front", sights()), WIDTH, HEIGHT, None)
    assert {each.scale for each in regions} == {1.0}


def test_a_profile_holds_for_the_same_picture_in_another_resolution() -> None:
    profile = learn("E101", "front", sights())
    full, half = plan(profile, 3840, 2160, 24), plan(profile, 1920, 1080, 24)
    for large, small in zip(full, half, strict=True):
        assert large.x2 == pytest.approx(2 * small.x2, abs=2)
        assert large.scale == pytest.approx(small.scale / 2) or small.scale == 1.5 or large.scale == 0.25


def test_few_who_pass_by_are_not_learned() -> None:
    passing = [*sights(), Sight(NINE, WIDTH, HEIGHT, [face(960, 1000, 50)]), Sight(NINE, WIDTH, HEIGHT, [])]
    assert learn("E101", "front", passing).bands == learn("E101", "front", sights()).bands


def test_too_few_sightings_are_refused_with_how_many_are_missing() -> None:
    with pytest.raises(RefusedError, match=r"40 analysed frames with 1280 faces .* missing: 20 frames, 0 faces"):
        learn("E101", "front", sights(frames=40))
    with pytest.raises(RefusedError, match=r"missing: 0 frames, 300 faces"):
        learn("E101", "front", sights((), frames=60))
    with pytest.raises(RefusedError, match=r"missing: 60 frames, 300 faces"):
        learn("E101", "front", [])


@pytest.mark.parametrize(
    ("every", "whole"),
    [pytest.param(5, 12, id="once a minute"), pytest.param(20, 6, id="but not more often than each sixth frame")],
)
def test_whole_frames_come_at_intervals(every: float, whole: int) -> None:
    assert learn("E101", "front", sights(every=every)).whole_every == whole


def test_the_order_of_sightings_does_not_matter() -> None:
    assert learn("E101", "front", sights()[::-1]) == learn("E101", "front", sights())


def test_another_profile_is_another_variant() -> None:
    one, other = learn("E101", "front", sights()), learn("E101", "front", sights(seed=1))
    assert variant(one) == variant(decode(encode(one), Profile))
    assert variant(one) != variant(other)
    assert len(variant(one)) == len("p-1a2b3c4d")


def test_without_a_profile_and_where_regions_save_nothing_the_whole_frame_is_looked_at() -> None:
    assert plan(None, WIDTH, HEIGHT, 24) == ()
    everywhere = learn("E101", "front", sights([(y, 14) for y in range(60, 1050, 60)]))
    assert plan(everywhere, WIDTH, HEIGHT, 24) == ()


@given(
    st.lists(st.tuples(st.floats(30, 1050), st.floats(8, 300)), min_size=1, max_size=6),
    st.sampled_from([(1280, 720), (1920, 1080), (640, 480)]),
    st.sampled_from([None, 24.0]),
)
def test_any_hall_gives_regions_within_the_frame_that_cost_no_more_than_it(
    rows: Rows, size: tuple[int, int], small: float | None
) -> None:
    profile = learn("E101", "front", sights(rows))
    assert decode(encode(profile), Profile) == profile
    regions = plan(profile, *size, small)
    assert work(regions, *size) <= 1
    for each in regions:
        assert 0 <= each.x1 < each.x2 <= size[0]
        assert 0 <= each.y1 < each.y2 <= size[1]
        assert 0.25 <= each.scale <= 1.5


def test_a_band_that_ends_before_it_starts_is_refused() -> None:
    (band, *_) = learn("E101", "front", sights()).bands
    with pytest.raises(ValueError, match="must end after it starts"):
        msgspec.structs.replace(band, x1=band.x2).__post_init__()
