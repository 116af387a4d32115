"""What ``make bench`` has measured is kept by the state of the code, so that it can go on where it was interrupted."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import msgspec

__all__ = ["Kept", "Result", "measure", "spoken", "state_of"]


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What a part printed, on which machine, when it had done so (aware), and how many seconds that took."""

    part: str
    machine: str
    measured_at: datetime
    seconds: float
    text: str


class Kept:
    """The results of one state of the code, beside those of others."""

    def __init__(self, folder: Path, state: str) -> None:
        """folder: of all states; it may not exist yet. state: as of ``state_of``."""
        self._folder = folder
        self._state = state

    def of(self, part: str) -> Result | None:
        """Return what is kept of a part in this state."""
        return _read(self._folder / self._state / f"{part}.json")

    def last(self, part: str) -> Result | None:
        """Return the newest that is kept of a part, in whatever state."""
        found = [result for file in self._folder.glob(f"*/{part}.json") if (result := _read(file))]
        return max(found, key=lambda each: each.measured_at, default=None)

    def keep(self, result: Result) -> None:
        """Write it; half of it is never seen."""
        file = self._folder / self._state / f"{result.part}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.with_suffix(".new").write_bytes(msgspec.json.encode(result))
        file.with_suffix(".new").replace(file)


def state_of(files: Iterable[tuple[str, bytes]], *conditions: str) -> str:
    """Return a short name that changes with any file (path, bytes) or condition of a measurement."""
    found = hashlib.sha256()
    for name, content in (*sorted(files), *((each, b"") for each in conditions)):
        found.update(hashlib.sha256(name.encode()).digest() + hashlib.sha256(content).digest())
    return found.hexdigest()[:16]


def spoken(seconds: float) -> str:
    """Return a time as people say it: ``40 s``, ``3 min``, ``2 h 5 min``."""
    minutes = round(seconds / 60)
    if minutes < 2:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def measure(
    parts: Sequence[str],
    kept: Kept,
    run: Callable[[str], tuple[str, str]],
    *,
    machine: str,
    clock: Callable[[], datetime],
    say: Callable[[str], None],
) -> Iterator[str]:
    """Measure parts, keep what they print, and yield the names of those that failed.

    run: runs a part and returns what it printed and, if that counts for nothing, why.
    """
    for part in parts:
        last = kept.last(part)
        say(f"{part}: {f'took {spoken(last.seconds)} the last time' if last else 'nobody knows yet how long'} ...")
        started = clock()
        text, trouble = run(part)
        ended = clock()
        if trouble:
            say(f"{text}{part} failed: {trouble}")
            yield part
        else:
            seconds = (ended - started).total_seconds()
            kept.keep(Result(part=part, machine=machine, measured_at=ended, seconds=seconds, text=text))


def _read(file: Path) -> Result | None:
    with suppress(FileNotFoundError, msgspec.DecodeError):
        return msgspec.json.decode(file.read_bytes(), type=Result)
    return None
