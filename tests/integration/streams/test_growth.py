"""More partitions for a site that has data: what was kept of a hall, and what was under way, is where it is now."""

import signal
from contextlib import closing
from typing import Any

import pytest

from infra.machine.topic_growth import grow_frames, grow_halls
from schemas.cluster import admin
from schemas.errors import RefusedError, UnavailableError
from schemas.partitions import once_of, partition_of
from schemas.settings import Settings
from streams.runtime.co_partitions import Growth, co_partitions
from tests.tools.grown_site import NEW, OLD, GrownSite, held, killed_growth

NAMES = ["E101", "B2", "D300"]  # the second stays in the partition that it shared with the first


def test_what_was_kept_and_what_was_under_way_moves_with_its_hall_whoever_is_killed(
    site: Settings, worker: Any
) -> None:
    assert {partition_of(each, OLD) != partition_of(each, NEW) for each in NAMES} == {True, False}
    grown = GrownSite(site, NAMES, worker)
    grown.see_half()
    with pytest.raises(RefusedError, match=r"attend \(1\)"):
        grow_halls(site, NEW, patience=0)
    assert co_partitions(site) == OLD, "it was refused: nothing has begun"
    grown.stop()
    assert killed_growth(site, 15_000) == -signal.SIGKILL
    with pytest.raises(RefusedError, match="the site grows from 4 to 8"):
        grow_halls(site, 2 * NEW)
    with pytest.raises(UnavailableError, match="the site grows"):
        co_partitions(site)
    grown.grow(kills=1, seed=16)
    assert grow_halls(site, NEW) is None
    assert co_partitions(site) == NEW
    for name in ("attend-facts-changelog", "marks"):
        assert {len(places) for places in held(site, name).values()} == {1}, name
    grown.see_the_rest()
    assert grown.wrong() == []
    sent = sorted((mark for marks in grown.marks for mark in marks), key=lambda each: each.id)
    assert grown.marks_there() == sent


@pytest.mark.parametrize(("count", "why"), [(2, "Kafka takes none away"), (6, "multiple")])
def test_what_cannot_be_is_refused(site: Settings, count: int, why: str) -> None:
    with pytest.raises(RefusedError, match=why):
        grow_halls(site, count)


def test_frames_grow_by_any_number(site: Settings) -> None:
    assert grow_frames(site, 6)
    assert not grow_frames(site, 6)
    with pytest.raises(RefusedError, match="Kafka takes none away"):
        grow_frames(site, 5)


def test_no_worker_starts_while_a_growth_is_not_finished(site: Settings, worker: Any) -> None:
    with closing(admin(site)) as client:
        client.create_topics({Growth(OLD, NEW).topic(site): {"num_partitions": 1}}, wait_for_metadata=True)
    attend = worker("attend")
    with pytest.raises(AssertionError, match="naul topics grow --partitions 8"):
        attend.start()


@pytest.mark.parametrize("name", [*NAMES, "C7", "A1"])
def test_where_a_hall_was_before_is_among_where_it_is_looked_for(name: str) -> None:
    assert once_of(name, 16)[0] == partition_of(name, 16)
    assert {partition_of(name, count) for count in (1, 2, 4, 8, 16)} == {*once_of(name, 16)}
