"""Which class hour and which student a person means."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from schemas.errors import RefusedError
from schemas.messages import ClassHour, Roster, Student
from schemas.rosters import Rosters
from schemas.texts import nearest

__all__ = ["choose", "describe", "roster_of", "student_of"]

SHOWN = 10
"""Class hours that a refusal names: those nearest to what was asked for."""


_WORDS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "no_roster": "section {section!r} has no roster{near}",
        "no_roster_remedy": "Load one with `naul roster load FILE`.",
        "elsewhere": "{student} ({name}) is not on the roster of {section} on {day}, but on that of {places}",
        "elsewhere_remedy": "Choose a class hour of that roster, or load the right one with --from. {lists}",
        "no_student": "no student {student!r} in section {section}{near}",
        "lists": "`naul roster show {section} --date {day}` lists everybody.",
        "no_hours": "section {section!r} has no class hour{near}",
        "no_hours_remedy": "Load a timetable with `naul timetable load`.",
        "no_period": "section {section} has no class hour {period} on {day}",
        "none_begun": "section {section} has no class hour that has begun on {day}",
        "none": "section {section} has no class hour on {day}",
        "several": "section {section} has {count} class hours on {day}",
        "which": "Name one with --date and --period; there are: {hours}.",
        "near": "; did you mean {near}?",
        "or": " or ",
        "since": "{section} from {since} on",
        "until": "{section} until {until}",
        "between": "{section} from {since} until {until}",
    },
    "ko": {
        "no_roster": "{section!r} 분반의 명단이 없습니다{near}",
        "no_roster_remedy": "`naul roster load FILE`로 명단을 올리세요.",
        "elsewhere": "{student} ({name}) 학생은 {day} 기준 {section} 명단에 없고, {places} 명단에 있습니다",
        "elsewhere_remedy": "그 명단의 교시를 고르거나, 올바른 명단을 --from과 함께 올리세요. {lists}",
        "no_student": "{section} 분반에 {student!r} 학생이 없습니다{near}",
        "lists": "전체 명단은 `naul roster show {section} --date {day}` 명령으로 볼 수 있습니다.",
        "no_hours": "{section!r} 분반의 교시가 없습니다{near}",
        "no_hours_remedy": "`naul timetable load`로 시간표를 올리세요.",
        "no_period": "{section} 분반은 {day}에 {period}교시가 없습니다",
        "none_begun": "{section} 분반은 {day}에 시작된 교시가 없습니다",
        "none": "{section} 분반은 {day}에 교시가 없습니다",
        "several": "{section} 분반은 {day}에 교시가 {count}개 있습니다",
        "which": "--date와 --period로 하나를 고르세요. 있는 교시: {hours}.",
        "near": " (혹시 {near}인가요?)",
        "or": " 또는 ",
        "since": "{section} {since}부터",
        "until": "{section} {until}까지",
        "between": "{section} {since}부터 {until}까지",
    },
}


def roster_of(section: str, rosters: Rosters, day: date, language: str = "en") -> Roster:
    """Return the roster that a section has on a date. language: of a refusal, ``ko`` or ``en``, here and below.

    Raises:
        RefusedError: it has none; the nearest section is named.
    """
    roster = rosters.on(section, day)
    if roster.students:
        return roster
    tell = partial(_say, language)
    near = _near(language, section, rosters.sections)
    raise RefusedError(tell("no_roster", section=section, near=near), tell("no_roster_remedy"))


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
    tell = partial(_say, language)
    lists = tell("lists", section=section, day=day)
    if known := rosters.students.get(text):
        places = ", ".join(place for each in rosters.sections for place in _stays(tell, text, rosters.history(each)))
        what = tell("elsewhere", student=text, name=known.name, section=section, day=day, places=places)
        raise RefusedError(what, tell("elsewhere_remedy", lists=lists))
    meant = [each.student_id for each in roster.students if each.name == text]
    near = meant or [each for each in [nearest(text, students)] if each]
    hint = tell("near", near=tell("or").join(f"{each} ({students[each].name})" for each in near)) if near else ""
    raise RefusedError(tell("no_student", student=text, section=section, near=hint), lists)


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
    every, tell = list(hours), partial(_say, language)
    mine = sorted((each for each in every if each.section == section), key=lambda each: each.starts_at)
    if not mine:
        near = _near(language, section, {each.section for each in every})
        raise RefusedError(tell("no_hours", section=section, near=near), tell("no_hours_remedy"))
    wanted = day or now.astimezone(zone).date()
    that_day = [each for each in mine if each.date == wanted]
    if period is not None:
        found, what = [each for each in that_day if each.period == period], "no_period"
    elif day is None or any(now in each for each in that_day):
        found, what = [each for each in that_day if each.starts_at <= now][-1:], "none_begun"
    else:
        found, what = that_day, "several" if that_day else "none"
    if len(found) == 1:
        return found[0]
    closest = sorted(mine, key=lambda each: abs((each.date - wanted).days))[:SHOWN]
    there = ", ".join(describe(each, zone, language) for each in sorted(closest, key=lambda each: each.starts_at))
    values = {"section": section, "day": wanted, "period": period, "count": len(that_day)}
    raise RefusedError(tell(what, **values), tell("which", hours=there))


def describe(hour: ClassHour, zone: ZoneInfo, language: str = "en") -> str:
    """Write a class hour for people: date, period, times in the site's zone, hall. language: ``ko`` or ``en``."""
    starts, ends = (f"{each.astimezone(zone):%H:%M}" for each in (hour.starts_at, hour.ends_at))
    period = f"{hour.period}교시" if language == "ko" else f"period {hour.period}"
    return f"{hour.date} {period} ({starts}-{ends}, {', '.join(hour.halls)})"


def _stays(tell: Callable[..., str], student: str, history: Sequence[Roster]) -> Iterator[str]:
    """Yield from when until when a student is on the rosters of a section: the section alone if that is always."""
    since: date | None = None
    there = False
    for at, roster in enumerate(history):
        here = any(each.student_id == student for each in roster.students)
        if here and not there:
            since = roster.since if at else None  # before the first of them the first holds
        if there and not here and roster.since:
            until = roster.since - timedelta(days=1)
            yield tell("between" if since else "until", section=roster.section, since=since, until=until)
        there = here
    if there:
        yield tell("since", section=history[-1].section, since=since) if since else history[-1].section


def _near(language: str, text: str, known: Iterable[str]) -> str:
    near = nearest(text, known)
    return _say(language, "near", near=near) if near else ""


def _say(language: str, text: str, **values: object) -> str:
    return _WORDS[language][text].format(**values)
