"""A home is its owner's alone, whatever the umask: nobody else reads its logs, its state, or pictures of people."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

__all__ = ["UMASK", "close_door", "close_home"]

UMASK = 0o077
"""Of every process that runs for long: what it makes is its owner's alone."""

_OTHERS = 0o077


def close_door(home: Path) -> None:
    """Let nobody else into a home; one that is not there is not made. A person's own home is left as it is."""
    if not Path.home().is_relative_to(home):
        _close(home)


def close_home(home: Path) -> None:
    """Make a home if it is not there, and take from everybody else what an earlier version, or umask, left them.

    What is another user's, or goes away meanwhile, is passed over, and no link is followed.
    """
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    close_door(home)
    if not Path.home().is_relative_to(home):
        for each in _everything(home):
            _close(each)


def _everything(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        yield from (Path(place, each) for each in (*folders, *files))


def _close(path: Path) -> None:
    with suppress(OSError):
        mode = path.lstat().st_mode
        if mode & _OTHERS and not stat.S_ISLNK(mode):
            path.chmod(stat.S_IMODE(mode) & ~_OTHERS)
