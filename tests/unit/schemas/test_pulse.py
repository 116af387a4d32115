import pytest

from schemas.pulse import Pulse

PATIENCE = 60.0


class Worker:
    """A process that works, and the clock on its wall."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pulse = Pulse(lambda: self.now)
        self.pulse.turned()
        self.pulse.ready()

    def hung_after(self, seconds: float, *, turning: bool = True) -> str:
        self.now += seconds
        if turning:
            self.pulse.turned()
        return self.pulse.hung(PATIENCE)


@pytest.fixture
def worker() -> Worker:
    return Worker()


def test_a_worker_without_work_lives_for_ever(worker: Worker) -> None:
    worker.pulse.asked_broker(0)
    assert worker.hung_after(1e6) == ""
    assert worker.pulse.unready(PATIENCE) == ""


def test_a_loop_that_stands_is_hung(worker: Worker) -> None:
    assert worker.hung_after(60, turning=False) == ""
    assert worker.hung_after(1, turning=False) == "its loop has not come round for 61 s"


def test_a_loop_that_turns_while_messages_wait_is_hung(worker: Worker) -> None:
    worker.now = 1000.0
    worker.pulse.asked_broker(7)
    assert worker.hung_after(60) == ""
    worker.pulse.asked_broker(9)
    assert worker.hung_after(1) == "work waits for it, and none was done for 61 s"
    assert worker.pulse.unready(PATIENCE)


@pytest.mark.parametrize("sign", ["progressed", "excused", "dealt with all"])
def test_whoever_moves_on_is_not_hung(worker: Worker, sign: str) -> None:
    worker.pulse.asked_broker(7)
    worker.hung_after(50)
    if sign == "dealt with all":
        worker.pulse.asked_broker(0)
    else:
        getattr(worker.pulse, sign)()
    worker.pulse.asked_broker(7)
    assert worker.hung_after(50) == ""


def test_partitions_that_change_hands_give_time_anew(worker: Worker) -> None:
    worker.pulse.asked_broker(7)
    worker.hung_after(50)
    worker.pulse.holds(frozenset({("frames", 1)}))
    worker.pulse.asked_broker(7)
    assert worker.hung_after(50) == ""
    worker.pulse.holds(frozenset({("frames", 1)}))
    assert worker.hung_after(20)


def test_whoever_waits_for_what_is_away_is_alive_and_not_ready(worker: Worker) -> None:
    for _ in range(100):
        worker.pulse.waits("kafka")
        assert worker.hung_after(10, turning=False) == ""
    assert worker.pulse.unready(PATIENCE) == "kafka is away"
    worker.pulse.progressed()
    assert worker.pulse.unready(PATIENCE) == ""


def test_a_broker_that_does_not_answer_is_no_fault_of_the_worker(worker: Worker) -> None:
    worker.pulse.asked_broker(7)
    worker.pulse.asked_broker(None)
    assert worker.hung_after(1e4) == ""
    assert worker.pulse.unready(PATIENCE) == "Kafka is away"


def test_a_start_may_take_longer_but_not_for_ever() -> None:
    worker = Worker()
    worker.pulse = Pulse(lambda: worker.now)
    assert worker.hung_after(600, turning=False) == ""
    assert worker.pulse.unready(PATIENCE) == "it starts"
    assert worker.hung_after(1, turning=False)


def test_a_part_may_have_longer_turns_than_others(worker: Worker) -> None:
    worker.pulse.longest_turn = 3600
    assert worker.hung_after(3600, turning=False) == ""
    assert worker.hung_after(1, turning=False)
