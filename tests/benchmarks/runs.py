"""How long two runs of a term take to compare: read from the embedded store, and put beside each other.

    python -m tests.benchmarks.runs [--sections 100] [--weeks 15] [--hours 2] [--students 40]

The rows are made up: every verdict has its times and its departures, and about 2 in 100 differ between the runs.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import product
from pathlib import Path
from random import Random

from rich.console import Console
from rich.table import Table

from schemas.settings import Settings
from sinks.rows import AttendanceRow, CoverageRow
from sinks.runs.compare import compare
from sinks.runs.store import read_run
from sinks.store import Store, open_store

__all__ = ["tables"]

MONDAY = date(2026, 3, 2)
VERDICTS = ("present", "present", "present", "present", "late", "left_early", "absent")
DIFFER = 0.02


def fill(store: Store, number: int, weeks: int, a_week: int, students: int) -> None:
    """Store what runs ``a`` and ``b`` say of a section, a batch a run."""
    section, chance = f"EA{number:04}-1", Random(number)
    verdicts: dict[str, list[AttendanceRow]] = {"a": [], "b": []}
    seen: dict[str, list[CoverageRow]] = {"a": [], "b": []}
    for week, weekday in product(range(weeks), range(a_week)):
        day = MONDAY + timedelta(weeks=week, days=weekday)
        start = datetime(day.year, day.month, day.day, number % 9, tzinfo=UTC)
        for run in "ab":
            seen[run].append(coverage(run, section, day, start))
        for student in range(students):
            said = chance.choice(VERDICTS)
            other = chance.choice(VERDICTS) if chance.random() < DIFFER else said
            verdicts["a"].append(attendance("a", section, day, start, student, said))
            verdicts["b"].append(attendance("b", section, day, start, student, other))
    for run in "ab":
        store.insert("attendance_rows", AttendanceRow._fields, verdicts[run])
        store.insert("coverage_rows", CoverageRow._fields, seen[run])


def coverage(run: str, section: str, day: date, start: datetime) -> CoverageRow:
    """Return the row of a class hour that was seen as a whole."""
    return CoverageRow(
        run=run, section=section, date=day, period=1, hall=f"E{section[2:6]}", starts_at=start,
        ends_at=start + timedelta(minutes=50), frames=300, seconds_covered=3000.0, gaps_start_at=[], gaps_end_at=[],
        unknown_faces=0.4, final=1, version=9, engine="centerface-dlib@1", policy="p", repeated=0,
        gaps_reason=[],
    )  # fmt: skip


def attendance(run: str, section: str, day: date, start: datetime, student: int, verdict: str) -> AttendanceRow:
    """Return the row of a student."""
    there = verdict != "absent"
    left = [start + timedelta(minutes=20)] if verdict == "left_early" else []
    return AttendanceRow(
        run=run, section=section, date=day, period=1, student_id=f"{student:09}", hall=f"E{section[2:6]}",
        name=f"학생 {student}",
        verdict=verdict, arrived_at=start + timedelta(seconds=student) if there else None,
        departed_at=left[0] if left else None, absences_departed_at=left, absences_returned_at=[None] * len(left),
        absences_gone_by=[None] * len(left), seconds_present=2900.0, seconds_covered=3000.0, confidence=0.97,
        review=0, source="camera", reason="", marked_at=None, final=1, version=9, engine="centerface-dlib@1",
        policy="p", looks=120, p=0.97 if there else 0.02,
        withdrawn=0, camera_verdict=verdict, doubts=[],
    )  # fmt: skip


def tables(sections: int = 100, weeks: int = 15, a_week: int = 2, students: int = 40) -> Iterator[Table]:
    """Yield what reading and comparing took."""
    with tempfile.TemporaryDirectory() as home, open_store(Settings(home=Path(home))) as store:
        for section in range(sections):
            fill(store, section, weeks, a_week, students)
        started, core = time.perf_counter(), time.process_time()
        a, b = read_run(store, "a"), read_run(store, "b")
        read = time.perf_counter()
        found = compare(a, b)
        done, core = time.perf_counter(), time.process_time() - core
    table = Table(
        "class hours", "verdicts a run", "differ", "read, s", "compared, s", "both, s", "of a core, s",
        title=f"two runs of {sections} sections x {weeks} weeks, embedded store; below 5 s is the bound",
    )  # fmt: skip
    seconds = (f"{each:.2f}" for each in (read - started, done - read, done - started, core))
    table.add_row(str(len(a.coverage)), str(found.students), str(len(found.differing)), *seconds)
    yield table


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sections", type=int, default=100)
    parser.add_argument("--weeks", type=int, default=15)
    parser.add_argument("--hours", type=int, default=2, help="a week")
    parser.add_argument("--students", type=int, default=40, help="of a section")
    given = parser.parse_args()
    for table in tables(given.sections, given.weeks, given.hours, given.students):
        Console(width=110).print(table)


if __name__ == "__main__":
    main()
