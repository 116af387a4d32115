"""Two workers share eight partitions of frames: what `make bench PART=slots` measures, once and short."""

from tests.benchmarks.slots import measured
from tests.conftest import Broker


def test_two_workers_look_at_every_frame_of_eight_partitions_once(broker: Broker) -> None:
    [(costs, _)] = measured(broker, [2], frames=48, rounds=1, idle=0.1).values()
    assert [each.workers > 0 for each in costs] == [True]
