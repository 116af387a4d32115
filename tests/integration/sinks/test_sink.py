"""The sink on a real broker: what is told becomes rows, once, whatever happens meanwhile."""

import random
import signal
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from infra.machine.lag import Cluster
from infra.machine.topic_creation import create_topics
from schemas.cluster import consumer, send
from schemas.messages import Attendance, Coverage, Forget, Observation, encode
from schemas.settings import Settings
from schemas.topics import topic
from sinks.batch import Batch, write
from sinks.rows import AttendanceRow, attendance_row
from sinks.store import Store, open_for_reading, open_store
from sinks.store.embedded import EmbeddedStore
from sinks.store.opening import store_directory
from sinks.store.remote import RemoteStore
from sinks.worker import TOPICS
from tests.tools.clickhouse_debian import Ports, free_ports, start

Sink = Callable[[Settings], Any]
VIEWS = ("attendance", "departures", "coverage", "gaps", "sightings")


def tables(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    return {view: sorted(store.query(f"SELECT * FROM {view}").rows, key=repr) for view in VIEWS}  # noqa: S608


def verdicts(settings: Settings) -> list[tuple[Any, ...]]:
    with open_for_reading(settings) as store:
        return store.query("SELECT student_id, verdict, version FROM attendance ORDER BY student_id").rows


def has_stored(settings: Settings, students: list[str]) -> None:
    """Return when just these have a verdict."""
    while not store_directory(settings).is_dir():
        time.sleep(0.02)
    while [student for student, *_ in verdicts(settings)] != students:
        time.sleep(0.02)


def has_ended(name: str) -> None:
    """Return when a thread has ended."""
    while any(thread.name == name for thread in threading.enumerate()):
        time.sleep(0.02)


def dead_letters(settings: Settings) -> list[Any]:
    client = consumer(settings)
    name = settings.topic("dead-letters")
    try:
        client.subscribe([name])
        found: list[Any] = []
        while not found:
            found = [each for records in client.poll(timeout_ms=200).values() for each in records]
        return found
    finally:
        client.close()


def test_what_is_told_is_there_while_it_runs_and_when_everything_is_down(
    site: Settings, hall: Any, sink: Sink, verdict: Attendance, coverage: Coverage, observation: Observation
) -> None:
    with sink(site):
        hall.tell(verdict, coverage, observation)
        hall.caught_up()
        with open_for_reading(site) as store:
            assert isinstance(store, RemoteStore)
            told = tables(store)
    assert {view: len(rows) for view, rows in told.items()} == {
        "attendance": 1, "departures": 1, "coverage": 1, "gaps": 1, "sightings": 2
    }  # fmt: skip
    with open_for_reading(site) as store:
        assert isinstance(store, EmbeddedStore)
        assert tables(store) == told


def test_duplicates_disorder_and_restarts_end_in_the_same_tables(
    site: Settings, hall: Any, sink: Sink, verdict: Attendance, coverage: Coverage, observation: Observation
) -> None:
    straight = [
        *(replace(verdict, student_id=f"2019{n:03}", version=v) for n in range(20) for v in range(1, 6)),
        *(replace(coverage, version=v, frames=v) for v in range(1, 6)),
        *(replace(observation, captured_at=observation.captured_at.replace(second=s)) for s in range(20)),
    ]
    stirred = straight * 2
    random.Random(7).shuffle(stirred)
    for part in (stirred[:100], stirred[100:200], stirred[200:]):
        with sink(site):
            hall.tell(*part)  # stopped right after: in the middle of it
    with sink(site):
        hall.caught_up()
    with open_for_reading(site) as store:
        found = tables(store)
    with open_store(replace(site, prefix="straight")) as store:
        batch = Batch("live")
        for message in straight:
            batch.take("sightings" if isinstance(message, Observation) else "attendance", b"", encode(message))
        write(store, batch)
        assert found == tables(store)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        pytest.param("attendance", b'{"schema": "attendance/99"}', "attendance/99", id="a version of the future"),
        pytest.param("sightings", b"\xff\xd8\xff\xe0", "not a JSON object", id="a picture"),
    ],
)
def test_a_bad_message_goes_to_dead_letters_and_the_stream_goes_on(
    site: Settings, hall: Any, sink: Sink, verdict: Attendance, name: str, value: bytes, reason: str
) -> None:
    key = f"live|{verdict.class_hour}|{verdict.student_id}".encode()
    hall.tell_raw(name, key, value)
    hall.tell(verdict)
    with sink(site):
        hall.caught_up()
        assert len(verdicts(site)) == 1
    [letter] = dead_letters(site)
    headers = dict(letter.headers)
    assert (letter.key, letter.value) == (key, value)
    assert reason in headers["reason"].decode()
    assert headers["stage"] == b"sink"
    assert headers["topic"].decode() == site.topic(name)
    assert headers["original-hop"] == b"1"


@pytest.mark.parametrize("where", ["embedded", "server"])
def test_what_the_store_refuses_goes_to_dead_letters_and_the_stream_goes_on(
    site: Settings,
    hall: Any,
    sink: Sink,
    verdict: Attendance,
    where: str,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def spoiled(said: Attendance) -> AttendanceRow:
        return attendance_row(said)._replace(**({"arrived_at": "nine"} if said.student_id == "2666" else {}))

    monkeypatch.setattr("sinks.batch.attendance_row", spoiled)
    hall.tell(*(replace(verdict, student_id=student) for student in ("2019", "2666", "2020")))
    if where == "server":
        site = replace(site, store=request.getfixturevalue("clickhouse_server"))
    with sink(site):
        hall.caught_up()
        assert [student for student, *_ in verdicts(site)] == ["2019", "2020"]
    [letter] = dead_letters(site)
    assert letter.key.endswith(b"|2666")
    reason = dict(letter.headers)["reason"].decode()
    assert "the store refuses a row" in reason


def test_a_sink_that_can_insert_nothing_ends_and_pours_nothing_into_the_dead_letters(
    site: Settings, hall: Any, sink: Sink, verdict: Attendance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sinks.batch.attendance_row", lambda said: attendance_row(said)._replace(arrived_at="nine"))
    hall.tell(*(replace(verdict, student_id=f"2019{n:03}") for n in range(500)))
    with pytest.raises(RuntimeError, match="200 messages in a row were refused by the store"), sink(site):
        has_ended("sink")
    with Cluster(site) as cluster:
        assert sum(cluster.ends(["dead-letters"]).values()) < 200


def test_an_erasure_and_a_wish_to_be_forgotten_delete_rows(
    site: Settings, hall: Any, sink: Sink, verdict: Attendance, observation: Observation
) -> None:
    with sink(site):
        hall.tell(verdict, replace(verdict, student_id="2020"), replace(verdict, student_id="2021"), observation)
        hall.caught_up()
        hall.tell_raw("attendance", f"live|{verdict.class_hour}|2020".encode(), None)
        forget = encode(Forget(student_id=verdict.student_id))
        for partition in range(topic("sightings").partitions):
            send(site, [(site.topic("sightings"), b"", forget, partition, None)])
        hall.caught_up()
    with open_for_reading(site) as store:
        assert store.query("SELECT student_id FROM attendance_rows").rows == [("2021",)]
        assert set(store.query("SELECT student_id FROM sightings_rows").rows) == {("",)}


def test_while_the_store_is_away_nothing_is_committed_and_all_arrives_later(
    site: Settings, hall: Any, sink: Sink, verdict: Attendance, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "clickhouse"
    ports: Ports = free_ports()
    site = replace(site, store=f"clickhouse://127.0.0.1:{ports.tcp}")
    server = start(folder, ports)
    try:
        with sink(site):
            hall.tell(verdict)
            hall.caught_up()
            server.kill()
            server.wait()
            caplog.clear()
            hall.tell(*(replace(verdict, student_id=f"2020{n}") for n in range(50)))
            while "no ClickHouse answers" not in caplog.text:
                time.sleep(0.02)
            assert hall.waiting() == 50
            server = start(folder, ports)
            hall.caught_up()
            assert len(verdicts(site)) == 51
    finally:
        server.kill()
        server.wait()


def test_a_sink_that_starts_before_its_store_waits_for_it_and_stops_when_told(
    site: Settings, sink_process: Sink, hall: Any, verdict: Attendance
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        away = replace(site, store=f"clickhouse://127.0.0.1:{closed.getsockname()[1]}")
        with sink_process(away) as process:
            for line in process.stderr:
                if "no ClickHouse answers" in line:
                    break
            process.send_signal(signal.SIGTERM)
            assert process.wait() == 0


def test_a_broker_that_was_killed_is_waited_for(
    own_broker: Any, tmp_path: Path, sink_process: Sink, verdict: Attendance
) -> None:
    settings = Settings(home=tmp_path / "home", kafka=own_broker.settings.bootstrap, prefix="own")
    create_topics(settings)

    def tell(student: str) -> None:
        message = encode(replace(verdict, student_id=student))
        send(settings, [(settings.topic("attendance"), b"key", message, None, None)])

    tell("2019")
    with sink_process(settings) as process:
        has_stored(settings, ["2019"])
        own_broker.kill()
        for line in process.stderr:
            if "ECONNREFUSED" in line:
                break
        own_broker.start()
        tell("2020")
        has_stored(settings, ["2019", "2020"])


def test_a_sink_that_is_killed_in_mid_stream_loses_nothing(
    site: Settings, hall: Any, sink_process: Sink, verdict: Attendance
) -> None:
    rounds, students = 3, 8_000  # more than a batch holds
    for n in range(rounds):
        hall.tell(*(replace(verdict, student_id=f"{n}{student:08}") for student in range(students)))
        waiting = hall.waiting()
        with sink_process(site) as process:
            hall.until(lambda now, before=waiting: now < before)
            process.kill()
    with sink_process(site) as process:
        hall.caught_up()
        with open_for_reading(site) as store:
            total = rounds * students
            assert store.query("SELECT count(), uniqExact(student_id) FROM attendance").rows == [(total, total)]
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 0


def test_a_mistake_of_ours_ends_the_sink_uncommitted(
    site: Settings, hall: Any, sink: Sink, verdict: Attendance, monkeypatch: pytest.MonkeyPatch
) -> None:
    hall.tell(verdict)
    monkeypatch.setattr("sinks.worker.insert", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError), sink(site):
        has_ended("sink")
    assert hall.waiting() == 1


def test_it_reads_topics_that_exist() -> None:
    assert [topic(name).name for name in TOPICS] == list(TOPICS)
