"""Two real servers that are replicas of one another: whichever is killed, rows and erasures reach both."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from schemas.cluster import send
from schemas.errors import RefusedError, StoreAwayError
from schemas.messages import Attendance, Coverage, Forget, Observation, encode
from schemas.retry import retry
from schemas.settings import Settings
from schemas.topics import topic
from sinks.batch import Batch, insert
from sinks.rows import AttendanceRow, attendance_row
from sinks.store import Store, open_for_reading, open_store
from sinks.store.erasure import Erasures, erase, erase_run
from sinks.store.migrations import Migration, known
from sinks.store.port import HostState
from sinks.store.replicas import host_states
from sinks.store.server import ServerStore
from tests.tools.replicated_store import ReplicatedStore, replicated_store

Sink = Callable[[Settings], Any]
TABLES = ("attendance_rows", "student_rows", "verdict_versions", "coverage_rows", "sightings_rows", "migrations")


@pytest.fixture(scope="module")
def servers_of_module(tmp_path_factory: pytest.TempPathFactory, servers: None) -> Iterator[ReplicatedStore]:
    with replicated_store(tmp_path_factory.mktemp("replicas")) as made:
        yield made


@pytest.fixture
def pair(servers_of_module: ReplicatedStore) -> Iterator[ReplicatedStore]:
    """Both servers, which run again at the end, whatever a test did."""
    yield servers_of_module
    servers_of_module.start_all()


@pytest.fixture
def store(site: Settings, pair: ReplicatedStore) -> Settings:
    """The site with both servers as its store."""
    return replace(site, store=pair.address, store_replicated=True)


def rows(pair: ReplicatedStore, site: Settings, which: int, table: str) -> list[tuple[Any, ...]]:
    """What a server itself has, each row that holds once."""
    client = pair.client(which, site.prefix)
    found = client.execute(f"SELECT * FROM {table} {'' if table == 'migrations' else 'FINAL'}")  # noqa: S608
    client.disconnect()
    return sorted(found, key=repr)


def become_equal(pair: ReplicatedStore, site: Settings) -> None:
    while unequal := [each for each in TABLES if rows(pair, site, 0, each) != rows(pair, site, 1, each)]:
        for table in unequal:
            wake(pair, site, table)
        time.sleep(0.05)


def wake(pair: ReplicatedStore, site: Settings, table: str, which: int = 0) -> None:
    """Write a row of a table once more: 18.16 may rest for 10 s before it copies or rewrites, and that wakes it."""
    client = pair.client(which, site.prefix)
    client.execute(f"INSERT INTO {table} SELECT * FROM {table} LIMIT 1", settings={"insert_deduplicate": 0})  # noqa: S608
    client.disconnect()


def students(pair: ReplicatedStore, site: Settings, which: int, table: str = "attendance_rows") -> set[str]:
    client = pair.client(which, site.prefix)
    found = {each for (each,) in client.execute(f"SELECT student_id FROM {table}")}  # noqa: S608
    client.disconnect()
    return found


def class_of(verdict: Attendance, first: str, count: int = 40) -> list[Attendance]:
    return [replace(verdict, student_id=f"{first}{n:03}") for n in range(count)]


def put(store: Store, *verdicts: Attendance) -> None:
    store.insert("attendance_rows", AttendanceRow._fields, [attendance_row(each) for each in verdicts])


def forget(site: Settings, student: str) -> None:
    value = encode(Forget(student_id=student))
    for_all = range(topic("sightings").partitions)
    send(site, [(site.topic("sightings"), b"", value, partition, None) for partition in for_all])


def files_with(folders: Sequence[Path], text: str) -> list[Path]:
    walked = [each for folder in folders for each in os.walk(folder, onerror=lambda _: None)]
    found = []
    for place, _, names in walked:
        for name in names:
            try:
                if text.encode() in (Path(place) / name).read_bytes():
                    found.append(Path(place) / name)
            except FileNotFoundError:  # parts are removed meanwhile
                continue
    return found


def erased(hall: Any, other: Attendance) -> None:
    """Return when whoever is erased is, and the sink has said so."""

    def done(waiting: int) -> bool:
        if waiting:
            hall.tell(other)  # which wakes the servers
            time.sleep(0.5)
        return not waiting

    hall.until(done)


def test_whichever_is_killed_while_rows_are_written_both_have_what_was_sent(
    store: Settings, pair: ReplicatedStore, hall: Any, sink: Sink, verdict: Attendance, coverage: Coverage,
    observation: Observation,
) -> None:  # fmt: skip
    sent: list[Attendance] = []

    def tell(first: str) -> None:
        sent.extend(class_of(verdict, first))
        hall.tell(*sent[-40:])

    def stored(which: int, first: str) -> None:
        while f"{first}039" not in students(pair, store, which):
            hall.tell(sent[0])  # which wakes it
            time.sleep(0.05)

    with sink(store):
        hall.tell(coverage, observation)
        for killed, other in ((0, 1), (1, 0)):
            for part in range(3):
                tell(f"20{killed}{part}")
            pair.kill(killed)  # in the midst of it
            for part in range(3, 6):
                tell(f"20{killed}{part}")
            stored(other, f"20{killed}5")
            pair.start(killed)
            stored(killed, f"20{killed}5")
        hall.caught_up()
    become_equal(pair, store)
    for which in (0, 1):
        for table in ("attendance_rows", "student_rows", "verdict_versions"):
            assert students(pair, store, which, table) == {each.student_id for each in sent}
        assert len(rows(pair, store, which, "student_rows")) == len(sent)
        assert len(rows(pair, store, which, "sightings_rows")) == len(observation.faces)


def test_whoever_is_erased_while_a_server_is_away_or_dies_is_on_no_disk_in_the_end(
    store: Settings, pair: ReplicatedStore, hall: Any, sink: Sink, verdict: Attendance, observation: Observation,
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    monkeypatch.setattr("sinks.store.erasure.ASKED_AGAIN", 0.5)
    first, second, stays = (replace(verdict, student_id=f"20188877{n}", name=f"나간이{n}") for n in range(3))
    folders = [*pair.folders, pair.keeper_folder]
    with sink(store):
        hall.tell(first, second, stays, observation)
        hall.caught_up()
        become_equal(pair, store)
        assert len({each.relative_to(pair.root).parts[0] for each in files_with(folders, first.student_id)}) == 2

        # One is away when it begins: it waits for that one, and everybody else's rows do not.
        pair.kill(1)
        forget(store, first.student_id)
        while first.student_id in students(pair, store, 0):
            time.sleep(0.05)
        hall.tell(*class_of(verdict, "2021"))
        while "2021039" not in students(pair, store, 0):
            time.sleep(0.05)
        hall.until(lambda waiting: waiting > 0)
        assert "nobody is taken for erased until it is back" in caplog.text
        pair.start(1)
        erased(hall, stays)
        assert first.student_id not in students(pair, store, 0) | students(pair, store, 1)

        # One dies in the middle, and comes back without knowing whom it is about.
        for which in (0, 1):
            pair.client(which).execute("SYSTEM STOP MERGES")
        forget(store, second.student_id)
        for which in (0, 1):
            while not pair.client(which).execute("SELECT count() FROM system.mutations WHERE is_done = 0")[0][0]:
                time.sleep(0.05)
        pair.kill(0)
        pair.client(1).execute("SYSTEM START MERGES")
        pair.start(0)
        erased(hall, stays)
    become_equal(pair, store)
    for which in (0, 1):
        assert students(pair, store, which) == {stays.student_id, *(f"2021{n:03}" for n in range(40))}
    while any(files_with(folders, each) for gone in (first, second) for each in (gone.student_id, gone.name)):
        time.sleep(0.5)
    assert files_with(folders, stays.student_id)


def test_what_is_stored_again_after_it_was_erased_is_there_on_both(
    store: Settings, pair: ReplicatedStore, verdict: Attendance
) -> None:
    batch = Batch("live")
    batch.take("attendance", b"", encode(verdict))
    with open_store(store) as opened:
        for _ in range(2):
            insert(opened, batch)
            become_equal(pair, store)
            assert students(pair, store, 1) == students(pair, store, 1, "student_rows") == {verdict.student_id}
            erase(opened, [("live", verdict.class_hour, verdict.student_id)])
            assert students(pair, store, 0) == students(pair, store, 1, "student_rows") == set()
        insert(opened, batch)
        put(opened, replace(verdict, run="replay"))
        become_equal(pair, store)
        pair.kill(1)
        erase_run(opened, "replay")
        pair.start(1)
        become_equal(pair, store)
        assert [len(rows(pair, store, which, "student_rows")) for which in (0, 1)] == [1, 1]


def test_one_that_was_not_told_whom_it_is_about_decides_nothing(
    store: Settings, pair: ReplicatedStore, verdict: Attendance
) -> None:
    other = replace(verdict, student_id="2020")
    with open_store(store) as opened:
        put(opened, verdict, other)
        become_equal(pair, store)
        erasures = Erasures(opened)
        for which in (0, 1):
            pair.client(which).execute("SYSTEM STOP MERGES")
        erasures.begin([], [verdict.student_id])
        memory = erasures._table
        for which in (0, 1):  # as if both had restarted
            pair.client(which, store.prefix).execute(f"TRUNCATE TABLE {memory}")
            pair.client(which).execute("SYSTEM START MERGES")
        while not erasures.advance():
            put(opened, other)  # which wakes them
            time.sleep(0.05)
        assert students(pair, store, 0) == students(pair, store, 1, "student_rows") == {"2020"}


def test_a_server_that_was_away_or_lost_its_disk_gets_the_tables_and_their_rows(
    store: Settings, pair: ReplicatedStore, verdict: Attendance
) -> None:
    pair.kill(1)
    with open_store(store) as opened:
        put(opened, verdict)
        pair.start(1)
        pair.kill(0)
        with pytest.raises(StoreAwayError, match="did not catch up"):
            open_store(store)  # it cannot know which tables there are
        with pytest.raises(StoreAwayError):
            put(opened, replace(verdict, student_id="2020"))
        pair.start(0)
        put(opened, replace(verdict, student_id="2020"))
    open_store(store).close()
    become_equal(pair, store)
    pair.lose_disk(1)
    pair.start(1)
    open_store(store).close()
    become_equal(pair, store)
    assert students(pair, store, 1, "student_rows") == {verdict.student_id, "2020"}
    with ServerStore(store, host=store.store_hosts[1]) as new:
        new.execute("DROP TABLE attendance")  # an older one, as if it had been away during an upgrade
        new.execute("CREATE VIEW attendance AS SELECT student_id FROM attendance_rows")
    open_store(store).close()
    with ServerStore(store, host=store.store_hosts[1]) as new:
        assert len(new.query("SELECT * FROM attendance").columns) > 20


def open_as_a_sink(site: Settings) -> None:
    """Bring the store up, trying until a server has copied what is on record."""
    retry(lambda: open_store(site).close(), first=0.1, longest=0.5)


def test_one_that_was_away_during_an_upgrade_gets_its_views_and_does_not_pass_on_its_own(
    store: Settings, pair: ReplicatedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = Migration("9999_newer", "DROP TABLE IF EXISTS audit;CREATE VIEW audit AS SELECT account FROM audit_rows;")
    open_store(store).close()
    become_equal(pair, store)
    pair.kill(0)
    with monkeypatch.context() as upgraded:
        upgraded.setattr("sinks.store.migrations.known", lambda known=known: [*known(), newer])
        open_as_a_sink(store)
        pair.start(0)
        pair.kill(1)
        with pytest.raises(StoreAwayError, match="did not catch up"):
            open_store(store)
        pair.start(1)
        open_as_a_sink(store)
    for host in store.store_hosts:
        with ServerStore(store, host=host) as one:
            assert one.query("SELECT * FROM audit").columns == ("account",)
            assert one.query("SELECT count() FROM migrations").rows == [(len(known()) + 1,)]


def test_one_that_lost_the_keeper_is_neither_asked_nor_written_to(
    store: Settings, pair: ReplicatedStore, verdict: Attendance
) -> None:
    with open_store(store) as opened:
        put(opened, verdict)
        become_equal(pair, store)
        pair.kill(0)
        put(opened, replace(verdict, student_id="2020"))
        pair.start(0)
        become_equal(pair, store)
        assert pair.way
        pair.way.cut()
        here, other = store.store_hosts
        while host_states(store) != [HostState(here), HostState(other, behind=None)]:
            time.sleep(0.05)
        with pytest.raises(StoreAwayError, match="readonly"):
            put(opened, replace(verdict, student_id="2021"))  # it had written to that one, and turns to the other
        put(opened, replace(verdict, student_id="2021"))
        ServerStore._liked[store.store_hosts] = other
        with open_for_reading(store) as reader:
            assert len(reader.query("SELECT * FROM attendance").rows) == 3
        pair.way.heal()
        while not all(each.well for each in host_states(store)):
            time.sleep(0.05)
        become_equal(pair, store)
        pair.kill(1)
        assert [each.well for each in host_states(store)] == [True, False]


def test_tables_of_one_server_are_not_taken_for_replicas(store: Settings, pair: ReplicatedStore) -> None:
    alone = replace(store, store=f"clickhouse://{store.store_hosts[0]}", store_replicated=False)
    open_store(alone).close()
    with pytest.raises(RefusedError, match="of one server alone"):
        open_store(store)
