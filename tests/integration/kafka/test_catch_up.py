"""Lag and waiting against the real broker; the groups' workers are plain consumers here."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from kafka.structs import OffsetAndMetadata

from infra.machine.catch_up import catch_up
from infra.machine.lag import STAGES, Cluster, Stage
from schemas.cluster import consumer, send
from schemas.errors import UnavailableError
from schemas.messages import ClassHour, HallDay, Tick, decode, encode
from schemas.partitions import partition_of
from schemas.settings import Settings

RECOGNISE, ATTEND, SINK = STAGES
NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
DAY = HallDay(
    hall="E101",
    date=date(2026, 11, 23),
    hours=(
        ClassHour(
            section="EA0017-1",
            hall="E101",
            date=date(2026, 11, 23),
            period=1,
            starts_at=NOW - timedelta(hours=1),
            ends_at=NOW,
        ),
    ),
)


def test_a_group_is_asked_about_where_it_is_now(site: Settings, cluster: Cluster) -> None:
    assert cluster.committed(ATTEND) == {}
    known = cluster._admin._manager.cluster._coordinators
    assert known, "kafka-python remembers who answered"
    known.update(dict.fromkeys(known, 99))  # as if another broker had become it, and that one was gone
    assert cluster.committed(ATTEND) == {}


@pytest.fixture
def cluster(site: Settings) -> Iterator[Cluster]:
    with Cluster(site) as cluster:
        yield cluster


def process_everything(site: Settings, stage: Stage) -> None:
    """Commit the ends of a stage's topics, as its group."""
    client = consumer(site, site.group(stage.name))
    try:
        with Cluster(site) as cluster:
            ends = cluster.ends(stage.topics)
        client.assign(list(ends))
        client.commit({each: OffsetAndMetadata(end, "", -1) for each, end in ends.items()})
    finally:
        client.close()


def frames(site: Settings, count: int) -> None:
    send(site, [(site.topic("frames"), f"E101/{n}".encode(), b"jpeg", None, None) for n in range(count)])


def test_a_group_that_never_read_is_behind_by_everything(site: Settings, cluster: Cluster) -> None:
    frames(site, 7)
    assert cluster.lag(RECOGNISE) == 7
    assert cluster.members(RECOGNISE) == 0


def test_lag_is_what_was_sent_and_not_committed(site: Settings, cluster: Cluster) -> None:
    frames(site, 7)
    process_everything(site, RECOGNISE)
    frames(site, 2)
    assert cluster.lag(RECOGNISE) == 2
    assert cluster.lag(SINK) == 0


def test_the_last_records_of_each_partition_are_found(site: Settings, cluster: Cluster) -> None:
    frames(site, 40)
    assert {record.key for record in cluster.last("frames", 100)} == {f"E101/{n}".encode() for n in range(40)}
    assert len(list(cluster.last("frames", 1))) == 4


def test_every_hall_is_told_the_time_before_attend_is_awaited(site: Settings) -> None:
    send(site, [(site.topic("timetable"), b"E101|2026-11-23", encode(DAY), None, None)])
    frames(site, 3)
    told: list[tuple[str, int, int]] = []

    def report(stage: str, done: int, total: int) -> None:
        told.append((stage, done, total))

    # Between two looks every stage does what there is to do.
    catch_up(
        site,
        timeout=timedelta(seconds=60),
        now=lambda: NOW,
        report=report,
        pause=lambda _: [process_everything(site, stage) for stage in STAGES],  # type: ignore[arg-type, return-value]
    )
    assert told == [("recognise", 0, 3), ("recognise", 3, 3), ("attend", 0, 0), ("sink", 0, 0)], "nobody sent the tick"
    with Cluster(site) as cluster:
        (record,) = cluster.last("sightings", 10)
    assert decode(record.value, Tick) == Tick(hall="E101", at=NOW, complete=True)
    assert record.partition == partition_of("E101", 4)


def test_only_what_was_there_at_the_call_is_awaited(site: Settings) -> None:
    frames(site, 3)

    def more_frames_arrive(_: float) -> None:
        for stage in STAGES:
            process_everything(site, stage)
        frames(site, 5)

    catch_up(site, timeout=timedelta(seconds=60), now=lambda: NOW, pause=more_frames_arrive)


def test_the_time_being_over_is_said_with_what_is_left(site: Settings) -> None:
    frames(site, 3)
    clock = iter(range(0, 10_000, 20))
    with pytest.raises(UnavailableError, match="recognise has not caught up within 15 s: 3 records are left"):
        catch_up(site, timeout=timedelta(seconds=15), now=lambda: NOW, clock=lambda: next(clock), pause=lambda _: None)


def test_a_stage_at_which_nobody_works_is_named(site: Settings) -> None:
    frames(site, 3)
    clock = iter(range(0, 10_000, 20))
    with pytest.raises(UnavailableError, match="nobody works at recognise: 3 records are left"):
        catch_up(site, timeout=timedelta(hours=1), now=lambda: NOW, clock=lambda: next(clock), pause=lambda _: None)


def test_a_site_without_topics_has_not_caught_up(site: Settings) -> None:
    elsewhere = msgspec.structs.replace(site, prefix="nobody")
    missing = pytest.raises(UnavailableError, match=r"topics are not there: nobody-frames\n.*naul up")
    with Cluster(elsewhere) as cluster, missing:
        cluster.lag(RECOGNISE)
