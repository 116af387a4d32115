from collections.abc import Iterator
from threading import Event

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.backlog import Backlog, Feed


def drain(backlog: Backlog[int]) -> list[int]:
    return [item for item in iter(backlog.take, None) if item is not None]


def test_a_live_camera_sheds_the_oldest_and_counts() -> None:
    backlog: Backlog[int] = Backlog(3, sheds=True)
    assert all(backlog.offer(n) for n in range(5))
    assert (drain(backlog), backlog.dropped.total()) == ([2, 3, 4], 2)


def test_a_recording_is_told_to_wait_and_loses_nothing() -> None:
    backlog: Backlog[int] = Backlog(2, sheds=False)
    assert [backlog.offer(n) for n in range(3)] == [True, True, False]
    assert (drain(backlog), backlog.dropped.total()) == ([0, 1], 0)


@settings(deadline=None)
@given(st.lists(st.booleans()), st.integers(1, 5))
def test_what_went_in_came_out_in_order_or_was_counted(steps: list[bool], capacity: int) -> None:
    backlog: Backlog[int] = Backlog(capacity, sheds=True)
    taken = []
    offered = 0
    for offers in steps:
        if offers:
            backlog.offer(offered)
            offered += 1
        elif (item := backlog.take()) is not None:
            taken.append(item)
        assert len(backlog) <= capacity
    taken += drain(backlog)
    assert taken == sorted(set(taken))
    assert len(taken) + backlog.dropped.total() == offered


def test_a_feed_hands_over_everything_and_then_says_it_has_ended() -> None:
    feed = Feed(lambda: iter(range(20)), Backlog(3, sheds=False))
    taken = []
    while not feed.ended:
        if (item := feed.take(1)) is not None:
            taken.append(item)
    assert taken == list(range(20))


def test_a_feed_passes_on_what_ended_its_source() -> None:
    def source() -> Iterator[int]:
        yield 1
        raise OSError("the disk is gone")

    feed = Feed(source, Backlog(3, sheds=False))
    assert feed.take(30) == 1
    with pytest.raises(OSError, match="the disk is gone"):
        feed.take(30)


def test_a_camera_is_read_on_while_nobody_takes() -> None:
    read = Event()

    def camera() -> Iterator[int]:
        yield from range(10)
        read.set()

    backlog: Backlog[int] = Backlog(2, sheds=True)
    feed = Feed(camera, backlog)
    assert read.wait(30)
    taken = []
    while not feed.ended:
        taken.append(feed.take(1))
    assert [each for each in taken if each is not None] == [8, 9]
    assert backlog.dropped.total() == 8


def test_a_stopped_feed_gives_what_waits_and_ends() -> None:
    full = Event()

    def endless() -> Iterator[int]:
        n = 0
        while True:
            if n == 2:
                full.set()
            yield n
            n += 1

    feed = Feed(endless, Backlog(2, sheds=False))
    assert full.wait(30)
    feed.stop()
    taken = []
    while not feed.ended:
        taken.append(feed.take(0))
    assert taken == [0, 1]
