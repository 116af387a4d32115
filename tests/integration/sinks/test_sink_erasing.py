"""The sink goes on for everybody else while the store erases somebody, and has it begun once however often it dies."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from clickhouse_driver import Client
from msgspec.structs import replace

from schemas.cluster import send
from schemas.messages import Attendance, Forget, Observation, encode
from schemas.settings import Settings
from schemas.topics import topic
from sinks.store import open_for_reading
from tests.tools.clickhouse_debian import free_ports, start

Sink = Callable[[Settings], Any]
FORGETS = topic("sightings").partitions


@pytest.fixture
def server(site: Settings, tmp_path: Path) -> Iterator[Settings]:
    """The site with a ClickHouse server as its store."""
    ports = free_ports()
    process = start(tmp_path / "clickhouse", ports)
    yield replace(site, store=f"clickhouse://127.0.0.1:{ports.tcp}")
    process.kill()
    process.wait()


@pytest.fixture
def operator(server: Settings) -> Iterator[Client]:
    """Somebody at the server itself."""
    client = Client("127.0.0.1", port=int(server.store.rpartition(":")[2]))
    yield client
    client.disconnect()


def forget(site: Settings, student: str) -> None:
    value = encode(Forget(student_id=student))
    send(site, [(site.topic("sightings"), b"", value, partition, None) for partition in range(FORGETS)])


def students(site: Settings) -> set[str]:
    with open_for_reading(site) as store:
        return {each for (each,) in store.query("SELECT student_id FROM attendance_rows").rows}


def mutations(operator: Client, site: Settings) -> int:
    found = operator.execute("SELECT database FROM system.mutations")
    return found.count((site.prefix,))


def has_stored(site: Settings, expected: set[str]) -> None:
    while not expected <= students(site):
        time.sleep(0.05)


def test_others_are_stored_and_committed_while_somebody_is_erased(
    server: Settings, hall: Any, sink: Sink, operator: Client, verdict: Attendance, observation: Observation
) -> None:
    with sink(server):
        hall.tell(verdict, observation)
        hall.caught_up()
        operator.execute("SYSTEM STOP MERGES")
        forget(server, verdict.student_id)
        while not mutations(operator, server):
            time.sleep(0.05)
        hall.tell(*(replace(verdict, student_id=f"2020{n}") for n in range(20)))
        has_stored(server, {f"2020{n}" for n in range(20)})
        hall.until(lambda waiting: 0 < waiting <= FORGETS)
        operator.execute("SYSTEM START MERGES")
        hall.caught_up()
        assert students(server) == {f"2020{n}" for n in range(20)}


def test_a_sink_that_is_killed_five_times_meanwhile_has_it_begun_once(
    server: Settings, hall: Any, sink: Sink, sink_process: Sink, operator: Client, verdict: Attendance,
    observation: Observation,
) -> None:  # fmt: skip
    with sink(server):
        hall.tell(verdict, replace(verdict, student_id="2020"), observation)
        hall.caught_up()
    operator.execute("SYSTEM STOP MERGES")
    forget(server, verdict.student_id)
    for n in range(5):
        with sink_process(server) as process:
            hall.tell(replace(verdict, student_id=f"2021{n}"))
            has_stored(server, {f"2021{n}"})
            process.kill()
    assert 0 < hall.waiting() <= FORGETS + 1, "and the last row, which is stored and perhaps not committed"
    operator.execute("SYSTEM START MERGES")
    with sink(server):
        hall.caught_up()
    assert students(server) == {"2020", *(f"2021{n}" for n in range(5))}
    assert mutations(operator, server) == 4, "one for each table"


def test_rows_that_are_told_after_the_erasure_are_there_in_the_end(
    server: Settings, hall: Any, sink: Sink, operator: Client, verdict: Attendance
) -> None:
    with sink(server):
        hall.tell(verdict)
        hall.caught_up()
        operator.execute("SYSTEM STOP MERGES")
        hall.tell_raw("attendance", f"live|{verdict.class_hour}|{verdict.student_id}".encode(), None)
        while not mutations(operator, server):
            time.sleep(0.05)
        hall.tell(replace(verdict, version=1, verdict="late"))
        operator.execute("SYSTEM START MERGES")
        hall.caught_up()
        with open_for_reading(server) as store:
            assert store.query("SELECT verdict FROM attendance_rows").rows == [("late",)]
