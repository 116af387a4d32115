"""Folders of the home in which something is made and of which nothing stays, whoever is killed meanwhile."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from infra.machine.file_lock import held

__all__ = ["scratch_folder", "sweep_scratch"]


@contextmanager
def scratch_folder(home: Path) -> Iterator[Path]:
    """Give a folder that only its owner reads, and delete it. What others left who were killed goes, too."""
    above = home / "scratch"
    with held(above / ".lock"):
        _sweep(above)
        folder = above / uuid4().hex
        folder.mkdir(mode=0o700)
        lock = os.open(folder, os.O_RDONLY)  # the kernel lets go of it, however this process ends
        fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def sweep_scratch(home: Path) -> None:
    """Delete what those left who were killed."""
    above = home / "scratch"
    if above.is_dir():
        with held(above / ".lock"):
            _sweep(above)


def _sweep(above: Path) -> None:
    for each in above.iterdir():
        if not each.is_dir():
            continue
        lock = os.open(each, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(each, ignore_errors=True)
        except BlockingIOError:
            continue  # somebody is at work in it
        finally:
            os.close(lock)
