"""What a worker says on stderr; the supervisor keeps it in ``home/log``."""

import faulthandler
import json
import logging
import signal
import sys
import threading
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import UTC, datetime
from io import UnsupportedOperation
from types import TracebackType

from schemas.settings import Settings

__all__ = ["JsonLines", "RateLimit", "Unsecret", "log_to_stderr"]

_CHATTY = ("aiokafka", "kafka")


_STEERING = {
    each: f"\\u{each:04x}"
    for each in (*range(9), *range(11, 32), *range(127, 160), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
}
"""Control characters but for tab and line end, and those that turn the direction of a text: they would steer the
terminal of whoever reads, and keys and names are other people's text. Written so they are JSON, too."""


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


class JsonLines(logging.Formatter):
    """A record as one line of JSON: time (UTC), level, part, slot, logger, message, and exception if there is one."""

    def __init__(self, part: str, slot: str) -> None:
        """part, slot: of this process."""
        super().__init__()
        self._who = {"part": part, "slot": slot}

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        said = {"time": at, "level": record.levelname, **self._who, "logger": record.name}
        said["message"] = record.getMessage()
        if record.exc_info:
            said["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            said["stack"] = record.stack_info
        return json.dumps(said, ensure_ascii=False)


class Unsecret(logging.Formatter):
    """What another formatter writes, without the values that nobody may read, and nothing that steers a terminal."""

    def __init__(self, inner: logging.Formatter, secrets: Collection[str]) -> None:
        """secrets: values; short ones are words that would be cut out of every other line, and are let be."""
        super().__init__()
        self._inner = inner
        self._secrets = sorted({each for each in secrets if len(each) >= SHORTEST_SECRET}, key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        """Return the text."""
        text = self._inner.format(record)
        for each in self._secrets:
            text = text.replace(each, "***")
        return text.translate(_STEERING)


SHORTEST_SECRET = 6


def log_to_stderr(settings: Settings, part: str, slot: str = "", level: int = logging.INFO) -> None:
    """Log everything that this process says: time, level, logger, text; as ``Settings.log_format`` has it.

    In JSON are Python's warnings, too, and what nobody caught. SIGQUIT has it say where all its threads stand.
    """
    text = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    inner = JsonLines(part, slot) if settings.log_format == "json" else text
    handler = logging.StreamHandler()
    handler.setFormatter(Unsecret(inner, _secrets(settings)))
    handler.addFilter(RateLimit(*_CHATTY))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in ("aiokafka", "faust", "kafka", "mode"):
        logging.getLogger(name).setLevel(logging.WARNING)  # at INFO they tell of every part that they start and stop
    if settings.log_format == "json":
        logging.captureWarnings(capture=True)
        sys.excepthook = _uncaught
        threading.excepthook = lambda it: _uncaught(it.exc_type, it.exc_value, it.exc_traceback)
    with suppress(UnsupportedOperation, ValueError):  # stderr is no file, as in a test
        faulthandler.register(signal.SIGQUIT, all_threads=True)


def _uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt | SystemExit):
        return
    logging.getLogger("naul").critical("nobody caught this", exc_info=(kind, error or kind(), trace))


def _secrets(settings: Settings) -> list[str]:
    """Return the values that are settings or stand in files of the home; the key itself is bytes, and no text."""
    found = [settings.store_password, settings.openid_secret, settings.kafka_password]
    for file in (settings.kafka_password_file, settings.openid_secret_file):
        with suppress(OSError, UnicodeDecodeError):
            found.append(file.read_text("utf-8").strip())
    return found
