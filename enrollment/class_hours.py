"""Which class hour and which student a person means."""

from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from schemas.errors import RefusedError
from schemas.messages import ClassHour, Roster, Student
from schemas.rosters import Rosters
from schemas.texts import nearest

__all__ = ["choose", "describe", "roster_of", "student_of"]

SHOWN = 10
"""Class hours that a refusal names: those nearest to what was asked for."""


def roster_of(section: str, rosters: Rosters, day: date) -> Roster:
    """Return the roster that a section has on a date.

    Raises:
        RefusedError: it has none; the nearest section is named.
    """
    roster = rosters.on(section, day)
    if roster.students:
        return roster
    remedy = "Load one with `naul roster load FILE`."
    raise RefusedError(f"section {section!r} has no roster{_nearest(section, rosters.sections)}", remedy)


def student_of(text: str, section: str, rosters: Rosters, day: date) -> Student:
    """Return the student of an id, as the roster of a section says on a date.

    Raises:
        RefusedError: nobody of that roster has it. Somebody who is known elsewhere, or on another date, is told as
            that; another one is only named if nobody has this id, and only as what may have been meant.
    """
    roster = roster_of(section, rosters, day)
    students = {each.student_id: each for each in roster.students}
    if text in students:
        return students[text]
    lists = f"`naul roster show {section} --date {day}` lists everybody."
    if known := rosters.students.get(text):
        places = [
            f"{each.section}{f' from {each.since} on' if each.since else ''}"
            for each in rosters.everything
            if any(one.student_id == text for one in each.students)
        ]
        what = f"{text} ({known.name}) is not on the roster of {section} on {day}, but on that of {', '.join(places)}"
        raise RefusedError(what, f"Choose a class hour of that roster, or load the right one with --from. {lists}")
    meant = [each.student_id for each in roster.students if each.name == text]
    near = meant or [each for each in [nearest(text, students)] if each]
    hint = f"; did you mean {' or '.join(f'{each} ({students[each].name})' for each in near)}?" if near else ""
    raise RefusedError(f"no student {text!r} in section {section}{hint}", lists)


def choose(
    hours: Iterable[ClassHour],
    section: str,
    *,
    now: datetime,
    zone: ZoneInfo,
    day: date | None = None,
    period: int | None = None,
) -> ClassHour:
    """Return the class hour of a section that is meant.

    Without a period it is the one that runs now, else the last of the day that has begun, else the only one of the day.
    day: without it, today in the site's zone.

    Raises:
        RefusedError: there is no such class hour, or several may be meant; those that exist are named.
    """
    every = list(hours)
    mine = sorted((each for each in every if each.section == section), key=lambda each: each.starts_at)
    if not mine:
        hint = _nearest(section, {each.section for each in every})
        raise RefusedError(
            f"section {section!r} has no class hour{hint}", "Load a timetable with `naul timetable load`."
        )
    wanted = day or now.astimezone(zone).date()
    that_day = [each for each in mine if each.date == wanted]
    if period is not None:
        found = [each for each in that_day if each.period == period]
        what = f"no class hour {period} on {wanted}"
    elif day is None or any(now in each for each in that_day):
        found = [each for each in that_day if each.starts_at <= now][-1:]
        what = f"no class hour that has begun on {wanted}"
    else:
        found = that_day
        what = f"{len(that_day)} class hours on {wanted}" if that_day else f"no class hour on {wanted}"
    if len(found) == 1:
        return found[0]
    near = sorted(mine, key=lambda each: abs((each.date - wanted).days))[:SHOWN]
    there = ", ".join(describe(each, zone) for each in sorted(near, key=lambda each: each.starts_at))
    raise RefusedError(f"section {section} has {what}", f"Name one with --date and --period; there are: {there}.")


def describe(hour: ClassHour, zone: ZoneInfo, language: str = "en") -> str:
    """Write a class hour for people: date, period, times in the site's zone, hall. language: ``ko`` or ``en``."""
    starts, ends = (f"{each.astimezone(zone):%H:%M}" for each in (hour.starts_at, hour.ends_at))
    period = f"{hour.period}교시" if language == "ko" else f"period {hour.period}"
    return f"{hour.date} {period} ({starts}-{ends}, {', '.join(hour.halls)})"


def _nearest(text: str, known: Iterable[str]) -> str:
    near = nearest(text, known)
    return f"; did you mean {near}?" if near else ""
