"""Both stores, empty: the embedded one, and a real server. Its absence is a failure, never a skip."""

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from schemas.messages import Attendance, Coverage, Observation, decode
from schemas.settings import Settings
from sinks.store import Store, open_store
from tests.examples import example
from tests.tools.clickhouse_debian import running

OpenStore = Callable[[], Store]


@pytest.fixture(scope="session")
def clickhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the server that all tests of a run share."""
    with running(tmp_path_factory.mktemp("clickhouse")) as ports:
        yield f"clickhouse://127.0.0.1:{ports.tcp}"


@pytest.fixture(scope="session")
def embedded_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One directory for all: what differs between tests is the database."""
    return tmp_path_factory.mktemp("embedded")


@pytest.fixture
def prefix() -> str:
    return f"t{secrets.token_hex(6)}"


@pytest.fixture
def embedded(embedded_home: Path, prefix: str) -> Settings:
    return Settings(home=embedded_home, prefix=prefix)


@pytest.fixture
def server(clickhouse: str, tmp_path: Path, prefix: str) -> Settings:
    return Settings(home=tmp_path, prefix=prefix, store=clickhouse)


@pytest.fixture
def opened(settings: Settings) -> Iterator[Store]:
    """The store of a class that says in its own fixture ``settings`` which one it means."""
    with open_store(settings) as store:
        yield store


@pytest.fixture
def verdict() -> Attendance:
    return decode(example("attendance"), Attendance)


@pytest.fixture
def coverage() -> Coverage:
    return decode(example("coverage"), Coverage)


@pytest.fixture
def observation() -> Observation:
    return decode(example("observation"), Observation)
