import pytest
from kafka import TopicPartition

from infra.machine.lag import backlog

P0, P1 = TopicPartition("frames", 0), TopicPartition("frames", 1)


@pytest.mark.parametrize(
    ("committed", "behind"),
    [
        pytest.param({}, 30, id="a group that never committed is behind by all there is"),
        pytest.param({P0: 10, P1: 20}, 0, id="everything committed is not behind"),
        pytest.param({P0: 4, P1: 20}, 6, id="partitions add up"),
        pytest.param({P0: 15, P1: 20}, 0, id="what came after the call does not count"),
    ],
)
def test_backlog_is_what_was_sent_and_not_committed(committed: dict[TopicPartition, int], behind: int) -> None:
    assert backlog({P0: 10, P1: 20}, {P0: 0, P1: 0}, committed) == behind


def test_what_was_deleted_unread_is_not_waited_for() -> None:
    assert backlog({P0: 10}, {P0: 8}, {}) == 2
    assert backlog({P0: 10}, {P0: 8}, {P0: 3}) == 2
