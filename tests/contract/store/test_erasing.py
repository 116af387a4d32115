"""Whoever is erased is on no disk of the store, and in no statement that it keeps; others need not wait for it."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from schemas.messages import Attendance, Observation, encode
from schemas.rivals import TOO_ALIKE, UNNAMED
from schemas.settings import Settings
from sinks.batch import Batch, write
from sinks.store import Store, open_store
from sinks.store.embedded import EmbeddedStore
from sinks.store.erasure import Erasures, erase, forget
from sinks.store.migrations import known, migrate
from sinks.store.opening import store_directory
from tests.tools.clickhouse_debian import free_ports, start

STUDENT, OTHER, HOUR = "201912345", "202011208", "EA0017-1|2026-03-09|1"
PROMISED = 120
"""Seconds. 18.16 takes 70, the embedded engine 10."""


def put(store: Store, *messages: Attendance | Observation) -> None:
    batch = Batch("live")
    for each in messages:
        batch.take("sightings" if isinstance(each, Observation) else "attendance", b"", encode(each))
    write(store, batch)


def students(store: Store) -> list[str]:
    return [each for (each,) in store.query("SELECT student_id FROM attendance_rows ORDER BY student_id").rows]


def statements(store: Store) -> list[tuple[str, int]]:
    """Every mutation of rows that the store remembers, and whether it is done."""
    found = store.query("SELECT command, is_done FROM system.mutations WHERE database = currentDatabase()").rows
    return [each for each in found if "DELETE" in each[0] or "UPDATE" in each[0]]  # others are of migrations


def until_done(erasures: Erasures) -> None:
    while not erasures.advance():
        time.sleep(0.05)


def files_with(folder: Path, text: str) -> list[Path]:
    """The files that hold a text; a server removes parts while they are looked through."""
    walked = os.walk(folder, onerror=lambda _: None)
    files = [Path(place) / name for place, _, names in walked for name in names]
    return [each for each in files if text.encode() in content(each)]


def store_plainly(store: Store) -> None:
    """Have what tells who somebody is stored uncompressed, so that files can be looked through.

    18.16 stores so few rows as they are.
    """
    named = "match(name, '^(student_id|name|reason|visitor)$') AND match(table, '(_rows|_versions)$')"
    known = store.query("SELECT name FROM system.columns WHERE database = 'system' AND table = 'columns'").rows
    if ("compression_codec",) not in known:
        return
    for table, column in store.query(
        f"SELECT table, name FROM system.columns WHERE database = currentDatabase() AND {named}"  # noqa: S608  ours
    ).rows:
        store.execute(f"ALTER TABLE {table} MODIFY COLUMN {column} String CODEC(NONE)")
    for table in ("attendance_rows", "student_rows", "verdict_versions"):
        store.execute(f"ALTER TABLE {table} MODIFY SETTING compress_primary_key = 0")


def content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return b""


class ErasingContract:
    @pytest.mark.slow
    def test_nothing_of_him_is_on_the_disk_when_the_time_is_over(
        self, settings: Settings, folder: Path, verdict: Attendance, observation: Observation
    ) -> None:
        with open_store(settings) as store:
            store_plainly(store)
            alike = {"reason": f"one photo; {TOO_ALIKE.format(rival=STUDENT)}; few looks", "source": "camera"}
            put(store, verdict, replace(verdict, student_id=OTHER, name="박여울", **alike), observation)
            assert files_with(folder, STUDENT)
            erase(store, [("live", HOUR, STUDENT)])
            forget(store, [STUDENT, "201877001"])
            until = time.monotonic() + PROMISED
            while left := [each for text in (STUDENT, verdict.name, "201877001") for each in files_with(folder, text)]:
                assert time.monotonic() < until, left
                time.sleep(1)
            assert students(store) == [OTHER]
            assert files_with(folder, OTHER)
            [(reason,)] = store.query("SELECT reason FROM attendance_rows").rows
            assert reason == f"one photo; {UNNAMED}; they are too alike to tell apart; few looks"

    def test_no_statement_that_is_kept_names_anybody(
        self, settings: Settings, verdict: Attendance, observation: Observation
    ) -> None:
        with open_store(settings) as store:
            put(store, verdict, observation)
            erase(store, [("live", HOUR, STUDENT)])
            forget(store, [STUDENT])
            assert statements(store)
            assert not [text for text, _ in statements(store) if STUDENT in text]
            names = [name for (name,) in store.query("SELECT name FROM system.tables WHERE engine = 'Memory'").rows]
            memory = [each for each in names if each.startswith("erasing")]
            assert memory
            assert all(store.query(f"SELECT count() FROM {each}").rows == [(0,)] for each in memory)  # noqa: S608

    def test_a_mutation_that_takes_its_time_is_begun_once_however_often_it_is_asked_for(
        self, settings: Settings, verdict: Attendance, observation: Observation
    ) -> None:
        with open_store(settings) as store:
            put(store, verdict, replace(verdict, student_id=OTHER), observation)
            store.execute("SYSTEM STOP MERGES")
            for _ in range(5):
                erasures = Erasures(store)  # as whoever was killed and starts again
                erasures.begin([], [STUDENT])
                assert not erasures.advance()
                assert not erasures.advance()
            assert [done for _, done in statements(store)] == [0, 0, 0, 0], "one for each table"
            put(store, replace(verdict, student_id="2021"))
            store.execute("SYSTEM START MERGES")
            until_done(erasures)
            assert len(statements(store)) == 4
            assert students(store) == [OTHER, "2021"]

    def test_whom_it_is_about_is_said_again_when_the_store_forgot_it_in_between(
        self, settings: Settings, verdict: Attendance
    ) -> None:
        with open_store(settings) as store:
            put(store, verdict, replace(verdict, student_id=OTHER))
            store.execute("SYSTEM STOP MERGES")
            erasures = Erasures(store)
            erasures.begin([], [STUDENT])
            [(memory,)] = store.query("SELECT name FROM system.tables WHERE name LIKE 'erasing%'").rows
            store.execute(f"TRUNCATE TABLE {memory}")  # as a restart does
            store.execute("SYSTEM START MERGES")
            until_done(erasures)
            assert students(store) == [OTHER]

    def test_rows_of_somebody_who_is_being_erased_are_known(self, settings: Settings) -> None:
        with open_store(settings) as store:
            erasures = Erasures(store)
            erasures.hours, erasures.students = {("live", HOUR, STUDENT)}, {"2020"}
            assert erasures.concerns({("live", HOUR, STUDENT)}, set())
            assert erasures.concerns(set(), {"2020"})
            assert not erasures.concerns({("other", HOUR, STUDENT)}, {STUDENT})


class TestEmbedded(ErasingContract):
    @pytest.fixture
    def settings(self, tmp_path: Path) -> Settings:
        return Settings(home=tmp_path / "home")

    @pytest.fixture
    def folder(self, settings: Settings) -> Path:
        return store_directory(settings)

    @pytest.mark.slow
    def test_a_store_of_before_keeps_its_promise_from_the_next_start_on(
        self, settings: Settings, folder: Path, verdict: Attendance
    ) -> None:
        with EmbeddedStore(store_directory(settings), settings.prefix) as store:
            migrate(store, [each for each in known() if each.name < "0014"])  # of when it was so
            put(store, verdict, replace(verdict, student_id=OTHER))
            store.execute(f"ALTER TABLE attendance_rows DELETE WHERE student_id IN ('{STUDENT}')")
            while not statements(store)[0][1]:
                time.sleep(0.05)
            assert STUDENT in statements(store)[0][0]
        with open_store(settings) as store:
            assert statements(store) == []
            until = time.monotonic() + PROMISED
            while files_with(folder, STUDENT):
                assert time.monotonic() < until
                time.sleep(1)
            assert students(store) == [OTHER]


class TestServer(ErasingContract):
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return tmp_path / "clickhouse" / "data"

    @pytest.fixture
    def settings(self, tmp_path: Path, servers: None) -> Iterator[Settings]:
        ports = free_ports()
        server = start(tmp_path / "clickhouse", ports)
        yield Settings(home=tmp_path, store=f"clickhouse://127.0.0.1:{ports.tcp}")
        server.kill()
        server.wait()
