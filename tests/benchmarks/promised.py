"""Halls of numbers through the real broker, `attend` and the sink: what a class hour takes, and what `naul plan` says.

    python -m tests.benchmarks.promised [--halls 500] [--minutes 50] [--every 5] [--judge-every 600]

Every hall has 40 students, of whom a third have their heads down, and all play the first minutes of a class hour of 50
at once, as fast as `attend` takes it. --judge-every is of event time. Live it is 15 s, as in the plan: so 500 halls
take more than an hour on two cores, and --halls 10 minutes. What a message costs is measured before the first
judgement, and a judgement is what there is beyond that. A frame that nobody looks at keeps `attend` from telling halls
of the time, which here is another one: live, each is judged once a minute because of that, too.
Both workers are killed in the end, and the hours closed by whoever comes back. No frames: cameras, recognise
and a second and third broker are not measured.
"""

import argparse
import os
import re
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from msgspec.structs import replace
from rich.console import Console
from rich.table import Table

from infra.machine.lag import STAGES, Cluster
from infra.machine.metrics_ports import PARTS, metrics_port
from infra.operations.site.site_plan import FULL, Load, Machine, SitePlan, costs, plan_site
from schemas.cluster import producer, send
from schemas.messages import ClassHour, Observation, Tick
from schemas.settings import Settings
from sinks.store.opening import open_for_reading, store_directory
from tests.benchmarks.attend_worker import CampusSite
from tests.benchmarks.campus import STUDENTS, disk
from tests.benchmarks.desk_site import Shortage
from tests.benchmarks.slots import tree
from tests.benchmarks.worker import core_seconds, megabytes
from tests.conftest import Broker
from tests.integration.streams.conftest import Worker
from tests.lecture import Lecture
from tests.tools.ports import free_row

MINUTES, PLANNED = 50.0, 15.0
"""Of a class hour; seconds between judgements that the plan reckons with."""
AHEAD = 10_000
"""Messages that may wait: else the broker would be asked for what has left its memory."""
LOW, HIGH = 0.5, 1.3
"""Of what was promised: beyond these the plan is wrong, for the one or the other who buys a machine."""
READY = 30.0
"""Seconds after a kill."""
TOPICS = ("sightings", "attend-facts-changelog", "attendance", "presence")


class Played(NamedTuple):
    """How much was played."""

    messages: int
    faces: int
    judgements: int


class Spent(NamedTuple):
    """Core-seconds. message: of attend for one, before anything was judged; attend: for all, and the judgements.

    closing: from the kill until all hours were closed. sink, broker: of all.
    """

    message: float
    attend: float
    closing: float
    sink: float
    broker: float


class Kept(NamedTuple):
    """MB. topics: in the broker's files; rows: on the worker's disk.

    begins: resident of attend before the first sighting; resident: at most, by part.
    """

    topics: dict[str, float]
    rows: float
    store: float
    begins: float
    resident: dict[str, float]


class Found(NamedTuple):
    """What was measured. ready: seconds from a kill, by part. final, stored: students and faces in the store."""

    played: Played
    spent: Spent
    kept: Kept
    ready: dict[str, float]
    final: int
    stored: int


class Site(CampusSite):
    """A campus whose class hour is about to begin, with its workers."""

    def __init__(self, broker: Broker, halls: int, lecture: Lecture, judge_every: float) -> None:
        lines = f'judge_every = "{judge_every:g}s"\nmetrics_port = {free_row(len(PARTS))}\n'
        super().__init__(broker, halls, lecture, lines)
        self.attend, self.sink = (Worker(self.settings, part, "1") for part in ("attend", "sink"))
        self._cluster = Cluster(self.settings)
        self._client = producer(self.settings)
        assert broker.process
        self._broker = broker.process.pid

    def close(self) -> None:
        """End what runs, and let connections go."""
        for each in (self.attend, self.sink):
            if each.process and each.process.poll() is None:
                each.kill()
        self._client.close(timeout=10)
        self._cluster.__exit__()

    def begin(self) -> None:
        """Start the workers, and give every hall a class hour that may be closed as soon as somebody says so."""
        send(self.settings, [(self.settings.topic("frames"), b"", b"", None, None)])
        self.attend.start()
        self.sink.start()
        ends = datetime.now(UTC).replace(microsecond=0) - self.settings.policy.grace
        starts = ends - timedelta(minutes=MINUTES)
        self.prepare([
            ClassHour(section=f"S{hall}", hall=hall, date=starts.date(), period=1, starts_at=starts, ends_at=ends)
            for hall in self.names
        ])  # fmt: skip

    def play(self, first: int, last: int) -> tuple[int, int]:
        """Send frames of all halls as fast as they are taken; return how many, and how many faces are in them."""
        count = faces = 0
        messages = self.frames(first, last)
        while some := list(islice(messages, AHEAD // 2)):
            for each in some:
                self._send(each)
                faces += len(each.faces)
            count += len(some)
            self._client.flush(timeout=60)
            self.wait(AHEAD // 2)
        self.wait(0)
        return count, faces

    def _send(self, message: Observation | Tick) -> None:
        name, key, value, place, _ = self.record(message)
        self._client.send(name, key=key, value=value, partition=place)

    def wait(self, most: int) -> None:
        """Wait until no worker has more than so many messages left."""
        for worker, stage in ((self.attend, STAGES[1]), (self.sink, STAGES[2])):
            while self._cluster.lag(stage) > most:
                assert worker.process
                assert worker.process.poll() is None, worker.log.read_text("utf-8")
                time.sleep(0.25)

    def closed(self) -> None:
        """Tell all halls that the hour is over, and wait until they are closed."""
        for each in self.names:
            self._send(Tick(hall=each, at=datetime.now(UTC)))
        self._client.flush(timeout=60)
        self.wait(0)

    def cores(self, part: str) -> float:
        """Return what a part has used so far; ``broker`` with all below it."""
        return sum(map(core_seconds, tree(self._broker))) if part == "broker" else core_seconds(self.pid(part))

    def pid(self, part: str) -> int:
        """Return the process of a part."""
        process = {"attend": self.attend, "sink": self.sink}[part].process
        assert process
        return process.pid

    def judgements(self) -> int:
        """Return how many `attend` made since it started, as it says itself."""
        where = f"http://127.0.0.1:{metrics_port(self.settings, 'attend-1')}/metrics"
        with urllib.request.urlopen(where, timeout=30) as answer:
            told = re.search(rb"^naul_judging_seconds_count (\S+)", answer.read(), re.MULTILINE)
        assert told
        return int(float(told[1]))

    def killed(self, part: str) -> float:
        """Kill a worker, start it again, and return how many seconds it took to be ready."""
        worker = self.attend if part == "attend" else self.sink
        worker.kill()
        began = time.monotonic()
        worker.start()
        return time.monotonic() - began

    def kept(self, begins: float) -> Kept:
        """Return what there is now. begins: of ``Kept``."""
        held, _ = self._cluster.disks(TOPICS)
        return Kept(
            {name: size / 1e6 for name, size in held.items()},
            disk(self.settings.home / "faust"),
            disk(store_directory(self.settings)),
            begins,
            {part: peak(self.pid(part)) for part in ("attend", "sink")},
        )


def peak(process: int) -> float:
    """Return the most memory that a process has had, MB."""
    told = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text("ascii"))
    assert told
    return int(told[1]) * 1024 / 1e6


@contextmanager
def broker_of(folder: Path) -> Iterator[Broker]:
    """Give a broker for the time of the block."""
    broker = Broker(folder)
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


def measured(broker: Broker, load: Load, minutes: float, judge_every: float) -> Found:
    """Play a class hour, and return what it took."""
    lecture = Lecture(size=STUDENTS, seed=1, minutes=MINUTES, every=load.every)
    with ExitStack() as stack:
        site = Site(broker, load.halls, lecture, judge_every)
        stack.callback(site.close)
        site.begin()
        moments = site.film.moments
        last = sum(1 for _ in takewhile(lambda at: at < 60 * minutes, moments))
        unjudged = sum(1 for _ in takewhile(lambda at: at < judge_every, moments))
        begins = megabytes(site.pid("attend"))
        before = {part: site.cores(part) for part in ("broker", "attend", "sink")}
        count, faces = site.play(0, 1)  # every hall begins to be known
        began = site.cores("attend")
        more, seen = site.play(1, unjudged)
        message = (site.cores("attend") - began) / max(more, 1)
        left, others = site.play(unjudged, last)
        spent = {part: site.cores(part) - before[part] for part in before}
        played = Played(count + more + left, faces + seen + others, site.judgements())
        kept = site.kept(begins)
        with open_for_reading(site.settings) as store:
            stored = store.query("SELECT count() FROM sightings_rows").rows[0][0]
        ready = {part: site.killed(part) for part in ("attend", "sink")}
        site.closed()
        with open_for_reading(site.settings) as store:
            final = store.query("SELECT uniqExact(student_id) FROM attendance_rows WHERE final").rows[0][0]
        again = peak(site.pid("attend"))
        resident = kept.resident | {"attend": max(kept.resident["attend"], again)}
        return Found(
            played,
            Spent(message, spent["attend"], site.cores("attend"), spent["sink"], spent["broker"]),
            kept._replace(resident=resident),
            ready,
            final,
            stored,
        )


def promised(load: Load) -> SitePlan:
    """Return the plan of so many halls on one endless machine, which has no frames."""
    known = replace(costs(), broker_frame=replace(costs().broker_frame, value=0.0))
    return plan_site(load, Settings(), Machine(10**9, 1e9, 1e9, 1e9), known)


class Line(NamedTuple):
    """A number that the plan says, and the one that was measured. most: of the promise, by which it may be more."""

    what: str
    promised: float
    found: float
    most: float = HIGH
    least: float = LOW

    @property
    def ratio(self) -> float:
        """Of what was promised."""
        return self.found / self.promised

    @property
    def wrong(self) -> bool:
        """Whether the plan says something else."""
        return not self.least <= self.ratio <= self.most


def lines(load: Load, judge_every: float, found: Found) -> list[Line]:
    """Return what the plan says of what was played, beside what was measured."""
    played, spent, kept, known = found.played, found.spent, found.kept, costs()
    hours = played.messages * load.every / load.halls / 3600
    plan = promised(load._replace(hours=hours))
    cores = {each.part: each.cores * FULL * hours * 3600 for each in plan.needs}
    running = known.attend_resident.value + played.messages * known.attend_running.value / 1e6  # of one worker
    a_day = {name: size * 1e3 for name, size in plan.a_day.items()}
    judging = [
        Line("attend, core-ms a judgement", known.attend_judging.value * PLANNED * 1e3, judged(found) * 1e3),
        Line("attend, core-seconds", cores["attend"], spent.attend),
    ]
    return [
        Line("attend, core-ms a message", known.attend_message.value * 1e3, spent.message * 1e3),
        *(judging if judge_every == PLANNED else ()),
        Line("sink, core-seconds", cores["sink and store"], spent.sink),
        Line("broker, core-seconds", cores["brokers"], spent.broker),
        Line("sightings, MB in the broker", a_day["sightings"], kept.topics["sightings"]),
        Line("facts, MB in the broker", a_day["facts"], kept.topics["attend-facts-changelog"]),
        Line("facts, MB on the worker's disk", a_day["facts"], kept.rows),
        Line("store, MB", a_day["store"], kept.store),
        Line("attend, MB before the first sighting", known.attend_resident.value, kept.begins),
        Line("attend, MB at most", running, kept.resident["attend"]),
        Line("sink, MB at most", known.sink_resident.value, kept.resident["sink"]),
        *(Line(f"{part}, ready after a kill, s", READY, found.ready[part], 1.0, 0.0) for part in ("attend", "sink")),
    ]


def judged(found: Found) -> float:
    """Return the core-seconds that a judgement took."""
    return (found.spent.attend - found.spent.message * found.played.messages) / max(found.played.judgements, 1)


def table(load: Load, judge_every: float, found: Found) -> Table:
    """Return the comparison."""
    played = found.played
    minutes = played.messages * load.every / load.halls / 60
    shown = Table(
        "what", "naul plan", "measured", "ratio", "",
        title=f"{load.halls} halls of {STUDENTS}, a frame every {load.every:g} s for {minutes:.0f} min: "
        f"{played.messages:,} sightings of {played.faces / played.messages:.1f} faces, "
        f"judged every {judge_every:g} s: {played.judgements:,} times",
    )  # fmt: skip
    for each in lines(load, judge_every, found):
        verdict = f"beyond {each.least:g} to {each.most:g}" if each.wrong else ""
        shown.add_row(each.what, f"{each.promised:,.4g}", f"{each.found:,.4g}", f"{each.ratio:.2f}", verdict)
    return shown


def verdict(load: Load, judge_every: float, found: Found) -> Iterator[str]:
    """Yield what is to be said of the whole."""
    wrong = [each.what for each in lines(load, judge_every, found) if each.wrong]
    yield f"the plan is wrong about: {'; '.join(wrong)}" if wrong else "the plan holds"
    if judge_every != PLANNED:
        yield (
            f"attend took {found.spent.attend:.0f} core-seconds, {judged(found) * 1e3:.0f} ms a judgement; the plan "
            f"says nothing of judging every {judge_every:g} s"
        )
    kept = found.kept.topics
    yield (
        f"closed by whoever came back: {found.spent.closing:.0f} core-seconds of attend with its start, "
        f"{found.final:,} of {load.halls * STUDENTS:,} students have a final row, {found.stored:,} of "
        f"{found.played.faces:,} faces are in the store; attendance {kept['attendance']:.0f} MB, "
        f"presence {kept['presence']:.1f} MB"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--halls", type=int, default=500)
    parser.add_argument("--minutes", type=float, default=MINUTES, help="of the class hour that are played")
    parser.add_argument("--every", type=float, default=5.0, help="seconds between frames of a hall")
    parser.add_argument("--judge-every", type=float, default=600.0)
    given = parser.parse_args()
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    load = Load(given.halls, given.every, given.halls * STUDENTS, STUDENTS, classes=1)
    with TemporaryDirectory() as folder, broker_of(Path(folder) / "broker") as broker:
        shortage = Shortage()
        found = measured(broker, load, given.minutes, given.judge_every)
        shown = table(load, given.judge_every, found)
        shown.caption = str(shortage)
    console = Console(width=130)
    console.print(shown)
    for each in verdict(load, given.judge_every, found):
        console.print(each)


if __name__ == "__main__":
    main()
