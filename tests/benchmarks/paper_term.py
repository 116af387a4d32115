"""A term that nobody held, written into a store by the sink's own way: rows of ``sinks.rows``, a batch a section.

It is made up, and the same every time: each student has a habit, so that some come late, some slip away and come back,
some are near the limit of their term, and of some class hours no camera showed anything.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import product
from random import Random
from typing import NamedTuple

from schemas.ids import LIVE
from schemas.messages import ClassHour, Student
from sinks.rows import AttendanceRow, CoverageRow
from sinks.store import Store

__all__ = ["MONDAY", "PaperTerm", "fill_term", "paper_term"]

MONDAY = date(2026, 3, 2)
LASTS = timedelta(minutes=50)
DARK = 0.02
"""Part of the class hours that no camera showed."""
SURNAMES, GIVEN = (
    "김이박최정강조윤장임한오서신권황안송류홍",
    ("민준", "서연", "하나", "나얼", "지우", "도윤", "수아", "건우", "똠", "뷁"),
)


class PaperTerm(NamedTuple):
    """Sections, each with its students, and its class hours in the order of time."""

    students: dict[str, list[Student]]
    hours: dict[str, list[ClassHour]]


def paper_term(sections: int, weeks: int, a_week: int, students: int, roster: int) -> PaperTerm:
    """Return a term. students: of the university; roster: of a section, drawn among them."""
    everybody = [
        Student(student_id=f"2026{each:05}", name=f"{SURNAMES[each % 20]}{GIVEN[each // 20 % 10]}")
        for each in range(students)
    ]
    taken: dict[str, list[Student]] = {}
    hours: dict[str, list[ClassHour]] = {}
    for number in range(sections):
        section = f"{('EA', 'CS', 'ME', 'PH')[number % 4]}{number:04}-1"
        taken[section] = sorted(Random(number).sample(everybody, roster), key=lambda each: each.student_id)
        hours[section] = list(_hours(section, number, weeks, a_week))
    return PaperTerm(taken, hours)


def fill_term(store: Store, term: PaperTerm) -> int:
    """Store it, and return how many rows of students that are."""
    count = 0
    for number, (section, hours) in enumerate(term.hours.items()):
        chance = Random(number)
        dark = {each.id for each in hours if chance.random() < DARK}
        rows = [row for hour in hours for row in _rows(hour, term.students[section], chance, dark=hour.id in dark)]
        store.insert("coverage_rows", CoverageRow._fields, [_coverage(each, dark=each.id in dark) for each in hours])
        store.insert("attendance_rows", AttendanceRow._fields, rows)
        count += len(rows)
    return count


def _hours(section: str, number: int, weeks: int, a_week: int) -> Iterator[ClassHour]:
    for week, each in product(range(weeks), range(a_week)):
        day = MONDAY + timedelta(weeks=week, days=(number + 2 * each) % 5)
        period = 1 + (number // 5 + each) % 9
        start = datetime(day.year, day.month, day.day, period - 1, tzinfo=UTC)
        hall = f"E{number % 40:03}"
        yield ClassHour(section=section, hall=hall, date=day, period=period, starts_at=start, ends_at=start + LASTS)


def _rows(hour: ClassHour, students: list[Student], chance: Random, *, dark: bool) -> Iterator[AttendanceRow]:
    for each in students:
        habit = Random(each.student_id).random() ** 3  # most are diligent
        said = chance.random()
        verdict = (
            "unobserved" if dark or said > 0.995
            else "absent" if said < habit / 4
            else "late" if said < habit / 3
            else "left_early" if said < habit / 2.2
            else "excused" if said > 0.99
            else "official_leave" if said > 0.985
            else "present"
        )  # fmt: skip
        yield _row(hour, each, verdict, away=verdict == "present" and said < habit)


def _row(hour: ClassHour, student: Student, verdict: str, *, away: bool) -> AttendanceRow:
    there = verdict in ("present", "late", "left_early")
    start = hour.starts_at
    left = [start + timedelta(minutes=20)] if away else [start + timedelta(minutes=35)] * (verdict == "left_early")
    back = [start + timedelta(minutes=32)] if away else [None] * len(left)
    return AttendanceRow(
        run=LIVE, section=hour.section, date=hour.date, period=hour.period, student_id=student.student_id,
        hall=hour.hall, name=student.name, verdict=verdict,
        arrived_at=start + timedelta(minutes=12 * (verdict == "late")) if there else None,
        departed_at=left[0] if verdict == "left_early" else None,
        absences_departed_at=left, absences_returned_at=back, absences_gone_by=[None] * len(left),
        seconds_present=2900.0 * there, seconds_covered=3000.0 * (verdict != "unobserved"), confidence=0.97, review=0,
        source="camera" if verdict not in ("excused", "official_leave") else "office", reason="", marked_at=None,
        final=1, version=9, engine="centerface-dlib@1", policy="p", looks=120, p=0.97 if there else 0.02, withdrawn=0,
        camera_verdict=verdict, doubts=[],
    )  # fmt: skip


def _coverage(hour: ClassHour, *, dark: bool) -> CoverageRow:
    gaps = [hour.starts_at] if dark else []
    return CoverageRow(
        run=LIVE, section=hour.section, date=hour.date, period=hour.period, hall=hour.hall, starts_at=hour.starts_at,
        ends_at=hour.ends_at, frames=0 if dark else 300, seconds_covered=0.0 if dark else 3000.0, gaps_start_at=gaps,
        gaps_end_at=[hour.ends_at] if dark else [], unknown_faces=0.4, final=1, version=9, engine="centerface-dlib@1",
        policy="p", repeated=0, gaps_reason=["no_frames"] * dark,
    )  # fmt: skip
