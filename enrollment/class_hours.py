"""Which class hour and which student a person means."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from difflib import get_close_matches
from zoneinfo import ZoneInfo

from schemas.errors import RefusedError
from schemas.messages import ClassHour, Roster, Student

__all__ = ["choose", "describe", "roster_of", "student_of"]

SHOWN = 10
"""Class hours that a refusal names: those nearest to what was asked for."""


def roster_of(section: str, rosters: Mapping[str, Roster]) -> Roster:
    """Return the roster of a section.

    Raises:
        RefusedError: it has none; the nearest section is named.
    """
    roster = rosters.get(section)
    if roster and roster.students:
        return roster
    remedy = "Load one with `naul roster load FILE`."
    raise RefusedError(f"section {section!r} has no roster{_nearest(section, rosters)}", remedy)


def student_of(text: str, roster: Roster) -> Student:
    """Return the student of an id.

    Raises:
        RefusedError: nobody of this roster has it; whoever may be meant is named.
    """
    students = {each.student_id: each for each in roster.students}
    if text in students:
        return students[text]
    meant = [each.student_id for each in roster.students if each.name == text]
    near = meant or get_close_matches(text, students, n=1, cutoff=0.5)
    hint = f"; did you mean {' or '.join(f'{each} ({students[each].name})' for each in near)}?" if near else ""
    remedy = f"`naul roster show {roster.section}` lists everybody."
    raise RefusedError(f"no student {text!r} in section {roster.section}{hint}", remedy)


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


def describe(hour: ClassHour, zone: ZoneInfo) -> str:
    """Write a class hour for people: date, period, times in the site's zone, hall."""
    starts, ends = (f"{each.astimezone(zone):%H:%M}" for each in (hour.starts_at, hour.ends_at))
    return f"{hour.date} period {hour.period} ({starts}-{ends}, {hour.hall})"


def _nearest(text: str, known: Iterable[str]) -> str:
    names: Sequence[str] = sorted(known)
    near = get_close_matches(text, names, n=1, cutoff=0.5)
    return f"; did you mean {near[0]}?" if near else ""
