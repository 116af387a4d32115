"""What an office brings along for a term in a simulated hall: spreadsheets, a calendar, photos, and the rule."""

import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import xlsxwriter
from icalendar import Calendar, Event

from producers.simulated_hall import Script, write_recording
from producers.simulated_hall.playing import moved_to
from schemas.messages import ClassHour

__all__ = ["TermPapers", "write_term_papers"]

WEEKS = 15
MORNING = 9
"""The lecture began at this hour of yesterday."""

ELSEWHERE = "MA1001-2", "M201", 4
"""Another section, its hall, in which no camera hangs, and how many of the students take it."""

RULE = """\
term = "{term}"
first = {first}
last = {last}

[rule]
late_per_absence = 3
left_early_per_absence = 3
limit = "1/4"
"""


class TermPapers(NamedTuple):
    """Where things were written. frames: what the camera recorded of the lecture."""

    script: Script
    frames: Path
    photos: Path
    rosters: Path
    timetable: Path
    term: Path
    teachers: Path


def write_term_papers(
    story: Script, folder: Path, now: datetime, *, professor: str, progress: Callable[[int, int], None] | None = None
) -> TermPapers:
    """Write what an office has of a term whose first lecture was yesterday, and the recording of that lecture.

    professor: the account of whoever teaches it. progress: as of ``write_recording``.

    Raises:
        RefusedError: a face of the script is not there.
    """
    zone = ZoneInfo(story.zone)
    lecture = (now.astimezone(zone) - timedelta(days=1)).replace(hour=MORNING, minute=0, second=0, microsecond=0)
    script = moved_to(story, lecture + (story.record.starts_at - story.hours[0].starts_at))
    recording = write_recording(script, folder, progress=progress)
    section, hall, _ = ELSEWHERE
    hour = script.hours[0]
    later = hour.ends_at + timedelta(minutes=10)
    beside = ClassHour(
        section=section, hall=hall, date=hour.date, period=2, starts_at=later,
        ends_at=later + (hour.ends_at - hour.starts_at),
    )  # fmt: skip
    papers = TermPapers(
        script,
        recording.frames_dir,
        folder / "photos.zip",
        folder / "rosters.xlsx",
        folder / "timetable.ics",
        folder / "term.toml",
        folder / "teachers.csv",
    )
    _write_photos(recording.photos_dir, papers.photos)
    _write_rosters(script, papers.rosters)
    papers.timetable.write_text(_calendar([hour, beside]), "utf-8", newline="")
    term = f"{hour.date:%Y}-{1 if hour.date.month < 8 else 2}"
    last = hour.date + timedelta(weeks=WEEKS)
    papers.term.write_text(RULE.format(term=term, first=hour.date, last=last), "utf-8")
    papers.teachers.write_text(f"section,account,role\n{hour.section},{professor},professor\n", "utf-8")
    return papers


def _write_photos(photos: Path, file: Path) -> None:
    with zipfile.ZipFile(file, "w") as target:
        for photo in sorted(photos.rglob("*")):
            if photo.is_file():
                target.write(photo, photo.relative_to(photos))


def _write_rosters(script: Script, file: Path) -> None:
    section, _, count = ELSEWHERE
    rosters = {script.hours[0].section: script.students, section: script.students[:count]}
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet("rosters")
        sheet.set_column(0, 2, 14)
        sheet.write_row(0, 0, ("section", "student_id", "name"))
        rows = [(name, each.student_id, each.name) for name, students in rosters.items() for each in students]
        for line, row in enumerate(rows, 1):
            for column, value in enumerate(row):
                sheet.write_string(line, column, value)


def _calendar(hours: list[ClassHour]) -> str:
    """Return class hours as a calendar: each of them every week of the term."""
    calendar = Calendar()
    calendar.add("prodid", "-//Naul//term//EN")
    calendar.add("version", "2.0")
    for each in hours:
        event = Event()
        event.add("uid", f"{each.section}@naul.invalid")
        event.add("dtstamp", each.starts_at)
        event.add("summary", each.section)
        event.add("location", each.hall)
        event.add("dtstart", each.starts_at)
        event.add("dtend", each.ends_at)
        event.add("rrule", {"freq": "weekly", "count": WEEKS})
        calendar.add_component(event)
    calendar.add_missing_timezones()
    return str(calendar.to_ical().decode())
