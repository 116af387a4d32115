"""Reading the compacted topics once: rosters, timetable, enrolments, marks, appeals as they are now."""

from contextlib import closing
from typing import Any, TypeVar

from schemas.cluster import View
from schemas.messages import Appeal, ClassHour, Enrollment, HallDay, MarkBatch, Message, Roster, Term, decode
from schemas.rosters import Rosters
from schemas.settings import Settings

__all__ = [
    "appeals",
    "class_hours",
    "enrollments",
    "enrolment_records",
    "hall_days",
    "mark_batches",
    "rosters",
    "terms",
]

M = TypeVar("M", bound=Message)


def appeals(settings: Settings) -> dict[str, Appeal]:
    """Return what was said of every appeal, by key."""
    return _read(settings, "appeals", Appeal)


def rosters(settings: Settings) -> Rosters:
    """Return the rosters of all sections."""
    return Rosters(_read(settings, "rosters", Roster).values())


def hall_days(settings: Settings) -> dict[str, HallDay]:
    """Return the timetable, by ``hall|date``."""
    return _read(settings, "timetable", HallDay)


def class_hours(settings: Settings) -> list[ClassHour]:
    """Return all class hours in the order of their time."""
    hours = [hour for day in hall_days(settings).values() for hour in day.hours]
    return sorted(hours, key=lambda each: (each.starts_at, each.hall))


def enrollments(settings: Settings) -> dict[str, Enrollment]:
    """Return the enrolment of each student whose face is enrolled."""
    return {student: each for student, each in enrolment_records(settings).items() if each.templates}


def enrolment_records(settings: Settings) -> dict[str, Enrollment]:
    """Return what is on record of each student: his enrolment, or his consent alone, or that he took it back."""
    return _read(settings, "enrollments", Enrollment)


def mark_batches(settings: Settings) -> dict[str, MarkBatch]:
    """Return every mark and roll call, by ``class hour|id``."""
    return _read(settings, "marks", MarkBatch)


def terms(settings: Settings) -> dict[str, Term]:
    """Return the terms by name."""
    return _read(settings, "terms", Term)


def _read(settings: Settings, topic: str, kind: type[M] | Any) -> dict[str, M]:
    view: View[M] = View(settings, topic, lambda value: decode(value, kind))
    with closing(view):
        view.catch_up()
        return view.items
