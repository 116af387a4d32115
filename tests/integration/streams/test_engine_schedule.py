"""An engine is chosen while workers run: a class hour has one engine, whenever its frames come and whoever looks."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from infra.machine.lag import Cluster, Stage
from infra.operations.engines.choose_engine import publish
from producers.simulated_hall import Scene, load_script
from schemas.cluster import View, send
from schemas.frames import FrameHeaders
from schemas.ids import base_engine
from schemas.messages import (
    Attendance,
    ClassHour,
    Coverage,
    EngineChoice,
    Enrollment,
    EnrollmentTemplate,
    HallDay,
    Observation,
    Roster,
    Student,
    Tick,
    decode,
    encode,
)
from schemas.partitions import partition_of
from schemas.settings import Settings
from schemas.topics import topic
from streams.attend.facts import seen
from streams.attend.outgoing import Provenance
from streams.faces.calibration import calibration_file, calibration_of, written
from streams.faces.dlib_net import as_onnx
from streams.faces.engines import Engine, engine_id
from streams.faces.template_cipher import TemplateCipher, template_context
from streams.faces.weights import dlib_weight, read_weight
from streams.reference.reference_data import Candidates, Reference
from streams.replay import ReplayRequest, facts_of, plan_runs, tell
from tests.contract.engines import graphs
from tests.contract.engines.conftest import DLIB

SCRIPT = load_script("demo")
FIRST, SECOND = SCRIPT.hours[:2]
STUDENTS = tuple(Student(student_id=each.student_id, name=each.name) for each in SCRIPT.students)
PLACE = partition_of("E101", topic("sightings").partitions)
FRAMES = topic("frames").partitions
CAMERAS = [
    next(name for name in map(str, range(100)) if partition_of(f"E101/{name}", FRAMES) == each)
    for each in range(FRAMES)
]
"""One in each partition, so that every worker has some."""


@pytest.fixture(scope="session")
def eyes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another engine as a site keeps it: dlib's network as if it were somebody else's, with units of its own."""
    folder = tmp_path_factory.mktemp("home") / "engines" / "other-eyes"
    graphs.put(folder, "other-eyes", as_onnx(read_weight(dlib_weight())), **DLIB)
    ours = calibration_of("centerface-dlib")
    other = msgspec.structs.replace(ours, center=ours.center - 0.05, spread=ours.spread * 2, made=None)
    calibration_file("other-eyes", folder.parents[1]).write_text(written(other), "utf-8")
    return folder


@pytest.fixture
def other(eyes: Path, site: Settings) -> str:
    """The id of the other engine, which this site has."""
    shutil.copytree(eyes, site.home / "engines" / eyes.name)
    return engine_id(eyes.name, site.home)


class Hall:
    """A hall with two class hours and a camera for each partition of the frames."""

    def __init__(self, settings: Settings, candidates: Candidates) -> None:
        self.settings, self.candidates = settings, candidates
        self.cipher = TemplateCipher.create(settings.key_file)
        self.scene, self.sent = Scene(SCRIPT), 0
        day = HallDay(hall="E101", date=FIRST.date, hours=(FIRST, SECOND))
        self._send("timetable", f"E101|{day.date}", day)
        self._send("rosters", FIRST.section, Roster(section=FIRST.section, students=STUDENTS))

    def _send(self, name: str, key: str, value: Any, partition: int | None = None) -> None:
        send(self.settings, [(self.settings.topic(name), key.encode(), encode(value), partition, None)])

    def enrol(self, *engines: str, but: Iterable[str] = ()) -> None:
        """Enrol the students for engines; their network is the same. but: those who are left out."""
        for each, vector, photos in zip(*self.candidates, strict=True):
            name = each.student_id
            templates = tuple(
                EnrollmentTemplate(
                    engine=engine, photos=int(photos), sealed=self.cipher.seal(vector, template_context(name, engine))
                )
                for engine in engines
            )
            enrolled = Enrollment(
                student_id=name, version=1, enrolled_at=FIRST.starts_at, consent_on_file=True, templates=templates
            )
            if name not in but:
                self._send("enrollments", name, enrolled)

    def film(self, moments: Iterable[datetime]) -> None:
        """Let every camera send a frame of these moments."""
        for moment in moments:
            jpeg = self.scene.jpeg(moment)
            for camera in CAMERAS:
                head = FrameHeaders(hall="E101", camera=camera, captured_at=moment, live=False, sequence=self.sent)
                send(self.settings, [(self.settings.topic("frames"), head.key, jpeg, None, head.pack())])
            self.sent += 1

    def over(self) -> None:
        """Let both class hours be closed."""
        at = SECOND.ends_at + timedelta(hours=1 + self.sent)
        self._send("sightings", "E101", Tick(hall="E101", at=at, complete=True), PLACE)

    def observations(self) -> list[tuple[Observation, bytes]]:
        """What was seen, with the bytes that say so."""
        with Cluster(self.settings) as cluster:
            values = [each.value for each in cluster.last("sightings", 10_000)]
        return [(decode(each, Observation), each) for each in values if b'"observation/' in each[:40]]

    def engines(self) -> dict[str | None, set[str]]:
        """Which engines looked at each class hour."""
        found: dict[str | None, set[str]] = {}
        for each, _ in self.observations():
            found.setdefault(each.class_hour, set()).add(base_engine(each.engine))
        return found

    def rows(self) -> list[Attendance | Coverage]:
        """What attend says, as it stands."""
        read: Callable[[bytes], Any] = lambda value: decode(value, Attendance | Coverage)  # noqa: E731
        view = View(self.settings, "attendance", read)
        with closing(view):
            view.catch_up()
        return sorted(view.items.values(), key=repr)

    def expected(self, hour: ClassHour, engine: str, constants: str) -> list[Attendance | Coverage]:
        """What the pure judgement says of what an engine saw. constants: of the engine of this name."""
        reference = Reference(self.settings, engine)
        with closing(reference):
            reference.catch_up()
        mine = [each for each in self.observations() if each[0].class_hour == hour.id]
        facts = facts_of([seen(each, value, cipher=lambda: self.cipher) for each, value in mine], [])
        telling = Provenance("live", hour, engine, self.settings.policy)
        told = tell(reference, telling, calibration_of(constants, self.settings.home), facts, closed=True)
        return [*told.attendance, told.coverage]


@pytest.fixture
def hall(site: Settings, candidates: Candidates) -> Hall:
    return Hall(site, candidates)


def moments(hour: ClassHour) -> list[datetime]:
    return [at for at in SCRIPT.moments() if at in hour][:6]


def naul(settings: Settings, *line: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "infra.cli.main", *line, "--home", str(settings.home)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[3])


def test_a_class_hour_has_one_engine_whenever_its_frames_come_and_whoever_looks(
    hall: Hall, worker: Any, engine: Engine, other: str
) -> None:
    hall.enrol(engine.id, other)
    workers = [worker("recognise", "1").start(), worker("recognise", "2").start()]
    attend = worker("attend").start()
    hall.film(moments(FIRST)[:2])
    workers[0].until(("frames",))
    use = ("engine", "use", "other-eyes", "--from", SECOND.starts_at.isoformat(), "--without-evaluation", "--by", "kim")
    done = naul(hall.settings, *use)
    assert done.returncode == 0, done.stderr
    assert f"{other} is live from" in done.stdout
    hall.film([*moments(SECOND)[:2], *moments(FIRST)[2:4], *moments(SECOND)[2:]])
    workers[0].until(("frames",))
    assert hall.engines() == {FIRST.id: {engine.id}, SECOND.id: {other}}
    assert all(len(each.candidates) == len(STUDENTS) for each, _ in hall.observations())
    hall.over()
    attend.until(("sightings",))
    of_first = hall.expected(FIRST, engine.id, "centerface-dlib")
    of_second = hall.expected(SECOND, other, "other-eyes")
    assert hall.rows() == sorted([*of_first, *of_second], key=repr)
    assert of_second != hall.expected(SECOND, other, "centerface-dlib"), "the constants matter"
    for hour, live in ((FIRST, engine.id), (SECOND, other)):
        request = ReplayRequest(run="again", since=hour.starts_at, until=hour.ends_at, from_sightings=True)
        (planned,) = plan_runs(hall.settings, request, workers=1, now=hour.ends_at)
        assert (planned.manifest.engine, planned.plan.counts.keys()) == (live, {hour.id})

    for each in (*workers, attend):
        each.kill()
    hall.film(moments(FIRST)[4:])
    for each in (*workers, attend):
        each.start()
    workers[0].until(("frames",))
    hall.over()
    attend.until(("sightings",))
    assert hall.engines() == {FIRST.id: {engine.id}, SECOND.id: {other}}
    assert hall.rows() == sorted([*hall.expected(FIRST, engine.id, "centerface-dlib"), *of_second], key=repr)


def test_a_worker_without_the_engine_waits_and_never_looks_with_another(
    hall: Hall, worker: Any, engine: Engine, eyes: Path
) -> None:
    home = hall.settings.home
    other = engine_id(eyes.name, eyes.parents[1])
    hall.enrol(engine.id, other)
    recognise = worker("recognise").start()
    at = SECOND.starts_at
    publish(hall.settings, EngineChoice(engine=other, at=at, said_at=at, by="kim", without_evaluation=True))
    hall.film([moments(FIRST)[0], moments(SECOND)[0]])
    while "an engine cannot look here" not in (said := recognise.log.read_text("utf-8")):
        assert recognise.process.poll() is None, said
    assert f"{other} was chosen, and this machine has no engine of this name; trying again" in said
    assert f"Copy {home / 'engines' / 'other-eyes'}" in said
    assert set(hall.engines()) <= {FIRST.id}
    with Cluster(hall.settings) as cluster:
        assert cluster.lag(Stage("recognise", ("frames",))) >= len(CAMERAS), "what waits is not done"
    shutil.copytree(eyes, home / "engines" / eyes.name)
    recognise.until(("frames",))
    assert hall.engines() == {FIRST.id: {engine.id}, SECOND.id: {other}}
