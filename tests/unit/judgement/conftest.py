"""Makers of halls of numbers."""

from collections.abc import Callable

import pytest

from streams.faces.calibration import Calibration
from tests.lecture import CALIBRATION, Guest, Lecture


@pytest.fixture(scope="session")
def lecture() -> Callable[..., Lecture]:
    """Make a lecture hall."""
    return Lecture


@pytest.fixture(scope="session")
def guest() -> Callable[..., Guest]:
    """Make somebody who is not on the roster."""
    return Guest


@pytest.fixture(scope="session")
def calibration() -> Calibration:
    """The constants of the default engine."""
    return CALIBRATION
