"""Reading the embedded store: from its owner over HTTP, or from the directory when nobody owns it."""

import http.client
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from schemas.errors import RefusedError, StoreAwayError, UnavailableError
from schemas.messages import Attendance
from schemas.settings import Settings
from sinks.rows import AttendanceRow, attendance_row
from sinks.store import Store, open_for_reading, open_store
from sinks.store import embedded as embedded_store
from sinks.store.embedded import EmbeddedStore, InUseError
from sinks.store.loopback import Address, address_file, serving
from sinks.store.opening import store_directory
from sinks.store.remote import RemoteStore


@pytest.fixture
def owner(embedded: Settings, verdict: Attendance, servers: None) -> Iterator[EmbeddedStore]:
    with open_store(embedded) as store:
        assert isinstance(store, EmbeddedStore)
        store.insert("attendance_rows", AttendanceRow._fields, [attendance_row(verdict)])
        yield store


@pytest.fixture
def address(owner: EmbeddedStore, embedded: Settings) -> Iterator[Address]:
    with serving(owner, embedded) as address:
        yield address


def post(address: Address, body: bytes, **headers: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(address.host, address.port, timeout=10)
    try:
        connection.request("POST", "/", body, headers)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def names(store: Store) -> list[Any]:
    return store.query("SELECT name FROM attendance WHERE run = %(run)s", {"run": "live"}).rows


def test_while_it_has_an_owner_he_is_asked(address: Address, embedded: Settings) -> None:
    with open_for_reading(embedded) as store:
        assert isinstance(store, RemoteStore)
        assert names(store) == [("최민서",)]


def test_answers_over_http_are_those_of_the_store(owner: EmbeddedStore, address: Address) -> None:
    sql = "SELECT * FROM attendance"
    assert RemoteStore(address).query(sql) == owner.query(sql)


def test_the_address_is_on_loopback_in_a_file_of_the_user_alone_and_gone_afterwards(
    owner: EmbeddedStore, embedded: Settings
) -> None:
    file = address_file(embedded)
    with serving(owner, embedded) as address:
        assert (address.host, address.pid) == ("127.0.0.1", os.getpid())
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not file.exists()


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer 얼"}])
def test_without_the_token_nothing_is_answered(address: Address, headers: dict[str, str]) -> None:
    sent = {name: value.encode().decode("latin-1") for name, value in headers.items()}
    status, body = post(address, b"SELECT 1", **sent)
    assert status == 401
    assert address.token.encode() not in body


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE attendance_rows",
        "SELECT 1; DROP TABLE attendance_rows",
        "INSERT INTO attendance_rows (name) VALUES ('x')",
        "SET readonly = 0",
        "USE system",
        "SELECT",
    ],
)
def test_only_a_select_is_answered(owner: EmbeddedStore, address: Address, sql: str) -> None:
    with pytest.raises(RefusedError):
        RemoteStore(address).query(sql)
    assert names(owner) == names(RemoteStore(address)) == [("최민서",)]


def test_a_query_that_is_no_text_or_too_long_is_refused(address: Address) -> None:
    allowed = {"Authorization": f"Bearer {address.token}"}
    assert post(address, b"\xff\xfe", **allowed)[0] == 400
    connection = http.client.HTTPConnection(address.host, address.port, timeout=10)
    connection.putrequest("POST", "/")
    for name, value in {**allowed, "Content-Length": str(2**21)}.items():
        connection.putheader(name, value)
    connection.endheaders()
    assert connection.getresponse().status == 400
    connection.close()


def test_who_reads_cannot_write(address: Address) -> None:
    store = RemoteStore(address)
    with pytest.raises(RefusedError):
        store.insert("attendance_rows", ("name",), [("x",)])
    with pytest.raises(RefusedError):
        store.execute("DROP TABLE attendance_rows")


def test_when_the_owner_was_killed_the_directory_is_read_itself(embedded: Settings) -> None:
    code = f"""
import os, signal
from pathlib import Path
from schemas.settings import Settings
from sinks.store import open_store
from sinks.store.loopback import serving
settings = Settings(home=Path({str(embedded.home)!r}), prefix={embedded.prefix!r})
with open_store(settings) as store, serving(store, settings):
    store.execute("CREATE TABLE left_behind (a String) ENGINE = MergeTree PARTITION BY tuple() ORDER BY a")
    store.insert("left_behind", ["a"], [["얼"]])
    os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", code], check=False)
    assert address_file(embedded).exists()
    with open_for_reading(embedded) as store:
        assert isinstance(store, EmbeddedStore)
        assert store.query("SELECT a FROM left_behind").rows == [("얼",)]


def test_an_owner_that_hangs_is_not_waited_for(embedded: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sinks.store.remote.PROMPT", 0.2)
    code = f"""
import os, signal
from pathlib import Path
from schemas.settings import Settings
from sinks.store import open_store
from sinks.store.loopback import serving
settings = Settings(home=Path({str(embedded.home)!r}), prefix={embedded.prefix!r})
with open_store(settings) as store, serving(store, settings):
    print("there", flush=True)
    os.kill(os.getpid(), signal.SIGSTOP)
"""
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    try:
        assert process.stdout
        assert process.stdout.readline() == b"there\n"
        os.waitpid(process.pid, os.WUNTRACED)
        with pytest.raises(StoreAwayError, match=rf"process {process.pid}\) does not answer within"):
            open_for_reading(embedded, wait=lambda _: pytest.fail("it waits"))
    finally:
        process.kill()
        process.communicate()


def test_a_second_owner_is_refused_with_the_first_ones_process(owner: EmbeddedStore, embedded: Settings) -> None:
    with pytest.raises(InUseError, match=str(os.getpid())):
        open_store(embedded)


def test_an_owner_that_is_still_starting_is_waited_for(owner: EmbeddedStore, embedded: Settings) -> None:
    started: list[Any] = []

    def wait(_: float) -> None:
        if not started:
            started.append(serving(owner, embedded))
            started[0].__enter__()

    with open_for_reading(embedded, wait=wait) as store:
        assert isinstance(store, RemoteStore)
    started[0].__exit__(None, None, None)


def test_an_owner_that_never_answers_is_named(owner: EmbeddedStore, embedded: Settings) -> None:
    hours = iter(range(0, 10_000, 3600))
    with pytest.raises(UnavailableError, match="belongs to process"):
        open_for_reading(embedded, clock=lambda: next(hours), wait=lambda _: None)


def test_a_home_without_a_store_is_named_and_not_made(embedded: Settings) -> None:
    elsewhere = replace(embedded, home=embedded.home / "nowhere")
    with pytest.raises(UnavailableError, match="nothing has been stored"):
        open_for_reading(elsewhere)
    assert not store_directory(elsewhere).exists()


class Question(threading.Thread):
    """Asks, and keeps what came of it."""

    def __init__(self, store: Store, sql: str) -> None:
        super().__init__(name="asks")
        self._store, self._sql = store, sql
        self.said: object = None
        self.start()

    def run(self) -> None:
        try:
            self.said = self._store.query(self._sql).rows
        except UnavailableError as error:
            self.said = error


ASLEEP = "SELECT sum(sleepEachRow(0.25)) AS slept FROM numbers(12)"


def test_what_is_written_does_not_wait_for_what_is_read(
    owner: EmbeddedStore, address: Address, verdict: Attendance
) -> None:
    asked = Question(RemoteStore(address), ASLEEP)
    under_way = "SELECT count() AS them FROM system.processes WHERE query LIKE '%slept%' AND query NOT LIKE '%them%'"
    while not int(owner._writer.query(under_way, "TSV").bytes()):
        assert asked.is_alive(), asked.said
    for number in range(3):
        owner.insert(
            "attendance_rows", AttendanceRow._fields, [attendance_row(replace(verdict, student_id=f"n{number}"))]
        )
    assert int(owner._writer.query(under_way, "TSV").bytes()) == 1  # it is still being answered
    asked.join()
    assert asked.said == [(0,)]
    assert len(names(owner)) == 4


def test_who_does_not_take_his_answer_holds_up_nobody(
    owner: EmbeddedStore, address: Address, verdict: Attendance
) -> None:
    """A client that asks for much and reads nothing, as a page whose browser sleeps."""
    silent = http.client.HTTPConnection(address.host, address.port)
    silent.request(
        "POST", "/", b"SELECT repeat('x', 100) FROM numbers(1000000)", {"Authorization": f"Bearer {address.token}"}
    )
    assert RemoteStore(address).query("SELECT 1").rows == [(1,)]
    owner.insert("attendance_rows", AttendanceRow._fields, [attendance_row(replace(verdict, student_id="n1"))])
    assert len(names(RemoteStore(address))) == 2
    silent.close()


ENDLESS = "SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) % 3 = 1"


@pytest.mark.parametrize("sql", [ENDLESS, ENDLESS + " SETTINGS max_execution_time = 1000"])
def test_a_question_without_an_end_is_given_up(
    embedded: Settings, servers: None, monkeypatch: pytest.MonkeyPatch, sql: str
) -> None:
    monkeypatch.setattr(embedded_store, "LONGEST_READ", 1)
    with open_store(embedded) as store, pytest.raises((UnavailableError, RefusedError), match=r"TIMEOUT|READONLY"):
        store.query(sql)
