"""Is the broker the bound of many recognise workers? 1, 2, 4 and 8 of them with an engine that costs nothing.

    python -m tests.benchmarks.slots [--workers 1 2 4 8] [--frames 480]

Workers are the processes that `naul worker recognise` is, one frame at a time each, on one real broker with eight
partitions of frames. A frame is a JPEG of 200 KB that decodes to 64 x 64 pixels. Frames are sent while the workers
stand still (SIGSTOP), so that who sends costs nothing of what is measured. On a machine of few cores these are the
bound: what counts is that a frame costs the same of a core however many workers share them.
"""

import argparse
import os
import secrets
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple, TypeAlias

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from infra.machine.lag import Cluster
from infra.machine.topic_creation import create_topics
from schemas.cluster import Record, admin, send
from schemas.frames import FrameHeaders
from schemas.messages import ClassHour, HallDay, encode
from schemas.settings import Settings
from tests.benchmarks import costless_engine
from tests.benchmarks.worker import core_seconds
from tests.conftest import Broker
from tests.integration.streams.conftest import Worker

PARTITIONS = 8
FRAME_BYTES = 200_000
ROUNDS = 3
IDLE = 10.0
"""Seconds for which workers are watched that have nothing to do."""
LOOK = 0.268
"""Core-seconds that looking at a frame with 40 faces takes (`python -m tests.benchmarks.speed`, 8 bits)."""
HOUR = ClassHour(
    section="CS1-1", hall="E101", date=datetime(2026, 3, 9, tzinfo=UTC).date(), period=1,
    starts_at=datetime(2026, 3, 9, 0, tzinfo=UTC), ends_at=datetime(2026, 3, 9, 1, tzinfo=UTC),
)  # fmt: skip


class Cost(NamedTuple):
    """Of a frame, in seconds: by the clock, of the workers' cores, of the broker's."""

    wall: float
    workers: float
    broker: float


def padded(size: int) -> bytes:
    """Return a small JPEG with comments, of so many bytes, give or take 64 KiB."""
    jpeg = bytes(cv2.imencode(".jpg", np.full((64, 64, 3), 90, np.uint8))[1])
    comment = b"\xff\xfe\xff\xff" + bytes(65_533)
    return jpeg[:2] + comment * round(size / len(comment)) + jpeg[2:]


def tree(process: int) -> list[int]:
    """Return a process and all below it."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parent = int((folder / "stat").read_text("ascii").rpartition(")")[2].split()[1])
            except OSError:
                continue
            parents.setdefault(parent, []).append(int(folder.name))
    found = [process]
    for each in found:
        found += parents.get(each, [])
    return found


class Site:
    """A site with eight partitions of frames, whose workers cost nothing but Kafka."""

    def __init__(self, broker: Broker) -> None:
        home = broker.settings.home / secrets.token_hex(4)
        home.mkdir()
        prefix = f"b{secrets.token_hex(4)}"
        self.settings = Settings(home=home, kafka=broker.settings.bootstrap, prefix=prefix, engine=costless_engine.NAME)
        lines = f'kafka = "{self.settings.kafka}"\nprefix = "{prefix}"\nengine = "{costless_engine.NAME}"\n'
        (home / "naul.toml").write_text(f"{lines}recognise_threads = 1\n", "utf-8")
        create_topics(self.settings)
        client = admin(self.settings)
        client.create_partitions({self.settings.topic("frames"): PARTITIONS})
        client.close()
        day = HallDay(hall=HOUR.hall, date=HOUR.date, hours=(HOUR,))
        send(
            self.settings,
            [(self.settings.topic("timetable"), f"{HOUR.hall}|{HOUR.date}".encode(), encode(day), None, None)],
        )
        assert broker.process
        self._broker = tree(broker.process.pid)
        self._cluster = Cluster(self.settings)
        self._sent = 0

    def close(self) -> None:
        """Let the connections go."""
        self._cluster.__exit__()

    @contextmanager
    def workers(self, count: int, jpeg: bytes) -> Iterator[list[int]]:
        """Run workers that have looked at a frame of every partition, and give their processes."""
        made = [Worker(self.settings, "recognise", str(n)) for n in range(1, count + 1)]
        try:
            for each in made:
                each.start()
            processes = [each.process.pid for each in made if each.process]
            self.look(2 * PARTITIONS, jpeg, processes)
            yield processes
        finally:
            for each in made:
                if each.process and each.process.poll() is None:
                    each.stop()

    def look(self, count: int, jpeg: bytes, processes: Sequence[int]) -> Cost:
        """Send frames to workers that stand still, let them go on, and return what a frame cost until all were seen."""
        before = self._cluster.ends(["sightings"])
        for each in processes:
            os.kill(each, signal.SIGSTOP)
        try:
            send(self.settings, [self._frame(jpeg) for _ in range(count)])
            spent = [sum(map(core_seconds, those)) for those in (processes, self._broker)]
            began = time.time()
        finally:
            for each in processes:
                os.kill(each, signal.SIGCONT)
        while sum((ends := self._cluster.ends(["sightings"])).values()) - sum(before.values()) < count:
            time.sleep(0.2)
        now = [sum(map(core_seconds, those)) for those in (processes, self._broker)]
        assert sum(ends.values()) - sum(before.values()) == count, "a frame was looked at twice"
        last = max(each.timestamp / 1000 for each in self._cluster.read(before, ends))
        return Cost((last - began) / count, (now[0] - spent[0]) / count, (now[1] - spent[1]) / count)

    def idle(self, processes: Sequence[int], seconds: float) -> float:
        """Return how much of a core a worker takes that has nothing to do."""
        before = sum(map(core_seconds, processes))
        time.sleep(seconds)
        return (sum(map(core_seconds, processes)) - before) / len(processes) / seconds

    def _frame(self, jpeg: bytes) -> Record:
        self._sent += 1
        partition = self._sent % PARTITIONS
        moment = HOUR.starts_at + timedelta(milliseconds=200 * (self._sent % 14_000))
        head = FrameHeaders(hall=HOUR.hall, camera=f"c{partition}", captured_at=moment, live=False, sequence=self._sent)
        return self.settings.topic("frames"), head.key, jpeg, partition, head.pack()


Measured: TypeAlias = dict[int, tuple[list[Cost], float]]
"""The costs of each round, and what idling costs, by the number of workers."""


def measured(broker: Broker, counts: Sequence[int], frames: int, rounds: int = ROUNDS, idle: float = IDLE) -> Measured:
    """Measure so many workers, each on a site of their own."""
    found: Measured = {}
    jpeg, before = padded(FRAME_BYTES), os.environ.get("PYTHONPATH")
    with ExitStack() as stack:
        packages = Path(stack.enter_context(TemporaryDirectory()))
        costless_engine.install(packages)
        stack.callback(_set_path, before)
        _set_path(os.pathsep.join(filter(None, (str(packages), before))))
        for count in counts:
            site = Site(broker)
            stack.callback(site.close)
            with site.workers(count, jpeg) as processes:
                found[count] = [site.look(frames, jpeg, processes) for _ in range(rounds)], site.idle(processes, idle)
    return found


def _set_path(path: str | None) -> None:
    if path is None:
        os.environ.pop("PYTHONPATH", None)
    else:
        os.environ["PYTHONPATH"] = path


def table(found: Measured) -> Table:
    """Return what was measured."""
    made = Table(
        "workers", "frames/s", "core-ms a frame: workers", "broker", "of looking", "cores in use", "idle, of a core",
        title=f"200 KB, no looking, {os.cpu_count()} cores",
    )  # fmt: skip
    for count, (costs, idle) in found.items():
        wall, workers, broker = (median(each) for each in zip(*costs, strict=True))
        made.add_row(
            str(count), f"{1 / wall:.0f}", f"{workers * 1000:.1f}", f"{broker * 1000:.1f}",
            f"{(workers + broker) / LOOK:.1%}", f"{(workers + broker) / wall:.1f}", f"{idle:.1%}",
        )  # fmt: skip
    return made


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4, 8])
    parser.add_argument("--frames", type=int, default=480)
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        broker = Broker(Path(folder) / "broker")
        broker.start()
        try:
            found = measured(broker, given.workers, given.frames)
        finally:
            broker.stop()
    Console(width=120).print(table(found))


if __name__ == "__main__":
    main()
