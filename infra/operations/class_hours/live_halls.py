"""Every hall as it is now, for as long as a process runs: from the store at first, then from the topics."""

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from kafka.errors import KafkaError

from infra.machine.lag import STAGES, Cluster
from infra.operations.class_hours.stored_halls import stored_halls
from schemas.cluster import consumer, has_grown
from schemas.errors import BadMessageError, UnavailableError
from schemas.messages import Attendance, Coverage, Forget, Observation, Sighting, decode
from schemas.settings import Settings
from sinks.hall_now import HallNow
from sinks.hall_rows import rows_of_halls

__all__ = ["LiveHalls"]

log = logging.getLogger(__name__)

TOPICS = ("sightings", "attendance")
FRAMES = STAGES[0]

LOOK_BACK = 20
"""Sightings a partition that are read at first: the last frame of every hall that is live."""
ASK_LAG = 2.0
"""Seconds between two questions how many frames wait."""
AGAIN = 1.0
"""Seconds until a broker or store that was away is asked again."""
SILENT = 15.0
"""Seconds without an answer after which Kafka is away: who waits for records hears nothing of a broker that hangs."""

T = TypeVar("T")


class LiveHalls:
    """Every hall as it is now. A thread of its own reads the topics, and begins anew when they were away.

    changed: called on that thread with the halls of which something new is known, and with none when trouble begins
    or ends. erased: called on it when somebody was erased here, or may have been: what was made of the halls is let go.
    """

    def __init__(
        self,
        settings: Settings,
        changed: Callable[[Collection[str]], None] = lambda halls: None,
        erased: Callable[[], None] = lambda: None,
    ) -> None:
        self.trouble: tuple[datetime, str] | None = None
        """Since when nothing comes, and why."""
        self.frames_waiting = 0
        """Of all halls, that nobody has looked at yet."""
        self._answered = time.monotonic()
        self._settings = settings
        self._changed, self._erased = changed, erased
        self._halls: dict[str, HallNow] = {}
        self._received: dict[tuple[str, str], datetime] = {}
        self._guests: dict[str, set[str]] = {}
        """Halls whose cameras see a class hour, by its id, while one of them shows it."""
        self._lock = threading.Lock()
        self._stop, self._loaded = threading.Event(), threading.Event()
        self._threads = [
            threading.Thread(target=work, name=f"live-halls-{work.__name__}", daemon=True)
            for work in (self._follow, self._count)
        ]

    def start(self) -> None:
        """Begin to read; return at once."""
        for each in self._threads:
            each.start()

    def close(self) -> None:
        """End."""
        self._stop.set()
        for each in self._threads:
            if each.is_alive():
                each.join()

    def wait_until_read(self, timeout: float) -> bool:
        """Return whether what the topics held at the start has been read, at the latest after ``timeout`` seconds."""
        return self._loaded.wait(timeout)

    def look(self, hall: str, read: Callable[[HallNow], T]) -> T:
        """Return what ``read`` says of a hall; nothing changes meanwhile, so let it be quick."""
        with self._lock:
            return read(self._halls.get(hall) or HallNow(hall))

    @property
    def halls(self) -> list[str]:
        """The halls of which anything is known."""
        with self._lock:
            return sorted(self._halls)

    def received_at(self, hall: str, camera: str) -> datetime | None:
        """Return when the last frame of a camera had been looked at, by the broker's clock."""
        with self._lock:
            return self._received.get((hall, camera))

    def _follow(self) -> None:
        while not self._stop.is_set():
            try:
                self._read()
            except (UnavailableError, KafkaError) as error:
                self._tell(str(error))
                self._stop.wait(AGAIN)

    def _tell(self, trouble: str) -> None:
        """Say that something is away, and why; empty: nothing is."""
        if bool(trouble) == (self.trouble is not None):
            return
        if trouble:
            log.warning("the halls are not followed: %s", trouble)
        since = datetime.now(UTC) - timedelta(seconds=time.monotonic() - self._answered)
        self.trouble = (since, trouble) if trouble else None
        self._changed(())

    def _is_silent(self) -> bool:
        return time.monotonic() - self._answered > SILENT

    def _count(self) -> None:
        """Ask how many frames wait, beside the halls: for seconds that may take, no screen must stand still."""
        while not self._stop.is_set():
            with suppress(UnavailableError, KafkaError), Cluster(self._settings) as cluster:
                while not self._stop.is_set():
                    self.frames_waiting = cluster.lag(FRAMES)
                    self._answered = time.monotonic()
                    self._stop.wait(ASK_LAG)
            self._stop.wait(AGAIN)

    def _read(self) -> None:
        """Read the store, then the topics, until told to stop.

        Raises:
            UnavailableError, KafkaError: something is away.
        """
        with Cluster(self._settings) as cluster, closing(consumer(self._settings)) as client:
            ends = cluster.ends(TOPICS)
            begins = cluster.begins(ends)
            sightings = self._settings.topic("sightings")
            starts = {each: end - LOOK_BACK for each, end in ends.items() if each.topic == sightings}
            starts |= self._load(cluster)
            client.assign([*ends])
            for each in ends:
                client.seek(each, max(begins[each], starts.get(each, 0)))
            while not self._stop.is_set() and not has_grown(client):
                records = [each for found in client.poll(timeout_ms=200).values() for each in found]
                halls = self._take(records)
                if not self._loaded.is_set() and all(client.position(each) >= end for each, end in ends.items()):
                    self._loaded.set()
                self._tell("" if records or not self._is_silent() else "it does not answer")
                if halls:
                    self._changed(halls)

    def _load(self, cluster: Cluster) -> dict[Any, int]:
        """Take what the store holds, and return from where on the topic says what it does not hold yet."""
        rows, stored = stored_halls(self._settings, cluster, rows_of_halls)
        if rows is None:
            return {}
        with self._lock:
            self._halls, self._guests = {}, {}
            for row in rows:
                self._hall(row.hall).keep(row)
        self._erased()
        return {each: offset for each, offset in stored.items() if each.topic == self._settings.topic("attendance")}

    def _take(self, records: Iterable[Any]) -> set[str]:
        changed = set[str]()
        with self._lock:
            for record in records:
                try:
                    changed |= self._erase(record.key) if record.value is None else self._one(record)
                except BadMessageError:  # the stages put it aside; a screen passes it over
                    continue
            for hall in changed:
                self._hall(hall).forget_past()
            if changed:
                self._guests = {
                    hour: halls
                    for hour, halls in self._guests.items()
                    if any(hour in self._hall(each).seen_here for each in halls)
                }
        return changed

    def _one(self, record: Any) -> set[str]:
        message = decode(record.value, Sighting | Attendance | Coverage)
        if isinstance(message, Forget):
            for known in self._halls.values():
                known.take(message)
            self._erased()
            return {*self._halls}
        if isinstance(message, Observation):
            hall = self._hall(message.hall)
            self._received[message.hall, message.camera] = datetime.fromtimestamp(record.timestamp / 1000, UTC)
            new = message.class_hour and message.class_hour not in hall.seen_here
            hall.take(message)
            if new:
                self._guests.setdefault(message.class_hour or "", set()).add(message.hall)
                rows = [row for each in self._halls.values() for row in each.rows_of(message.class_hour or "")]
                for row in rows:
                    hall.keep(row)
            return {message.hall}
        if not isinstance(message, Attendance | Coverage):
            return set()
        halls = {message.hall} | self._guests.get(message.class_hour, set())
        for each in halls:
            self._hall(each).take(message)
        return halls

    def _erase(self, key: bytes | None) -> set[str]:
        """Forget the row of a key ``run|section|date|period|student`` that was erased."""
        _, _, rest = (key or b"").decode("utf-8", "replace").partition("|")
        hour, _, student = rest.rpartition("|")
        for each in self._halls.values():
            each.drop(hour, student)
        self._erased()
        return {name for name, each in self._halls.items() if hour in each.class_hours}

    def _hall(self, name: str) -> HallNow:
        return self._halls.setdefault(name, HallNow(name))
