"""``naul engine use`` and ``list`` as they are typed, with a real broker and store."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from schemas.cluster import send
from schemas.messages import (
    Attendance,
    ClassHour,
    Coverage,
    Enrollment,
    EnrollmentTemplate,
    HallDay,
    Message,
    Roster,
    Student,
    decode,
    encode,
)
from schemas.settings import Settings, load_settings
from sinks.batch import Batch, write
from sinks.runs.store import write_run
from sinks.store import open_store
from streams.faces.calibration import calibration_file, calibration_of, written
from streams.faces.engines import engine_id
from streams.reference.live_engine import engine_schedule_of
from tests.contract.engines import graphs
from tests.examples import example
from tests.unit.sinks.runs.paper import manifest

HOUSE = Path(__file__).parents[3]
LIVE = engine_id("centerface-dlib")
STUDENT = "201912345"
TRUTH = "section,date,period,student_id,verdict,arrived_at,departed_at\nEA0017-1,{day},1,201912345,present,,\n"


class Site:
    """A site with one student, one class hour, and an engine of its own that somebody calibrated."""

    def __init__(self, settings: Settings) -> None:
        home = settings.home
        graphs.put(home / "engines" / "tiny", "tiny", graphs.pixels())
        text = f'kafka = "{settings.kafka}"\nprefix = "{settings.prefix}"\ntimezone = "Asia/Seoul"\n'
        (home / "naul.toml").write_text(text, "utf-8")
        self.settings = load_settings(home, {})
        self.tiny = engine_id("tiny", home)
        self.starts = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
        self.hour = ClassHour(
            section="EA0017-1", hall="E101", date=self.starts.astimezone(self.settings.zone).date(), period=1,
            starts_at=self.starts, ends_at=self.starts + timedelta(minutes=50),
        )  # fmt: skip
        self.tell("timetable", "E101|day", HallDay(hall="E101", date=self.hour.date, hours=(self.hour,)))
        students = (Student(student_id=STUDENT, name="김나얼"),)
        self.tell("rosters", "EA0017-1", Roster(section="EA0017-1", students=students))
        self.enrol(LIVE)

    def tell(self, topic: str, key: str, value: Message) -> None:
        send(self.settings, [(self.settings.topic(topic), key.encode(), encode(value), None, None)])

    def enrol(self, *engines: str) -> None:
        templates = tuple(EnrollmentTemplate(engine=each, photos=2, sealed=b"sealed") for each in engines)
        enrolled = Enrollment(
            student_id=STUDENT, version=1, enrolled_at=self.starts, consent_on_file=True, templates=templates
        )
        self.tell("enrollments", STUDENT, enrolled)

    def calibrate(self) -> None:
        """Let the engine have constants, whatever they are."""
        file = calibration_file("tiny", self.settings.home)
        file.write_text(written(calibration_of("centerface-dlib")).partition("[made]")[0], "utf-8")

    def judge(self, run: str, engine: str) -> None:
        """Let a run have judged the class hour; live, or a replay of an engine."""
        batch, hour = Batch(run), self.hour
        mine = {"run": run, "class_hour": hour.id, "section": hour.section, "date": hour.date, "engine": engine}
        for kind, more in (
            (Attendance, {"student_id": STUDENT, "source": "camera", "verdict": "present"}),
            (Coverage, {"starts_at": hour.starts_at, "ends_at": hour.ends_at}),
        ):
            name = kind.__name__.lower()
            message: Message = decode(example(name), kind)
            batch.take("attendance", b"", encode(msgspec.structs.replace(message, **mine, **more)))
        if run == "live":
            with open_store(self.settings) as store:
                write(store, batch)
        else:
            write_run(self.settings, manifest(run, engine=engine), batch)

    def naul(self, *line: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "infra.cli.main", *line, "--home", str(self.settings.home)]
        wide = os.environ | {"COLUMNS": "200"}
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=HOUSE, env=wide)

    def refused(self, *line: str) -> str:
        """What ``naul engine use`` says when it refuses; nothing is chosen then."""
        before = engine_schedule_of(self.settings).said
        done = self.naul("engine", "use", *line)
        assert done.returncode == 1, done.stdout
        assert engine_schedule_of(self.settings).said == before
        return done.stderr


@pytest.fixture
def known(site: Settings) -> Site:
    return Site(site)


def test_every_refusal_has_its_remedy_and_then_it_is_chosen(known: Site, tmp_path: Path) -> None:
    assert "there is no engine 'tinny'; did you mean tiny?" in known.refused("tinny")
    assert "naul calibrate --engine tiny" in known.refused("tiny")
    known.calibrate()
    said = known.refused("tiny")
    assert f"enrolled students whom {known.tiny} does not know (1): {STUDENT}" in said
    assert "naul enroll PHOTOS --engine tiny --consent-on-file" in said
    known.enrol(LIVE, known.tiny)
    assert f"nobody has evaluated {known.tiny}" in known.refused("tiny")

    known.judge("reference", known.tiny)
    truth = tmp_path / "truth.csv"
    truth.write_text(TRUTH.format(day=known.hour.date), "utf-8")
    assert known.naul("evaluate", "reference", "--truth", str(truth)).returncode == 0
    done = known.naul("engine", "use", "tiny", "--by", "kim")
    assert done.returncode == 0, done.stderr
    assert f"{known.tiny} is live from" in done.stdout
    assert f"in place of {LIVE}: 1 of 1 verdicts of the run reference right by truth.csv" in done.stdout
    assert f"The first class hour: EA0017-1, {known.hour.date} period 1" in done.stdout
    assert "To go back: naul engine use centerface-dlib" in done.stdout
    (choice,) = engine_schedule_of(known.settings).said
    assert choice.evaluated
    assert (choice.engine, choice.by, choice.evaluated.run) == (known.tiny, "kim", "reference")


def test_what_was_judged_live_is_not_changed(known: Site) -> None:
    known.calibrate()
    known.enrol(LIVE, known.tiny)
    known.judge("live", LIVE)
    said = known.refused("tiny", "--without-evaluation")
    assert f"class hours of then or later that were judged live already (1), the last one {known.hour.id}" in said
    after = (known.starts + timedelta(seconds=1)).isoformat()
    assert known.naul("engine", "use", "tiny", "--without-evaluation", "--from", after).returncode == 0


def test_what_was_chosen_is_listed_and_can_be_taken_back(known: Site) -> None:
    known.calibrate()
    known.enrol(LIVE, known.tiny)
    day = known.starts.isoformat()
    first = known.naul("engine", "use", "tiny", "--without-evaluation", "--from", day, "--by", "kim")
    assert f"To go back: naul engine use centerface-dlib --from {day}" in first.stdout
    again = known.naul("engine", "use", "tiny", "--from", day)
    assert (again.returncode, "nothing is changed" in again.stdout) == (0, True)
    now = known.naul("engine", "use", "centerface-dlib")
    assert f"{LIVE} is live at" in now.stdout
    assert f"it is {known.tiny}, chosen by kim" in now.stdout

    rows = known.naul("engine", "list").stdout.splitlines()
    assert [row.split()[1] for row in rows if row.lstrip().startswith("*")] == [LIVE]
    assert f"{known.tiny} will be live, by kim, without an evaluation" in rows[-1]

    assert known.naul("engine", "use", "centerface-dlib", "--from", day, "--by", "lee").returncode == 0
    (choice,) = engine_schedule_of(known.settings).said
    assert (choice.engine, choice.by, choice.without_evaluation) == (LIVE, "lee", False)
