"""The owner of an embedded directory serves others over loopback HTTP, those who hold the token.

GET /              nothing: it is there
POST /             a SELECT: its rows
PUT /runs          rows of replays (``guests``): none, they are on record
DELETE /runs/NAME  none, the replay is gone
"""

import hmac
import json
import os
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec

from schemas.errors import NaulError, UnavailableError
from schemas.settings import Settings
from schemas.unreadable import UNREADABLE
from sinks.store.embedded import EmbeddedStore
from sinks.store.erasure import erase_run
from sinks.store.replay_rows import LIMIT, read_replay_rows

__all__ = ["Address", "address_file", "read_address", "serving"]


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """Where the owner answers, and the token it wants. The file that holds it is the user's alone (mode 0600)."""

    host: str
    port: int
    token: str
    pid: int


def address_file(settings: Settings) -> Path:
    """Return where the owner of a home's store says where it answers."""
    return settings.home / "run" / "store.json"


def read_address(settings: Settings) -> Address | None:
    """Return where the owner answers, or None if it has not said so. It may have ended since."""
    try:
        return msgspec.json.decode(address_file(settings).read_bytes(), type=Address)
    except (FileNotFoundError, *UNREADABLE):
        return None


@contextmanager
def serving(store: EmbeddedStore, settings: Settings) -> Iterator[Address]:
    """Answer on a free port for as long as the block lasts, and say where in ``address_file``."""
    token = secrets.token_urlsafe(32)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(store, token))
    server.daemon_threads = True
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.1}, name="store-http", daemon=True
    )
    thread.start()
    address = Address(host="127.0.0.1", port=server.server_address[1], token=token, pid=os.getpid())
    file = address_file(settings)
    _write_private(file, msgspec.json.encode(address))
    try:
        yield address
    finally:
        if read_address(settings) == address:
            file.unlink(missing_ok=True)
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(store: EmbeddedStore, token: str) -> type[BaseHTTPRequestHandler]:
    wanted = f"Bearer {token}".encode()

    class Handler(BaseHTTPRequestHandler):
        """Serves one request. Whatever is not named above is refused."""

        timeout = 30

        def do_GET(self) -> None:
            self._serve("/", lambda _: b"")

        def do_POST(self) -> None:
            self._serve("/", lambda body: store.answer(body.decode()))

        def do_PUT(self) -> None:
            self._serve("/runs", self._take)

        def do_DELETE(self) -> None:
            self._serve(self.path if self.path.startswith("/runs/") else "/runs/NAME", self._remove)

        def _take(self, body: bytes) -> bytes:
            guests = read_replay_rows(body)
            store.insert(guests.table, guests.columns, guests.rows)
            return b""

        def _remove(self, _: bytes) -> bytes:
            erase_run(store, self.path.removeprefix("/runs/"))
            return b""

        def _serve(self, path: str, answer: Callable[[bytes], bytes]) -> None:
            given = self.headers.get("Authorization", "").encode("utf-8", "replace")
            if not hmac.compare_digest(given, wanted):
                self._answer(HTTPStatus.UNAUTHORIZED, {"error": "the token is wrong"})
                return
            if self.path != path:
                self._answer(HTTPStatus.BAD_REQUEST, {"error": f"{self.command} is for {path}"})
                return
            length = self.headers.get("Content-Length", "0" if self.command == "GET" else "")
            if not length.isdecimal() or int(length) > LIMIT:
                self._answer(HTTPStatus.BAD_REQUEST, {"error": f"a message has at most {LIMIT} bytes"})
                return
            try:
                self._answer(HTTPStatus.OK, answer(self.rfile.read(int(length))))
            except (NaulError, UnicodeDecodeError) as error:
                passing = isinstance(error, UnavailableError)
                said = {"error": getattr(error, "message", str(error)), "remedy": getattr(error, "remedy", "")}
                self._answer(HTTPStatus.SERVICE_UNAVAILABLE if passing else HTTPStatus.BAD_REQUEST, said)

        def log_message(self, *_: object) -> None:
            """Keep quiet: who asks what is nobody's business."""

        def _answer(self, status: HTTPStatus, said: bytes | dict[str, str]) -> None:
            body = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler


def _write_private(file: Path, content: bytes) -> None:
    """Write a file that only its owner can read, at no moment otherwise, and never half."""
    file.parent.mkdir(parents=True, exist_ok=True)
    scratch = file.with_name(f"{file.name}.{os.getpid()}")
    scratch.unlink(missing_ok=True)
    with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
        opened.write(content)
    scratch.replace(file)
