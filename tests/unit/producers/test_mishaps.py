"""What a mishap does to a picture, and what it hides."""

import numpy as np
import pytest

from producers.simulated_hall.mishaps import HARMLESS, MISHAPS, WHOLE, hides

IMAGE = np.random.default_rng(0).integers(0, 255, (180, 320, 3)).astype(np.uint8)


@pytest.mark.parametrize("kind", sorted(MISHAPS))
def test_a_mishap_is_a_picture_of_the_same_size_and_the_same_each_time(kind: str) -> None:
    before = IMAGE.copy()
    one, other = (MISHAPS[kind](IMAGE, np.random.default_rng(1)) for _ in range(2))
    assert (one.shape, one.dtype) == (IMAGE.shape, np.uint8)
    assert np.array_equal(one, other)
    assert np.array_equal(IMAGE, before)


def test_what_is_hidden() -> None:
    assert all(hides(kind, (0.3, 0.3)) and hides(kind, None) for kind in WHOLE)
    assert not any(hides(kind, (0.3, 0.3)) or hides(kind, None) for kind in HARMLESS)
    assert hides("half", (0.3, 0.5))
    assert not hides("half", (0.7, 0.5))
    assert hides("before", (0.5, 0.5))
    assert not hides("before", (0.1, 0.5))
    assert hides("half", None)


@pytest.mark.parametrize("kind", sorted(set(MISHAPS) - WHOLE - HARMLESS))
def test_what_is_not_hidden_hardly_changes(kind: str) -> None:
    flat = np.full((180, 320, 3), 100, np.uint8)
    flat[::8] = 120
    changed = np.abs(MISHAPS[kind](flat, np.random.default_rng(1)).astype(int) - flat).max(axis=2)
    shown = [[not hides(kind, ((x + 0.5) / 320, (y + 0.5) / 180)) for x in range(320)] for y in range(180)]
    assert np.mean(changed[np.array(shown)] > 20) < 0.1
