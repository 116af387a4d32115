"""What happens in all halls, as it comes: the latest of it in memory, each with a number that only rises."""

import logging
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Iterable
from contextlib import closing
from typing import Any, NamedTuple

from kafka import TopicPartition
from kafka.errors import KafkaError

from infra.machine.lag import Cluster
from infra.operations.class_hours.happenings import TOPICS, Happening, happening_of
from schemas.cluster import consumer, has_grown
from schemas.errors import BadMessageError, UnavailableError
from schemas.messages import Attendance, Coverage, MarkBatch, Presence, decode
from schemas.settings import Settings

__all__ = ["HallFeed", "HappeningRing", "Numbered"]

log = logging.getLogger(__name__)

KEPT = 5000
"""Happenings that can be had again: of twenty halls of 200, those of ten minutes at the start of a class hour."""
KNOWN = 8 * KEPT
"""Ids that are passed over when they come again, as attend says anew what it said before."""
AGAIN = 1.0
"""Seconds until a broker that was away is asked again."""


class Numbered(NamedTuple):
    """A happening with its number, and when it came, on a clock that only rises, in seconds."""

    number: int
    came: float
    happening: Happening


class HappeningRing:
    """The latest happenings. For any thread. boot: tells this process from those before it."""

    def __init__(self, boot: str, kept: int = KEPT) -> None:
        self.boot = boot
        self._ring: deque[Numbered] = deque(maxlen=kept)
        self._known: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()
        self._first, self.last = 1, 0

    @property
    def position(self) -> str:
        """Behind the last one."""
        return f"{self.boot}-{self.last}"

    def add(self, happening: Happening, came: float) -> None:
        """Take one; one that is known is passed over."""
        with self._lock:
            if happening.id in self._known:
                return
            self._known[happening.id] = None
            if len(self._known) > KNOWN:
                self._known.popitem(last=False)
            self.last += 1
            self._ring.append(Numbered(self.last, came, happening))
            self._first = self._ring[0].number

    def let_go(self) -> None:
        """Keep none: whoever asks for what was there begins anew."""
        with self._lock:
            self._ring.clear()
            self.last += 1
            self._first = self.last + 1

    def number_of(self, position: str) -> int | None:
        """Return the number of a position after which all is still there; None: there is no such one."""
        boot, _, digits = position.rpartition("-")
        if boot != self.boot or not (digits.isascii() and digits.isdecimal()) or len(digits) > 18:
            return None
        number = int(digits)
        with self._lock:
            return number if self._first - 1 <= number <= self.last else None

    def after(self, number: int) -> list[Numbered] | None:
        """Return what came after a number; None: some of it is gone."""
        with self._lock:
            if number < self._first - 1:
                return None
            return [each for each in self._ring if each.number > number]

    def since(self, came: float) -> int:
        """Return the number before the first one that came at a time or later."""
        with self._lock:
            return next((each.number - 1 for each in self._ring if each.came >= came), self.last)


class HallFeed:
    """Follows the topics from now on, with a thread of its own, and fills a ring. Close it after use."""

    def __init__(self, settings: Settings, boot: str) -> None:
        """Find out where the topics end.

        Raises:
            UnavailableError: the broker does not answer.
        """
        self.ring = HappeningRing(boot)
        self._settings = settings
        with Cluster(settings) as cluster:
            self._places: dict[TopicPartition, int] = cluster.ends(TOPICS)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="hall-feed", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End."""
        self._stop.set()
        self._thread.join()

    def _follow(self) -> None:
        while not self._stop.is_set():
            try:
                self._read()
            except (UnavailableError, KafkaError) as error:
                log.warning("what happens in halls is not followed: %s", error)
                self._stop.wait(AGAIN)

    def _read(self) -> None:
        with Cluster(self._settings) as cluster:
            self._places = cluster.ends(TOPICS) | self._places
        with closing(consumer(self._settings)) as client:
            client.assign([*self._places])
            for place, offset in self._places.items():
                client.seek(place, offset)
            while not self._stop.is_set() and not has_grown(client):
                for place, records in client.poll(timeout_ms=200).items():
                    self._take(records)
                    self._places[place] = records[-1].offset + 1

    def _take(self, records: Iterable[Any]) -> None:
        for record in records:
            if record.value is None:
                continue
            try:
                found = happening_of(decode(record.value, Attendance | Coverage | Presence | MarkBatch))
            except BadMessageError:  # the stages put it aside; a screen passes it over
                continue
            if found:
                self.ring.add(found, time.monotonic())
