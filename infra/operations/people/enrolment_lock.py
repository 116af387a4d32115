"""Who rewrites enrolments of this home does so alone: one of two would write what the other has just replaced."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from schemas.settings import Settings

__all__ = ["enrolments_held"]


@contextmanager
def enrolments_held(settings: Settings) -> Iterator[None]:
    """Hold the enrolments; others wait. A killed process lets go."""
    file = settings.home / "run" / "enrolments.lock"
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
