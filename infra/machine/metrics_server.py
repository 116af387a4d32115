"""What a part tells of itself over HTTP, on a thread of its own: /metrics, /health/live, /health/ready.

The ports follow each other from ``Settings.metrics_base`` on, one for each part that a machine has once, then one for
each worker of recognise. A part whose port is taken says so in its log and works all the same.
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

from schemas.metrics import HUNG, READY, REGISTRY
from schemas.pulse import PULSE, Pulse
from schemas.settings import Settings

__all__ = ["metrics_port", "serve_metrics", "serving_metrics"]

log = logging.getLogger(__name__)

PARTS = ("watchdog", "attend", "sink", "housekeeping", "webhooks", "desk", "recognise")
"""In the order of their ports; recognise has one for each of its workers, and so comes last."""


def metrics_port(settings: Settings, name: str) -> int | None:
    """Return where a part (like ``recognise-1.2``) serves its metrics; None: it does not.

    The second worker of recognise on a machine has a slot that ends with ``.2``, and the port after the first's.
    """
    part, _, slot = name.partition("-")
    if not settings.metrics or part not in PARTS:
        return None
    further = slot.rpartition(".")[2] if part == "recognise" and "." in slot else "1"
    number = int(further) if further.isascii() and further.isdecimal() and 1 <= int(further) <= 64 else 1
    return settings.metrics_base + PARTS.index(part) + number - 1


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

    def handle_error(self, request: object, client_address: object) -> None:
        """Keep quiet of whoever hangs up in the middle."""


def _handler(name: str, pulse: Pulse, patience: float) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Answers GET, of the three paths."""

        timeout = 5

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path == "/metrics":
                self._answer(HTTPStatus.OK, generate_latest(REGISTRY), CONTENT_TYPE_LATEST)
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

    return Handler
