"""A real live source: a camera that speaks MJPEG over HTTP, breaks off, and comes back."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import cv2
import numpy as np
import pytest

from infra.machine.lag import Cluster
from schemas.frames import FrameHeaders
from schemas.settings import Settings

BREAK_AFTER = 30
"""Pictures until the connection breaks off."""


class Camera(BaseHTTPRequestHandler):
    """Sends pictures as fast as they are taken; every connection breaks off after some."""

    picture = bytes(cv2.imencode(".jpg", np.full((240, 320, 3), 128, np.uint8))[1])
    connections = 0

    def do_GET(self) -> None:
        type(self).connections += 1
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        part = b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%b\r\n"
        for _ in range(BREAK_AFTER):
            self.wfile.write(part % (len(self.picture), self.picture))

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def address() -> Iterator[str]:
    Camera.connections = 0
    server = ThreadingHTTPServer(("127.0.0.1", 0), Camera)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/camera.mjpg"
    server.shutdown()
    server.server_close()


def frames(site: Settings) -> list[Any]:
    with Cluster(site) as cluster:
        return list(cluster.last("frames", 1000))


def test_a_camera_that_breaks_off_is_opened_again_and_ctrl_c_ends_it(site: Settings, address: str) -> None:
    (site.home / "naul.toml").write_text(f'kafka = "{site.kafka}"\nprefix = "{site.prefix}"\n', "utf-8")
    line = [sys.executable, "-m", "infra.cli.main", "camera", address, "--hall", "E101", "--every", "0s"]
    sending = subprocess.Popen(
        [*line, "--home", str(site.home)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    while len(frames(site)) <= BREAK_AFTER:
        assert sending.poll() is None
    sending.send_signal(signal.SIGINT)
    said, _ = sending.communicate()
    assert sending.returncode == 0
    assert Camera.connections > 1
    sent = [FrameHeaders.unpack(frame.headers) for frame in frames(site)]
    assert f"sent {len(sent)}, " in said, "every frame that was counted is there"
    assert {(each.live, each.hall, each.camera) for each in sent} == {(True, "E101", "front")}
    assert [each.sequence for each in sent] == sorted(each.sequence for each in sent)
