"""How many bytes a site's retention will take, by what came in so far, against the room that the brokers have."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from infra.machine.lag import Cluster
from schemas.cluster import View
from schemas.messages import HallDay, decode
from schemas.settings import Settings
from schemas.topics import MOST_COPIES, all_topics, topic

__all__ = ["KeptBytes", "Stream", "kept_bytes", "reckon", "streams"]

LEAST: Final = timedelta(minutes=10)
"""What came in for less says nothing of a day."""

EVERY, SIZE, A_DAY = timedelta(seconds=5), 250_000, timedelta(hours=8)
"""Of a hall that has sent nothing yet: a frame every five seconds of 250 kB, eight hours a day."""


class Stream(NamedTuple):
    """A topic that goes by age. held: bytes, all copies together. a_day: that come in. keep: for how long they stay."""

    name: str
    held: int
    a_day: float
    keep: timedelta

    @property
    def wanted(self) -> float:
        """Bytes that it will take."""
        return self.a_day * (self.keep / timedelta(days=1))


class KeptBytes(NamedTuple):
    """wanted: bytes that retention will take, all copies together. room: that there are for it, what is held included.

    span: of what came in that was measured; None: nothing, so it is reckoned by halls. fit: for how long frames may be
    kept with that room; None: nobody tells how much there is, or nothing comes in.
    """

    wanted: float
    room: float | None
    span: timedelta | None
    fit: timedelta | None

    @property
    def too_much(self) -> bool:
        """Whether it does not fit."""
        return self.room is not None and self.wanted > self.room


def kept_bytes(settings: Settings, now: datetime) -> KeptBytes | None:
    """Return what retention will take; None: nothing came in yet, and no hall is in the timetable.

    Raises:
        UnavailableError: the broker does not answer, or the topics are not there.
    """
    with Cluster(settings) as cluster:
        names = [each.name for each in all_topics() if each.kept]
        held, usable = cluster.disks(names)
        since = {name: cluster.oldest(name) for name in names}
        copies = min(MOST_COPIES, max(1, len(usable)))
    span = now - since["frames"] if since["frames"] else timedelta(0)
    measured = span >= LEAST
    found = streams(settings, held, since, now) if measured else _reckoned(settings, copies, held["frames"])
    if not any(each.a_day for each in found):
        return None
    limit = settings.disk_free_limit_mib * 2**20
    room = sum(usable.values()) - limit * len(usable) + sum(each.held for each in found) if usable else None
    return reckon(found, room)._replace(span=span if measured else None)


def streams(
    settings: Settings, held: Mapping[str, int], since: Mapping[str, datetime | None], now: datetime
) -> list[Stream]:
    """Return what each topic takes in a day, by what it holds since its oldest record."""
    found = []
    for name, size in held.items():
        begun, kept = since[name], topic(name)
        a_day = size / ((now - begun) / timedelta(days=1)) if begun and now - begun >= LEAST else 0.0
        found.append(Stream(name, size, a_day, kept.gone_after(settings.retention)))
    return found


def reckon(found: Iterable[Stream], room: float | None) -> KeptBytes:
    """Add up what topics will take. room: bytes there are for them."""
    found = list(found)
    wanted = sum(each.wanted for each in found)
    frames = sum(each.a_day for each in found if each.name == "frames")
    others = sum(each.wanted for each in found if each.name != "frames")
    fit = timedelta(days=min(max(0.0, room - others) / frames, 36500)) if frames and room is not None else None
    return KeptBytes(wanted, room, None, fit)


def _reckoned(settings: Settings, copies: int, held: int) -> list[Stream]:
    view: View[str] = View(settings, "timetable", lambda value: decode(value, HallDay).hall)
    try:
        view.catch_up()
    finally:
        view.close()
    a_day = len({*view.items.values()}) * (A_DAY / EVERY) * SIZE * copies
    return [Stream("frames", held, a_day, topic("frames").gone_after(settings.retention))]
