"""A real RTSP camera: it asks for a password, sends H.264, goes away, and comes back."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import cv2
import numpy as np
import pytest

from infra.machine.child import bound_to_parent
from schemas import cluster
from schemas.frames import FrameHeaders
from schemas.settings import Settings
from tests.integration.producers.rtsp_server import HEIGHT, PATH, PERIOD, WIDTH, drawn_at

PYTHON = "/usr/bin/python3"
"""The system's, whose packages hold GStreamer's bindings."""
PACKAGES = "gir1.2-gst-rtsp-server-1.0 python3-gi"
USER, PASSWORD = "lena", "s3/cr@t:#1"
"""Signs that are none of an address."""
LATE = 3.0
"""Seconds from drawing a picture to its capture time, at most. 0.7 are usual, and 4.7 if what waits while the stream is
opened counts as just taken."""


@pytest.fixture(scope="session")
def _gstreamer() -> None:
    """An RTSP server. It is no need of Naul's, but of this test."""
    line = [PYTHON, "-c", "import gi; gi.require_version('GstRtspServer', '1.0')"]
    found = Path(PYTHON).exists() and subprocess.run(line, capture_output=True, check=False).returncode == 0
    if not found and not os.environ.get("CI"):
        pytest.skip(f"an RTSP server is missing: sudo apt-get install {PACKAGES}")
    assert found, f"CI installs {PACKAGES}"


class Camera:
    """The camera; it keeps its port when it is started again."""

    def __init__(self) -> None:
        self.port = 0

    def start(self) -> None:
        line = [PYTHON, str(Path(__file__).with_name("rtsp_server.py")), str(self.port), USER, PASSWORD]
        self._process = subprocess.Popen(bound_to_parent(line), stdout=subprocess.PIPE, text=True)
        assert self._process.stdout
        self.port = int(self._process.stdout.readline())

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def camera(_gstreamer: None) -> Iterator[Camera]:
    made = Camera()
    made.start()
    yield made
    made.kill()


class Sending:
    """`naul camera` of the camera's address, what it says, and what arrives of it."""

    def __init__(self, site: Settings, address: str) -> None:
        (site.home / "naul.toml").write_text(f'kafka = "{site.kafka}"\nprefix = "{site.prefix}"\n', "utf-8")
        self.log = site.home / "camera.log"
        line = [sys.executable, "-m", "infra.cli.main", "camera", address, "--hall", "E101", "--every", "1s"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen([*line, "--home", str(site.home)], stdout=log, stderr=log)
        self._client = cluster.consumer(site)
        self._client.assign(list(cluster.end_offsets(self._client, site.topic("frames"))))
        self._client.seek_to_beginning()
        self.records: list[Any] = []

    @property
    def said(self) -> str:
        return " ".join(self.log.read_text("utf-8").split())

    def wait_until(self, done: Callable[[], bool], within: float = 120) -> None:
        """Take records until a condition holds."""
        until = time.monotonic() + within
        while not done():
            assert time.monotonic() < until, self.said
            assert self.process.poll() is None, self.said
            for records in self._client.poll(timeout_ms=200).values():
                self.records += records

    def close(self) -> None:
        self._client.close()
        self.process.kill()
        self.process.wait()


@pytest.fixture
def sending(site: Settings, camera: Camera) -> Iterator[Sending]:
    made = Sending(site, f"rtsp://{USER}:{PASSWORD}@127.0.0.1:{camera.port}{PATH}")
    yield made
    made.close()


def picture(record: Any) -> np.ndarray[Any, Any]:
    found = cv2.imdecode(np.frombuffer(record.value, np.uint8), cv2.IMREAD_COLOR)
    assert found is not None, "no JPEG"
    return np.asarray(found)


def late(record: Any) -> float:
    """Seconds from when the picture was drawn to its capture time."""
    captured = FrameHeaders.unpack(record.headers).captured_at.timestamp()
    return (captured - drawn_at(float(picture(record).mean())) + PERIOD / 2) % PERIOD - PERIOD / 2


def captured_at(record: Any) -> datetime:
    return FrameHeaders.unpack(record.headers).captured_at


def test_an_rtsp_camera_that_comes_back_is_seen_again_and_nobody_learns_its_password(
    site: Settings, camera: Camera, sending: Sending
) -> None:
    sending.wait_until(lambda: len(sending.records) >= 3)
    camera.kill()
    sending.wait_until(lambda: "nothing listens at this port" in sending.said)
    back_at = datetime.now(UTC)
    camera.start()
    sending.wait_until(lambda: sum(captured_at(each) > back_at for each in sending.records) >= 3)
    sending.process.send_signal(signal.SIGINT)
    assert sending.process.wait(60) == 0
    assert f"rtsp://***@127.0.0.1:{camera.port}/*** gives pictures again." in sending.said
    assert "dropped 0, refused 0" in sending.said

    assert {picture(each).shape for each in sending.records} == {(HEIGHT, WIDTH, 3)}
    moments = [captured_at(each) for each in sending.records]
    assert moments == sorted(set(moments))
    assert max(late(each) for each in sending.records) < LATE
    assert min(late(each) for each in sending.records) > -LATE
    kept = [text for each in sending.records for _, text in each.headers]
    written = [file.read_bytes() for file in site.home.rglob("*") if file.is_file()]
    secrets = [each.encode() for each in (PASSWORD, quote(PASSWORD, safe=""), "s3", "cr@t", USER)]
    assert not [text for text in (*kept, *written) if any(each in text for each in secrets)]


@pytest.mark.parametrize(
    ("login", "path", "says"),
    [
        (f"{USER}:wrong@", PATH, "refuses user name or password (status 401)"),
        ("", PATH, "asks for user name and password (status 401)"),
        (f"{USER}:{PASSWORD}@", "/nothing", "the camera has nothing at this path (status 404)"),
    ],
)
def test_a_camera_that_gives_no_picture_says_why(
    site: Settings, camera: Camera, login: str, path: str, says: str
) -> None:
    sending = Sending(site, f"rtsp://{login}127.0.0.1:{camera.port}{path}")
    try:
        sending.wait_until(lambda: says in sending.said)
    finally:
        sending.close()
