"""What the store holds of halls, and from where on the topics say the rest: how every live screen begins."""

import logging
from collections.abc import Callable, Iterable, Mapping

from kafka import TopicPartition

from infra.machine.lag import STAGES, Cluster
from schemas.errors import UnavailableError
from schemas.settings import Settings
from sinks.rows import AttendanceRow, CoverageRow
from sinks.store import Store, open_for_reading

__all__ = ["stored_halls"]

log = logging.getLogger(__name__)

SINK = STAGES[-1]


def stored_halls(
    settings: Settings, cluster: Cluster, read: Callable[[Store], Iterable[AttendanceRow | CoverageRow]]
) -> tuple[list[AttendanceRow | CoverageRow] | None, Mapping[TopicPartition, int]]:
    """Return rows of the store, and up to where of the topics it holds them.

    While the store is away: None and nothing. The topics have it all, too, and take longer.

    Raises:
        UnavailableError: the broker does not answer.
    """
    stored = cluster.committed(SINK)  # before the store is asked, which holds all that lies before
    try:
        with open_for_reading(settings) as store:
            return list(read(store)), stored
    except UnavailableError as error:
        log.info("read from the topics alone: %s", error)
        return None, {}
