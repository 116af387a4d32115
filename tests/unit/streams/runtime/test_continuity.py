"""A message that Kafka holds and Faust never delivered is noticed."""

from types import SimpleNamespace

import pytest

from streams.runtime.faust_app import BadMessageLimit, Continuity


def message(offset: int, tp: str = "frames-0") -> SimpleNamespace:
    return SimpleNamespace(tp=tp, offset=offset)


def test_offsets_that_follow_each_other_are_fine_whatever_the_first_is() -> None:
    order = Continuity(SimpleNamespace(consumer_generation_id=1))
    for offset in (17, 18, 19):
        order.check(message(offset))
    order.check(message(3, "frames-1"))


def test_a_skipped_offset_stops_the_worker() -> None:
    order = Continuity(SimpleNamespace(consumer_generation_id=1))
    order.check(message(17))
    with pytest.raises(RuntimeError, match="offset 19 came after 17"):
        order.check(message(19))


def test_a_repeated_offset_is_no_loss() -> None:
    order = Continuity(SimpleNamespace(consumer_generation_id=1))
    for offset in (17, 18, 17, 18):
        order.check(message(offset))


def test_a_new_generation_may_start_anywhere() -> None:
    app = SimpleNamespace(consumer_generation_id=1)
    order = Continuity(app)
    order.check(message(17))
    app.consumer_generation_id = 2
    order.check(message(40))


def test_a_flood_of_bad_messages_stops_the_worker_and_a_good_one_resets_the_count() -> None:
    flood = BadMessageLimit(limit=3)
    for _ in range(2):
        flood.bad()
    flood.good()
    for _ in range(2):
        flood.bad()
    with pytest.raises(RuntimeError, match="3 messages in a row"):
        flood.bad()
