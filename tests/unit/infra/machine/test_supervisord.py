"""Logs of a supervisor that outlives them: a device that is always full stands for a disk. And how long it pauses."""

import os
from pathlib import Path

import pytest
from supervisor import loggers

from infra.machine.supervisord import LONGEST_PAUSE, ForgivingFileHandler, ForgivingStream, PromptPoller

FULL = "/dev/full"


def logger(handler: ForgivingFileHandler) -> loggers.Logger:
    handler.setFormat("%(message)s\n")
    handler.setLevel(loggers.LevelsByName.INFO)
    return loggers.Logger(loggers.LevelsByName.INFO, [handler])


def test_what_cannot_be_written_is_lost_and_what_comes_later_is_written(tmp_path: Path) -> None:
    file = tmp_path / "a.log"
    handler = ForgivingFileHandler(str(file), "ab", 1000, 1)
    said = logger(handler)
    said.info("before")
    room = handler.stream
    with Path(FULL).open("ab", buffering=0) as handler.stream:
        said.info("lost")
    handler.stream = room
    said.info("after")
    handler.close()
    assert file.read_text("utf-8").splitlines() == ["before", "after"]


def test_a_rotation_that_fails_is_made_up_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.log"
    handler = ForgivingFileHandler(str(file), "ab", 20, 1)
    said = logger(handler)

    def full(*_: str) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(handler, "removeAndRename", full)
        said.info("longer than twenty bytes")
        said.info("and the next one")
    said.info("with room again")
    handler.close()
    assert "and the next one" in (tmp_path / "a.log.1").read_text("utf-8")


def test_closing_a_log_that_cannot_be_written_is_no_error() -> None:
    handler = ForgivingFileHandler(FULL, "ab", 1000, 1)
    logger(handler).info("lost")
    handler.close()


def test_a_stream_loses_what_there_is_no_room_for() -> None:
    descriptor = os.open(FULL, os.O_WRONLY)
    try:
        assert ForgivingStream(descriptor).write("lost") == 4
    finally:
        os.close(descriptor)


def test_what_is_due_waits_for_no_whole_second(monkeypatch: pytest.MonkeyPatch) -> None:
    waited = list[float]()
    monkeypatch.setattr(PromptPoller, "_poll_fds", lambda _, timeout: waited.append(timeout) or [])
    waiting = PromptPoller(None)
    assert waiting.poll(1) == ([], [])
    assert waiting.poll(0) == ([], [])
    assert waited == [LONGEST_PAUSE, 0]
