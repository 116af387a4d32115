"""The golden examples as messages."""

from importlib import resources

import pytest

from schemas.messages import Attendance, Coverage, Observation, decode


def _example(name: str) -> bytes:
    return resources.files("schemas").joinpath("examples", f"{name}.v1.json").read_bytes()


@pytest.fixture
def verdict() -> Attendance:
    return decode(_example("attendance"), Attendance)


@pytest.fixture
def coverage() -> Coverage:
    return decode(_example("coverage"), Coverage)


@pytest.fixture
def observation() -> Observation:
    return decode(_example("observation"), Observation)
