"""Cells and regions of the small pictures."""

import numpy as np

from streams.faces.frame_view import REGIONS, THUMBNAIL
from streams.judgement.thumbnails import around, cell, cells_of, correlation, fitted, near, per_region, region

RNG = np.random.default_rng(0)
SCENE = RNG.uniform(0, 255, THUMBNAIL)
ALL = np.ones(THUMBNAIL, bool)


def test_a_point_lies_in_the_cell_of_its_region() -> None:
    x, y = RNG.uniform(0, 1, (2, 50))
    regions = np.zeros(REGIONS, bool)
    regions[region(x, y)] = True
    assert cells_of(regions)[cell(x, y)].all()
    assert per_region(cells_of(regions)).sum() == regions.sum() * ALL.sum() / regions.size


def test_what_lies_outside_is_at_the_edge() -> None:
    rows, columns = region(np.array([-0.1, 1.0]), np.array([1.2, -3.0]))
    assert (rows.tolist(), columns.tolist()) == ([REGIONS[0] - 1, 0], [0, REGIONS[1] - 1])


def test_light_and_contrast_are_taken_out() -> None:
    dim = (0.3 * SCENE + 20).astype(np.uint8)
    assert np.abs(fitted(dim, SCENE, ALL) - SCENE).max() < 5
    assert correlation(dim.astype(float), SCENE) > 0.99
    assert correlation(np.zeros(THUMBNAIL), SCENE) == 0


def test_means_of_something_even_are_the_same() -> None:
    assert np.allclose(near(np.full(REGIONS, 3.0), 5), 3)
    assert np.allclose(around(np.full(THUMBNAIL, 3.0), 5), 3)
    assert near(np.ones(REGIONS), 5, beyond=0)[0, 0] < 1
