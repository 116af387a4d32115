"""Shares and errors, against what books and hands compute."""

import pytest

from sinks.runs.statistics import error, interval, paired


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [
        pytest.param(8, 10, 0.4902, 0.9433, id="eight of ten"),
        pytest.param(0, 10, 0.0, 0.2775, id="none of ten is not surely none"),
        pytest.param(10, 10, 0.7225, 1.0, id="ten of ten is not surely all"),
    ],
)
def test_a_share_has_wilsons_interval(count: int, of: int, low: float, high: float) -> None:
    found = interval(count, of)
    assert (found.low, found.high) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


def test_a_share_of_nothing_is_nothing() -> None:
    assert (interval(0, 0).share, str(interval(0, 0))) == (None, "none")


@pytest.mark.parametrize(
    ("first", "second", "chance"),
    [
        pytest.param(12, 2, 2 * (1 + 14 + 91) / 2**14, id="twelve to two"),
        pytest.param(1, 1, 1.0, id="a draw"),
        pytest.param(0, 0, 1.0, id="nothing"),
    ],
)
def test_the_chance_of_a_split_is_counted_exactly(first: int, second: int, chance: float) -> None:
    assert paired(first, second) == pytest.approx(chance)


def test_errors_are_sized_without_their_sign() -> None:
    found = error([-10.0, 20.0, 0.0])
    assert (found.count, found.early, found.late, found.median, found.p95) == (3, 1, 1, 10.0, 19.0)


def test_no_error_of_nothing() -> None:
    assert (error([]).median, str(error([]))) == (None, "none")
