"""Kafka compacts no segment that it still writes into, and ends one only when a record comes: here one comes.

Without this an erased template stays for ever in a topic to which nobody writes any more (docs/adr/0023-erasure.md).
"""

from infra.machine.kafka.permissions import writable
from schemas.cluster import EVERYWHERE, Record, send
from schemas.settings import Settings
from schemas.topics import ROLL, all_topics

__all__ = ["roll"]


def roll(settings: Settings) -> int:
    """Add a record about nobody to each partition of each compacted topic, and return how many that were.

    Kafka ends a segment then, if it is old enough (``segment.ms``), and compacts it. Topics that this machine may not
    write are left to the one that may: the desk's (``schemas/kafka_rights``).

    Raises:
        UnavailableError: the broker does not take it.
    """
    compacted = [each.full_name(settings.prefix) for each in all_topics() if each.cleanup == "compact"]
    mine = writable(settings, compacted)
    records: list[Record] = [(name, ROLL, None, EVERYWHERE, None) for name in compacted if name in mine]
    return send(settings, records)
