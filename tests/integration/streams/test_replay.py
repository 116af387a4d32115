"""A replay on a real Kafka with real faces: what live said is said again, row by row, and nothing of live changes."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pytest

from infra.machine.lag import STAGES, Cluster
from infra.machine.topic_creation import create_topics
from infra.operations.privacy.follow_erasures import follow_erasures
from infra.operations.privacy.forget import forget, known_of
from infra.operations.runs import replay as replaying
from producers.simulated_hall import Scene, load_script
from producers.simulated_hall.actors import people_of
from schemas.cluster import View, admin, send
from schemas.errors import RefusedError
from schemas.frame_keys import new_frames_key
from schemas.frame_seals import FrameSealer
from schemas.frames import FrameHeaders
from schemas.messages import (
    Attendance,
    Coverage,
    Enrollment,
    EnrollmentTemplate,
    HallDay,
    Mark,
    MarkBatch,
    Roster,
    Student,
    Tick,
    decode,
    encode,
)
from schemas.partitions import partition_of
from schemas.runs import Manifest, MissingFrames
from schemas.settings import Policy, Settings, load_settings
from schemas.topics import all_topics, topic
from sinks.batch import Batch, write
from sinks.rows import AttendanceRow, CoverageRow
from sinks.store import open_store
from sinks.store.erasure import forget as erase_student
from streams.faces.engines import Engine, load_engine
from streams.faces.pictures import read_photo
from streams.faces.template_cipher import TemplateCipher, template_context
from streams.faces.templates import Template, template
from streams.reference.reference_data import Candidates
from streams.replay import ReplayRequest
from streams.replay import replay as tables_of
from tests.conftest import Broker, make_site
from tests.integration.streams.conftest import workers

SCRIPT = load_script("demo")
HOURS = SCRIPT.hours[:2]
MOMENTS = [each for hour in HOURS for each in [at for at in SCRIPT.moments() if at in hour][:10]]
pytestmark = pytest.mark.timeout(1800)  # its workers give way to all others

SINCE, UNTIL = HOURS[0].starts_at, HOURS[1].ends_at
OTHER = load_engine("face-recognition")
REQUEST = ReplayRequest(run="again", since=SINCE, until=UNTIL)


def quiet(_: Sequence[Manifest], __: replaying.Progress) -> None:
    """Nobody watches."""


def replay(settings: Settings, request: ReplayRequest, workers: int = 1) -> Manifest:
    (made,) = replaying.replay(settings, request, quiet, workers=workers, now=now)
    return made


def now() -> Any:
    return UNTIL + timedelta(days=1)


@pytest.fixture(scope="module")
def live(broker: Broker, tmp_path_factory: pytest.TempPathFactory, engine: Engine, candidates: Candidates) -> Settings:
    """A site where two class hours were judged, which no test changes. Three students are known to OTHER, too."""
    people, known = people_of(SCRIPT.faces), {}
    for each in SCRIPT.students[:3]:
        known[each.student_id] = template(OTHER, [read_photo(file) for file in people.photos(each.face, 1)])
    return lived(make_site(broker, tmp_path_factory.mktemp("live") / "home"), engine, candidates, known)


@pytest.fixture
def fresh(site: Settings, engine: Engine, candidates: Candidates) -> Settings:
    """The same site for one test."""
    return lived(site, engine, candidates, {})


def lived(site: Settings, engine: Engine, candidates: Candidates, others: Mapping[str, Template]) -> Settings:
    """Let a site look at and judge two class hours, with a mark, and keep them in its store."""
    cipher = TemplateCipher.create(site.key_file)
    new_frames_key(site.frames_key_file, site.frames_public_key_file, now)
    students = tuple(Student(student_id=each.student_id, name=each.name) for each in SCRIPT.students)
    day = HallDay(hall="E101", date=HOURS[0].date, hours=tuple(SCRIPT.hours))
    records = [
        ("timetable", f"E101|{day.date}", day),
        ("rosters", HOURS[0].section, Roster(section=HOURS[0].section, students=students)),
    ]

    def sealed(student: str, name: str, known: Template) -> EnrollmentTemplate:
        vector = cipher.seal(known.vector, template_context(student, name))
        return EnrollmentTemplate(engine=name, photos=known.photos, sealed=vector)

    for each, vector, photos in zip(*candidates, strict=True):
        templates = [sealed(each.student_id, engine.id, Template(vector, int(photos)))]
        if other := others.get(each.student_id):
            templates.append(sealed(each.student_id, OTHER.id, other))
        enrolled = Enrollment(
            student_id=each.student_id, version=1, enrolled_at=SINCE, consent_on_file=True, templates=tuple(templates)
        )
        records.append(("enrollments", each.student_id, enrolled))  # type: ignore[arg-type]
    send(site, [(site.topic(name), key.encode(), encode(value), None, None) for name, key, value in records])
    play(site, MOMENTS)
    with workers(site) as worker:
        toml = site.home / "naul.toml"
        text = toml.read_text("utf-8").replace("recognise_threads = 1", "recognise_threads = 2")
        toml.write_text(text + 'arithmetic = "float"\nstore = "embedded"\n', "utf-8")
        recognise, attend = worker("recognise").start(), worker("attend").start()
        recognise.until(("frames",))
        place = partition_of("E101", topic("sightings").partitions)
        mark = MarkBatch(
            id="m1", class_hour=HOURS[0].id, hall="E101", kind="mark", by="kim", at=UNTIL,
            marks=(Mark(student_id=students[0].student_id, verdict="late"),),
        )  # fmt: skip
        send(site, [(site.topic("marks"), f"{HOURS[0].id}|m1".encode(), encode(mark), place, None)])
        attend.until(("marks",))
        over = Tick(hall="E101", at=UNTIL + timedelta(minutes=10), complete=True)
        send(site, [(site.topic("sightings"), b"E101", encode(over), place, None)])
        attend.until(("sightings",))
        assert recognise.stop() == attend.stop() == 0
    settings = load_settings(site.home, {})
    batch = Batch("live")
    for key, value in said(settings).items():
        batch.take("attendance", key.encode(), value)
    with open_store(settings) as store:
        write(store, batch)
    return settings


def play(site: Settings, moments: Sequence[datetime], broken: int | None = None) -> None:
    """Send the frames of moments, every other one sealed; one of them is no picture."""
    scene, sealer = Scene(SCRIPT), FrameSealer(site.frames_public_key_file)
    for number, moment in enumerate(moments):
        head = FrameHeaders(hall="E101", camera="front", captured_at=moment, live=False, sequence=number)
        jpeg = b"no picture" if number == broken else scene.jpeg(moment)
        value = sealer.seal(head, jpeg) if number % 2 else jpeg
        send(site, [(site.topic("frames"), head.key, value, None, head.pack())])


def said(settings: Settings) -> dict[str, bytes]:
    """What live said of the two class hours."""
    view: View[bytes] = View(settings, "attendance", lambda value: value)
    view.catch_up()
    view.close()
    mine = {hour.id for hour in HOURS}
    return {key: each for key, each in view.items.items() if decode(each, Attendance | Coverage).class_hour in mine}


def rows(settings: Settings, run: str) -> dict[str, list[str]]:
    """All that the store holds of a run, but its name."""
    tables = {"attendance": AttendanceRow._fields, "coverage": CoverageRow._fields}
    found = {}
    with open_store(settings) as store:
        for table, fields in tables.items():
            columns = ", ".join(each for each in fields if each != "run")
            sql = f"SELECT {columns} FROM {table} WHERE run = %(run)s"  # noqa: S608  ours
            found[table] = sorted(map(repr, store.query(sql, {"run": run}).rows))
    return found


def traces(settings: Settings) -> dict[Any, int]:
    """Where every topic ends, and what every stage has committed."""
    with Cluster(settings) as cluster:
        return dict(cluster.ends([each.name for each in all_topics()])) | {
            (stage.name, place): offset for stage in STAGES for place, offset in cluster.committed(stage).items()
        }


def test_a_replay_says_what_live_said_row_by_row_and_nothing_of_live_changes(live: Settings) -> None:
    before, told = traces(live), rows(live, "live")
    assert (len(told["attendance"]), len(told["coverage"])) == (2 * len(SCRIPT.students), 2)
    looked = replay(live, REQUEST)
    assert looked.kind == "frames"
    assert (looked.frames, looked.unreadable, looked.gaps) == (len(MOMENTS), 0, {})
    assert rows(live, "again") == told
    judged = replay(live, REQUEST._replace(run="judged", from_sightings=True))
    assert judged.kind == "sightings"
    assert judged.result == looked.result
    assert rows(live, "judged") == told
    strict = REQUEST._replace(run="strict", policy=Policy(late_after=timedelta(seconds=0), accept=0.99))
    quick = replay(live, strict, workers=2)
    assert quick.kind == "sightings"
    alone = replay(live, REQUEST._replace(run="alone", from_sightings=True, with_marks=False))
    assert len({looked.result, quick.result, alone.result}) == 3
    assert traces(live) == before
    assert rows(live, "live") == told
    assert not list((live.home / "runs").iterdir()), "no look outlives its replay"


def test_four_workers_say_the_same_and_so_do_tables_in_this_process(live: Settings) -> None:
    one, four = replay(live, REQUEST._replace(run="one")), replay(live, REQUEST._replace(run="four"), workers=4)
    assert four.result == one.result
    again = tables_of(live, SINCE, UNTIL)
    judged = tables_of(live, SINCE, UNTIL, policy=live.policy)
    assert (again.manifest.kind, judged.manifest.kind) == ("frames", "sightings")
    assert again.manifest.result == judged.manifest.result == one.result
    assert [table.num_rows for table in again[:2]] == [2 * len(SCRIPT.students), 2]
    assert again.faces.equals(judged.faces)
    assert pc.sum(again.coverage["frames"]).as_py() == len(MOMENTS)
    with open_store(live) as store:
        ((stored,),) = store.query("SELECT count() FROM sightings WHERE run = 'four'").rows
    assert again.faces.num_rows == stored > len(MOMENTS)


def test_several_engines_say_what_each_says_alone(live: Settings) -> None:
    names = ("centerface-dlib", OTHER.name)
    short = REQUEST._replace(run="both", until=MOMENTS[2])
    both = replaying.replay(live, short._replace(engines=names), quiet, workers=2, share=0.5, now=now)
    alone = [replay(live, short._replace(run=f"{name}-alone", engines=(name,))) for name in names]
    assert [each.run for each in both] == [f"both-{name}" for name in names]
    assert [each.engine for each in both] == [each.engine for each in alone]
    assert [each.result for each in both] == [each.result for each in alone]
    assert [each.frames for each in both] == [2, 2]


def test_what_is_no_longer_there_is_told_with_the_reason(fresh: Settings) -> None:
    with pytest.raises(RefusedError, match="nobody who takes these courses is known to face-recognition@1"):
        replay(fresh, REQUEST._replace(engines=(OTHER.name,)))
    (place,) = places(fresh, "frames")
    delete_before(fresh, place, 4)
    told = replay(fresh, REQUEST)
    assert (told.frames, told.gaps) == (len(MOMENTS) - 4, {HOURS[0].id: MissingFrames(deleted=4)})
    assert told.offsets[place.partition] == (4, len(MOMENTS))
    again(fresh, "frames")
    play(fresh, MOMENTS[:3], broken=0)
    told, first = replay(fresh, REQUEST._replace(run="epoch")), sum(moment in HOURS[0] for moment in MOMENTS)
    assert told.frames == 2
    assert told.gaps == {
        HOURS[0].id: MissingFrames(other_epoch=first - 3, unreadable=1),
        HOURS[1].id: MissingFrames(other_epoch=len(MOMENTS) - first),
    }
    (place,) = places(fresh, "sightings")
    delete_before(fresh, place, 3)
    told = replay(fresh, REQUEST._replace(run="judged", from_sightings=True))
    assert (told.frames, told.gaps) == (len(MOMENTS) - 3, {HOURS[0].id: MissingFrames(deleted=3)})


def again(settings: Settings, name: str) -> None:
    """Delete a topic, and make it anew."""
    client = admin(settings)
    client.delete_topics([settings.topic(name)])
    while settings.topic(name) in client.list_topics():
        pass
    client.close()
    create_topics(settings)


def places(settings: Settings, name: str) -> list[Any]:
    """The partitions of a topic that hold something."""
    with Cluster(settings) as cluster:
        return [each for each, end in cluster.ends([name]).items() if end]


def delete_before(settings: Settings, place: Any, offset: int) -> None:
    client = admin(settings)
    client.delete_records({place: offset})
    client.close()


def test_what_cannot_be_replayed_is_refused_with_the_reason(live: Settings) -> None:
    before = traces(live)
    for request, why in (
        (REQUEST._replace(run="never", halls=("E102",)), "nothing of the hall 'E102' is kept of this time"),
        (
            REQUEST._replace(run="never", since=UNTIL, until=UNTIL + timedelta(minutes=1)),
            "nothing of a class hour is kept",
        ),
        (REQUEST._replace(run="live"), "the run live is what professors"),
    ):
        with pytest.raises(RefusedError, match=why):
            replay(live, request)
    assert traces(live) == before
    assert not list((live.home / "runs").glob("*"))


def test_killed_and_resumed_it_comes_to_the_same(live: Settings) -> None:
    whole = replay(live, REQUEST._replace(run="whole"), workers=2)
    folder = live.home / "runs" / "killed"
    line = ["replay", "--from", SINCE.isoformat(), "--until", UNTIL.isoformat(), "--run", "killed", "--workers", "1"]
    process = naul(live, *line)
    until(process, lambda: list(folder.glob("*.jsonl.new")))
    process.send_signal(signal.SIGTERM)
    assert "go on with: naul replay --resume killed" in process.communicate()[1]
    assert not list(folder.glob("*.jsonl"))
    process = naul(live, "replay", "--resume", "killed", "--workers", "1")
    until(process, lambda: list(folder.glob("*.jsonl")))
    process.kill()
    process.communicate()
    again = naul(live, *line)
    assert "naul replay --resume killed" in again.communicate()[1]
    resumed = naul(live, "replay", "--resume", "killed")
    out, err = resumed.communicate()
    assert resumed.returncode == 0, err
    assert whole.result[:16] in out
    assert rows(live, "killed") == rows(live, "whole")
    assert not folder.exists()


@pytest.mark.parametrize("killed", [False, True])
def test_somebody_who_is_forgotten_while_a_replay_is_written_is_in_none_of_its_rows(
    fresh: Settings, monkeypatch: pytest.MonkeyPatch, killed: bool
) -> None:
    student = SCRIPT.students[1].student_id
    before, real, calls = rows(fresh, "live"), replaying.write_run, list[str]()

    def written(settings: Settings, manifest: Manifest, batch: Batch) -> None:
        if not calls:  # the sink erases him, and then the replay goes on writing what it holds
            forget(fresh, known_of(fresh, student), by="lee", now=lambda: datetime.now(UTC))
            with open_store(fresh) as store:
                erase_student(store, [student])
        real(settings, manifest, batch)
        calls.append(manifest.run)
        if killed:
            raise KeyboardInterrupt

    monkeypatch.setattr(replaying, "write_run", written)
    with pytest.raises(KeyboardInterrupt if killed else RefusedError):
        replay(fresh, REQUEST._replace(run="mine"))
    follow_erasures(fresh)  # as the housekeeping of this machine does
    assert calls
    with open_store(fresh) as store:
        assert set(store.query("SELECT DISTINCT run FROM sightings_rows").rows) <= {("live",)}
        assert store.query("SELECT count() FROM runs_rows").rows == [(0,)]
        for table, column in (("attendance_rows", "student_id"), ("sightings_rows", "student_id")):
            assert store.query(f"SELECT count() FROM {table} WHERE {column} = '{student}'").rows == [(0,)]  # noqa: S608
    assert not list((fresh.home / "runs").glob("*"))
    assert before


def until(process: subprocess.Popen[str], there: Callable[[], Any]) -> None:
    while not there():
        assert process.poll() is None
        time.sleep(0.01)


def naul(settings: Settings, *line: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "infra.cli.main", *line, "--home", str(settings.home)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3]
    )
