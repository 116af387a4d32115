"""A camera against a real Kafka."""

import hashlib
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from infra.cli.camera import command
from infra.machine.topic_creation import create_topics
from producers.camera import Sent, send, send_recording
from producers.delivery import SYSTEM_CLOCK
from producers.jpeg import MAX_JPEG, encode
from producers.shots import Shot, file_name
from producers.sources import Folder
from schemas import cluster
from schemas.frames import FrameHeaders
from schemas.messages import ClassHour, HallDay
from schemas.messages import encode as encode_message
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

    def __init__(self, shots: Iterator[Shot]) -> None:
        self._shots = shots

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
    return CliRunner().invoke(command, [*arguments, "--home", str(settings.home)], catch_exceptions=False)


def test_a_directory_arrives_bit_by_bit_with_what_is_known_about_it(site: Settings, recording: Path) -> None:
    sent = send_recording(site, Folder(recording), "E101", "front")
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


class TestTheCommand:
    def test_sends_a_directory_and_says_what_became_of_it(self, site: Settings, recording: Path) -> None:
        result = naul_camera(site, str(recording), "--hall", "E101", "--camera", "front", "--every", "20s")
        assert result.exit_code == 0, result.output
        assert "sent 7, refused 0" in result.output
        assert "7 of 7 frames" in result.output
        assert len(frames(site)) == 7

    def test_warns_of_a_hall_that_the_timetable_does_not_know(self, site: Settings, recording: Path) -> None:
        hour = ClassHour(
            section="EA0017-1",
            hall="E101",
            date=START.date(),
            period=1,
            starts_at=START,
            ends_at=START + timedelta(hours=1),
        )
        day = HallDay(hall="E101", date=START.date(), hours=(hour,))
        cluster.send(site, [(site.topic("timetable"), b"E101|2026-03-09", encode_message(day), None, None)])
        unknown = naul_camera(site, str(recording), "--hall", "E110")
        assert "no hall 'E110'; the nearest is 'E101'" in unknown.output
        assert unknown.exit_code == 0
        assert "Warning" not in naul_camera(site, str(recording), "--hall", "E101").output
