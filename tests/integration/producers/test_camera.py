"""A camera against a real Kafka."""

import hashlib
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from infra.cli.camera import command
from infra.machine.topic_creation import create_topics
from producers.camera import Sent, send, send_recording
from producers.delivery import SYSTEM_CLOCK
from producers.jpeg import MAX_JPEG, encode
from producers.shots import WHOLE, Shot, file_name
from producers.sources import Folder
from schemas import cluster
from schemas.errors import RefusedError
from schemas.frames import FrameHeaders
from schemas.messages import ClassHour, HallDay
from schemas.messages import encode as encode_message
from schemas.metrics import registry_of
from schemas.settings import Settings

START = datetime(2026, 3, 9, tzinfo=UTC)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Twelve JPEGs ten seconds apart, and one that is none."""
    folder = tmp_path / "recording"
    folder.mkdir()
    rng = np.random.default_rng(1)
    for n in range(12):
        picture = rng.integers(0, 256, (240, 320, 3), np.uint8)
        (folder / file_name(START + timedelta(seconds=10 * n))).write_bytes(encode(picture))
    (folder / file_name(START + timedelta(seconds=120))).write_bytes(b"no JPEG, but not for the camera to judge")
    return folder


class Played:
    """A source of these shots."""

    live = False
    name = "a source"
    total: int | None = None
    shortfall = WHOLE

    def __init__(self, shots: Iterator[Shot]) -> None:
        self._shots = shots

    def moments(self) -> None:
        return None

    def shots(self) -> Iterator[Shot]:
        return self._shots


def frames(settings: Settings) -> list[tuple[bytes, FrameHeaders, bytes]]:
    """Everything in the topic: key, headers, JPEG."""
    reader = cluster.consumer(settings)
    ends = cluster.end_offsets(reader, settings.topic("frames"))
    reader.assign(list(ends))
    reader.seek_to_beginning(*ends)
    found = []
    while any(reader.position(each) < ends[each] for each in ends):
        for records in reader.poll(timeout_ms=500).values():
            found += [(record.key, FrameHeaders.unpack(record.headers), record.value) for record in records]
    reader.close()
    return found


def naul_camera(settings: Settings, *arguments: str) -> Any:
    settings.home.joinpath("naul.toml").write_text(
        f'kafka = "{settings.kafka}"\nprefix = "{settings.prefix}"\n', "utf-8"
    )
    line = [*arguments, "--home", str(settings.home)]
    return CliRunner().invoke(command, line, catch_exceptions=False, standalone_mode=False)


def test_a_directory_arrives_bit_by_bit_with_what_is_known_about_it(site: Settings, recording: Path) -> None:
    labels = {"hall": "E101", "camera": "front", "outcome": "sent"}
    before = registry_of("camera").get_sample_value("naul_camera_frames_total", labels) or 0
    sent = send_recording(site, Folder(recording), "E101", "front")
    assert registry_of("camera").get_sample_value("naul_camera_frames_total", labels) == before + 13
    assert (sent.sent, sent.dropped, sent.refused, sent.whole) == (13, 0, (), True)
    arrived = frames(site)
    assert [value for _, _, value in arrived] == [file.read_bytes() for file in sorted(recording.iterdir())]
    assert {key for key, _, _ in arrived} == {b"E101/front"}
    assert [headers.captured_at for _, headers, _ in arrived] == [START + timedelta(seconds=10 * n) for n in range(13)]
    assert [headers.sequence for _, headers, _ in arrived] == list(range(13))
    assert not any(headers.live for _, headers, _ in arrived)


def test_sent_twice_the_facts_are_the_same(site: Settings, recording: Path) -> None:
    for _ in range(2):
        assert send_recording(site, Folder(recording), "E101", "front").whole
    arrived = frames(site)
    assert len(arrived) == 26
    facts = {(headers.camera, headers.captured_at, hashlib.sha256(value).digest()) for _, headers, value in arrived}
    assert len(facts) == 13


def test_the_largest_frame_that_the_ladder_lets_through_arrives(site: Settings, tmp_path: Path) -> None:
    (tmp_path / file_name(START)).write_bytes(bytes(MAX_JPEG))
    assert send_recording(site, Folder(tmp_path), "E101", "front").whole
    ((_, _, value),) = frames(site)
    assert len(value) == MAX_JPEG


def test_a_recording_waits_for_a_broker_that_is_away_and_then_arrives_whole(
    own_broker: Any, tmp_path: Path, recording: Path
) -> None:
    site = Settings(home=tmp_path, kafka=own_broker.settings.bootstrap, prefix="away")
    create_topics(site)
    own_broker.kill()
    away = threading.Event()
    said: list[str] = []

    def start_it(_seconds: float) -> None:
        if not away.is_set():
            away.set()
            own_broker.start()

    clock = SYSTEM_CLOCK._replace(sleep=start_it)
    sent = send(site, Folder(recording), "E101", "front", say=said.append, clock=clock)
    assert (sent.sent, sent.whole, away.is_set()) == (13, True, True)
    assert "no Kafka answers" in said[0]
    assert "frames wait" in said[0]
    assert len({headers.captured_at for _, headers, _ in frames(site)}) == 13


def test_a_broker_that_dies_in_mid_recording_costs_nothing(own_broker: Any, tmp_path: Path) -> None:
    site = Settings(home=tmp_path, kafka=own_broker.settings.bootstrap, prefix="dies")
    create_topics(site)

    shots = (Shot(START + timedelta(seconds=n), b"%d" % n * 1000, f"frame {n}") for n in range(30))
    died = False

    def kill_once(sent: Sent) -> None:
        nonlocal died
        if sent.sent >= 10 and not died:
            died = True
            own_broker.kill()
            own_broker.start()

    assert send(site, Played(shots), "E101", "front", progress=kill_once, say=lambda _: None).whole
    assert died
    assert {headers.sequence for _, headers, _ in frames(site)} == set(range(30))


def load_timetable(settings: Settings, starts_at: datetime = START, lasts: timedelta = timedelta(seconds=50)) -> None:
    hour = ClassHour(
        section="EA0017-1",
        hall="E101",
        date=starts_at.date(),
        period=1,
        starts_at=starts_at,
        ends_at=starts_at + lasts,
    )
    day = HallDay(hall="E101", date=starts_at.date(), hours=(hour,))
    key = f"E101|{starts_at.date()}".encode()
    cluster.send(settings, [(settings.topic("timetable"), key, encode_message(day), None, None)])


NOBODY = "nobody can be recognised in EA0017-1"


class TestTheCommand:
    def test_sends_a_directory_and_says_what_became_of_it(self, site: Settings, recording: Path) -> None:
        load_timetable(site)
        result = naul_camera(site, str(recording), "--hall", "E101", "--camera", "front", "--every", "20s")
        assert result.return_value == 0, result.output
        assert "7 of 7 frames" in result.output
        assert "Nobody works at recognise" in result.output
        line = "sent 7, refused 0, looked at 0, put aside 0, not looked at yet 7, outside of class hours 4, "
        assert result.output.splitlines()[-1] == line + NOBODY
        assert len(frames(site)) == 7

    def test_without_waiting_it_says_what_was_sent(self, site: Settings, recording: Path) -> None:
        load_timetable(site)
        result = naul_camera(site, str(recording), "--hall", "E101", "--no-wait")
        assert (result.return_value, result.output.splitlines()[-1]) == (0, f"sent 13, refused 0, {NOBODY}")
        assert "Nobody works" not in result.output

    def test_what_counts_for_nobody_is_not_sent(self, site: Settings, recording: Path) -> None:
        send_it = [str(recording), "--hall", "E101"]
        with pytest.raises(RefusedError, match="no timetable is loaded yet"):
            naul_camera(site, *send_it)
        load_timetable(site, START - timedelta(hours=9))
        with pytest.raises(RefusedError, match="no frame of 13 falls into a class hour of E101") as refusal:
            naul_camera(site, *send_it)
        assert "--names-in Asia/Seoul" in refusal.value.remedy
        with pytest.raises(RefusedError, match=r"no hall 'E110'; did you mean 'E101'\?"):
            naul_camera(site, str(recording), "--hall", "E110")
        assert frames(site) == []
        assert naul_camera(site, *send_it, "--names-in", "Asia/Seoul").return_value == 0
        assert {headers.captured_at for _, headers, _ in frames(site)} == {
            START - timedelta(hours=9) + timedelta(seconds=10 * n) for n in range(13)
        }

    def test_names_half_of_which_are_of_another_zone_are_sent_and_told(self, site: Settings, recording: Path) -> None:
        load_timetable(site)
        for n in range(12):
            file = recording / file_name(START + timedelta(hours=9, seconds=10 * n))
            file.write_bytes((recording / file_name(START)).read_bytes())
        result = naul_camera(site, str(recording), "--hall", "E101", "--no-wait")
        assert "Warning: 12 of 25 frames lie outside of class hours of E101" in result.output
        assert "--names-in Asia/Seoul" in result.output
        assert result.return_value == 1
        assert len(frames(site)) == 25

    def test_a_recording_that_ends_before_the_class_hour_is_told(self, site: Settings, recording: Path) -> None:
        load_timetable(site, lasts=timedelta(minutes=12))
        result = naul_camera(site, str(recording), "--hall", "E101", "--no-wait")
        assert "The recording ends 10 min before the end of EA0017-1 (09:12)." in result.output
        assert result.return_value == 0

    def test_frames_of_tomorrow_are_not_sent(self, site: Settings, tmp_path: Path) -> None:
        tomorrow = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
        load_timetable(site, tomorrow)
        folder = tmp_path / "tomorrow"
        folder.mkdir()
        (folder / file_name(tomorrow)).write_bytes(b"jpeg")
        with pytest.raises(RefusedError, match="of times that have not come yet"):
            naul_camera(site, str(folder), "--hall", "E101")

    def test_a_video_that_breaks_off_is_sent_and_told(self, site: Settings, tmp_path: Path) -> None:
        file = tmp_path / "lecture.avi"
        writer = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*"MJPG"), 1, (64, 48))
        for n in range(30):
            writer.write(np.random.default_rng(n).integers(0, 256, (48, 64, 3), np.uint8))
        writer.release()
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
        load_timetable(site)
        result = naul_camera(site, str(file), "--hall", "E101", "--starts-at", START.isoformat(), "--no-wait")
        (came,) = re.findall(r"should have 30 frames, sent or not, and has (\d+): it ends at 09:00:", result.output)
        count = int(came)
        assert 5 < count < 20
        last = f"sent {count}, refused 0, missing from the recording {30 - count}, {NOBODY}"
        assert result.output.splitlines()[-1] == last
        assert result.return_value == 1
        assert len(frames(site)) == count
