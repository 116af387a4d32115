"""A message that Kafka holds and Faust never delivered is noticed, and so is one that was deleted unseen."""

from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

from streams.runtime.continuity import Continuity
from streams.runtime.faust_app import BadMessageLimit


class Place(NamedTuple):
    topic: str
    partition: int


class Group:
    """An app, and a broker that still has what came from ``begin`` on."""

    def __init__(self, begin: int = 0, committed: int | None = None) -> None:
        self.begin, self.committed = begin, committed
        self.consumer = self
        self.order = Continuity(self, lambda *_: self.committed)

    async def earliest_offsets(self, place: Place) -> dict[Place, int]:
        return {place: self.begin}

    async def see(self, *offsets: int, partition: int = 0) -> list[int]:
        place = Place("frames", partition)
        return [await self.order.check(SimpleNamespace(tp=place, offset=each)) for each in offsets]


@pytest.mark.parametrize(
    ("group", "offsets"),
    [
        pytest.param(Group(committed=17), (17, 18, 19), id="from where it stopped"),
        pytest.param(Group(committed=17), (17, 18, 17, 18), id="a repeated one"),
        pytest.param(Group(), (0, 1), id="the first of all"),
        pytest.param(Group(begin=5), (5, 6), id="the first of a group that never committed"),
        pytest.param(Group(begin=5, committed=5), (5, 6), id="the first that is there, where it stopped"),
        pytest.param(Group(begin=5, committed=9), (5, 6), id="the first that is there, before where it stopped"),
    ],
)
async def test_offsets_that_follow_each_other_are_fine(group: Group, offsets: tuple[int, ...]) -> None:
    assert await group.see(*offsets) == [0] * len(offsets)


async def test_partitions_do_not_count_for_each_other() -> None:
    group = Group()
    await group.see(0, 1, 2)
    assert await group.see(0, partition=1) == [0]


@pytest.mark.parametrize("begin", [0, 18], ids=["all are there", "some of them are there"])
async def test_a_skipped_offset_stops_the_worker(begin: int) -> None:
    group = Group(committed=17)
    await group.see(17)
    group.begin = begin
    with pytest.raises(RuntimeError, match="offset 20 came where 18 was to"):
        await group.see(20)


@pytest.mark.parametrize(
    ("group", "wanted"),
    [
        pytest.param(Group(), 0, id="never committed"),
        pytest.param(Group(committed=17), 17, id="after what was committed"),
        pytest.param(Group(begin=18, committed=17), 18, id="after what is there"),
    ],
)
async def test_a_worker_does_not_begin_after_where_it_stopped(group: Group, wanted: int) -> None:
    with pytest.raises(RuntimeError, match=f"offset 20 came where {wanted} was to"):
        await group.see(20)


async def test_a_partition_that_comes_back_goes_on_where_the_other_worker_stopped() -> None:
    group = Group(committed=17)
    await group.see(17)
    group.committed = 40
    assert await group.see(40, 41) == [0, 0]


async def test_what_was_deleted_while_a_worker_was_behind_is_counted() -> None:
    group = Group(committed=17)
    await group.see(17)
    group.begin = 25
    assert await group.see(25, 26) == [7, 0]


async def test_what_was_deleted_while_no_worker_ran_is_counted() -> None:
    assert await Group(begin=25, committed=18).see(25, 26) == [7, 0]


def test_a_flood_of_bad_messages_stops_the_worker_and_a_good_one_resets_the_count() -> None:
    limit: Any = BadMessageLimit(limit=3)
    for _ in range(2):
        limit.bad()
    limit.good()
    for _ in range(2):
        limit.bad()
    with pytest.raises(RuntimeError, match="3 messages in a row"):
        limit.bad()
