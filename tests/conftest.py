"""What every test may ask for: a clean environment, a real broker, a site of its own on it."""

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

from infra.machine.child import bound_to_parent
from infra.machine.kafka.broker import wait_until_ready
from infra.machine.lifecycle import stop
from infra.machine.topic_creation import create_topics
from schemas.settings import Settings, load_settings
from tests.tools.measured import sitecustomize
from tests.tools.ports import free_row

pytest_plugins = ["tests.tools.long_first", "tests.tools.quick"]

# A process that shares the tests with others is told how wide their terminal is; no test may hang on that.
for name in ("COLUMNS", "LINES"):
    os.environ.pop(name, None)

hypothesis_settings.register_profile("naul", deadline=None)
hypothesis_settings.load_profile("naul")


class Broker:
    """A real Kafka with its data in a folder; it can be killed and started again. Whoever reaches its port gets in."""

    def __init__(self, home: Path) -> None:
        port = free_row(3)
        self.settings = Settings(home=home, kafka=f"127.0.0.1:{port}", kafka_port=port)
        self._log = home / "log" / "kafka.log"
        self._log.parent.mkdir(parents=True)
        (home / "naul.toml").write_text(f"kafka_port = {port}\n", "utf-8")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            line = [sys.executable, "-m", "tests.tools.open_broker", "--home", str(self.settings.home)]
            self.process = subprocess.Popen(bound_to_parent(line), stdout=log, stderr=log)
        process = self.process
        try:
            wait_until_ready(self.settings, timeout=120, alive=lambda: process.poll() is None)
        except Exception as error:
            raise AssertionError(f"the broker did not start:\n{self._log.read_text('utf-8')}") from error

    def kill(self) -> None:
        """End it as a power cut of the process would."""
        assert self.process
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        assert self.process
        self.process.terminate()
        self.process.wait()


@pytest.fixture(autouse=True, scope="session")
def _clean_environment() -> None:
    """What the caller has set must not decide what tests do."""
    for name in [name for name in os.environ if name.startswith("NAUL_") and name != "NAUL_CACHE"]:
        del os.environ[name]
    # A background job of a script ignores Ctrl-C, and whatever it starts inherits that and could not be stopped.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if "COVERAGE_PROCESS_CONFIG" in os.environ:  # it is set for what the tests start
        known = os.environ.get("PYTHONPATH")
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(Path(sitecustomize.__file__).parent), known)))
    # Brokers that live for seconds: the quick compiler alone starts them with 4 instead of 6.5 seconds of a core.
    os.environ["JDK_JAVA_OPTIONS"] = "-XX:TieredStopAtLevel=1"


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory, _clean_environment: None, servers: None) -> Iterator[Broker]:
    """The Kafka that all tests of a process share. Do not stop it: make one of your own with ``make_broker``."""
    shared = Broker(tmp_path_factory.mktemp("broker"))
    shared.start()
    yield shared
    shared.stop()


@pytest.fixture
def own_broker(tmp_path: Path, servers: None) -> Iterator[Broker]:
    """A Kafka that a test may kill."""
    mine = Broker(tmp_path / "broker")
    mine.start()
    yield mine
    mine.kill()


def make_site(broker: Broker, home: Path) -> Settings:
    """Make a site with a home, a prefix and empty topics of its own on a broker."""
    settings = Settings(
        home=home, kafka=broker.settings.bootstrap, prefix=f"t{secrets.token_hex(6)}", recognise_threads=1
    )
    settings.home.mkdir()
    create_topics(settings)
    return settings


@pytest.fixture
def site(broker: Broker, tmp_path: Path) -> Settings:
    """A site of the test's own on the shared broker."""
    return make_site(broker, tmp_path / "home")


@pytest.fixture
def free_home(tmp_path: Path, servers: None) -> Iterator[Path]:
    """A home in which `naul up` can start everything: its ports are free. What still runs at the end is stopped."""
    home = tmp_path / "free home"
    home.mkdir()
    (home / "naul.toml").write_text(f"kafka_port = {free_row(18)}\nrecognise_threads = 1\n", "utf-8")
    yield home
    stop(load_settings(home))
