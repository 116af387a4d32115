import json
import logging
import sys
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.machine.logs import JsonLines, RateLimit, Unsecret, log_to_stderr
from schemas.settings import Settings


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


@pytest.fixture
def root() -> Iterator[None]:
    """The process's log as it was, afterwards."""
    logger = logging.getLogger()
    kept = logger.handlers[:], logger.level, sys.excepthook, threading.excepthook
    yield
    logger.handlers, logger.level, sys.excepthook, threading.excepthook = kept
    logging.captureWarnings(capture=False)
    for name in ("aiokafka", "faust", "kafka", "mode"):
        logging.getLogger(name).setLevel(logging.NOTSET)


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("form", ["text", "json"])
def test_what_would_steer_a_terminal_is_written_out(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log_to_stderr(Settings(home=tmp_path, log_format=form), "sink", "1")
    logging.getLogger("streams").warning("key %s: passed over", "\x1b[2J\u202e\x9b강의실")
    said = capsys.readouterr().err
    assert "\\u001b[2J\\u202e\\u009b강의실" in said
    assert "\x1b" not in said


def test_a_line_of_json_says_who_and_when_and_what_went_wrong() -> None:
    try:
        raise ValueError("a\nb")
    except ValueError:
        failed = logging.LogRecord("naul", logging.ERROR, __file__, 1, "강의실 %s", ("E101",), sys.exc_info())
    failed.created = 0.5
    line = JsonLines("attend", "1").format(failed)
    assert "\n" not in line
    said = json.loads(line)
    assert said.pop("exception").endswith("ValueError: a\nb")
    assert said == {
        "time": "1970-01-01T00:00:00.500+00:00", "level": "ERROR", "part": "attend", "slot": "1", "logger": "naul",
        "message": "강의실 E101",
    }  # fmt: skip


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("form", ["text", "json"])
def test_no_line_holds_a_secret(form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "kafka-password").write_text("of-the-file\n", "utf-8")
    settings = Settings(home=tmp_path, store_password="of-the-store", openid_secret="x", log_format=form)  # noqa: S106
    log_to_stderr(settings, "sink", "1")
    logging.getLogger("kafka.net").warning("cannot log in as %s:%s", "of-the-store", "of-the-file")
    logging.getLogger("naul").info("x is a letter, and too short to be cut out of every line")
    told = capsys.readouterr().err
    assert told.count("***") == 2
    assert "of-the" not in told
    assert "x is a letter" in told


@pytest.mark.usefixtures("root")
def test_what_nobody_caught_and_warnings_are_json_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log_to_stderr(Settings(home=tmp_path, log_format="json"), "sink", "1")
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        logging.captureWarnings(capture=True)
        warnings.warn("old", stacklevel=1)
    sys.excepthook(RuntimeError, RuntimeError("broken"), None)
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    warned, broken = map(json.loads, capsys.readouterr().err.splitlines())
    assert (warned["logger"], broken["level"]) == ("py.warnings", "CRITICAL")
    assert "RuntimeError: broken" in broken["exception"]


def test_the_longest_secret_is_left_out_first() -> None:
    hide = Unsecret(logging.Formatter("%(message)s"), ["secret", "secret-of-more"])
    assert hide.format(record("it is secret-of-more")) == "it is ***"
