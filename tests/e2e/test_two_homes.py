"""docs/operations.md followed: three brokers, two store servers, two homes; some of each killed during lectures."""

import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from infra.machine.lag import STAGES, Cluster
from schemas.partitions import partition_of
from schemas.settings import Settings
from sinks.reports import REPORTS, Filters
from sinks.store import open_for_reading
from sinks.store.server import ServerStore
from tests.integration.streams.paper_hall import OVER, PARTITIONS, Hall, told
from tests.tools.campus import STORES, Campus, campus

_, ATTEND, SINK = STAGES
UNITS = "naul-worker@attend-{}", "naul-worker@sink-{}"


@pytest.fixture
def site(tmp_path: Path, servers: None) -> Iterator[Campus]:
    with campus(tmp_path) as made:
        yield made


def halls_of_all_partitions() -> list[str]:
    """Return names of halls, one for each partition of sightings, so that both machines have something to do."""
    found: dict[int, str] = {}
    for number in count(101):
        found.setdefault(partition_of(f"E{number}", PARTITIONS), f"E{number}")
        if len(found) == PARTITIONS:
            return list(found.values())
    raise AssertionError


def test_whoever_is_killed_during_lectures_every_verdict_is_right(site: Campus) -> None:
    one, two = site.machines["naul1"], site.machines["naul2"]
    halls = [Hall(site.admin.settings, name, f"EA{n:04}-1") for n, name in enumerate(halls_of_all_partitions())]
    for hall in halls:
        hall.prepare()
    for machine in (one, two):
        site.each([machine.name], "naul1 and naul2", only="^cp")
        site.each([machine.name], "naul1 and naul2, instead", only="attend|sink")
    for machine in (one, two):
        machine.await_ready()

    def lecture(part: int) -> None:
        for hall in halls:
            hall.tell(*hall.observations[part::4])

    lecture(0)
    site.until_done(ATTEND, SINK)
    with Cluster(site.admin.settings) as cluster:
        assert [cluster.members(each) for each in (ATTEND, SINK)] == [2, 2], "both homes are of one group"

    # A broker and a machine with workers are lost.
    lost = site.leader("sightings")
    site.machines[lost].lose_power()
    one.lose_power()
    lecture(1)
    site.until_done(ATTEND, SINK)
    site.machines[lost].start("naul-kafka")
    site.await_broker(lost)
    one.start_again(*(each.format("naul1") for each in UNITS))

    # The other machine is upgraded while this one works, and a server of the store is lost; then the other, then both.
    for each in UNITS:
        two.stop(each.format("naul2"))
    two.write("var/lib/naul/naul.toml", (two.home / "naul.toml").read_text("utf-8") + 'log_format = "json"\n')
    site.kill_store("store1")
    lecture(2)
    two.start_again(*(each.format("naul2") for each in UNITS))
    site.until_done(ATTEND, SINK)
    site.start_store("store1")
    site.kill_store("store2")
    lecture(3)
    site.until_done(ATTEND, SINK)
    site.kill_store("store1")
    for hall in halls:
        hall.tell(OVER.__class__(hall=hall.name, at=OVER.at, complete=True))
    site.until_done(ATTEND)
    for name in STORES:
        site.start_store(name)
    site.until_done(SINK)

    for hall in halls:
        assert told(hall.rows()) == hall.expected(hall.observations)
    with open_for_reading(one.settings) as store:
        table = REPORTS["attendance"](store, one.settings.zone, Filters())
    found = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    assert {(each["section"], each["student_id"]): each["verdict"] for each in found} == {
        (hall.hour.section, student): verdict
        for hall in halls
        for student, (verdict, *_) in hall.expected(hall.observations).items()
    }
    for name in ("attendance_rows", "student_rows", "verdict_versions", "coverage_rows", "sightings_rows"):
        while len({rows_of(one.settings, host, name) for host in one.settings.store_hosts}) > 1:
            time.sleep(0.5)


def rows_of(settings: Settings, host: str, table: str) -> tuple[str, ...]:
    """Return what one server of the store has of a table."""
    with ServerStore(settings, reading=True, host=host) as store:
        return tuple(sorted(map(repr, store.query(f"SELECT * FROM {table} FINAL").rows)))  # noqa: S608
