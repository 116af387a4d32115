"""The embedded store of a site is one store: a second one, wherever it is and whenever it starts, is refused."""

import os
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from schemas.errors import RefusedError
from schemas.messages import Attendance
from schemas.retry import retry
from schemas.settings import Settings
from sinks.migration_lock import migration_lock
from sinks.store import open_for_reading
from sinks.store.loopback import read_address
from sinks.store.opening import open_store, store_directory

Sink = Callable[..., Any]
SESSION = 30.0
"""Seconds after which the broker takes a killed member for gone."""


def elsewhere(site: Settings, folder: Path, slot: str = "2") -> Settings:
    """The same site on another machine."""
    return replace(site, home=folder / f"machine {slot}", slot=slot)


def stored(settings: Settings) -> set[str]:
    with open_for_reading(settings) as store:
        return {student for (student,) in store.query("SELECT student_id FROM attendance").rows}


def is_serving(settings: Settings, pid: int) -> None:
    """Return when a sink has opened the store."""
    while (address := read_address(settings)) is None or address.pid != pid:
        time.sleep(0.02)


@pytest.fixture
def spread(verdict: Attendance) -> Callable[[str], list[Attendance]]:
    """Verdicts of so many students that every partition has some."""
    return lambda first: [replace(verdict, student_id=f"{first}{n:03}") for n in range(100)]


def test_a_second_one_is_refused_and_the_first_goes_on(
    site: Settings, hall: Any, sink: Sink, sink_process: Sink, spread: Any, tmp_path: Path
) -> None:
    with sink(site):
        hall.tell(*spread("2019"))
        hall.caught_up()
        with sink_process(elsewhere(site, tmp_path)) as second:
            said = second.stderr.read()
            assert second.wait() == 1
        assert f"has its store in {site.home}" in said
        assert "NAUL_STORE" in said
        assert "Traceback" not in said
        hall.tell(*spread("2020"))
        hall.caught_up()
        assert stored(site) == {each.student_id for each in (*spread("2019"), *spread("2020"))}


def test_it_is_refused_also_while_the_first_one_is_down(
    site: Settings, hall: Any, sink: Sink, spread: Any, tmp_path: Path
) -> None:
    with sink(site):
        hall.tell(*spread("2019"))
        hall.caught_up()
    hall.tell(*spread("2020"))
    with pytest.raises(RefusedError, match="has its store in"), sink(elsewhere(site, tmp_path)):
        pass
    with sink(site):
        hall.caught_up()
        assert len(stored(site)) == 200


@pytest.mark.parametrize("told_before", [True, False])
def test_of_two_that_start_at_once_one_is_refused_and_the_other_holds_everything(
    site: Settings, hall: Any, sink_process: Sink, spread: Any, tmp_path: Path, told_before: bool
) -> None:
    sites = [elsewhere(site, tmp_path, "a"), elsewhere(site, tmp_path, "b")]
    if told_before:
        hall.tell(*spread("2019"))
    with sink_process(sites[0]) as first, sink_process(sites[1]) as second:
        processes = [first, second]
        while all(each.poll() is None for each in processes):
            time.sleep(0.02)
        [loser] = [each for each in processes if each.poll() is not None]
        assert loser.returncode == 1
        assert "has its store in" in loser.stderr.read()
        if not told_before:
            hall.tell(*spread("2019"))
        hall.caught_up()
        winner = sites[1 - processes.index(loser)]
        assert len(stored(winner)) == 100
        assert processes[1 - processes.index(loser)].poll() is None


def test_another_slot_of_the_same_home_is_refused(site: Settings, sink_process: Sink) -> None:
    with sink_process(site) as first:
        is_serving(site, first.pid)
        with sink_process(replace(site, slot="2")) as second:
            said = second.stderr.read()
            assert second.wait() == 1
        assert f"another sink of {site.home} runs: process {first.pid}" in said
        assert first.poll() is None


def test_the_same_one_is_back_at_once_after_it_was_killed(
    site: Settings, hall: Any, sink_process: Sink, spread: Any
) -> None:
    with sink_process(site) as process:
        hall.tell(*spread("2019"))
        hall.caught_up()
        process.kill()
    killed = time.monotonic()
    hall.tell(*spread("2020"))
    with sink_process(replace(site, slot="another")):
        hall.caught_up()
    assert time.monotonic() - killed < SESSION / 2
    assert len(stored(site)) == 200


def test_a_store_that_takes_over_is_filled_from_the_start_and_the_one_of_before_is_refused(
    site: Settings, hall: Any, sink: Sink, spread: Any, tmp_path: Path
) -> None:
    new = elsewhere(site, tmp_path)
    with sink(site):
        hall.tell(*spread("2019"))
        hall.caught_up()
    with sink(new, take_over=True):
        hall.tell(*spread("2020"))
        hall.caught_up()
    assert len(stored(new)) == 200
    with pytest.raises(RefusedError, match="has its store in"), sink(site):
        pass
    with sink(new):
        hall.caught_up()


def test_a_store_that_takes_over_waits_for_the_end_of_the_one_of_before(
    site: Settings, hall: Any, sink_process: Sink, sink_that_waits: Sink, spread: Any, tmp_path: Path
) -> None:
    new = elsewhere(site, tmp_path)
    with sink_process(site) as process:
        hall.tell(*spread("2019"))
        hall.caught_up()
        with sink_that_waits(new, take_over=True):
            is_serving(new, os.getpid())
            process.terminate()
            process.wait()
            while len(stored(new)) < 100:
                time.sleep(0.02)
            hall.tell(*spread("2020"))
            hall.caught_up()
    assert len(stored(new)) == 200


def test_a_broker_of_this_home_fills_a_store_that_was_lost(own_broker: Any, sink: Sink, hall: Any, spread: Any) -> None:
    mine = replace(own_broker.settings, kafka="")
    hall.settings = mine
    hall.create()
    with sink(mine):
        hall.tell(*spread("2019"))
        hall.caught_up()
    shutil.rmtree(store_directory(mine))
    with sink(mine):
        hall.tell(*spread("2020"))
        hall.caught_up()
    assert len(stored(mine)) == 200


def test_a_server_is_no_second_half_of_an_embedded_store(
    site: Settings, hall: Any, sink: Sink, spread: Any, tmp_path: Path, clickhouse_server: str
) -> None:
    with sink(site):
        hall.tell(*spread("2019"))
        hall.caught_up()
    server = replace(site, store=clickhouse_server)
    with pytest.raises(RefusedError, match="has its store in"), sink(server):
        pass
    with sink(server, take_over=True):
        hall.caught_up()
        assert len(stored(server)) == 100


def test_a_server_that_lost_everything_is_filled_from_the_start_when_it_is_asked_to(
    site: Settings, hall: Any, sink: Sink, spread: Any, clickhouse_server: str
) -> None:
    server = replace(site, store=clickhouse_server)
    with sink(server):
        hall.tell(*spread("2019"))
        hall.caught_up()
    with open_for_reading(server) as store:
        store.execute(f"DROP DATABASE {site.prefix}")
    with sink(server, take_over=True):
        hall.tell(*spread("2020"))
        hall.caught_up()
    assert len(stored(server)) == 200


def test_sinks_that_start_at_once_on_an_empty_server_make_its_tables_one_after_the_other(
    site: Settings, hall: Any, clickhouse_server: str
) -> None:
    server = replace(site, store=clickhouse_server)
    with ThreadPoolExecutor(3) as pool:
        for each in [pool.submit(opened_by_a_sink, server) for _ in range(3)]:
            each.result()
    with open_for_reading(server) as store:
        found = [name for (name,) in store.query("SELECT name FROM migrations").rows]
    assert sorted(found) == sorted(set(found)), "each was carried out once"


def opened_by_a_sink(settings: Settings) -> None:
    opening = partial(open_store, settings, partial(migration_lock, settings))
    retry(opening, first=0.1, longest=0.5).close()
