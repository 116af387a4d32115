"""Real workers on the site of a test, what they are given, and who is looked at where there is no broker."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from infra.cli.worker import ONCE
from infra.machine.child import bound_to_parent
from infra.machine.lag import Cluster, Stage
from infra.machine.readiness import ready_pid
from producers.simulated_hall import load_script
from producers.simulated_hall.actors import people_of
from schemas.messages import Candidate
from schemas.settings import Settings
from streams.faces.engines import Engine, load_engine
from streams.faces.pictures import read_photo
from streams.faces.template_cipher import TemplateCipher
from streams.faces.templates import template
from streams.reference.reference_data import Candidates


class Worker:
    """``naul worker PART`` as a process of its own; it can be killed and started again."""

    def __init__(self, settings: Settings, part: str, slot: str) -> None:
        self.settings = settings
        self.part = part
        self.slot = slot
        self.log = settings.home / f"{part}-{slot}.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Worker":
        self.settings.key_file.parent.mkdir(exist_ok=True)
        with self.log.open("ab") as log:
            line = [sys.executable, "-m", "infra.cli.main", "worker", self.part, "--slot", self.slot]
            line += ["--home", str(self.settings.home)]
            self.process = subprocess.Popen(bound_to_parent(line), stdout=log, stderr=log)
        name = self.part if self.part in ONCE else f"{self.part}-{self.slot}"
        while ready_pid(self.settings, name) != self.process.pid:
            assert self.process.poll() is None, self.log.read_text("utf-8")
            time.sleep(0.05)
        return self

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        assert self.process
        self.process.terminate()
        return self.process.wait()

    def wait(self) -> int:
        assert self.process
        return self.process.wait()

    def until(self, topics: tuple[str, ...], left: Callable[[int], bool] = lambda left: left == 0) -> None:
        """Return when what the worker has not committed of these topics fulfils a condition."""
        with Cluster(self.settings) as cluster:
            while not left(cluster.lag(Stage(self.part, topics))):
                assert self.process
                assert self.process.poll() is None, self.log.read_text("utf-8")
                time.sleep(0.05)


@contextmanager
def workers(site: Settings) -> Iterator[Callable[..., Worker]]:
    """Give what makes a worker of a part on a site; whatever still runs at the end is killed."""
    (site.home / "naul.toml").write_text(
        f'kafka = "{site.kafka}"\nprefix = "{site.prefix}"\nrecognise_threads = 1\n', "utf-8"
    )
    made: list[Worker] = []

    def make(part: str, slot: str = "1") -> Worker:
        made.append(Worker(site, part, slot))
        return made[-1]

    yield make
    for each in made:
        if each.process and each.process.poll() is None:
            each.kill()


@pytest.fixture
def worker(site: Settings) -> Iterator[Callable[..., Worker]]:
    """Make a worker of a part on the site of the test."""
    with workers(site) as make:
        yield make


@pytest.fixture(scope="session")
def engine() -> Engine:
    return load_engine("centerface-dlib")


@pytest.fixture(scope="session")
def cipher(tmp_path_factory: pytest.TempPathFactory) -> TemplateCipher:
    return TemplateCipher.create(tmp_path_factory.mktemp("cipher") / "key")


@pytest.fixture(scope="session")
def candidates(engine: Engine) -> Candidates:
    """The students of the demonstration, each by three photographs."""
    script = load_script("demo")
    people = people_of(script.faces)
    known = {
        each.student_id: template(engine, [read_photo(file) for file in people.photos(each.face, 3)])
        for each in sorted(script.students, key=lambda each: each.student_id)
    }
    return Candidates(
        tuple(Candidate(student_id=name, version=1) for name in known),
        np.stack([each.vector for each in known.values()]),
        np.array([each.photos for each in known.values()]),
    )
