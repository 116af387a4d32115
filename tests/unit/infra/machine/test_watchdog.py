from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from msgspec.structs import replace

from infra.machine.metrics_ports import metrics_port
from infra.machine.metrics_server import serve_metrics
from infra.machine.watchdog import HealthAnswer, Patience, ask_health
from schemas.pulse import Pulse
from schemas.settings import Settings
from tests.tools.ports import free_row

WELL, ILL = HealthAnswer(7, ""), HealthAnswer(7, "its loop has not come round for 61 s")


@pytest.fixture
def patience() -> Patience:
    return Patience(60)


def test_whoever_answers_that_he_works_is_left_alone(patience: Patience) -> None:
    assert [patience.look("sink-1", 7, WELL, now) for now in (0, 5, 1000)] == ["", "", ""]


def test_whoever_says_twice_that_he_is_hung_is_ended(patience: Patience) -> None:
    assert [patience.look("sink-1", 7, it, now) for now, it in enumerate((WELL, ILL, WELL, ILL, ILL))] == [
        "", "", "", "", ILL.why
    ]  # fmt: skip


def test_whoever_answers_no_more_is_ended_after_a_while(patience: Patience) -> None:
    patience.look("sink-1", 7, WELL, 100)
    assert patience.look("sink-1", 7, None, 160) == ""
    assert patience.look("sink-1", 7, None, 161) == "it has not answered for 61 s"


def test_whoever_was_started_again_has_all_the_time_anew(patience: Patience) -> None:
    patience.look("sink-1", 7, WELL, 100)
    assert patience.look("sink-1", 8, None, 1000) == ""
    patience.look("sink-1", 8, replace(WELL, pid=8), 1001)
    assert patience.look("sink-1", 8, None, 1062)


def test_whoever_never_answered_is_not_known_to_serve_and_left_alone(patience: Patience) -> None:
    assert [patience.look("sink-1", 7, None, now) for now in (0, 1e6)] == ["", ""]


def test_what_another_process_answers_at_a_port_condemns_nobody(patience: Patience) -> None:
    assert [patience.look("sink-1", 8, ILL, now) for now in (0, 5, 10)] == ["", "", ""]
    assert patience.look("sink-1", 8, None, 1e6) == ""


def test_parts_have_ports_of_their_own() -> None:
    settings = Settings(kafka_port=20000, recognise_workers=3, slot="b")
    names = ["watchdog", "attend-b", "sink-b", "housekeeping", "webhooks", "desk"]
    names += ["recognise-b", "recognise-b.2", "recognise-b.3"]
    assert [metrics_port(settings, name) for name in names] == [*range(20010, 20019)]
    assert metrics_port(replace(settings, metrics_port=9100), "attend-b") == 9101
    assert metrics_port(replace(settings, metrics=False), "attend-b") is None
    assert metrics_port(settings, "kafka") is None
    assert max(metrics_port(Settings(kafka_port=port), "recognise-1.64") or 0 for port in (65000, 65533)) < 65536


def test_a_part_serves_its_metrics_and_its_health() -> None:
    now = [0.0]
    pulse, settings = Pulse(lambda: now[0]), Settings(hung_after=Settings().hung_after)
    port = free_row(1)
    server = serve_metrics(settings, "sink-1", port, pulse)
    assert server
    try:
        assert serve_metrics(settings, "sink-1", port, pulse) is None, "the port is taken: that is no reason to end"
        with pytest.raises(HTTPError, match="503"):
            urlopen(f"http://127.0.0.1:{port}/health/ready")
        pulse.turned()
        pulse.ready()
        with urlopen(f"http://127.0.0.1:{port}/health/ready") as answer:
            assert b'"why": ""' in answer.read()
        with urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            told = answer.read().decode()
        assert "naul_ready 1.0" in told
        assert 'naul_store_batches_total{outcome="written"}' in told
        now[0] = 1000
        answer = ask_health("127.0.0.1", port)
        assert answer
        assert answer.why == "its loop has not come round for 1000 s"
        with pytest.raises(HTTPError, match="404"):
            urlopen(f"http://127.0.0.1:{port}/")
    finally:
        server.shutdown()
        server.server_close()


def test_what_answers_something_else_gives_no_answer() -> None:
    class Other(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>")

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), Other) as other:
        Thread(target=other.handle_request, daemon=True).start()
        assert ask_health("127.0.0.1", other.server_address[1]) is None
    assert ask_health("127.0.0.1", free_row(1)) is None
