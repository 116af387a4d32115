"""What it takes of a core to judge running class hours again and again as `attend` does, and to do so from scratch.

    python -m tests.benchmarks.judging [--halls 3]

Each hall has 40 students, a third of whom bend their heads, and a frame every 5 s; its hour is judged every 15 s of
event time, and what came out is told, up to the bytes of the messages. From scratch, every eighth time is measured, in
turn with the others, so that whatever else the machine does slows both.
"""

import argparse
import os
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from multiprocessing import get_context
from statistics import mean
from typing import NamedTuple

from rich.console import Console
from rich.progress import track
from rich.table import Table

from schemas.messages import ClassHour, Student, encode
from schemas.settings import Policy, Settings
from streams.attend import outgoing
from streams.attend.hour_judgement import Case, decide, rows
from streams.attend.outgoing import News, Provenance, PublishedEvents
from streams.judgement.learning import Memory
from streams.judgement.observations import Facts
from tests.lecture import CALIBRATION, Lecture, pictured

STUDENTS, FRAME_EVERY, HALLS = 40, 5.0, 17
SCRATCH = 8


class Spent(NamedTuple):
    """Seconds of a core: of each judgement, and of telling what came out. rows: told each time."""

    live: list[float]
    scratch: list[float]
    telling: list[float]
    rows: list[int]


@contextmanager
def timed(spent: list[float]) -> Iterator[None]:
    """Note what a work takes of a core."""
    started = time.process_time()
    yield
    spent.append(time.process_time() - started)


class Hour:
    """A class hour that runs: what is known of it from one judgement to the next."""

    def __init__(self, seed: int) -> None:
        self.lecture = Lecture(size=STUDENTS, seed=seed, every=FRAME_EVERY)
        self.frames = pictured(self.lecture.film(), seed).observations
        starts, ends = (
            datetime.fromtimestamp(each, UTC) for each in (self.lecture.hour.starts_at, self.lecture.hour.ends_at)
        )
        hour = ClassHour(section="EA0017-1", hall="E101", date=starts.date(), period=1, starts_at=starts, ends_at=ends)
        self.telling = Provenance("live", hour, "test", Policy())
        self.roster = tuple(Student(student_id=each, name="김나얼") for each in self.lecture.names)
        self.memory, self.news = Memory(), News()
        self.said: PublishedEvents = {}

    def judge(self, facts: Facts, spent: Spent, *, scratch: bool) -> None:
        """Judge what is known so far as `attend` does, and tell it; beside that from scratch, if that is wanted."""
        it = Case(self.telling.hour, "test", facts, self.roster, 0, self.lecture.people, [])
        with timed(spent.live):
            judged = decide(it, self.telling.policy, CALIBRATION, closed=False, memory=self.memory)
        if scratch:
            with timed(spent.scratch):
                decide(it, self.telling.policy, CALIBRATION, closed=False)
        with timed(spent.telling):
            told, coverage = rows(self.telling, judged, it, final=False)
            now = outgoing.presence(self.telling, judged)
            changes = outgoing.changes(self.said, now, judged.version)
            news = self.news.of(told, at := datetime.fromtimestamp(facts.observations[-1].captured_at, UTC))
            for each in (*news, coverage, *changes):
                encode(each)
            self.news.told(news, at)
        self.said = now
        spent.rows.append(len(news))


def play(seed: int, every: float) -> Spent:
    """Let an hour run."""
    hour, facts, spent = Hour(seed), Facts(), Spent([], [], [], [])
    last = hour.lecture.hour.starts_at
    for frame in hour.frames:
        facts = facts.with_(frame)
        if frame.captured_at - last >= every:
            last = frame.captured_at
            hour.judge(facts, spent, scratch=len(spent.live) % SCRATCH == 0)
    return spent


def table(spent: Spent, every: float) -> Table:
    """Return what running halls take of a core."""
    shown = Table(
        "how", "ms of a core a judgement", "of a core", "times less",
        title=f"{HALLS} halls of {STUDENTS}, a frame every {FRAME_EVERY:g} s, judged every {every:g} s:"
        f" {len(spent.live)} judgements",
    )  # fmt: skip
    telling, slow = mean(spent.telling), mean(spent.scratch)
    for how, judging in (("from scratch", slow), ("as attend does it", mean(spent.live))):
        cost = judging + telling
        share = HALLS * cost / every
        shown.add_row(how, f"{cost * 1000:.0f}", f"{share:.1%}", f"{(slow + telling) / cost:.1f}")
    shown.add_row("of it telling", f"{telling * 1000:.1f}", f"{HALLS * telling / every:.1%}", "")
    shown.add_section()
    part = mean(spent.rows) / STUDENTS
    shown.add_row("rows told, of all", f"{part:.0%}", "", f"{1 / part:.1f}")
    return shown


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--halls", type=int, default=3, help="that are played; the others cost what these do")
    halls, every = range(parser.parse_args().halls), Settings().judge_every.total_seconds()
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # as for a worker; who has loaded it already reads it no more
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        spent = list(track(pool.map(partial(play, every=every), halls), "halls", total=len(halls), transient=True))
    Console(width=110).print(table(Spent(*(list(chain(*each)) for each in zip(*spent, strict=True))), every))


if __name__ == "__main__":
    main()
