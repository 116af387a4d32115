"""How many inserts the sink makes of what a campus says, and how soon a mark is in the store; as before, and as now.

    python -m tests.benchmarks.sink_batches [--halls 60] [--seconds 30]

Halls of 60 are judged every 15 s, each at its turn, with a quarter of the rows told; a frame of each comes every 5 s.
Every two seconds somebody is marked. As before: a batch is written 0.3 s after the first of it came. The store is the
embedded one; an insert is a block of ``attendance_rows``, and three other tables get as many.
"""

import argparse
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from statistics import median
from typing import Any, NamedTuple

from msgspec.structs import replace
from rich.console import Console
from rich.table import Table

from schemas.cluster import producer
from schemas.messages import Attendance, decode, encode
from sinks.store import Store, open_for_reading
from tests.benchmarks.desk_site import DeskSite, LiveHall, Shortage, end
from tests.benchmarks.worker import core_seconds

__all__ = ["tables"]

STUDENTS = 60
JUDGED_EVERY, FRAME_EVERY, MARKED_EVERY = 15.0, 5.0, 2.0
TOLD = 0.25
BEFORE = (
    "-c",
    "import sinks.lingering as it; it.QUIET = it.LINGER = 0.3; it.FRESH = 0.0; from infra.cli.main import run; run()",
)
BLOCKS = (
    "SELECT max(max_block_number) FROM system.parts WHERE database = currentDatabase() AND table = 'attendance_rows'"
)


class Spent(NamedTuple):
    """inserts, cores: a second. delays: from a mark to its row, s."""

    inserts: float
    cores: float
    delays: list[float]


class Campus:
    """Sends what halls say, each at its turn, on a thread of its own."""

    def __init__(self, site: DeskSite) -> None:
        self._site, self._stop = site, threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.late = 0.0
        """Seconds that something was sent after its time, at most."""

    def __enter__(self) -> "Campus":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        client, halls = producer(self._site.settings), self._site.halls
        due = [(n / len(halls) * FRAME_EVERY, FRAME_EVERY, hall, False) for n, hall in enumerate(halls)]
        due += [(n / len(halls) * JUDGED_EVERY, JUDGED_EVERY, hall, True) for n, hall in enumerate(halls)]
        began = time.monotonic()
        while not self._stop.is_set():
            due.sort(key=lambda each: each[0])
            at, every, hall, judged = due.pop(0)
            self._stop.wait(max(0.0, at - (time.monotonic() - began)))
            self.late = max(self.late, time.monotonic() - began - at)
            for topic, key, value, *_ in hall.judged(TOLD) if judged else [hall.seen(datetime.now(UTC))]:
                client.send(topic, key=key, value=value)
            due.append((at + every, every, hall, judged))
        client.close(timeout=10)


def marked(store: Store, client: Any, hall: LiveHall, number: int) -> float:
    """Mark somebody, and return how many seconds it takes until the store says so."""
    topic, key, value, *_ = next(each for each in hall.judged(1.0) if b'"student_id"' in each[2])
    said, at = decode(value, Attendance), datetime.now(UTC)
    client.send(topic, key=key, value=encode(replace(said, marked_at=at, source="kim", version=2**40 + number)))
    began = time.monotonic()
    asked = "SELECT max(version) FROM student_rows WHERE student_id = %(student)s AND run = 'live'"
    while store.query(asked, {"student": said.student_id}).rows != [(2**40 + number,)]:
        time.sleep(0.02)
    return time.monotonic() - began


def measured(site: DeskSite, program: tuple[str, ...], seconds: float) -> Spent:
    """Let the sink run under one rule."""
    sink = site.start("sink", program)
    client = producer(site.settings)
    with open_for_reading(site.settings) as store, Campus(site) as campus:
        time.sleep(MARKED_EVERY)
        began, core, blocks = time.monotonic(), core_seconds(sink.pid), store.query(BLOCKS).rows[0][0]
        delays = []
        while (gone := time.monotonic() - began) < seconds:
            delays.append(marked(store, client, site.halls[0], time.time_ns() // 1000 % 2**39))
            time.sleep(max(0.0, MARKED_EVERY - (time.monotonic() - began - gone)))
        took = time.monotonic() - began
        found = Spent((store.query(BLOCKS).rows[0][0] - blocks) / took, (core_seconds(sink.pid) - core) / took, delays)
    if campus.late > 1:
        print(f"the machine does too much: something was told {campus.late:.1f} s after its time")
    client.close(timeout=10)
    end(sink)
    return found


def tables(halls: int, seconds: float) -> Iterator[Table]:
    """Yield what it comes to."""
    told = Table(
        "a batch is written", "inserts/s", "of a core", "mark to row: median, s", "longest, s",
        title=f"{halls} halls of {STUDENTS}: judged every {JUDGED_EVERY:g} s, a frame every {FRAME_EVERY:g} s",
    )  # fmt: skip
    with ExitStack() as stack:
        site = DeskSite(stack, halls, STUDENTS)
        shortage = Shortage()
        for name, program in (("as before", BEFORE), ("as now", ("-m", "infra.cli.main"))):
            it = measured(site, program, seconds)
            told.add_row(
                name, f"{it.inserts:.1f}", f"{it.cores:.0%}", f"{median(it.delays):.2f}", f"{max(it.delays):.2f}"
            )
        told.caption = str(shortage)
    yield told


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--halls", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=30, help="under each rule")
    given = parser.parse_args()
    for table in tables(given.halls, given.seconds):
        Console(width=110).print(table)


if __name__ == "__main__":
    main()
