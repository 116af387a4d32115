"""An OAuth server on loopback that gives one client tokens, as Kafka's unsecured validator takes them."""

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote

__all__ = ["CLIENT", "SECRET", "TokenServer", "token_server"]

CLIENT = "svc-machine-c"
SECRET = "pa ss+w%rd:"  # noqa: S105  what would come out otherwise if it were not encoded


class TokenServer(ThreadingHTTPServer):
    """lasts: seconds that a token holds. asked: the forms that it was sent. away: while set, it answers 503."""

    lasts = 3600
    away = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[dict[str, list[str]]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/token"


class _Handler(BaseHTTPRequestHandler):
    server: TokenServer

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.server.asked.append(form)
        scheme, _, given = self.headers["Authorization"].partition(" ")
        known = base64.b64decode(given).decode().split(":")
        if self.server.away:
            self._answer(503, {})
        elif scheme != "Basic" or [unquote(each) for each in known] != [CLIENT, SECRET]:
            self._answer(401, {"error": "invalid_client"})
        elif form["grant_type"] != ["client_credentials"]:
            self._answer(400, {"error": "unsupported_grant_type"})
        else:
            lasts = self.server.lasts
            answer = {"access_token": unsigned(CLIENT, time.time(), lasts), "token_type": "Bearer", "expires_in": lasts}
            self._answer(200, answer)

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def unsigned(subject: str, now: float, lasts: int) -> str:
    """Return a token that says who somebody is, and is signed by nobody."""

    def part(said: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")

    return f"{part({'alg': 'none'})}.{part({'sub': subject, 'iat': now, 'exp': now + lasts, 'scope': 'kafka'})}."


@contextmanager
def token_server() -> Iterator[TokenServer]:
    """Serve until the end of the block."""
    server = TokenServer()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
