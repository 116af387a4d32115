import logging

import pytest

from infra.machine.logs import RateLimit, log_to_stderr


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limit(clock: Clock) -> RateLimit:
    return RateLimit("aiokafka", interval=10, clock=clock)


def record(text: str, *args: object, logger: str = "aiokafka.client") -> logging.LogRecord:
    return logging.LogRecord(logger, logging.ERROR, __file__, 1, text, args, None)


def test_the_same_words_are_said_once_an_interval(limit: RateLimit, clock: Clock) -> None:
    assert limit.filter(record("no node %s", 1))
    assert not limit.filter(record("no node %s", 2))
    clock.now = 10
    assert limit.filter(record("no node %s", 3))


def test_what_was_held_back_is_counted(limit: RateLimit, clock: Clock) -> None:
    for node in range(5):
        limit.filter(record("no node %s", node))
    clock.now = 10
    last = record("no node %s", 7)
    limit.filter(last)
    assert last.getMessage() == "no node 7 (and 4 times more)"


def test_other_words_are_not_held_back(limit: RateLimit) -> None:
    assert limit.filter(record("no node"))
    assert limit.filter(record("no leader"))


def test_other_loggers_say_everything(limit: RateLimit) -> None:
    for logger in ("streams.attend.worker", "aiokafkaesque"):
        assert all(limit.filter(record("refused", logger=logger)) for _ in range(3))


def test_what_would_steer_a_terminal_is_written_out(capsys: pytest.CaptureFixture[str]) -> None:
    before = logging.getLogger().handlers[:]
    log_to_stderr()
    try:
        logging.getLogger("streams").warning("key %s\n: passed over", "\x1b[2J\u202e\x9b강의실")
    finally:
        logging.getLogger().handlers[:] = before
    said = capsys.readouterr().err
    assert "\\x1b[2J\\u202e\\x9b강의실\n" in said
    assert "\x1b" not in said
