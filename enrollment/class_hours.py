"""Which class hour and which student a person means."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from schemas.errors import RefusedError
from schemas.messages import ClassHour, Roster, Student
from schemas.rosters import Rosters
from schemas.texts import nearest
from schemas.translations import gettext_noop, say

__all__ = ["choose", "describe", "roster_of", "student_of"]

SHOWN = 10
"""Class hours that a refusal names: those nearest to what was asked for."""


def roster_of(section: str, rosters: Rosters, day: date, language: str = "en") -> Roster:
    """Return the roster that a section has on a date. language: of a refusal, ``ko`` or ``en``, here and below.

    Raises:
        RefusedError: it has none then; from when on it has one is named, or the nearest section.
    """
    roster = rosters.on(section, day)
    if roster.students:
        return roster
    tell = partial(say, language)
    if since := next((each.since for each in rosters.history(section) if each.since and each.since > day), None):
        raise RefusedError(
            tell(
                "section {section!r} has no roster on {day}: its first one holds from {since} on",
                section=section,
                day=day,
                since=since,
            ),
            tell("If it was to hold earlier, load it with `naul roster load FILE --from {day}`.", day=day),
        )
    near = _near(language, section, rosters.sections)
    raise RefusedError(
        tell("section {section!r} has no roster{near}", section=section, near=near),
        tell("Load one with `naul roster load FILE`."),
    )


def student_of(text: str, section: str, rosters: Rosters, day: date, language: str = "en") -> Student:
    """Return the student of an id, as the roster of a section says on a date.

    Raises:
        RefusedError: nobody of that roster has it. Somebody who is known elsewhere, or on another date, is told as
            that; another one is only named if nobody has this id, and only as what may have been meant.
    """
    roster = roster_of(section, rosters, day, language)
    students = {each.student_id: each for each in roster.students}
    if text in students:
        return students[text]
    tell = partial(say, language)
    lists = tell("`naul roster show {section} --date {day}` lists everybody.", section=section, day=day)
    if known := rosters.students.get(text):
        stays = [stay for each in rosters.sections for stay in _stays(tell, text, rosters.history(each))]
        if len(stays) > 1:  # among others a section alone does not say that it still holds
            stays = [tell("{section} now", section=stay) if stay in rosters.sections else stay for stay in stays]
        places = ", ".join(stays)
        what = tell(
            "{student} ({name}) is not on the roster of {section} on {day}, but on that of {places}",
            student=text,
            name=known.name,
            section=section,
            day=day,
            places=places,
        )
        raise RefusedError(
            what, tell("Choose a class hour of that roster, or load the right one with --from. {lists}", lists=lists)
        )
    meant = [each.student_id for each in roster.students if each.name == text]
    near = meant or [each for each in [nearest(text, students)] if each]
    hint = (
        tell("; did you mean {near}?", near=tell(" or ").join(f"{each} ({students[each].name})" for each in near))
        if near
        else ""
    )
    raise RefusedError(
        tell("no student {student!r} in section {section}{near}", student=text, section=section, near=hint), lists
    )


def choose(
    hours: Iterable[ClassHour],
    section: str,
    *,
    now: datetime,
    zone: ZoneInfo,
    day: date | None = None,
    period: int | None = None,
    language: str = "en",
) -> ClassHour:
    """Return the class hour of a section that is meant.

    Without a period it is the one that runs now, else the last of the day that has begun, else the only one of the day.
    day: without it, today in the site's zone.

    Raises:
        RefusedError: there is no such class hour, or several may be meant; those that exist are named.
    """
    every, tell = list(hours), partial(say, language)
    mine = sorted((each for each in every if each.section == section), key=lambda each: each.starts_at)
    if not mine:
        near = _near(language, section, {each.section for each in every})
        raise RefusedError(
            tell("section {section!r} has no class hour{near}", section=section, near=near),
            tell("Load a timetable with `naul timetable load`."),
        )
    wanted = day or now.astimezone(zone).date()
    that_day = [each for each in mine if each.date == wanted]
    if period is not None:
        found, what = (
            [each for each in that_day if each.period == period],
            gettext_noop("section {section} has no class hour {period} on {day}"),
        )
    elif day is None or any(now in each for each in that_day):
        found, what = (
            [each for each in that_day if each.starts_at <= now][-1:],
            gettext_noop("section {section} has no class hour that has begun on {day}"),
        )
    else:
        found, what = (
            that_day,
            gettext_noop("section {section} has {count} class hours on {day}")
            if that_day
            else gettext_noop("section {section} has no class hour on {day}"),
        )
    if len(found) == 1:
        return found[0]
    closest = sorted(mine, key=lambda each: abs((each.date - wanted).days))[:SHOWN]
    there = ", ".join(describe(each, zone, language) for each in sorted(closest, key=lambda each: each.starts_at))
    values = {"section": section, "day": wanted, "period": period, "count": len(that_day)}
    raise RefusedError(
        tell(what, **values), tell("Name one with --date and --period; there are: {hours}.", hours=there)
    )


def describe(hour: ClassHour, zone: ZoneInfo, language: str = "en") -> str:
    """Write a class hour for people: date, period, times in the site's zone, hall. language: ``ko`` or ``en``."""
    starts, ends = (f"{each.astimezone(zone):%H:%M}" for each in (hour.starts_at, hour.ends_at))
    period = say(language, "period {period}", period=hour.period)
    return f"{hour.date} {period} ({starts}-{ends}, {', '.join(hour.halls)})"


def _stays(tell: Callable[..., str], student: str, history: Sequence[Roster]) -> Iterator[str]:
    """Yield from when until when a student is on the rosters of a section: the section alone if that is always."""
    since: date | None = None
    there = False
    for roster in history:
        here = any(each.student_id == student for each in roster.students)
        if here and not there:
            since = roster.since
        if there and not here and roster.since:
            until = roster.since - timedelta(days=1)
            yield tell(
                "{section} from {since} until {until}" if since else "{section} until {until}",
                section=roster.section,
                since=since,
                until=until,
            )
        there = here
    if there:
        yield (
            tell("{section} from {since} on", section=history[-1].section, since=since)
            if since
            else history[-1].section
        )


def _near(language: str, text: str, known: Iterable[str]) -> str:
    near = nearest(text, known)
    return say(language, "; did you mean {near}?", near=near) if near else ""
