"""What a sighting costs `attend` apart from judging: of a core, in its log, in memory. `naul plan` reckons with it.

    python -m tests.benchmarks.facts [--every 2]

The worker is the process that `naul worker attend` is, on a real broker. The hall has 40 students who all show their
faces, and so many seconds between two frames of its recorded hour, whose sightings come at once; it is judged when it
is over, which is not waited for.
"""

import argparse
from contextlib import ExitStack
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from infra.machine.lag import Cluster
from schemas.messages import encode
from streams.judgement.observations import Facts
from tests.benchmarks.worker import core_seconds, megabytes
from tests.conftest import Broker, make_site
from tests.integration.streams.conftest import workers
from tests.integration.streams.paper_hall import SOURCES, Hall
from tests.lecture import Lecture

SEATS = 40


class FullHall(Hall):
    """A lecture of 40 who never leave."""

    every = 2.0

    def _film(self) -> Facts:
        self.lecture = Lecture(size=SEATS, every=self.every)
        return self.lecture.film({})


class Found(NamedTuple):
    """Of a sighting: bytes as a message and in the log, core-seconds, MB in memory. begins: MB of the worker before."""

    message: float
    logged: float
    core: float
    memory: float
    begins: float


def measured(every: float) -> Found:
    """Send the sightings of an hour, and return what one cost."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        broker = Broker(folder / "broker")
        broker.start()
        stack.callback(broker.stop)
        site = make_site(broker, folder / "home")
        FullHall.every = every
        hall = FullHall(site)
        hall.prepare()
        attend = stack.enter_context(workers(site))("attend").start()
        assert attend.process
        process = attend.process.pid
        begins, began = megabytes(process), core_seconds(process)
        hall.tell(*hall.observations)
        attend.until(SOURCES)
        count = len(hall.observations)
        core, memory = core_seconds(process) - began, megabytes(process) - begins
        with Cluster(site) as cluster:
            logged = sum(
                len(each.key or b"") + len(each.value or b"") for each in cluster.last("attend-facts-changelog", 10**6)
            )
        return Found(
            mean(len(encode(each)) for each in hall.observations), logged / count, core / count, memory / count, begins
        )


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=float, default=2.0)
    found = measured(parser.parse_args().every)
    table = Table("a sighting of 40 faces, a roster of 40", "", title="attend, apart from judging")
    table.add_row("as a message, bytes a face", f"{found.message / SEATS:.0f}")
    table.add_row("in the log of its table, bytes", f"{found.logged:.0f}")
    table.add_row("of a core, ms", f"{found.core * 1000:.1f}")
    table.add_row("in memory, bytes", f"{found.memory * 1e6:.0f}")
    table.add_row("the worker before the first, MB", f"{found.begins:.0f}")
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
