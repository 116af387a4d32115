"""Kafka compacts no segment that it still writes into, and ends one only when a record comes: here one comes.

Without this an erased template stays for ever in a topic to which nobody writes any more (docs/adr/0023-erasure.md).
"""

from schemas.cluster import EVERYWHERE, Record, send
from schemas.settings import Settings
from schemas.topics import ROLL, all_topics

__all__ = ["roll"]


def roll(settings: Settings) -> int:
    """Add a record about nobody to each partition of each compacted topic, and return how many that were.

    Kafka ends a segment then, if it is old enough (``segment.ms``), and compacts it.

    Raises:
        UnavailableError: the broker does not take it.
    """
    records: list[Record] = [
        (each.full_name(settings.prefix), ROLL, None, EVERYWHERE, None)
        for each in all_topics()
        if each.cleanup == "compact"
    ]
    return send(settings, records)
