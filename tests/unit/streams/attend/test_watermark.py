"""Time is told only as far as every frame has been looked at."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from streams.attend.watermark import Watermark

NINE = datetime(2026, 3, 9, 9, tzinfo=UTC)


def at(minutes: int) -> datetime:
    return NINE + timedelta(minutes=minutes)


def test_nothing_is_known_before_the_first_sample() -> None:
    assert Watermark[str]().done({"p0": 7}) is None


def test_an_idle_topic_lets_time_pass() -> None:
    watermark = Watermark[str]()
    watermark.sample(at(0), {"p0": 5, "p1": 0})
    watermark.sample(at(1), {"p0": 5, "p1": 0})
    assert watermark.done({"p0": 5}) == at(1)


def test_a_lagging_partition_holds_time_back() -> None:
    watermark = Watermark[str]()
    watermark.sample(at(0), {"p0": 5, "p1": 5})
    watermark.sample(at(1), {"p0": 9, "p1": 5})
    watermark.sample(at(2), {"p0": 9, "p1": 8})
    assert watermark.done({"p0": 9, "p1": 5}) == at(1)
    assert watermark.done({"p0": 9, "p1": 7}) == at(1)
    assert watermark.done({"p0": 9, "p1": 8}) == at(2)


def test_a_group_that_has_committed_nothing_has_looked_at_nothing() -> None:
    watermark = Watermark[str]()
    watermark.sample(at(0), {"p0": 1})
    assert watermark.done({}) is None


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=20),
    st.tuples(st.integers(0, 40), st.integers(0, 40)),
)
def test_whatever_is_told_has_been_looked_at(growth: list[tuple[int, int]], committed: tuple[int, int]) -> None:
    watermark, ends, samples = Watermark[int](), [0, 0], {}
    for minute, grown in enumerate(growth):
        ends = [end + more for end, more in zip(ends, grown, strict=True)]
        samples[at(minute)] = dict(enumerate(ends))
        watermark.sample(at(minute), samples[at(minute)])
    done = watermark.done(dict(enumerate(committed)))
    if done is not None:
        assert all(committed[p] >= end for p, end in samples[done].items())
