"""Webhooks: a real broker, a real receiver on this machine, the real worker as a process that is killed."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from msgspec.structs import replace
from standardwebhooks import Webhook

from infra.operations.accounts.access import DeskUser
from infra.operations.accounts.audit import record
from infra.operations.accounts.desk_database import database_file
from infra.operations.accounts.manage_accounts import Manager
from infra.operations.webhooks.webhook_endpoints import (
    NewWebhook,
    WebhookEndpoint,
    add_webhook,
    enable_webhook,
    remove_webhook,
    webhook_table,
    webhooks,
)
from infra.operations.webhooks.webhook_outbox import forget_deliveries
from infra.operations.webhooks.webhook_sender import test_webhook as try_webhook
from infra.operations.webhooks.webhook_worker import deliver, send_due
from producers.marks import mark_batch, send_marks
from schemas.cluster import send
from schemas.messages import ClassHour, Presence, Roster, Student, decode, encode
from schemas.settings import Settings
from streams.faces.key_file import create_keys
from tests.examples import example

HOUR = ClassHour(
    section="EA0017-1",
    hall="E101",
    date=datetime(2026, 3, 9, tzinfo=UTC).date(),
    period=1,
    starts_at=datetime(2026, 3, 9, tzinfo=UTC),
    ends_at=datetime(2026, 3, 9, 1, tzinfo=UTC),
)
ARRIVED = replace(
    decode(example("presence"), Presence), run="live", kind="arrived", section=HOUR.section, class_hour=HOUR.id
)


class Receiver:
    """A server that keeps what it was told; ``answer`` says with which status, and may wait."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], str]] = []
        self.answer: Callable[[], int] = lambda: 204
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                outer.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                status = outer.answer()
                self.send_response(status)
                if status == 302:
                    self.send_header("location", "/elsewhere")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"

    @property
    def ids(self) -> set[str]:
        return {headers["webhook-id"] for headers, _ in [*self.got]}

    def wait_for(self, condition: Callable[[], bool]) -> None:
        while not condition():
            time.sleep(0.02)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def private(site: Settings) -> Settings:
    (site.home / "naul.toml").write_text("webhook_private = true\n", "utf-8")
    settings = replace(site, webhook_private=True)
    create_keys(settings.key_file, lambda: datetime.now(UTC))
    return settings


def manager(settings: Settings) -> Manager:
    return Manager(DeskUser(account="root"), partial(record, settings), "console")


def added(settings: Settings, url: str, *events: str, **more: Any) -> WebhookEndpoint:
    new = NewWebhook(url, events or ("attendance.arrived", "marks.made"), **more)
    return add_webhook(settings, new, manager(settings), datetime.now(UTC) - timedelta(seconds=5))


def arrive(settings: Settings, *students: str) -> None:
    said = [replace(ARRIVED, id=f"00000000-0000-0000-0000-{int(each):012}", student_id=each) for each in students]
    topic = settings.topic("presence")
    send(settings, [(topic, each.class_hour.encode(), encode(each), None, None) for each in said])


@contextmanager
def working(settings: Settings) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=deliver, args=(settings, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@contextmanager
def process(settings: Settings) -> "Iterator[subprocess.Popen[bytes]]":
    environment = {
        "NAUL_HOME": str(settings.home), "NAUL_KAFKA": settings.kafka, "NAUL_PREFIX": settings.prefix,
    }  # fmt: skip
    line = [sys.executable, "-m", "infra.cli.main", "worker", "webhooks"]
    made = subprocess.Popen(line, env=os.environ | environment, stderr=subprocess.DEVNULL)
    try:
        yield made
    finally:
        made.kill()
        made.wait()


def test_a_happening_is_told_signed_without_a_name(private: Settings, receiver: Receiver) -> None:
    hook = added(private, receiver.url)
    with working(private):
        arrive(private, "201900001")
        send_marks(
            private, mark_batch(HOUR, {"201900001": "late"}, batch_id="b", kind="mark", by="kim", at=datetime.now(UTC))
        )
        receiver.wait_for(lambda: len(receiver.ids) == 2)
    told = [Webhook(hook.secret).verify(body, headers) for headers, body in receiver.got]
    arrived = next(each for each in told if each["type"] == "attendance.arrived")
    assert arrived["data"]["student_id"] == "201900001"
    assert "name" not in json.dumps(told)
    assert "kim" not in json.dumps(told)
    with pytest.raises(Exception, match="signature"):
        Webhook("whsec_" + "A" * 32).verify(receiver.got[0][1], receiver.got[0][0])


def test_names_only_where_they_were_asked_for_and_sections_hold(private: Settings, receiver: Receiver) -> None:
    roster = Roster(section=HOUR.section, students=(Student(student_id="201900001", name="김나얼"),))
    send(private, [(private.topic("rosters"), HOUR.section.encode(), encode(roster), None, None)])
    added(private, receiver.url, "attendance.arrived", named=True)
    added(private, f"{receiver.url}/other", "attendance.arrived", sections=("CS2001-2",))
    with working(private):
        arrive(private, "201900001")
        receiver.wait_for(lambda: len(receiver.got) == 1)
    assert json.loads(receiver.got[0][1])["data"]["name"] == "김나얼"
    assert webhook_table(private).rows[1][5] == 0


def test_killed_at_any_moment_it_loses_nothing(private: Settings, receiver: Receiver) -> None:
    added(private, receiver.url, "attendance.arrived")
    students = [f"2019{number:05}" for number in range(40)]
    first = threading.Event()

    def slowly() -> int:
        first.set()
        time.sleep(0.02)
        return 204

    receiver.answer = slowly
    arrive(private, *students[:20])
    for _ in range(3):
        first.clear()
        with process(private) as worker:
            first.wait(60)
            worker.kill()  # while a message is under way
    arrive(private, *students[20:])
    with process(private):
        receiver.wait_for(lambda: len(receiver.ids) == len(students))
        receiver.wait_for(lambda: webhook_table(private).rows[0][5] == 0)
    told = {json.loads(body)["data"]["student_id"]: headers["webhook-id"] for headers, body in receiver.got}
    assert {*told} == {*students}
    assert len({*told.values()}) == len(students)


def test_what_is_not_taken_is_sent_again_with_the_same_id_and_given_up_in_the_end(
    private: Settings, receiver: Receiver
) -> None:
    added(private, receiver.url, "attendance.arrived")
    receiver.answer = lambda: 503
    with working(private):
        arrive(private, "201900001")
        receiver.wait_for(lambda: len(receiver.got) == 1)
        receiver.wait_for(lambda: webhook_table(private).rows[0][5] == 1)
    stop, now = threading.Event(), datetime.now(UTC)
    send_due(private, now, stop)
    assert len(receiver.got) == 1, "it is not due yet"
    send_due(private, now + timedelta(minutes=1), stop)
    assert (len(receiver.got), len(receiver.ids)) == (2, 1)
    send_due(private, now + timedelta(days=4), stop)
    assert webhooks(private)[0].disabled == "503"
    send_due(private, now + timedelta(days=5), stop)
    assert len(receiver.got) == 3, "nothing is sent to whoever was given up"
    receiver.answer = lambda: 200
    enable_webhook(private, receiver.url, manager(private), now + timedelta(days=5))
    send_due(private, now + timedelta(days=5), stop)
    assert (webhook_table(private).rows[0][5], len(receiver.ids)) == (0, 1)


def test_nothing_is_followed_elsewhere_nor_sent_into_a_private_network(private: Settings, receiver: Receiver) -> None:
    added(private, receiver.url)
    receiver.answer = lambda: 302
    assert try_webhook(private, receiver.url, datetime.now(UTC)) == "302"
    assert len(receiver.got) == 1
    strict = replace(private, webhook_private=False)
    assert "private" in try_webhook(strict, receiver.url, datetime.now(UTC))
    assert len(receiver.got) == 1


def test_whoever_is_erased_is_told_of_no_more(private: Settings, receiver: Receiver) -> None:
    added(private, receiver.url, "attendance.arrived")
    receiver.answer = lambda: 503
    with working(private):
        arrive(private, "201900001", "201900002")
        receiver.wait_for(lambda: webhook_table(private).rows[0][5] == 2)
    assert forget_deliveries(private, lambda student: student == "201900001") == 1
    files = [each.read_bytes() for each in private.home.iterdir() if each.name.startswith(database_file(private).name)]
    assert all(b"201900001" not in each for each in files)
    remove_webhook(private, receiver.url, manager(private), datetime.now(UTC))
    assert webhooks(private) == ()
