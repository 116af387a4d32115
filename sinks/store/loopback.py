"""The owner of an embedded directory answers others: SELECTs over loopback HTTP, for whoever holds the token."""

import hmac
import json
import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec

from schemas.errors import NaulError, UnavailableError
from schemas.settings import Settings
from sinks.store.embedded import EmbeddedStore

__all__ = ["Address", "address_file", "read_address", "serving"]

LIMIT = 2**20
"""Bytes of a query."""


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
    except (FileNotFoundError, msgspec.DecodeError):
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
        """POST a SELECT, get rows."""

        timeout = 30

        def do_POST(self) -> None:
            given = self.headers.get("Authorization", "").encode("utf-8", "replace")
            if not hmac.compare_digest(given, wanted):
                self._say(HTTPStatus.UNAUTHORIZED, {"error": "the token is wrong"})
                return
            length = self.headers.get("Content-Length", "")
            if not length.isdecimal() or int(length) > LIMIT:
                self._say(HTTPStatus.BAD_REQUEST, {"error": f"a query has at most {LIMIT} bytes"})
                return
            try:
                self._answer(HTTPStatus.OK, store.answer(self.rfile.read(int(length)).decode()))
            except UnavailableError as error:
                self._say(HTTPStatus.SERVICE_UNAVAILABLE, {"error": error.message, "remedy": error.remedy})
            except (NaulError, UnicodeDecodeError) as error:
                self._say(HTTPStatus.BAD_REQUEST, {"error": getattr(error, "message", str(error))})

        def log_message(self, *_: object) -> None:
            """Keep quiet: who asks what is nobody's business."""

        def _say(self, status: HTTPStatus, what: dict[str, str]) -> None:
            self._answer(status, json.dumps(what).encode())

        def _answer(self, status: HTTPStatus, body: bytes) -> None:
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
