"""Frames out of a real Kafka into a directory, and from there into another site."""

import json
import stat
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from infra.cli.camera import command as camera_command
from infra.cli.frames import command as frames_command
from infra.cli.roster import command as roster_command
from infra.cli.timetable import command as timetable_command
from infra.machine.lag import Cluster
from infra.machine.topic_creation import create_topics
from infra.operations.frames import export_frames as export_frames
from producers.jpeg import encode
from producers.kept import UNFINISHED, KeptFrames, read_manifest
from producers.shots import SourceError
from schemas.cluster import send
from schemas.errors import RefusedError
from schemas.frame_keys import new_frames_key
from schemas.frame_seals import frame_sealer, sealed_for
from schemas.frames import FrameHeaders
from schemas.messages import ClassHour, HallDay, Roster, Student
from schemas.messages import encode as encode_message
from schemas.settings import Settings
from schemas.topics import all_topics
from streams.replay import Log

NINE = datetime(2026, 3, 9, 0, 0, tzinfo=UTC)
"""In the morning in Seoul."""

LINE = ["--hall", "E101", "--from", "2026-03-09T09:00", "--until", "2026-03-09T09:50"]
WISH = export_frames.ExportRequest("E101", NINE, NINE + timedelta(minutes=50))


def quiet(_read: int, _total: int, _kept: int) -> None:
    """Nobody watches."""


def now() -> datetime:
    return NINE + timedelta(days=1)


def run(command: Any, settings: Settings, *line: str) -> Result:
    (settings.home / "naul.toml").write_text(f'kafka = "{settings.kafka}"\nprefix = "{settings.prefix}"\n', "utf-8")
    return CliRunner().invoke(command, [*line, "--home", str(settings.home)], standalone_mode=False)


def hour(hall: str, section: str, period: int) -> ClassHour:
    starts = NINE + timedelta(hours=period - 1)
    return ClassHour(
        section=section, hall=hall, date=starts.date(), period=period, starts_at=starts,
        ends_at=starts + timedelta(minutes=50),
    )  # fmt: skip


def send_frames(settings: Settings, seconds: Sequence[float], camera: str = "front", seed: int = 1) -> None:
    """Send noise of so many seconds after nine; sealed, if the site has a key for that."""
    records: list[Any] = []
    sealer = frame_sealer(settings)
    for number, each in enumerate(seconds):
        at = NINE + timedelta(seconds=each)
        head = FrameHeaders(hall="E101", camera=camera, captured_at=at, live=True, sequence=number)
        rng = np.random.default_rng([seed, number])
        jpeg = encode(rng.integers(0, 256, (120, 160, 3), np.uint8))
        value = sealer.seal(head, jpeg) if sealer else jpeg
        records.append((settings.topic("frames"), head.key, value, None, head.pack()))
    send(settings, records)


def known(settings: Settings) -> None:
    """Say what the halls and courses of the day are: two of E101, one of another hall."""
    days = [("E101", [("EA0017-1", 1), ("EA0017-1", 2)]), ("B12", [("CS2001-2", 1)])]
    records: list[Any] = []
    for hall, hours in days:
        day = HallDay(hall=hall, date=NINE.date(), hours=tuple(hour(hall, *each) for each in hours))
        records.append((settings.topic("timetable"), f"{hall}|{day.date}".encode(), encode_message(day), None, None))
    for section in ("EA0017-1", "CS2001-2"):
        students = (
            Student(student_id="201912301", name="김하늘"),
            Student(student_id="201912317", name='이 "서준", 2'),
        )
        roster = encode_message(Roster(section=section, students=students))
        records.append((settings.topic("rosters"), section.encode(), roster, None, None))
    send(settings, records)


def with_key(settings: Settings) -> None:
    """Let the cameras of a site seal from now on."""
    new_frames_key(settings.frames_key_file, settings.frames_public_key_file, now)


def frames(settings: Settings) -> set[tuple[str, str, datetime, bytes]]:
    """Every frame of the topic as a picture: hall, camera, capture time, JPEG."""
    found = set()
    with Log(settings) as log:
        for record in log.read("frames", log.since("frames", NINE - timedelta(days=1))):
            head = FrameHeaders.unpack(record.headers)
            found.add((head.hall, head.camera, head.captured_at, record.value))
    return found


def ends(settings: Settings) -> dict[Any, int]:
    with Cluster(settings) as cluster:
        return dict(cluster.ends([each.name for each in all_topics()]))


@pytest.fixture
def other(site: Settings, tmp_path: Path) -> Settings:
    """A fresh site of somebody else."""
    settings = Settings(home=tmp_path / "other", kafka=site.kafka, prefix=f"{site.prefix}x")
    settings.home.mkdir()
    create_topics(settings)
    return settings


def test_what_is_exported_and_sent_to_another_site_is_the_same_there(
    site: Settings, other: Settings, tmp_path: Path
) -> None:
    known(site)
    send_frames(site, [0, 10.5, 20.000_001, 2999.999_999, 3000, -60])
    within = {each for each in frames(site) if NINE <= each[2] < WISH.until}
    with_key(site)
    send_frames(site, [0, 10.5])  # the same again, sealed: other bytes
    send_frames(site, [0], seed=2)  # another picture of a moment
    with_key(other)
    send(site, [(site.topic("frames"), b"E101/front", b"no frame", None, None)])
    before = ends(site)
    kept = tmp_path / "kept"
    exported = run(frames_command, site, "export", str(kept), *LINE)
    assert exported.exit_code == 0, exported.output
    for said in (
        "4 frames of E101/front, from 2026-03-09 09:00:00 to 2026-03-09 09:49:59",
        "2 that were sent again, kept once", "1 not kept: another picture of the same moment",
        "1 that are no frames", "roster.csv (students: 2) and timetable.csv (class hours: 1)", "personal data",
    ):  # fmt: skip
        assert said in exported.output
    assert ends(site) == before, "nothing is sent"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o700
    assert {stat.S_IMODE(each.stat().st_mode) for each in kept.iterdir()} == {0o600}
    assert sorted(each.name for each in kept.iterdir()) == [
        "20260309T000000.000Z.jpg", "20260309T000010.500Z.jpg", "20260309T000020.000001Z.jpg",
        "20260309T004959.999999Z.jpg", "manifest.json", "roster.csv", "timetable.csv",
    ]  # fmt: skip
    manifest = read_manifest(kept)
    assert isinstance(manifest, KeptFrames)
    assert (manifest.zone, manifest.since, manifest.until) == ("Asia/Seoul", WISH.since, WISH.until)
    assert json.loads((kept / "manifest.json").read_text("utf-8"))["schema"] == "kept-frames/1"

    for command, file in ((roster_command, "roster.csv"), (timetable_command, "timetable.csv")):
        loaded = run(command, other, "load", str(kept / file))
        assert loaded.exit_code == 0, loaded.output
    sent = run(camera_command, other, str(kept))
    assert sent.return_value == 0, sent.output
    assert (
        sent.output.count("Warning") == sent.output.count("Warning: nobody of the roster of EA0017-1 is enrolled") == 1
    )
    assert "sent 4, refused 0" in sent.output
    assert frames(other) == within
    with Cluster(other) as cluster:
        assert all(sealed_for(each.value) for each in cluster.last("frames", 10)), "nothing of it can be seen"

    again = run(frames_command, other, "export", str(tmp_path / "again"), *LINE)
    assert again.exit_code == 0, again.output
    copy = read_manifest(tmp_path / "again")
    assert copy
    assert (copy.frames, copy.papers) == (manifest.frames, manifest.papers)


def test_a_file_that_was_changed_is_told_and_not_sent(site: Settings, other: Settings, tmp_path: Path) -> None:
    send_frames(site, [0, 10])
    kept = tmp_path / "kept"
    exported = run(frames_command, site, "export", str(kept), *LINE)
    assert "without roster.csv and timetable.csv" in exported.output
    (kept / "20260309T000000.000Z.jpg").write_bytes(b"another picture")
    timetable = tmp_path / "timetable.csv"
    timetable.write_text("section,hall,date,period,starts_at,ends_at\nCS1,B12,2026-03-09,1,09:00,09:50\n", "utf-8")
    run(timetable_command, other, "load", str(timetable))
    sent = run(camera_command, other, str(kept), "--hall", "B12", "--camera", "back")
    assert sent.return_value == 1
    assert "refused: 20260309T000000.000Z.jpg: it was changed since it was exported" in sent.output
    ((hall, camera, at, _),) = frames(other)
    assert (hall, camera, at) == ("B12", "back", NINE + timedelta(seconds=10))


def test_who_has_no_key_is_told_and_what_was_changed_on_its_way_is_no_frame(site: Settings, tmp_path: Path) -> None:
    with_key(site)
    send_frames(site, [0, 10])
    with Cluster(site) as cluster:
        first, _ = cluster.last("frames", 2)
    headers = [(name, b"20" if name == "sequence" else value) for name, value in first.headers]
    send(site, [(site.topic("frames"), first.key, first.value, None, headers)])
    done = export_frames.export(site, WISH, tmp_path / "kept", quiet, now=now)
    assert (len(done.manifest.frames), done.manifest.unreadable) == (2, 1)
    elsewhere = replace(site, home=tmp_path / "elsewhere")
    with pytest.raises(RefusedError, match=r"sealed for the key [0-9a-f]{16}, which is not here"):
        export_frames.export(elsewhere, WISH, tmp_path / "never", quiet, now=now)
    assert not (tmp_path / "never").exists()


def test_several_cameras_are_several_directories(site: Settings, tmp_path: Path) -> None:
    send_frames(site, [0, 10])
    send_frames(site, [0, 10, 20], camera="back")
    with pytest.raises(RefusedError, match="several cameras in this time: back, front"):
        export_frames.export(site, WISH, tmp_path / "both", quiet, now=now)
    assert not (tmp_path / "both").exists()
    done = export_frames.export(site, WISH._replace(camera="back"), tmp_path / "back", quiet, now=now)
    assert (done.manifest.camera, len(done.manifest.frames)) == ("back", 3)


def test_interrupted_it_leaves_nothing_and_until_its_end_it_is_not_whole(site: Settings, tmp_path: Path) -> None:
    send_frames(site, range(10))
    kept = tmp_path / "kept"
    kept.mkdir()

    def interrupt(_read: int, _total: int, count: int) -> None:
        assert (kept / UNFINISHED).exists()
        with pytest.raises(SourceError, match="unfinished_export"):
            read_manifest(kept)
        if count == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_frames.export(site, WISH, kept, interrupt, now=now)
    assert list(kept.iterdir()) == []
    done = export_frames.export(site, WISH, kept, quiet, now=now)
    assert len(done.manifest.frames) == 10
    assert stat.S_IMODE(kept.stat().st_mode) == 0o700
    with pytest.raises(RefusedError, match="is not empty"):
        export_frames.export(site, WISH, kept, quiet, now=now)
    assert read_manifest(kept) == done.manifest
