"""Replays that an erasure gave up: what they have seen is deleted at once, then what they stored.

A replay may be at work just then. Its folder is moved away, so that it finds nothing any more and ends by itself; what
it may have written in its last moment is deleted when its lock on the folder is gone, even if it was killed.
"""

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from schemas.settings import Settings
from sinks.runs.store import discard_run
from sinks.store import open_for_reading
from sinks.store.opening import is_there

__all__ = ["clear", "give_up"]

_GIVEN_UP = re.compile(r"\.(?P<run>.+)\.given-up-\d+")
"""A name that no run can have: it begins with a dot."""


def give_up(settings: Settings, begun_before: datetime) -> list[str]:
    """Delete what unfinished replays of this home have seen, of everybody, and return their names. They cannot go on.

    begun_before: aware; those that were begun later know nobody who was erased.
    """
    given_up = []
    for folder in _folders(settings.home):
        if not folder.name.startswith(".") and _begun(folder) < begun_before:
            number = sum(each.name.startswith(f".{folder.name}.given-up-") for each in _folders(settings.home))
            moved = folder.with_name(f".{folder.name}.given-up-{number}")
            folder.rename(moved)
            _empty(moved)
            given_up.append(folder.name)
    return given_up


def clear(settings: Settings) -> list[str]:
    """Delete from the store what given up replays wrote into it, once they ended, and return their names.

    Raises:
        UnavailableError: the store does not answer, or has not finished. Ask again.
    """
    cleared = []
    for folder in _folders(settings.home):
        found = _GIVEN_UP.fullmatch(folder.name)
        if found is None:
            continue
        with _unused(folder) as unused:
            if not unused:
                continue
            _empty(folder)
            if is_there(settings) and not folder.with_name(found["run"]).exists():
                with open_for_reading(settings) as store:
                    discard_run(store, found["run"])
            folder.rmdir()
            cleared.append(found["run"])
    return cleared


def _folders(home: Path) -> list[Path]:
    return sorted(each for each in (home / "runs").glob("*") if each.is_dir())


def _begun(folder: Path) -> datetime:
    plan = folder / "manifest.json"
    return datetime.fromtimestamp((plan if plan.exists() else folder).stat().st_mtime, UTC)


def _empty(folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink(missing_ok=True)


@contextmanager
def _unused(folder: Path) -> Iterator[bool]:
    """Say whether no replay works in a folder; none can begin to in this one."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        free = False
        with suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            free = True
        yield free
    finally:
        os.close(descriptor)
