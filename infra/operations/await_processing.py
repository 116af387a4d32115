"""Until everything that was sent has arrived."""

from datetime import timedelta

from infra.machine.catch_up import StageProgress, catch_up
from infra.machine.lag import RETRIED, Cluster
from schemas.settings import Settings

__all__ = ["await_processing"]


def await_processing(settings: Settings, *, timeout: timedelta, report: StageProgress) -> int:
    """Return when all stages have dealt with what was sent before the call: how many dead letters wait for a person.

    report: is told how far each stage is.

    Raises:
        UnavailableError: the time is over, nobody works at a stage, or the broker does not answer.
    """
    catch_up(settings, timeout=timeout, report=report)
    with Cluster(settings) as cluster:
        return cluster.lag(RETRIED)
