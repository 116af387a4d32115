"""What cameras answer, asked over real connections: why there is no picture, and one picture at a time."""

import base64
import hashlib
import re
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import BaseRequestHandler, BaseServer, TCPServer, ThreadingTCPServer
from typing import Any, ClassVar

import numpy as np
import pytest

from producers.addresses import CameraAddress, read_address
from producers.jpeg import encode
from producers.probing import CameraAnswer, NoPictureError, Snapshots, ask

JPEG = encode(np.zeros((20, 30, 3), np.uint8))
USER, PASSWORD = "lena", "pa/s@s:w#암"
STREAM = b"--frame\r\nContent-Type: image/jpeg\r\n\r\n" + JPEG


def serve(server: BaseServer) -> Iterator[Any]:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def signed(challenge: dict[str, str], given: str, method: str, uri: str) -> bool:
    """Whether a Digest of RFC 2069 or 2617 was made with the password."""
    parts = dict(re.findall(r'(\w+)="?([^",]*)"?', given))

    def md5(text: str) -> str:
        return hashlib.md5(text.encode()).hexdigest()  # noqa: S324  as the standard wants it

    secret, what = md5(f"{USER}:{challenge['realm']}:{PASSWORD}"), md5(f"{method}:{uri}")
    middle = f"{parts['nonce']}:{parts['nc']}:{parts['cnonce']}:auth" if "qop" in parts else parts["nonce"]
    return parts["uri"] == uri and parts["response"] == md5(f"{secret}:{middle}:{what}")


class Web(BaseHTTPRequestHandler):
    """A camera's web server: what it answers hangs on the path."""

    PAGES: ClassVar[dict[str, tuple[int, str, bytes]]] = {
        "/snap.jpg": (200, "image/jpeg", JPEG),
        "/untyped": (200, "application/octet-stream", JPEG),
        "/half.jpg": (200, "image/jpeg", JPEG[:-20]),
        "/png": (200, "image/png", b"\x89PNG"),
        "/video": (200, "multipart/x-mixed-replace; boundary=frame", STREAM),
        "/hls": (200, "text/plain", b"#EXTM3U\n"),
        "/page": (200, "text/html; charset=utf-8", b"<html>Login</html>"),
        "/untyped-page": (200, "", b"\n<!DOCTYPE html><title>Login"),
        "/closed": (403, "text/html", b"no"),
        "/gone": (404, "text/html", b"no"),
        "/full": (503, "text/html", b"no"),
        "/broken": (500, "text/html", b"no"),
    }

    def do_GET(self) -> None:
        path, given = self.path, self.headers.get("Authorization", "")
        if path.startswith("/digest"):
            challenge = {"realm": "cam", "nonce": "abc", "qop": "auth"}
            if not (given.startswith("Digest ") and signed(challenge, given, "GET", path)):
                text = ", ".join(f'{name}="{value}"' for name, value in challenge.items())
                return self.answer(401, "text/html", b"no", [("WWW-Authenticate", f"Digest {text}")])
            path = path.removeprefix("/digest")
        if path.startswith("/basic"):
            if given != f"Basic {base64.b64encode(f'{USER}:{PASSWORD}'.encode()).decode()}":
                return self.answer(401, "text/html", b"no", [("WWW-Authenticate", 'Basic realm="cam"')])
            path = path.removeprefix("/basic")
        if path == "/moved":
            return self.answer(302, "text/html", b"", [("Location", "/page")])
        return self.answer(*self.PAGES[path.partition("?")[0]], [])

    def answer(self, status: int, kind: str, body: bytes, headers: list[tuple[str, str]]) -> None:
        self.send_response(status)
        for name, value in [("Content-Type", kind), ("Content-Length", str(len(body))), *headers]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


class Rtsp(BaseRequestHandler):
    """A camera that speaks RTSP as far as DESCRIBE: what it answers hangs on the path."""

    CHALLENGE: ClassVar = {"realm": "cam", "nonce": "abc"}

    def handle(self) -> None:
        while data := self.request.recv(65536):
            head = data.decode()
            uri = head.split()[1]
            path = uri.split("/", 3)[3]
            given = (re.findall(r"Authorization: (.*)\r\n", head) or [""])[0]
            if path == "web":
                self.request.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                return
            if path == "mute":
                return
            if path in ("digest", "hangs-up") and not (given and signed(self.CHALLENGE, given, "DESCRIBE", uri)):
                self.refuse(401, 'Basic realm="cam"', 'Digest realm="cam", nonce="abc"')
                if path == "hangs-up":
                    return
            elif path == "basic" and given != f"Basic {base64.b64encode(f'{USER}:{PASSWORD}'.encode()).decode()}":
                self.refuse(401, 'Basic realm="cam"')
            elif path.isdigit():
                self.refuse(int(path))
            else:
                self.refuse(200)

    def refuse(self, status: int, *challenges: str) -> None:
        lines = [f"RTSP/1.0 {status} x", "CSeq: 1", *(f"WWW-Authenticate: {each}" for each in challenges)]
        self.request.sendall("".join(f"{line}\r\n" for line in [*lines, ""]).encode())


class Listening(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


@pytest.fixture(scope="module")
def web() -> Iterator[TCPServer]:
    yield from serve(ThreadingHTTPServer(("127.0.0.1", 0), Web))


@pytest.fixture(scope="module")
def rtsp() -> Iterator[TCPServer]:
    yield from serve(Listening(("127.0.0.1", 0), Rtsp))


def address(server: TCPServer, path: str, login: str = "", scheme: str = "http") -> CameraAddress:
    return read_address(f"{scheme}://{login}127.0.0.1:{server.server_address[1]}/{path}")


KNOWN = f"{USER}:{PASSWORD}@"


@pytest.mark.parametrize(
    ("login", "path", "expected"),
    [
        ("", "snap.jpg", CameraAnswer("snapshot")),
        ("", "untyped", CameraAnswer("snapshot")),
        ("", "video", CameraAnswer("stream")),
        ("", "hls", CameraAnswer("stream")),
        ("", "page", CameraAnswer("web_page")),
        ("", "untyped-page", CameraAnswer("web_page")),
        ("", "moved", CameraAnswer("web_page")),
        ("", "gone", CameraAnswer("no_path", 404)),
        ("", "full", CameraAnswer("busy", 503)),
        ("", "broken", CameraAnswer("other_status", 500)),
        ("", "closed", CameraAnswer("password_missing", 403)),
        (KNOWN, "closed", CameraAnswer("password", 403)),
        ("", "basic/snap.jpg", CameraAnswer("password_missing", 401)),
        ("lena:wrong@", "basic/snap.jpg", CameraAnswer("password", 401)),
        (KNOWN, "basic/snap.jpg", CameraAnswer("snapshot")),
        ("", "digest/snap.jpg", CameraAnswer("password_missing", 401)),
        ("lena:wrong@", "digest/video", CameraAnswer("password", 401)),
        (KNOWN, "digest/video", CameraAnswer("stream")),
        (KNOWN, "digest/snap.jpg?size=4", CameraAnswer("snapshot")),
    ],
)
def test_what_an_address_of_the_web_has(web: TCPServer, login: str, path: str, expected: CameraAnswer) -> None:
    assert ask(address(web, path, login)) == expected


@pytest.mark.parametrize(
    ("login", "path", "expected"),
    [
        ("", "stream", CameraAnswer("no_stream")),
        ("", "404", CameraAnswer("no_path", 404)),
        ("", "453", CameraAnswer("busy", 453)),
        ("", "500", CameraAnswer("other_status", 500)),
        ("", "403", CameraAnswer("password_missing", 403)),
        ("", "digest", CameraAnswer("password_missing", 401)),
        ("lena:wrong@", "digest", CameraAnswer("password", 401)),
        (KNOWN, "digest", CameraAnswer("no_stream")),
        (KNOWN, "hangs-up", CameraAnswer("no_stream")),
        ("lena:wrong@", "basic", CameraAnswer("password", 401)),
        (KNOWN, "basic", CameraAnswer("no_stream")),
        ("", "web", CameraAnswer("silent")),
        ("", "mute", CameraAnswer("silent")),
    ],
)
def test_why_a_camera_of_rtsp_gives_no_stream(rtsp: TCPServer, login: str, path: str, expected: CameraAnswer) -> None:
    assert ask(address(rtsp, path, login, "rtsp")) == expected


@pytest.mark.parametrize("scheme", ["http", "rtsp", "rtmp"])
def test_a_port_at_which_nobody_listens_and_a_host_that_nobody_knows(scheme: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        assert ask(read_address(f"{scheme}://127.0.0.1:{free.getsockname()[1]}/1")) == CameraAnswer("closed_port")
    assert ask(read_address(f"{scheme}://no-such-camera.invalid/1")) == CameraAnswer("unknown_host")


@pytest.mark.parametrize("scheme", ["http", "rtsp"])
def test_who_takes_a_connection_and_says_nothing(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("producers.probing.PATIENCE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        assert ask(read_address(f"{scheme}://127.0.0.1:{mute.getsockname()[1]}/1")) == CameraAnswer("silent")


def test_what_only_a_decoder_can_ask_may_be_a_stream() -> None:
    assert ask(read_address("udp://127.0.0.1:5000")) == CameraAnswer("no_stream")


class TestSnapshots:
    def test_a_picture_comes_bit_by_bit_also_with_a_password(self, web: TCPServer) -> None:
        for path in ("snap.jpg", "basic/snap.jpg", "digest/snap.jpg"):
            with Snapshots(address(web, path, KNOWN)) as camera:
                assert [camera.take() for _ in range(3)] == [JPEG] * 3

    @pytest.mark.parametrize(
        ("path", "expected"),
        [
            ("half.jpg", CameraAnswer("no_jpeg_answer")),
            ("page", CameraAnswer("no_jpeg_answer")),
            ("png", CameraAnswer("no_jpeg_answer")),
            ("gone", CameraAnswer("no_path", 404)),
        ],
    )
    def test_what_is_no_whole_jpeg_is_no_picture(self, web: TCPServer, path: str, expected: CameraAnswer) -> None:
        with Snapshots(address(web, path)) as camera, pytest.raises(NoPictureError) as failure:
            camera.take()
        assert failure.value.answer == expected
