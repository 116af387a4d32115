"""The topics of a site: what differs from what it wants, changing that, and more partitions where there is data."""

from collections.abc import Callable

from infra.machine.lifecycle import is_up
from infra.machine.supervisor import start_workers, stop_workers
from infra.machine.topic_creation import apply_topics, plan_topics
from infra.machine.topic_growth import Grown, grow_frames, grow_halls
from infra.machine.topic_plan import COPIES, MISSING, PARTITIONS, TopicDifference
from schemas.settings import Settings
from schemas.translations import gettext_noop

__all__ = ["Grown", "TopicDifference", "apply_topics", "grow_topics", "named", "plan_topics"]

_NAMES = {
    MISSING: gettext_noop("topic, of partitions"),
    PARTITIONS: gettext_noop("partitions"),
    COPIES: gettext_noop("copies of each record"),
}


def named(what: str) -> str:
    """Return what is different, in words; a setting has the name that Kafka gave it."""
    return _NAMES.get(what, what)


def grow_topics(
    settings: Settings, partitions: int | None, frames: int | None, *, say: Callable[[str], None] = lambda _: None
) -> tuple[Grown | None, bool]:
    """Spread halls and frames over so many partitions; None: as they are.

    Workers of this machine are stopped meanwhile, and started again, whatever comes of it. Return what moved (None:
    nothing had to), and whether frames had fewer.

    Raises:
        RefusedError: there cannot be so many, or somebody works on another machine.
        UnavailableError: the broker does not answer; the same call goes on where it was.
    """
    mine = partitions is not None and is_up(settings)
    if mine:
        stop_workers(settings)
    try:
        grown = None if partitions is None else grow_halls(settings, partitions, say=say)
        return grown, frames is not None and grow_frames(settings, frames)
    finally:
        if mine:
            start_workers(settings)
