"""What the recognise worker adds to looking: Kafka to acknowledged sighting, against a bare loop in the same run.

    python -m tests.benchmarks.worker [--only speed|workers|memory] [--frames 300] [--full]

The worker is the process that `naul worker recognise` is, on a real broker. The hall has 40 students who all show their
faces, 1920x1080. Times are the broker's: from the first acknowledged sighting to the last. --frames is for the memory,
whose frames are small (640x360) unless --full.
"""

import argparse
import os
import secrets
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

import cv2
from rich.console import Console
from rich.table import Table

from enrollment.portrayals import record
from infra.machine.lag import Cluster
from infra.machine.topic_creation import create_topics
from infra.operations.simulation.film_facts import enrolled
from producers.simulated_hall.script import StudentRole
from schemas.cluster import Record, send
from schemas.frames import FrameHeaders
from schemas.messages import ClassHour, Enrollment, EnrollmentTemplate, HallDay, Roster, encode
from schemas.messages import Student as Enrolled
from schemas.settings import Settings
from schemas.topics import topic
from streams.faces.engines import Engine, load_engine
from streams.faces.pictures import decode_jpeg
from streams.faces.template_cipher import TemplateCipher, template_context
from tests.benchmarks.full_hall import full_hall, jpegs
from tests.conftest import Broker
from tests.integration.streams.conftest import Worker

ROUNDS = 3
FRAMES = 10 * topic("frames").partitions
"""Looked at in a round: as many of each partition, so that two workers have the same to do."""
PICTURES = 12
HALL_SECONDS = 5
"""Between two frames of the hall whose cost is told."""
FLOW = 100
"""Frames sent at once when memory is watched."""


class Hall(NamedTuple):
    """A full hall: its class hour, everybody in it, and JPEGs of it."""

    hour: ClassHour
    students: Sequence[StudentRole]
    enrolled: Sequence[Enrollment]
    frames: Sequence[bytes]


class Spent(NamedTuple):
    """What frames cost: seconds from the first answer to the last, and of a core, both for each frame.

    Of the frames that are looked at at once, the first answers come at the start of that time: they are not counted.
    """

    wall: float
    core: float


def played(engine: Engine, cipher: TemplateCipher) -> Hall:
    """Draw the hall and enrol its people, one photo each."""
    script, people = full_hall(), []
    for student, known in enrolled(script, engine, 1).items():
        sealed = cipher.seal(known.vector, template_context(student, engine.id))
        people.append(
            Enrollment(
                student_id=student,
                version=1,
                enrolled_at=script.record.starts_at,
                consent_on_file=True,
                templates=(EnrollmentTemplate(engine=engine.id, photos=1, sealed=sealed),),
            )
        )
    return Hall(script.hours[0], script.students, people, jpegs(script, PICTURES))


def small(jpeg: bytes) -> bytes:
    """The frame at a ninth of its pixels."""
    picture = cv2.resize(decode_jpeg(jpeg), (640, 360), interpolation=cv2.INTER_AREA)
    return bytes(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 90])[1])


class Site:
    """A site on the broker that knows the hall, and workers of it."""

    def __init__(self, broker: Broker, hall: Hall, vault_key: Path) -> None:
        """vault_key: of the templates."""
        home = broker.settings.home / secrets.token_hex(4)
        home.mkdir()
        prefix = f"b{secrets.token_hex(4)}"
        self.settings = Settings(home=home, kafka=broker.settings.bootstrap, prefix=prefix)
        (home / "naul.toml").write_text(f'kafka = "{self.settings.kafka}"\nprefix = "{prefix}"\n', "utf-8")
        self.settings.key_file.write_bytes(vault_key.read_bytes())
        self.settings.key_file.chmod(0o600)
        create_topics(self.settings)
        self._hall = hall
        self._sent = 0
        hour, name = hall.hour, self.settings.topic
        day = HallDay(hall=hour.hall, date=hour.date, hours=(hour,))
        roster = Roster(
            section=hour.section, students=tuple(Enrolled(student_id=s.student_id, name=s.name) for s in hall.students)
        )
        send(self.settings, [
            (name("timetable"), f"{hour.hall}|{hour.date}".encode(), encode(day), None, None),
            (name("rosters"), hour.section.encode(), encode(roster), None, None),
            *(record(self.settings, each) for each in hall.enrolled),
        ])  # fmt: skip
        self._cluster = Cluster(self.settings)

    def close(self) -> None:
        """Let the connections go."""
        self._cluster.__exit__()

    @contextmanager
    def workers(self, count: int, threads: int) -> Iterator[list[Worker]]:
        """Run workers that have looked at a frame of every partition."""
        os.environ["NAUL_RECOGNISE_THREADS"] = str(threads)
        os.environ["NAUL_REUSE_EMBEDDINGS"] = "false"  # its few pictures come again; the bare loop embeds all faces
        made = [Worker(self.settings, "recognise", str(n)) for n in range(1, count + 1)]
        try:
            for each in made:
                each.start()
            self.look(2 * topic("frames").partitions, self._hall.frames)
            yield made
        finally:
            for each in made:
                if each.process and each.process.poll() is None:
                    each.stop()

    def look(self, count: int, jpegs: Sequence[bytes]) -> float:
        """Send frames, wait until each has its sighting, and return the seconds from the first sighting to the last."""
        before = self._cluster.ends(["sightings"])
        send(self.settings, [self.frame(jpegs[n % len(jpegs)]) for n in range(count)])
        while sum((ends := self._cluster.ends(["sightings"])).values()) - sum(before.values()) < count:
            time.sleep(0.5)
        stamps = sorted(each.timestamp / 1000 for each in self._cluster.read(before, ends))
        return stamps[-1] - stamps[0]

    def frame(self, jpeg: bytes) -> Record:
        """Return the next frame, for the partition whose turn it is."""
        self._sent += 1
        partition = self._sent % topic("frames").partitions
        moment = self._hall.hour.starts_at + timedelta(milliseconds=200 * (self._sent % 14_000))
        head = FrameHeaders(
            hall=self._hall.hour.hall, camera=f"c{partition}", captured_at=moment, live=False, sequence=self._sent
        )
        return self.settings.topic("frames"), head.key, jpeg, partition, head.pack()


class Bench:
    """A broker, the hall and the engine that the tables share."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        """folder: empty. stack: ends what was started."""
        self._broker = Broker(folder / "broker")
        self._broker.start()
        stack.callback(self._broker.stop)
        self._stack = stack
        self._key = folder / "key"
        self._engine = load_engine(Settings().engine, threads=1)
        self._engine.quicken(Settings().arithmetic)  # as the worker does
        self._hall = played(self._engine, TemplateCipher.create(self._key))

    def speed(self, threads: int) -> Table:
        """Measure the worker against the bare loop, and what a hall costs."""
        bare, real = [], []
        site = self._site()
        with site.workers(1, threads) as (worker,):
            for _ in range(ROUNDS):
                bare.append(self._bare(threads))
                real.append(self._look(site, worker, threads))
            resident = megabytes(_pid(worker))
        ratio = median(each.wall for each in real) / median(each.wall for each in bare)
        table = Table("what", "ms a frame", "of a core", "times", title=f"1920x1080, 40 faces, {threads} threads")
        for what, all_, times in (("bare loop", bare, ""), ("recognise worker", real, f"{ratio:.2f}")):
            spent = Spent(*(median(each) for each in zip(*all_, strict=True)))
            table.add_row(what, f"{spent.wall * 1000:.0f}", f"{spent.core * 1000:.0f}", times)
        hour = median(each.core for each in real) * 3600 / HALL_SECONDS
        table.add_row(f"core-seconds an hour, a frame every {HALL_SECONDS} s", "", f"{hour:.0f}", "")
        table.add_row("such halls a core", "", f"{3600 / hour:.1f}", "")
        table.add_row("MB resident", "", f"{resident:.0f}", "")
        return table

    def workers(self) -> Table:
        """Measure two workers against one, each with one thread."""
        spent: dict[int, list[float]] = {1: [], 2: []}
        for _ in range(ROUNDS):
            for count, times in spent.items():
                site = self._site()
                with site.workers(count, 1):
                    times.append(site.look(FRAMES, self._hall.frames) / (FRAMES - count))
        one, two = (median(times) for times in spent.values())
        table = Table("workers", "ms a frame", "times the throughput", title="one thread each")
        table.add_row("1", f"{one * 1000:.0f}", "")
        table.add_row("2", f"{two * 1000:.0f}", f"{one / two:.2f}")
        return table

    def memory(self, frames: int, threads: int, *, full: bool) -> Table:
        """Watch the memory of a worker."""
        jpegs = self._hall.frames if full else [small(each) for each in self._hall.frames]
        size = "1920x1080" if full else "640x360"
        table = Table("frames", "MB resident", title=f"memory of a worker, {threads} threads, {size}")
        site = self._site()
        with site.workers(1, threads) as (worker,):
            for count in range(FLOW, frames + 1, FLOW):
                site.look(FLOW, jpegs)
                if count in (FLOW, frames) or count % 1000 == 0:
                    table.add_row(f"{count:,}", f"{megabytes(_pid(worker)):.0f}")
        return table

    def _site(self) -> Site:
        site = Site(self._broker, self._hall, self._key)
        self._stack.callback(site.close)
        return site

    def _look(self, site: Site, worker: Worker, threads: int) -> Spent:
        before = core_seconds(_pid(worker))
        wall = site.look(FRAMES, self._hall.frames)
        return Spent(wall / (FRAMES - threads), (core_seconds(_pid(worker)) - before) / FRAMES)

    def _bare(self, threads: int) -> Spent:
        def look(number: int) -> float:
            self._engine.look(decode_jpeg(self._hall.frames[number % PICTURES]))
            return time.perf_counter()

        with ThreadPoolExecutor(threads) as pool:
            before = time.process_time()
            ends = sorted(pool.map(look, range(FRAMES)))
        return Spent((ends[-1] - ends[0]) / (FRAMES - threads), (time.process_time() - before) / FRAMES)


def _pid(worker: Worker) -> int:
    assert worker.process
    return worker.process.pid


def core_seconds(process: int) -> float:
    """Return how long a process has used a core."""
    fields = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def megabytes(process: int) -> float:
    """Return how much of the memory a process has."""
    pages = Path(f"/proc/{process}/statm").read_text("ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE") / 1e6


def tables(only: str = "", frames: int = 300, *, full: bool = False, threads: int = 2) -> Iterator[Table]:
    """Yield what was measured. only: one of ``speed``, ``workers``, ``memory``."""
    with ExitStack() as stack:
        bench = Bench(Path(stack.enter_context(TemporaryDirectory())), stack)
        if only in ("", "speed"):
            yield bench.speed(threads)
        if only in ("", "workers"):
            yield bench.workers()
        if only in ("", "memory"):
            yield bench.memory(frames, threads, full=full)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=("speed", "workers", "memory"), default="")
    parser.add_argument("--frames", type=int, default=300, help="whose memory is watched")
    parser.add_argument("--full", action="store_true", help="watch the memory of 1920x1080 frames")
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    for table in tables(given.only, given.frames, full=given.full, threads=given.threads):
        Console(width=110).print(table)


if __name__ == "__main__":
    main()
