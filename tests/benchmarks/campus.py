"""A campus of halls made of numbers through `attend`: memory by the hour, what a message costs, ready after a kill.

    python -m tests.benchmarks.campus [--halls 125] [--days 1] [--hours 8] [--every 5] [--judge-every 900]

Processor, schedule, judgement and rows on disk are those of the worker; reference and topics are in memory, since a
broker on the same cores would be measured with them. Event time runs as fast as it goes. --judge-every is of event
time, live it is 15 s: what a judgement costs is told for each, and `make bench PART=judging` has it at 15 s.
"""

import argparse
import asyncio
import gc
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np
from rich.console import Console
from rich.table import Table

from schemas.messages import Candidate, ClassHour, Face, FrameRef, Observation, Roster, Student, Tick, encode
from schemas.settings import Settings
from streams.attend import hour_judgement, hour_processor
from streams.attend.hour_processor import HourProcessor, Received, here_now
from streams.faces.engines import engine_id
from streams.faces.template_cipher import TemplateCipher, look_context
from streams.judgement.observations import Seen
from streams.reference.engine_schedule import EngineSchedule
from streams.reference.hall_timetable import HallTimetable
from streams.reference.reference_data import Candidates
from streams.reference.visitors import NO_VISITORS, Visitors
from streams.runtime.row_key import row_key
from streams.runtime.row_store import Rows, open_rows
from tests.lecture import Lecture, pictured

FIRST_DAY, NINE = date(2026, 3, 9), 9
STUDENTS, PARTITIONS = 40, 4
ENGINE = engine_id("centerface-dlib")


class CampusReference:
    """Timetable, rosters and templates of a campus, in place of their topics."""

    def __init__(self, halls: Sequence[str], days: int, hours: int, lecture: Lecture, cipher: TemplateCipher) -> None:
        self.cipher = cipher
        self.engine_schedule = EngineSchedule(ENGINE)
        self.plan = 1
        self.lecture = lecture
        self.students = {
            hall: tuple(Student(student_id=f"{n:03}{name[3:]}", name="김나얼") for name in lecture.names)
            for n, hall in enumerate(halls)
        }
        self.timetable = HallTimetable(
            class_hour(hall, FIRST_DAY + timedelta(days=day), period)
            for hall in halls
            for day in range(days)
            for period in range(1, hours + 1)
        )
        self.hours, self.hour = self.timetable.hours, self.timetable.hour

    def catch_up(self) -> None:
        """Nothing changes."""

    def engine_of(self, name: str) -> str | None:
        return ENGINE if self.hour(name) else None

    def roster(self, hour: ClassHour) -> Roster:
        return Roster(section=hour.section, students=self.students[hour.hall])

    def together(self, hour: ClassHour) -> tuple[Student, ...]:
        return self.students[hour.hall]

    def roster_version(self, hour: ClassHour) -> int:
        return 0

    def candidates(self, hour: ClassHour) -> Candidates:
        those = tuple(Candidate(student_id=each.student_id, version=1) for each in self.students[hour.hall])
        return Candidates(those, self.lecture.templates, np.full(STUDENTS, 2))

    def visitors(self, hour: ClassHour) -> Visitors:
        return NO_VISITORS


def class_hour(hall: str, day: date, period: int) -> ClassHour:
    """Return a class hour of a hall, 50 minutes from each full hour on."""
    starts = datetime(day.year, day.month, day.day, NINE + period - 1, tzinfo=UTC)
    ends = starts + timedelta(minutes=50)
    return ClassHour(section=f"S{hall}", hall=hall, date=day, period=period, starts_at=starts, ends_at=ends)


class Film:
    """A lecture that every hall plays: messages of its frames, for any class hour."""

    def __init__(self, reference: CampusReference) -> None:
        self._reference = reference
        lecture = reference.lecture
        self._frames = pictured(lecture.film(), 1).observations
        self.moments = [each.captured_at - lecture.hour.starts_at for each in self._frames]
        self._chance = np.random.default_rng(1)

    def message(self, number: int, hour: ClassHour) -> Observation:
        """Return a frame as `recognise` would tell it of a class hour."""
        frame = self._frames[number]
        at = hour.starts_at + timedelta(seconds=self.moments[number])
        # No two halls say the same to the last bit, or the store would keep the words of one of them.
        boxes = frame.boxes + self._chance.uniform(-0.5, 0.5, frame.boxes.shape)
        frame = replace(frame, boxes=boxes, scores=self._chance.uniform(0.5, 1.0, len(boxes)))
        return observation(frame, at, hour, self._reference)


def observation(frame: Seen, at: datetime, hour: ClassHour, reference: CampusReference) -> Observation:
    """Return what a frame showed as a message."""
    context = look_context(hour.hall, "front", at)
    students = [reference.students[hour.hall][place].student_id for place in frame.cosines.argmax(axis=1).tolist()]
    faces = tuple(
        Face(
            box=tuple(box),
            score=score,
            cosines=cosines.tobytes(),
            student=student,
            look=reference.cipher.seal(look, context, half=True) if np.isfinite(look[0]) else None,
        )
        for box, score, student, cosines, look in zip(
            frame.boxes.round(1).tolist(),
            frame.scores.tolist(),
            students,
            frame.cosines.astype("<f2"),
            frame.looks,
            strict=True,
        )
    )
    return Observation(
        hall=hour.hall, camera="front", captured_at=at, engine=ENGINE, live=True, class_hour=hour.id,
        frame=FrameRef(topic="frames", partition=0, offset=0), width=frame.width, height=frame.height,
        candidates=reference.candidates(hour).students, picture=os.urandom(8), faces=faces,
        detail=frame.detail.tobytes(), thumbnail=frame.thumbnail.tobytes(),
    )  # fmt: skip


class DiskPartition:
    """A partition of rows whose changelog takes everything at once."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.get, self.begin, self.overwritten = rows.get, rows.begin, rows.overwritten
        self.sent = rows.offset or 0

    def put(self, key: str, value: bytes | None) -> None:
        self.sent += 1
        self.rows.expect(row_key(key), value)
        self.rows.arrived(row_key(key), value, self.sent)


class DiskTable:
    """The table of facts without Faust."""

    def __init__(self, folder: Path) -> None:
        opened = partial(open_rows, changelog="bench", lasts=timedelta(days=1))
        self.partitions = [DiskPartition(opened(folder / f"facts-{number}")) for number in range(PARTITIONS)]

    def of(self, number: int) -> DiskPartition:
        return self.partitions[number]

    async def acknowledged(self) -> None:
        """It is."""


class CountedTopic:
    """Counts what is sent."""

    def __init__(self) -> None:
        self.records = 0

    async def send(self, **_: Any) -> "asyncio.Future[None]":
        self.records += 1
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done


class Measured(NamedTuple):
    """An hour of event time. Seconds are of a core; MB is 10^6 bytes."""

    day: int
    period: int
    messages: int
    told: int
    message_seconds: float
    judgements: int
    judge_seconds: float
    resident: float
    disk: float


class Campus:
    """A worker's processor with halls, on a folder."""

    def __init__(self, folder: Path, reference: CampusReference, settings: Settings) -> None:
        self.folder, self.reference, self.settings = folder, reference, settings
        self.topics: dict[str, CountedTopic] = {}
        self.judged: list[float] = []
        self.open()

    def open(self) -> None:
        """Open the rows as a worker does that was just started."""
        self.table = DiskTable(self.folder)
        app = SimpleNamespace(raw_topic=lambda name: self.topics.setdefault(name, CountedTopic()))
        self.processor = HourProcessor(self.settings, app, self.table, self.reference)  # type: ignore[arg-type]

    def close(self) -> None:
        """Let go of everything in memory."""
        del self.table, self.processor
        gc.collect()

    def decide(self, *given: Any, **options: Any) -> Any:
        """Judge, and note what that takes of a core."""
        started = time.thread_time()
        try:
            return hour_judgement.decide(*given, **options)
        finally:
            self.judged.append(time.thread_time() - started)

    async def take(self, message: Observation | Tick, number: int, at: datetime) -> None:
        """Take a message as the worker does."""
        await self.processor.take(message, encode(message), Received(at, number % PARTITIONS, message.hall, here_now()))

    def hour(self, day: int, period: int, halls: Sequence[str], film: Film) -> Measured:
        """Play a class hour in all halls, and the ten minutes after it."""
        return asyncio.run(self._hour(day, period, halls, film))

    async def _hour(self, day: int, period: int, halls: Sequence[str], film: Film) -> Measured:
        self.judged.clear()
        before, making, count = self.told, 0.0, 0
        started, every = time.process_time(), self.settings.judge_every.total_seconds()
        ticks = max(1, round(every / (film.moments[1] - film.moments[0])))  # a tick judges, too
        hours = [class_hour(hall, FIRST_DAY + timedelta(days=day), period) for hall in halls]
        for number, second in enumerate(film.moments):
            for place, hour in enumerate(hours):
                begun = time.thread_time()
                message = film.message(number, hour)
                making += time.thread_time() - begun
                await self.take(message, place, message.captured_at)
                count += 1
            if number % ticks == ticks - 1:
                await self._tick(hours, hours[0].starts_at + timedelta(seconds=second))
        for minute in (51, 53, 55):
            await self._tick(hours, hours[0].starts_at + timedelta(minutes=minute))
        judging = sum(self.judged)
        spent = time.process_time() - started - making - judging
        return Measured(
            day + 1, period, count, self.told - before, spent, len(self.judged), judging, resident(), disk(self.folder)
        )

    async def _tick(self, hours: Sequence[ClassHour], at: datetime) -> None:
        for place, hour in enumerate(hours):
            await self.take(Tick(hall=hour.hall, at=at), place, at)

    @property
    def told(self) -> int:
        """Rows, events and sums that were sent."""
        return sum(each.records for each in self.topics.values())


def resident() -> float:
    """Return the resident memory of this process, MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def disk(folder: Path) -> float:
    """Return what the files of a folder take, MB."""
    return sum(each.stat().st_size for each in folder.rglob("*") if each.is_file()) / 1e6


class Played(NamedTuple):
    """What a campus took. rows, messages: bytes of an observation on disk and as a message. ready: seconds."""

    hours: list[Measured]
    row: int
    message: int
    ready: float
    first: float


def play(
    folder: Path, halls: int, days: int, hours: int, every: float, judge_every: float
) -> Iterator[Measured | Played]:
    """Yield what each hour took, and at the end all of it."""
    names = [f"H{n:03}" for n in range(halls)]
    cipher = TemplateCipher.create(folder / "key")
    lecture = Lecture(size=STUDENTS, seed=1, every=every)
    reference = CampusReference(names, days + 1, hours, lecture, cipher)
    film, found = Film(reference), []
    settings = Settings(home=folder, judge_every=timedelta(seconds=judge_every))
    campus = Campus(folder / "rows", reference, settings)
    with ExitStack() as stack:
        stack.enter_context(patch.object(hour_processor, "decide", campus.decide))
        for day in range(days):
            for period in range(1, hours + 1):
                found.append(campus.hour(day, period, names, film))
                yield found[-1]
        hour = class_hour(names[0], FIRST_DAY, 1)
        message = len(encode(film.message(0, hour)))
        row = next(len(value) for _, value in campus.table.of(0).begin(f"{hour.id}|o|"))
        campus.close()
        started = time.perf_counter()
        campus.open()
        for number in range(PARTITIONS):
            campus.processor.schedule(number)
        ready = time.perf_counter() - started
        last = class_hour(names[0], FIRST_DAY + timedelta(days=days - 1), hours)
        asyncio.run(campus._tick([last], last.ends_at + timedelta(minutes=6)))
        yield Played(found, row, message, ready, time.perf_counter() - started - ready)


def table(played: Sequence[Measured], halls: int) -> Table:
    """Return hours as a table."""
    shown = Table(
        "day", "hour", "messages", "told", "ms of a core a message\n(judging apart)", "judgements", "ms each",
        "resident MB", "on disk MB", title=f"{halls} halls of {STUDENTS}, facts on disk",
    )  # fmt: skip
    for each in played:
        shown.add_row(
            str(each.day), str(each.period), str(each.messages), str(each.told),
            f"{1000 * each.message_seconds / each.messages:.2f}", str(each.judgements),
            f"{1000 * each.judge_seconds / max(each.judgements, 1):.0f}", f"{each.resident:.0f}", f"{each.disk:.0f}",
        )  # fmt: skip
    return shown


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--halls", type=int, default=125)
    parser.add_argument("--days", type=int, default=1)
    parser.add_argument("--hours", type=int, default=2, help="a day; --days 3 --hours 8 takes hours")
    parser.add_argument("--every", type=float, default=5.0, help="seconds between frames")
    parser.add_argument("--judge-every", type=float, default=900.0)
    given = parser.parse_args()
    console, hours = Console(width=120), []
    with TemporaryDirectory() as folder:
        for each in play(Path(folder), given.halls, given.days, given.hours, given.every, given.judge_every):
            if isinstance(each, Played):
                console.print(table(each.hours, given.halls))
                console.print(
                    f"an observation: {each.row} bytes as a row, {each.message} as it came; opened again after a kill "
                    f"in {each.ready:.1f} s, the first hall {each.first:.1f} s later"
                )
            else:
                hours.append(each)
                print(each, flush=True)


if __name__ == "__main__":
    main()
