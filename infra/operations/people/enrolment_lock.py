"""Who rewrites enrolments of this home does so alone: one of two would write what the other has just replaced."""

from contextlib import AbstractContextManager

from infra.machine.file_lock import held
from schemas.settings import Settings

__all__ = ["enrolments_held"]


def enrolments_held(settings: Settings) -> AbstractContextManager[None]:
    """Hold the enrolments; others wait. A killed process lets go."""
    return held(settings.home / "run" / "enrolments.lock")
