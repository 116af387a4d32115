"""A replay on a real Kafka with real faces: what live said is said again, row by row, and nothing of live changes."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from infra import replaying
from infra.lag import STAGES, Cluster
from producers.simulated_hall import Scene, load_script
from schemas.cluster import View, admin, send
from schemas.errors import RefusedError
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
from schemas.runs import Manifest
from schemas.settings import Policy, Settings, load_settings
from schemas.topics import all_topics, partition_of, topic
from sinks.batch import Batch, write
from sinks.rows import AttendanceRow, CoverageRow
from sinks.store import open_store
from streams.faces.engines import Engine
from streams.faces.vault import Vault, template_context
from streams.reference import Candidates

SCRIPT = load_script("demo")
HOURS = SCRIPT.hours[:2]
MOMENTS = [each for hour in HOURS for each in [at for at in SCRIPT.moments() if at in hour][:10]]
SINCE, UNTIL = HOURS[0].starts_at, HOURS[1].ends_at
WISH = replaying.Wish(run="again", since=SINCE, until=UNTIL)


def quiet(_: Manifest, __: replaying.Progress) -> None:
    """Nobody watches."""


def now() -> Any:
    return UNTIL + timedelta(days=1)


@pytest.fixture
def live(site: Settings, worker: Any, engine: Engine, candidates: Candidates) -> Settings:
    """A site where two class hours were looked at and judged, with a mark, and stand in the store."""
    toml = site.home / "naul.toml"
    toml.write_text(toml.read_text("utf-8") + 'arithmetic = "float"\nstore = "embedded"\n', "utf-8")
    vault = Vault.create(site.key_file)
    students = tuple(Student(student_id=each.student_id, name=each.name) for each in SCRIPT.students)
    day = HallDay(hall="E101", date=HOURS[0].date, hours=tuple(SCRIPT.hours))
    records = [
        ("timetable", f"E101|{day.date}", day),
        ("rosters", HOURS[0].section, Roster(section=HOURS[0].section, students=students)),
    ]
    for each, template, photos in zip(*candidates, strict=True):
        sealed = vault.seal(template, template_context(each.student_id, engine.id))
        mine = EnrollmentTemplate(engine=engine.id, photos=int(photos), sealed=sealed)
        enrolled = Enrollment(
            student_id=each.student_id, version=1, enrolled_at=SINCE, consent_on_file=True, templates=(mine,)
        )
        records.append(("enrollments", each.student_id, enrolled))  # type: ignore[arg-type]
    send(site, [(site.topic(name), key.encode(), encode(value), None, None) for name, key, value in records])
    scene = Scene(SCRIPT)
    for number, moment in enumerate(MOMENTS):
        head = FrameHeaders(hall="E101", camera="front", captured_at=moment, live=False, sequence=number)
        send(site, [(site.topic("frames"), head.key, scene.jpeg(moment), None, head.pack())])
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
            columns = ", ".join(each for each in fields if each not in ("run", "row_id"))
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
    looked = replaying.replay(live, WISH, quiet, now=now)
    assert looked.kind == "frames"
    assert (looked.frames, looked.unreadable, looked.missing) == (len(MOMENTS), 0, {})
    assert rows(live, "again") == told
    judged = replaying.replay(live, WISH._replace(run="judged", from_sightings=True), quiet, now=now)
    assert judged.kind == "sightings"
    assert judged.result == looked.result
    assert rows(live, "judged") == told
    strict = WISH._replace(run="strict", policy=Policy(late_after=timedelta(seconds=0), accept=0.99), workers=2)
    quick = replaying.replay(live, strict, quiet, now=now)
    assert quick.kind == "sightings"
    alone = replaying.replay(live, WISH._replace(run="alone", from_sightings=True, with_marks=False), quiet, now=now)
    assert len({looked.result, quick.result, alone.result}) == 3
    assert traces(live) == before
    assert rows(live, "live") == told
    assert not list((live.home / "runs").iterdir()), "no look outlives its replay"


def test_what_retention_deleted_is_told(live: Settings) -> None:
    with Cluster(live) as cluster:
        (place,) = [each for each, end in cluster.ends(["frames"]).items() if end]
    client = admin(live)
    client.delete_records({place: 4})
    client.close()
    told = replaying.replay(live, WISH, quiet, now=now)
    assert (told.frames, told.missing) == (len(MOMENTS) - 4, {HOURS[0].id: 4})
    assert told.offsets[place.partition] == (4, len(MOMENTS))


def test_what_cannot_be_replayed_is_refused_with_the_reason(live: Settings) -> None:
    before = traces(live)
    for wish, why in (
        (WISH._replace(engine="face-recognition"), "nobody who takes these courses is known to face-recognition@1"),
        (WISH._replace(halls=("E102",)), "nothing of the hall 'E102' is kept of this time"),
        (WISH._replace(since=UNTIL, until=UNTIL + timedelta(minutes=1)), "nothing of a class hour is kept"),
        (WISH._replace(run="live"), "the run live is what professors"),
    ):
        with pytest.raises(RefusedError, match=why):
            replaying.replay(live, wish, quiet, now=now)
    assert traces(live) == before
    assert not (live.home / "runs").exists()


def test_killed_and_resumed_it_comes_to_the_same(live: Settings) -> None:
    whole = replaying.replay(live, WISH._replace(workers=2), quiet, now=now)
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
    assert rows(live, "killed") == rows(live, "again")
    assert not folder.exists()


def until(process: subprocess.Popen[str], there: Callable[[], Any]) -> None:
    while not there():
        assert process.poll() is None
        time.sleep(0.01)


def naul(settings: Settings, *line: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "infra.cli.main", *line, "--home", str(settings.home)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3]
    )
