"""supervisord that is prompt and whose life does not hang on its logs: ``python -m infra.machine.supervisord -c FILE``.

As it comes, it tells of a log line that could not be written on stderr, which is one of its logs, and dies of the
error that this raises; a rotation that fails ends it as well. Here such lines are lost, and writing goes on by itself
when there is room again.

And it starts, stops and restarts what is due whenever a second is over: Kafka was idle for the first one of each start.
"""

import io
import os
import sys
from contextlib import suppress
from typing import Any

from supervisor import loggers, poller, supervisord

from infra.machine.child import SUPERVISOR_PID

__all__ = ["ForgivingFileHandler", "ForgivingStream", "PromptPoller", "main"]

LONGEST_PAUSE = 0.1
"""Seconds after which supervisord looks at what is due, though nothing was heard. That takes 0.2 % of a core."""


class PromptPoller(poller.Poller):  # type: ignore[misc]
    """What supervisord waits by: signals, and what is due to start, wake nobody."""

    def poll(self, timeout: float) -> Any:
        """Return what can be read and written, after this time at the latest."""
        return super().poll(min(timeout, LONGEST_PAUSE))


class ForgivingFileHandler(loggers.RotatingFileHandler):  # type: ignore[misc]
    """A log file that loses what cannot be written."""

    def emit(self, record: Any) -> None:
        """Write a record, and rotate the file if it is time."""
        try:
            super().emit(record)
        except (OSError, ValueError):  # ValueError: a rotation had closed the file and could not open the next one
            self.close()
            with suppress(OSError):
                self.stream = open(self.baseFilename, "ab")  # noqa: SIM115, PTH123  it stays open

    def close(self) -> None:
        """Close the file; what is still in its buffer may be lost."""
        with suppress(OSError, ValueError):  # ValueError: it is closed
            super().close()

    def handleError(self) -> None:  # noqa: N802  supervisor's name
        """Lose the record that could not be written."""


class ForgivingStream(io.TextIOBase):
    """Text to a file descriptor; what cannot be written is lost."""

    def __init__(self, descriptor: int) -> None:
        self._file = io.FileIO(descriptor, "wb", closefd=False)

    def write(self, text: str) -> int:
        """Write as much as there is room for."""
        with suppress(OSError):
            self._file.write(text.encode("utf-8", "replace"))
        return len(text)


def main() -> None:
    """Be supervisord, with the arguments of this process."""
    sys.stdout = sys.__stdout__ = ForgivingStream(1)  # type: ignore[assignment, misc]
    sys.stderr = sys.__stderr__ = ForgivingStream(2)  # type: ignore[assignment, misc]
    loggers.RotatingFileHandler = ForgivingFileHandler
    poller.Poller = PromptPoller
    os.environ[SUPERVISOR_PID] = str(os.getpid())
    supervisord.main()


if __name__ == "__main__":
    main()
