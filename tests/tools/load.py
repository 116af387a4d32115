"""Frames that are sent all the time, as cameras send them, and a Faust worker that copies them: what became of each."""

import subprocess
import sys
import threading
import time
from types import TracebackType
from typing import Any

from kafka.errors import KafkaError

from infra.machine.child import bound_to_parent
from infra.machine.lag import Cluster
from producers.camera import LONGEST_UNDER_WAY_MS
from schemas.cluster import producer
from schemas.retry import retry
from schemas.settings import Settings
from tests.tools.copying_worker import COPIES

__all__ = ["Load"]

STEP = 40
"""Records that must be acknowledged, and copied, before it is said that things go on."""


class Load:
    """A producer in a thread, and a worker in a process of its own."""

    def __init__(self, settings: Settings, *, size: int = 5_000, pause: float = 0.05) -> None:
        """size: bytes of a record. pause: seconds after each."""
        self.settings = settings
        self.acknowledged: list[tuple[int, int, bytes]] = []
        """Partition, offset, and the key, which no other record has."""
        self.longest = 0.0
        """Seconds between two acknowledgements, at most."""
        self._size, self._pause = size, pause
        self._stop = threading.Event()
        self._last = time.monotonic()
        self._log = settings.home / "copy.log"
        said = f'kafka = "{settings.kafka}"\nprefix = "{settings.prefix}"\n'
        (settings.home / "naul.toml").write_text(said, "utf-8")
        line = [sys.executable, "-m", "tests.tools.copying_worker", "--home", str(settings.home)]
        with self._log.open("ab") as log:
            self._worker = subprocess.Popen(bound_to_parent(line), stdout=log, stderr=log)
        self._thread = threading.Thread(target=self._send, daemon=True)
        self._thread.start()

    def __enter__(self) -> "Load":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join()
        self._worker.kill()
        self._worker.wait()

    def goes_on(self) -> None:
        """Return when some more were acknowledged, and copied."""
        before, copied = len(self.acknowledged), self._copied()
        while len(self.acknowledged) < before + STEP or self._copied() < copied + STEP:
            assert self._worker.poll() is None, self._log.read_text("utf-8")
            time.sleep(1)  # each look is a client of its own, which takes a tenth of a core's second

    def stop(self) -> None:
        """Send no more, and return when everything was acknowledged and copied."""
        self._stop.set()
        self._thread.join()
        while len({key for _, _, key in self.acknowledged} - self._keys(COPIES)):
            assert self._worker.poll() is None, self._log.read_text("utf-8")
            time.sleep(0.5)

    def lost(self) -> tuple[list[bytes], list[bytes]]:
        """Return what was acknowledged and is not where that was said to be, and what was never copied."""
        with Cluster(self.settings) as cluster:
            there = {(each.partition, each.offset): each.key for each in cluster.last("frames", 10**9)}
        missing = [key for partition, offset, key in self.acknowledged if there.get((partition, offset)) != key]
        copies = self._keys(COPIES)
        return missing, [key for _, _, key in self.acknowledged if key not in copies]

    def _keys(self, topic: str) -> set[bytes]:
        with Cluster(self.settings) as cluster:
            return {each.key for each in cluster.last(topic, 10**9)}

    def _copied(self) -> int:
        def ask() -> int:
            with Cluster(self.settings) as cluster:
                return sum(cluster.ends([COPIES]).values())

        return retry(ask, first=0.1, longest=0.5, quiet=True)

    def _send(self) -> None:
        client = producer(self.settings, max_block_ms=5000, delivery_timeout_ms=LONGEST_UNDER_WAY_MS)
        name, number = self.settings.topic("frames"), 0
        while not self._stop.is_set():
            key = b"%d" % number
            try:
                client.send(name, key=key, value=bytes(self._size)).add_callback(self._note, key)
                number += 1
            except KafkaError:
                continue  # it is sent again, as a camera does
            self._stop.wait(self._pause)
        client.flush()
        client.close()

    def _note(self, key: bytes, metadata: Any) -> None:
        now = time.monotonic()
        self.longest, self._last = max(self.longest, now - self._last), now
        self.acknowledged.append((metadata.partition, metadata.offset, key))
