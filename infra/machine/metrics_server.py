"""What a part tells of itself over HTTP, on a thread of its own: /metrics, /health/live, /health/ready.

A part whose port is taken says so in its log and works all the same.
"""

import json
import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from infra.machine.metrics_ports import metrics_port
from schemas.metrics import HUNG, READY, registry_of
from schemas.pulse import PULSE, Pulse
from schemas.settings import Settings

__all__ = ["serve_metrics", "serving_metrics"]

log = logging.getLogger(__name__)


@contextmanager
def serving_metrics(settings: Settings, name: str) -> Iterator[None]:
    """Serve what this process, which is the part of that name, tells of itself, for as long as the block lasts."""
    port = metrics_port(settings, name)
    server = None if port is None else serve_metrics(settings, name, port)
    try:
        yield
    finally:
        if server is not None:
            server.shutdown()
            server.server_close()


def serve_metrics(settings: Settings, name: str, port: int, pulse: Pulse = PULSE) -> ThreadingHTTPServer | None:
    """Serve on a port from now on, on a thread that ends with the process; None: the port cannot be had."""
    patience = settings.hung_after.total_seconds()
    READY.set_function(lambda: not pulse.unready(patience))
    HUNG.set_function(lambda: bool(pulse.hung(patience)))
    try:
        server = _Server((settings.metrics_host, port), _handler(name, pulse, patience))
    except OSError as error:
        log.warning("no metrics are served on %s:%d: %s", settings.metrics_host, port, error.strerror)
        return None
    serve = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.2}, name="metrics", daemon=True)
    serve.start()
    return server


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, *_: object) -> None:
        """Keep quiet of whoever hangs up in the middle."""


def _handler(name: str, pulse: Pulse, patience: float) -> type[BaseHTTPRequestHandler]:
    registry = registry_of(name.partition("-")[0])

    class _Handler(BaseHTTPRequestHandler):
        """Answers GET, of the three paths."""

        timeout = 5

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path == "/metrics":
                self._answer(HTTPStatus.OK, generate_latest(registry), CONTENT_TYPE_LATEST)
            elif path in ("/health/live", "/health/ready"):
                why = pulse.hung(patience) if path == "/health/live" else pulse.unready(patience)
                said = {"part": name, "pid": os.getpid(), "why": why}
                status = HTTPStatus.SERVICE_UNAVAILABLE if why else HTTPStatus.OK
                self._answer(status, json.dumps(said).encode() + b"\n", "application/json")
            else:
                self._answer(HTTPStatus.NOT_FOUND, b"/metrics, /health/live, /health/ready\n", "text/plain")

        def log_message(self, *_: object) -> None:
            """Keep quiet: it is asked every few seconds."""

        def _answer(self, status: HTTPStatus, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return _Handler
