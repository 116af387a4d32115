"""Both stores, empty: the embedded one, and a real server. Its absence is a failure, never a skip."""

import secrets
import shutil
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
def clickhouse(tmp_path_factory: pytest.TempPathFactory, servers: None) -> Iterator[str]:
    """The address of the server that all tests of a process share."""
    with running(tmp_path_factory.mktemp("clickhouse")) as ports:
        yield f"clickhouse://127.0.0.1:{ports.tcp}"


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of an empty embedded store with today's tables. Copy it: do not open it."""
    home = tmp_path_factory.mktemp("migrated")
    open_store(Settings(home=home)).close()
    return home


@pytest.fixture
def prefix() -> str:
    return f"t{secrets.token_hex(6)}"


@pytest.fixture
def unmade(tmp_path: Path) -> Settings:
    """An embedded store that nobody has opened yet."""
    home = tmp_path / "unmade"
    home.mkdir()
    return Settings(home=home)


@pytest.fixture
def embedded(migrated: Path, tmp_path: Path) -> Settings:
    """An embedded store of the test's own: to copy one is quicker than to make one.

    A directory that all tests share would load the tables of all of them at every opening.
    """
    home = tmp_path / "embedded"
    shutil.copytree(migrated, home, symlinks=True)
    return Settings(home=home)


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
