"""Rows of a worker's own state: one that cannot be read is taken out by hand; no worker may guess what it said."""

from infra.machine.lag import Cluster
from schemas.cluster import Record, send
from schemas.errors import RefusedError
from schemas.settings import Settings
from schemas.translations import Text
from streams.runtime.row_key import row_key

__all__ = ["drop_row"]

CHANGELOG = "attend-facts-changelog"


def drop_row(settings: Settings, key: str) -> int:
    """Take a row out of the table of facts, and return in how many partitions it stood.

    A worker that runs does not see it: what it writes itself comes after. One that cannot read the row has ended.

    Raises:
        RefusedError: there is no such row.
        UnavailableError: Kafka does not answer.
    """
    name = settings.topic(CHANGELOG)
    with Cluster(settings) as cluster:
        found = sorted(_partitions(cluster, key))
    if not found:
        raise RefusedError(
            Text("the table of facts holds no row {key!r}", key=key), "Copy the key as the worker's log says it."
        )
    tombstones: list[Record] = [(name, row_key(key), None, place, None) for place in found]
    return send(settings, tombstones)


def _partitions(cluster: Cluster, key: str) -> set[int]:
    wanted, found, ends = row_key(key), set[int](), cluster.ends([CHANGELOG])
    for record in cluster.read(cluster.begins(ends), ends):
        if record.key == wanted:
            (found.add if record.value is not None else found.discard)(record.partition)
    return found
