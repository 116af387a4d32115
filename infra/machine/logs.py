"""What a worker says on stderr; the supervisor keeps it in ``home/log``."""

import logging
import time
from collections.abc import Callable

__all__ = ["RateLimit", "log_to_stderr"]

_CHATTY = ("aiokafka", "kafka")


_STEERING = {
    each: f"\\x{each:02x}" if each < 256 else f"\\u{each:04x}"
    for each in (*range(9), *range(11, 32), *range(127, 160), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
}
"""Control characters but for tab and line end, and those that turn the direction of a text."""


class RateLimit(logging.Filter):
    """Lets each message of some loggers through once an interval and says how often it was held back.

    Clients of a broker that is away say so thousands of times a minute, in the same words.
    """

    def __init__(self, *loggers: str, interval: float = 10.0, clock: Callable[[], float] = time.monotonic) -> None:
        """loggers: with their children. interval: seconds between two records of the same text, arguments apart."""
        super().__init__()
        self._loggers = loggers
        self._interval = interval
        self._clock = clock
        self._last: dict[tuple[str, object], float] = {}
        self._held: dict[tuple[str, object], int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is said."""
        if not any(record.name == each or record.name.startswith(f"{each}.") for each in self._loggers):
            return True
        key, now = (record.name, record.msg), self._clock()
        if key in self._last and now < self._last[key] + self._interval:
            self._held[key] = self._held.get(key, 0) + 1
            return False
        self._last[key] = now
        if held := self._held.pop(key, 0):
            record.msg, record.args = f"{record.getMessage()} (and {held} times more)", None
        return True


class _Plain(logging.Formatter):
    """Writes out what would steer the terminal of whoever reads: keys and names are other people's text."""

    def format(self, record: logging.LogRecord) -> str:
        return super().format(record).translate(_STEERING)


def log_to_stderr(level: int = logging.INFO) -> None:
    """Log everything that this process says: time, level, logger, text."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Plain("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.addFilter(RateLimit(*_CHATTY))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in ("aiokafka", "faust", "kafka", "mode"):
        logging.getLogger(name).setLevel(logging.WARNING)  # at INFO they tell of every part that they start and stop
