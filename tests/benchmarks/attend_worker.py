"""What a message costs the real worker `attend` behind a real broker, and when it is ready after a kill.

    python -m tests.benchmarks.attend_worker [--halls 25] [--frames 120] [--one-by-one 200]

The halls are those of `campus`; their engine has no calibration here, so that no hour is judged and what is measured is
taking messages: from a topic that is full, and one by one as a campus sends them. What the worker takes while nothing
comes is told apart.
"""

import argparse
import os
import secrets
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from rich.console import Console
from rich.table import Table

from infra.machine.topic_creation import create_topics
from schemas.cluster import Record, producer, send
from schemas.messages import (
    ClassHour,
    EngineChoice,
    Enrollment,
    EnrollmentTemplate,
    HallDay,
    Observation,
    Roster,
    Tick,
    encode,
)
from schemas.partitions import partition_of
from schemas.settings import load_settings
from schemas.topics import topic
from streams.faces.template_cipher import TemplateCipher, template_context
from tests.benchmarks.campus import ENGINE, FIRST_DAY, STUDENTS, CampusReference, Film, class_hour
from tests.benchmarks.worker import core_seconds, megabytes
from tests.conftest import Broker
from tests.integration.streams.conftest import Worker
from tests.lecture import Lecture

SOURCES = ("sightings", "marks")
EVERY = 5.0
IDLE = 10.0
"""Seconds."""

UNJUDGED = "not-here@1"
"""An engine."""

APART = 0.04
"""Seconds between messages: 25 a second, as 125 halls with a frame every 5 s send them."""


class CampusSite:
    """A site on a broker that knows some halls, each with a class hour that starts at the same moment."""

    def __init__(self, broker: Broker, halls: int, lecture: Lecture, settings: str = "") -> None:
        """settings: further lines of its file."""
        home = broker.settings.home / secrets.token_hex(4)
        home.mkdir()
        kafka, prefix = broker.settings.bootstrap, f"b{secrets.token_hex(4)}"
        (home / "naul.toml").write_text(f'kafka = "{kafka}"\nprefix = "{prefix}"\n{settings}', "utf-8")
        self.settings = load_settings(home)
        create_topics(self.settings)
        self.names = [f"H{n:03}" for n in range(halls)]
        self.cipher = TemplateCipher.create(self.settings.key_file)
        self.reference = CampusReference(self.names, 1, 1, lecture, self.cipher)
        self.film = Film(self.reference)
        self.hours = [class_hour(hall, FIRST_DAY, 1) for hall in self.names]

    def prepare(self, hours: Sequence[ClassHour], engine: str = ENGINE) -> None:
        """Say what the university says. hours: of each hall the one that is played. engine: which is chosen."""
        self.hours, starts = list(hours), hours[0].starts_at
        choice = EngineChoice(engine=engine, at=starts - timedelta(days=1), said_at=starts, by="benchmark")
        name = self.settings.topic
        send(self.settings, [
            (name("engines"), b"choice", encode(choice), None, None), *self._timetable(), *self._enrolments()
        ])  # fmt: skip

    def _timetable(self) -> Sequence[Record]:
        name, found = self.settings.topic, list[Record]()
        for hour in self.hours:
            day = HallDay(hall=hour.hall, date=hour.date, hours=(hour,))
            found.append((name("timetable"), f"{hour.hall}|{hour.date}".encode(), encode(day), None, None))
            roster = Roster(section=hour.section, students=self.reference.students[hour.hall])
            found.append((name("rosters"), hour.section.encode(), encode(roster), None, None))
        return found

    def _enrolments(self) -> Sequence[Record]:
        found = list[Record]()
        for hour in self.hours:
            students, templates = self.reference.students[hour.hall], self.reference.lecture.templates
            for student, vector in zip(students, templates, strict=True):
                sealed = self.cipher.seal(vector, template_context(student.student_id, ENGINE))
                enrolled = Enrollment(
                    student_id=student.student_id,
                    version=1,
                    enrolled_at=hour.starts_at - timedelta(days=1),
                    consent_on_file=True,
                    templates=(EnrollmentTemplate(engine=ENGINE, photos=2, sealed=sealed),),
                )
                found.append(
                    (self.settings.topic("enrollments"), student.student_id.encode(), encode(enrolled), None, None)
                )
        return found

    def frames(self, first: int, last: int) -> Iterator[Observation]:
        """Yield messages of all halls, frame by frame."""
        return (self.film.message(number, hour) for number in range(first, last) for hour in self.hours)

    def record(self, message: Observation | Tick) -> Record:
        """Return a message as a record of its topic."""
        place = partition_of(message.hall, topic("sightings").partitions)
        return self.settings.topic("sightings"), message.hall.encode(), encode(message), place, None


def unjudged(site: CampusSite, first: int, last: int) -> list[Observation]:
    """Return messages of frames that nobody judges."""
    return [msgspec.structs.replace(each, engine=UNJUDGED) for each in site.frames(first, last)]


def measure(broker: Broker, halls: int, frames: int, single: int) -> Table:
    """Measure, and return it as a table."""
    site = CampusSite(broker, halls, Lecture(size=STUDENTS, seed=1, every=EVERY))
    site.prepare(site.hours, UNJUDGED)
    worker, shown = (
        Worker(site.settings, "attend", "1"),
        Table("what", "", title=f"attend, {halls} halls of {STUDENTS}"),
    )
    messages = unjudged(site, 0, frames)
    send(site.settings, [site.record(each) for each in messages[: 2 * halls]])
    worker.start()
    worker.until(SOURCES)
    assert worker.process
    send(site.settings, [site.record(each) for each in messages[2 * halls :]])
    began = core_seconds(worker.process.pid)
    worker.until(SOURCES)
    spent = (core_seconds(worker.process.pid) - began) * 1000 / len(messages[2 * halls :])
    shown.add_row("ms of a core a message, from a full topic", f"{spent:.2f}")
    later = [site.record(each) for each in unjudged(site, frames, frames + single // halls + 1)][:single]
    began, started = core_seconds(worker.process.pid), time.monotonic()
    time.sleep(IDLE)
    idle = (core_seconds(worker.process.pid) - began) / (time.monotonic() - started)
    shown.add_row("of a core, while nothing comes", f"{idle:.1%}")
    began = core_seconds(worker.process.pid)
    client = producer(site.settings)
    started = time.monotonic()
    for name, key, value, place, _ in later:
        client.send(name, key=key, value=value, partition=place).get(timeout=60)
        time.sleep(APART)
    worker.until(SOURCES)
    client.close()
    passed = time.monotonic() - started
    spent = (core_seconds(worker.process.pid) - began - idle * passed) * 1000 / len(later)
    shown.add_row(f"one by one, {1000 * passed / len(later):.0f} ms apart, without that", f"{spent:.2f}")
    shown.add_row("MB resident", f"{megabytes(worker.process.pid):.0f}")
    worker.kill()
    started = time.monotonic()
    worker.start()
    shown.add_row("seconds from a kill until it is ready", f"{time.monotonic() - started:.1f}")
    worker.kill()
    return shown


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--halls", type=int, default=25)
    parser.add_argument("--frames", type=int, default=120, help="of each hall")
    parser.add_argument("--one-by-one", type=int, default=200)
    given = parser.parse_args()
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    with TemporaryDirectory() as folder:
        broker = Broker(Path(folder) / "broker")
        broker.start()
        try:
            Console(width=110).print(measure(broker, given.halls, given.frames, given.one_by_one))
        finally:
            broker.stop()


if __name__ == "__main__":
    main()
