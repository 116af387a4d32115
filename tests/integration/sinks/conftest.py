"""A sink that runs on the site of a test, and ways to see what it did."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest

from infra.machine.lag import Cluster, Stage
from infra.machine.topic_creation import create_topics
from schemas.cluster import send
from schemas.errors import UnavailableError
from schemas.messages import Attendance, Coverage, Message, Observation, decode, encode
from schemas.settings import Settings
from sinks.worker import TOPICS, run
from tests.examples import example
from tests.tools.clickhouse_debian import running

SINK = Stage("sink", TOPICS)


class Site:
    """The topics of a site, and how far its sink has come with them."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def create(self) -> None:
        create_topics(self.settings)

    def tell(self, *messages: Message) -> None:
        """Send verdicts and coverage as attend does, observations as recognise does."""
        send(self.settings, [(*self._address(each), encode(each), None, None) for each in messages])

    def tell_raw(self, topic: str, key: bytes, value: bytes | None) -> None:
        send(self.settings, [(self.settings.topic(topic), key, value, None, [("hop", b"1")])])

    def _address(self, message: Message) -> tuple[str, bytes]:
        match message:
            case Attendance():
                key = f"{message.run}|{message.class_hour}|{message.student_id}"
                return self.settings.topic("attendance"), key.encode()
            case Coverage():
                return self.settings.topic("attendance"), f"{message.run}|{message.class_hour}".encode()
            case Observation():
                return self.settings.topic("sightings"), message.hall.encode()
        raise TypeError(message)

    def waiting(self) -> int:
        """Messages whose offsets the sink has not committed."""
        return self.until(lambda _: True)

    def until(self, condition: Callable[[int], bool]) -> int:
        """Return the number of waiting messages once it fulfils a condition."""
        with Cluster(self.settings) as cluster:
            while True:
                # A broker that is only just up does not know its groups yet.
                with suppress(UnavailableError):
                    if condition(waiting := cluster.lag(SINK)):
                        return waiting
                time.sleep(0.02)

    def caught_up(self) -> None:
        self.until(lambda waiting: waiting == 0)


@contextmanager
def sink_in_a_thread(settings: Settings, *, take_over: bool = False, waits: bool = False) -> Iterator[None]:
    stop, ready, failed = threading.Event(), threading.Event(), list[BaseException]()

    def work() -> None:
        try:
            run(settings, on_ready=ready.set, stop=stop, take_over=take_over)
        except BaseException as error:  # noqa: BLE001  it is raised again below
            failed.append(error)
            ready.set()

    thread = threading.Thread(target=work, name="sink")
    thread.start()
    try:
        if not waits:
            ready.wait()
        yield
    finally:
        stop.set()
        thread.join()
        if failed:
            raise failed[0]


@contextmanager
def sink_as_a_process(settings: Settings) -> "Iterator[subprocess.Popen[str]]":
    environment = {
        "NAUL_HOME": str(settings.home),
        "NAUL_KAFKA": settings.kafka,
        "NAUL_PREFIX": settings.prefix,
        "NAUL_STORE": settings.store,
        "NAUL_SLOT": settings.slot,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "infra.cli.main", "worker", "sink"],
        env=os.environ | environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def sink() -> Callable[..., AbstractContextManager[None]]:
    return sink_in_a_thread


@pytest.fixture
def sink_that_waits() -> Callable[..., AbstractContextManager[None]]:
    """A sink that is not ready yet."""
    return partial(sink_in_a_thread, waits=True)


@pytest.fixture
def sink_process() -> "Callable[[Settings], AbstractContextManager[subprocess.Popen[str]]]":
    return sink_as_a_process


@pytest.fixture
def clickhouse_server(tmp_path: Path, servers: None) -> Iterator[str]:
    """The address of a server of the test's own."""
    with running(tmp_path / "clickhouse") as ports:
        yield f"clickhouse://127.0.0.1:{ports.tcp}"


@pytest.fixture
def hall(site: Settings) -> Site:
    return Site(site)


@pytest.fixture
def verdict() -> Attendance:
    return decode(example("attendance"), Attendance)


@pytest.fixture
def coverage() -> Coverage:
    return decode(example("coverage"), Coverage)


@pytest.fixture
def observation() -> Observation:
    return decode(example("observation"), Observation)
