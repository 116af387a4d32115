"""Asks the broker now and then how many messages wait for this process: whoever idles while some do is hung."""

import logging
import threading
from contextlib import ExitStack, suppress

from infra.machine.lag import Cluster, Stage
from schemas.errors import NaulError
from schemas.pulse import PULSE, Pulse
from schemas.settings import Settings

__all__ = ["behind", "probe_lag"]

log = logging.getLogger(__name__)

EVERY = 10.0
"""Seconds between two questions, at most."""


def probe_lag(settings: Settings, group: str, pulse: Pulse = PULSE) -> None:
    """Ask for as long as this process lives, on a thread that ends with it.

    group: of the part, as ``Settings.group`` takes it.
    """
    every = min(EVERY, settings.hung_after.total_seconds() / 4)
    threading.Thread(target=_ask, args=(settings, group, pulse, every), name="lag probe", daemon=True).start()


def _ask(settings: Settings, group: str, pulse: Pulse, every: float) -> None:
    pause, opened = threading.Event(), ExitStack()
    cluster: Cluster | None = None
    while not pause.wait(every):
        try:
            cluster = cluster or opened.enter_context(Cluster(settings))
            pulse.asked_broker(behind(settings, cluster, group, pulse.held))
        except Exception as error:  # noqa: BLE001  whatever it is, nobody is hung because he could not be asked about
            if not isinstance(error, NaulError):
                log.warning("how far this part is behind cannot be asked: %s", error)
            pulse.asked_broker(None)
            with suppress(Exception):
                opened.close()
            cluster = None


def behind(settings: Settings, cluster: Cluster, group: str, held: frozenset[tuple[str, int]]) -> int:
    """Return how many records wait for a group in the partitions that are held: topics with prefix, and numbers.

    Raises:
        UnavailableError: the broker does not answer.
    """
    topics = {topic.removeprefix(f"{settings.prefix}-") for topic, _ in held}
    if not topics:
        return 0
    stage = Stage(group, tuple(topics))
    ends = {each: end for each, end in cluster.ends(stage.topics).items() if (each.topic, each.partition) in held}
    return cluster.lag(stage, ends) if ends else 0
