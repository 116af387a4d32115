"""What the doors of the command line cost: processor time of help, of completion, and of every command that only asks.

    python -m tests.benchmarks.doors [--sections 100] [--weeks 15] [--hours 3] [--students 40] [--rounds 3]

The site runs, and holds a term: its timetable, its rosters, everybody enrolled, and what was said of every class hour.
Processor time (user and system, of the command and what it starts, the least of the rounds) and not the clock: whoever
else works on the machine hardly changes it.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from random import Random

import numpy as np
from rich.console import Console
from rich.table import Table

from schemas.cluster import Record, send
from schemas.dead_letters import RecordPlace, dead_letter
from schemas.frames import FrameHeaders
from schemas.messages import (
    Band,
    ClassHour,
    Enrollment,
    EnrollmentTemplate,
    HallDay,
    PhotoQuality,
    Profile,
    Roster,
    Student,
    encode,
)
from schemas.settings import Settings, load_settings
from sinks.rows import AttendanceRow, CoverageRow
from sinks.store import open_store
from streams.faces.engines import DEFAULT, engine_id
from streams.faces.key_file import create_keys
from streams.faces.template_cipher import TemplateCipher, template_context
from tests.benchmarks.runs import MONDAY, VERDICTS, attendance, coverage
from tests.tools.ports import free_row

__all__ = ["table"]

HELP, ASKED, CHECKED = 0.25, 0.7, 2.0
"""Seconds that whoever wants help, whoever asks, and whoever lets all be checked waits at most for a processor."""

COMPLETED = {
    "ti": "a command is completed",
    "enroll --co": "an option is completed",
}

HELPED = ("--help", "--version", "report attendance --help", "enroll --help", "replay --help", "calibrate --help")

QUESTIONS = (
    "status",
    "roster show EA0007-1",
    "timetable show",
    "timetable show --hall E0007",
    "report attendance --section EA0007-1",
    "report departures --section EA0007-1 --format csv",
    "report coverage",
    "report query rate_by_week",
    "people show 000070003",
    "runs list",
    "runs show live",
    "dead-letters list",
    "watch --hall E0007 --once",
    "engine list",
    "key list",
    "camera profile --hall E0007 --camera front --show",
    "state drop nothing --yes",
)

CHECKS = ("doctor", "people check")
"""They hold everything against everything; one loads the engine and measures it, one opens every template."""


def fill(settings: Settings, sections: int, weeks: int, a_week: int, students: int) -> None:
    """Store what was said live of a term; nobody else has the store yet."""
    with open_store(settings) as store:
        for number in range(sections):
            section, chance = f"EA{number:04}-1", Random(number)
            verdicts, seen = [], []
            for week, weekday in product(range(weeks), range(a_week)):
                day = MONDAY + timedelta(weeks=week, days=weekday)
                start = datetime(day.year, day.month, day.day, number % 9, tzinfo=UTC)
                seen.append(coverage("live", section, day, start))
                verdicts += [
                    attendance("live", section, day, start, each, chance.choice(VERDICTS)) for each in range(students)
                ]
            store.insert("attendance_rows", AttendanceRow._fields, verdicts)
            store.insert("coverage_rows", CoverageRow._fields, seen)


def reference(settings: Settings, sections: int, weeks: int, a_week: int, students: int) -> Iterator[Record]:
    """Yield the records of a term: who takes what, when and where, whose face is known, and a camera's profile."""
    cipher, chance = TemplateCipher.open(settings.key_file), np.random.default_rng(1)
    engine, quality = engine_id(DEFAULT), PhotoQuality(width=120, sharpness=0.4, yaw=3, roll=1, bright=180, contrast=90)
    for number in range(sections):
        section, hall = f"EA{number:04}-1", f"E{number:04}"
        people = [Student(student_id=f"{number:05}{each:04}", name=f"학생 {each}") for each in range(students)]
        roster = Roster(section=section, students=tuple(people))
        yield settings.topic("rosters"), section.encode(), encode(roster), None, None
        for each in people:
            vector = chance.normal(size=128).astype(np.float32)
            sealed = cipher.seal(vector / np.linalg.norm(vector), template_context(each.student_id, engine))
            template = EnrollmentTemplate(engine=engine, photos=3, sealed=sealed, qualities=(quality,) * 3)
            known = Enrollment(
                student_id=each.student_id,
                version=1,
                enrolled_at=datetime(2026, 3, 1, tzinfo=UTC),
                consent_on_file=True,
                templates=(template,),
            )
            yield settings.topic("enrollments"), each.student_id.encode(), encode(known), None, None
        for week, weekday in product(range(weeks), range(a_week)):
            day = MONDAY + timedelta(weeks=week, days=weekday)
            start = datetime(day.year, day.month, day.day, number % 9, tzinfo=UTC)
            hour = ClassHour(
                section=section, hall=hall, date=day, period=1, starts_at=start, ends_at=start + timedelta(minutes=50)
            )
            held = HallDay(hall=hall, date=day, hours=(hour,))
            yield settings.topic("timetable"), f"{hall}|{day}".encode(), encode(held), None, None
    at = datetime(2026, 3, 2, tzinfo=UTC)
    band = Band(x1=0, y1=0, x2=1, y2=0.5, narrowest=0.01, widest=0.02)
    profile = Profile(
        hall="E0007", camera="front", since=at, until=at, frames=100, faces=3000, width=1920, height=1080,
        whole_every=12, bands=(band,),
    )  # fmt: skip
    yield settings.topic("profiles"), b"E0007|front", encode(profile), None, None
    frame = FrameHeaders(hall="E0007", camera="front", captured_at=at, live=False, sequence=0)
    letter = dead_letter(RecordPlace("frames", 0, 0), frame.key, b"x", [], "no picture", "recognise")
    yield settings.topic("dead-letters"), letter.key, letter.value, None, letter.headers


def spent(line: list[str], environ: Mapping[str, str]) -> float:
    """Return the seconds of a processor that a command takes, with all that it starts."""
    quiet = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_RDWR, 0) for stream in (0, 1, 2)]
    child = os.posix_spawn(line[0], line, environ, file_actions=quiet)
    _, status, used = os.wait4(child, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        raise RuntimeError(f"{' '.join(line[3:])} ended with {os.waitstatus_to_exitcode(status)}")
    return used.ru_utime + used.ru_stime


def table(home: Path, rounds: int) -> Table:
    """Return what each door of a site that runs takes."""
    naul, environ = [sys.executable, "-m", "infra.cli.main"], dict(os.environ)
    told = Table("command", "of a processor, s", "at most", title=f"the least of {rounds}")
    doors = [(f"naul {each}", [*naul, *each.split()], environ, HELP) for each in HELPED]
    doors.append(("completion is switched on", naul, environ | {"_NAUL_COMPLETE": "bash_source"}, HELP))
    for typed, what in COMPLETED.items():
        words = {"COMP_WORDS": f"naul {typed}", "COMP_CWORD": str(len(typed.split()))}
        doors.append((f"{what}: naul {typed}", naul, environ | words | {"_NAUL_COMPLETE": "bash_complete"}, HELP))
    for asked, most in ((QUESTIONS, ASKED), (CHECKS, CHECKED)):
        doors += [(f"naul {each}", [*naul, *each.split(), "--home", str(home)], environ, most) for each in asked]
    for name, line, variables, most in doors:
        least = min(spent(line, variables) for _ in range(rounds))
        told.add_row(name, f"{least:.2f}", str(most), style="" if least < most else "red")
    return told


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sections", type=int, default=100)
    parser.add_argument("--weeks", type=int, default=15)
    parser.add_argument("--hours", type=int, default=3, help="a week")
    parser.add_argument("--students", type=int, default=40, help="of a section")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    term = (given.sections, given.weeks, given.hours, given.students)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "naul.toml").write_text(f"kafka_port = {free_row(3)}\n", "utf-8")
        settings = load_settings(home, {})
        create_keys(settings.key_file, lambda: datetime.now(UTC))
        fill(settings, *term)
        naul = [sys.executable, "-m", "infra.cli.main"]
        subprocess.run([*naul, "up", "--detach", "--home", folder], check=True, stdout=subprocess.DEVNULL)
        try:
            send(settings, reference(settings, *term))
            Console(width=110).print(table(home, given.rounds))
        finally:
            subprocess.run([*naul, "down", "--home", folder], check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
