"""What a timetable holds, at a glance: its weeks, its sections, and days on which nobody meets. Pure."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

from schemas.messages import ClassHour

__all__ = ["SectionMeetings", "TimetableWeek", "days_without", "sections_of", "weeks_of"]

USUAL = 0.5
"""Of the weeks, in how many a weekday has class hours, if one without any is told."""


class TimetableWeek(NamedTuple):
    """A week from Monday on: how many class hours, of how many sections, in how many halls."""

    monday: date
    hours: int
    sections: int
    halls: int


class SectionMeetings(NamedTuple):
    """A section: how many class hours, from which date to which, in which halls."""

    section: str
    hours: int
    first: date
    last: date
    halls: tuple[str, ...]


def weeks_of(hours: Iterable[ClassHour]) -> list[TimetableWeek]:
    """Return the weeks that have any class hour, in the order of time."""
    weeks: dict[date, list[ClassHour]] = {}
    for each in hours:
        weeks.setdefault(_monday(each.date), []).append(each)
    return [
        TimetableWeek(
            monday, len(those), len({each.section for each in those}), len({h for each in those for h in each.halls})
        )
        for monday, those in sorted(weeks.items())
    ]


def sections_of(hours: Iterable[ClassHour]) -> list[SectionMeetings]:
    """Return the sections by name."""
    found: dict[str, list[ClassHour]] = {}
    for each in hours:
        found.setdefault(each.section, []).append(each)
    return [
        SectionMeetings(
            section,
            len(those),
            min(each.date for each in those),
            max(each.date for each in those),
            tuple(sorted({hall for each in those for hall in each.halls})),
        )
        for section, those in sorted(found.items())
    ]


def days_without(hours: Iterable[ClassHour]) -> list[date]:
    """Return the days between the first class hour and the last without any, of weekdays that usually have some."""
    days = {each.date for each in hours}
    if not days:
        return []
    first, last = min(days), max(days)
    every = [first + timedelta(days=at) for at in range((last - first).days + 1)]
    met, there = Counter(each.weekday() for each in days), Counter(each.weekday() for each in every)
    return [each for each in every if each not in days and met[each.weekday()] > USUAL * there[each.weekday()]]


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
