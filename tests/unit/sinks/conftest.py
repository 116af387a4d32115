"""The golden examples as messages."""

import pytest

from schemas.messages import Attendance, Coverage, Observation, decode
from tests.examples import example


@pytest.fixture
def verdict() -> Attendance:
    return decode(example("attendance"), Attendance)


@pytest.fixture
def coverage() -> Coverage:
    return decode(example("coverage"), Coverage)


@pytest.fixture
def observation() -> Observation:
    return decode(example("observation"), Observation)
