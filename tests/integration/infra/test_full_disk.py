"""A disk that becomes full: frames stop before, nothing dies of it, and all goes on by itself when there is room."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from kafka.errors import KafkaError

from producers.jpeg import encode
from producers.shots import file_name
from schemas.cluster import consumer, end_offsets, producer
from schemas.errors import NaulError
from schemas.kafka_access import OWN_USER
from schemas.settings import Settings
from tests.tools.ports import free_row

NAUL = [sys.executable, "-m", "infra.cli.main"]
START = datetime(2026, 3, 9, tzinfo=UTC)
FRAMES = 60
WORKERS = ("recognise-1", "attend-1", "sink-1")
SIZE, LIMIT = 700, 300
"""MiB: of the disk, and what must be free there for frames to be taken."""


class SmallDisk:
    """A file system of so many MiB, which only processes see that are started with ``run`` or ``start``."""

    def __init__(self, place: Path, mib: int) -> None:
        place.mkdir()
        self.place = place
        self._started = list["subprocess.Popen[bytes]"]()
        root = os.getuid() == 0
        mount = f"mount -t tmpfs -o size={mib}m tmpfs '{place}' && echo mounted && exec sleep infinity"
        self._holder = subprocess.Popen(
            ["unshare", "--mount", *([] if root else ["--map-root-user"]), "sh", "-c", mount],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._holder.stdout
        assert self._holder.stdout.readline() == "mounted\n", "this test needs a file system of its own"
        self._enter = ["nsenter", f"--target={self._holder.pid}", "--mount"]
        self._enter += [] if root else ["--user", "--preserve-credentials"]

    def run(self, *command: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run([*self._enter, *command], capture_output=True, text=True, check=False)

    def start(self, *command: str, output: Path) -> "subprocess.Popen[bytes]":
        with output.open("wb") as file:
            self._started.append(subprocess.Popen([*self._enter, *command], stdout=file, stderr=file))
        return self._started[-1]

    @property
    def free(self) -> int:
        """MiB."""
        return int(self.run("df", "--output=avail", "--block-size=M", str(self.place)).stdout.split()[-1][:-1])

    def fill(self, leave: int) -> None:
        """Leave so many MiB free; 0: not a byte."""
        ballast = str(self.place / "ballast")
        if leave:
            self.run("fallocate", "-l", f"{self.free - leave}M", ballast)
        else:
            self.run("dd", "if=/dev/zero", f"of={ballast}", "bs=64k", "oflag=append", "conv=notrunc")

    def fill_pages(self, files: Path) -> None:
        """Leave not a byte at the end of these files either: a file has whole pages."""
        fill = 'for f in "$0"/*; do dd if=/dev/zero of="$f" bs=1 count=8192 oflag=append conv=notrunc; done'
        self.run("sh", "-c", fill, str(files))

    def empty(self) -> None:
        self.run("rm", str(self.place / "ballast"))

    def close(self) -> None:
        for each in (*self._started, self._holder):
            each.kill()
            each.wait()
        assert self._holder.stdout
        self._holder.stdout.close()


class SmallSite:
    """A site whose home is on a small disk."""

    def __init__(self, disk: SmallDisk) -> None:
        self.disk = disk
        self.home = disk.place / "home"
        port = free_row(3)
        lines = f"kafka_port = {port}\nrecognise_threads = 1\ndisk_free_limit_mib = {LIMIT}\n"
        disk.run("sh", "-c", f"mkdir '{self.home}' && printf '{lines}' > '{self.home}/naul.toml'")
        self._port = port

    @property
    def settings(self) -> Settings:
        """Those by which somebody elsewhere reaches its broker, who was given the secret: the home is not seen here."""
        secret = self.disk.run("cat", str(self.home / "kafka-password")).stdout
        return Settings(
            kafka=f"127.0.0.1:{self._port}", kafka_port=self._port, kafka_sasl="PLAIN", kafka_user=OWN_USER,
            kafka_password=secret,
        )  # fmt: skip

    def naul(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return self.disk.run(*NAUL, *arguments, "--home", str(self.home))

    def ready(self) -> dict[str, int]:
        """Name -> process id of everything that takes work."""
        return {name: pid for name, (state, pid) in self._status().items() if state == "ready"}

    def all_ready(self) -> bool:
        return set(self.ready()) == {"kafka", *WORKERS}

    def pids(self) -> set[int]:
        return {pid for _, pid in self._status().values() if pid}

    def _status(self) -> dict[str, tuple[str, int]]:
        rows = (line.split() for line in self.naul("status").stdout.splitlines())
        wanted = {"kafka", *WORKERS}
        return {
            row[1]: (row[3], int(row[5]) if row[5].isdigit() else 0)
            for row in rows
            if len(row) > 5 and row[1] in wanted
        }

    def supervisor(self) -> str:
        return self.disk.run("cat", str(self.home / "run" / "supervisord.pid")).stdout.strip()

    def takes(self, value: bytes) -> bool:
        """Whether the topic ``sightings`` takes a record."""
        try:
            client = producer(self.settings, max_block_ms=2000)
        except NaulError:
            return False
        try:
            client.send(self.settings.topic("sightings"), key=b"E101", value=value).get(timeout=5)
        except KafkaError:
            return False
        finally:
            client.close(timeout=0.1)
        return True

    def frames(self) -> int:
        client = consumer(self.settings)
        try:
            return sum(end_offsets(client, self.settings.topic("frames")).values())
        finally:
            client.close()


def until(condition: Callable[[], bool]) -> None:
    while not condition():
        time.sleep(0.2)


def words(text: str) -> str:
    """A text without the line breaks of a terminal."""
    return " ".join(text.split())


@pytest.fixture
def small_site(tmp_path: Path) -> Iterator[SmallSite]:
    disk = SmallDisk(tmp_path / "disk", SIZE)
    try:
        site = SmallSite(disk)
        up = site.naul("up", "--detach")
        assert up.returncode == 0, up.stderr
        yield site
        print(disk.run("sh", "-c", f"tail -n 20 '{site.home}'/log/*").stdout)
        site.naul("down")
    finally:
        disk.close()


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    folder = tmp_path / "recording"
    folder.mkdir()
    rng = np.random.default_rng(1)
    for n in range(FRAMES):
        picture = rng.integers(0, 256, (360, 640, 3), np.uint8)
        (folder / file_name(START + timedelta(seconds=10 * n))).write_bytes(encode(picture))
    return folder


def test_frames_stop_before_the_disk_is_full_and_everything_comes_back_with_room(
    small_site: SmallSite, recording: Path, tmp_path: Path
) -> None:
    site, disk, said = small_site, small_site.disk, tmp_path / "camera.log"
    camera_command = [*NAUL, "camera", str(recording), "--hall", "E101", "--no-wait", "--home", str(site.home)]
    timetable = tmp_path / "timetable.csv"
    timetable.write_text(
        "section,hall,date,period,starts_at,ends_at\nEA0017-1,E101,2026-03-09,1,09:00,09:50\n", encoding="utf-8"
    )
    assert site.naul("timetable", "load", str(timetable)).returncode == 0

    disk.fill(leave=LIMIT - 40)
    camera = disk.start(*camera_command, output=said)
    until(lambda: "no frames are taken" in words(said.read_text("utf-8")))
    assert site.frames() == 0
    assert "no frames are taken" in words(site.naul("status").stdout)
    assert site.takes(b"everything else goes on")

    until(site.all_ready)
    supervisor, before = site.supervisor(), site.ready()
    disk.fill(leave=0)
    until(lambda: not site.takes(bytes(2**20)))
    disk.fill(leave=0)
    disk.fill_pages(site.home / "log")
    for name in WORKERS:  # their ends and starts cannot be logged
        disk.run("kill", "-9", str(before[name]))
    until(lambda: all(pid not in before.values() for pid in site.pids()) and len(site.pids()) >= len(WORKERS))
    assert disk.free == 0
    assert site.supervisor() == supervisor
    assert camera.poll() is None

    disk.empty()
    until(site.all_ready)
    assert site.supervisor() == supervisor
    assert camera.wait() == 0
    assert site.frames() == FRAMES
    text = said.read_text("utf-8")
    assert "Traceback" not in text
    assert "dropped" not in text
