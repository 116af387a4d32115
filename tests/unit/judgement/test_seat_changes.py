"""Who is not found: whether he left or could not be seen."""

import numpy as np
import pytest

from streams.judgement.seat_changes import SeatChanges


def changes(found: float, changed: float, elsewhere: float = 0.0, usual: float = 27) -> SeatChanges:
    """Return what became of so many who usually are found. changed: part of their seats."""
    return SeatChanges(elsewhere, *(np.array(each) for each in (found, usual, 100 * changed, 100.0)))


@pytest.mark.parametrize(
    ("found", "changed", "elsewhere", "missing"),
    [
        pytest.param(0, 0.05, 0.0, True, id="nobody is found and all sit there"),
        pytest.param(0, 0.5, 0.1, False, id="all left"),
        pytest.param(0, 0.5, 0.5, True, id="it is another picture"),
        pytest.param(9, 0.05, 0.0, True, id="two of three are not found"),
        pytest.param(9, 0.33, 0.0, False, id="two of three left"),
        pytest.param(18, 0.0, 0.0, False, id="a third bends their heads"),
        pytest.param(27, 0.0, 0.0, False, id="all are found"),
    ],
)
def test_who_is_missing(found: float, changed: float, elsewhere: float, *, missing: bool) -> None:
    assert bool(changes(found, changed, elsewhere).missing()) == missing


@pytest.mark.parametrize(
    ("found", "lately", "usual", "missing"),
    [(18, 0.6, 27, True), (18, 0.9, 27, False), (25, 0.6, 27, False), (3, 0.6, 5, False), (3, 0.4, 5, True)],
)
def test_who_is_missing_for_minutes(found: float, lately: float, usual: float, *, missing: bool) -> None:
    assert bool(changes(found, 0.0, usual=usual).missing(lately)) == missing


@pytest.mark.parametrize(("usual", "missing"), [(8, True), (5, True), (4, False), (1, False), (0, False)])
def test_of_hardly_anybody_nothing_is_said(usual: float, *, missing: bool) -> None:
    assert bool(changes(0, 0.0, usual=usual).missing()) == missing
