"""The keys of a site, and what each of them sealed; apart from ``rotate_key``, for who only asks opens no template."""

from datetime import datetime, timedelta
from typing import NamedTuple

from enrollment.loaded import enrollments
from enrollment.resealing import seals_of
from schemas.settings import Settings
from schemas.topics import topic
from streams.faces.key_file import read_keys

__all__ = ["KeyUse", "key_uses", "looks_gone_after"]


class KeyUse(NamedTuple):
    """A key of the file. seals: whether it is the one. templates: how many it sealed.

    retire_from: when nothing else that it sealed is left in the topics, either; None of the key that seals.
    """

    id: str
    made_at: datetime | None
    seals: bool
    templates: int
    retire_from: datetime | None


def key_uses(settings: Settings) -> list[KeyUse]:
    """Return the keys of the file, the one that seals first.

    Raises:
        RefusedError: there is no key here.
        UnavailableError: the broker does not answer.
    """
    keys = read_keys(settings.key_file).sealing
    seals = [seal for each in enrollments(settings).values() for seal in seals_of(each)]
    uses = []
    for place, key in enumerate(keys):
        # What has no id was sealed by a key of before ids: the last in the file.
        count = seals.count(key.id) + (seals.count(None) if place == len(keys) - 1 else 0)
        successor = keys[place - 1].made_at if place else None
        until = successor + looks_gone_after(settings) if successor else None
        uses.append(KeyUse(key.id.hex(), key.made_at, not place, count, until))
    return uses


def looks_gone_after(settings: Settings) -> timedelta:
    """After what time no topic holds a look that was sealed before: sightings, facts, and dead letters of either."""
    retention = settings.retention
    sightings = topic("sightings").gone_after(retention)
    facts = sightings + settings.forget_after + topic("attend-facts-changelog").gone_after(retention)
    return facts + topic("dead-letters").gone_after(retention)
