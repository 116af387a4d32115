"""The timetable from a table: a line is a class hour, its times in the site's zone.

A file replaces the class hours of the sections that it names, from its first date to its last; those of other sections
stay, in the same hall and on the same day too. What has begun is never removed. Two lines of one class hour in two
halls are one hour that meets in both, as an exam does; several sections may meet in one hall at once.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

import msgspec

from enrollment.csv_files import CsvLine, CsvTable, Problem, SourceFile, is_name, read_table, refusal, write_table
from schemas.cluster import Record
from schemas.errors import RefusedError
from schemas.messages import ClassHour, HallDay, encode
from schemas.rosters import Rosters
from schemas.settings import Settings
from schemas.texts import nearest
from schemas.translations import Language, Text, gettext_noop

__all__ = [
    "COLUMNS",
    "LONGEST",
    "YEARS",
    "Change",
    "Entry",
    "TimetablePlan",
    "Trace",
    "class_hours_of",
    "plan",
    "read_timetable",
    "records",
    "removal",
    "write_timetable",
]

COLUMNS = ("section", "hall", "date", "period", "starts_at", "ends_at")

LONGEST = timedelta(hours=8)
"""Of a class hour: what would be longer has its two times in the wrong order, or belongs to two hours."""

YEARS = range(2000, 2100)
"""A year outside is a slip of the finger."""

Entry = tuple[int, ClassHour]
"""A class hour with the line that says it."""


Trace = Literal["", "unobserved", "unknown", "marks", "frames", "verdicts"]
"""What a class hour has left: nothing; only rows of people whom no camera looked for; nobody knows; or what counts."""


class Change(msgspec.Struct, frozen=True):
    """A class hour that meets in other halls or at another time than it did."""

    was: ClassHour
    now: ClassHour


class TimetablePlan(msgspec.Struct, frozen=True):
    """What a load will do.

    days: as they are then. sections, first, last: whose class hours the file replaces, and from which date to which.
    new, changed, same: class hours. removed: that the file no longer has and
    that have not begun. kept: that it does not have either, and that stay since they have begun.
    shared: those of the file that meet in a hall together with another section's.
    """

    days: tuple[HallDay, ...]
    sections: tuple[str, ...]
    first: date
    last: date
    new: tuple[ClassHour, ...] = ()
    changed: tuple[Change, ...] = ()
    same: tuple[ClassHour, ...] = ()
    removed: tuple[ClassHour, ...] = ()
    kept: tuple[ClassHour, ...] = ()
    shared: tuple[tuple[ClassHour, ClassHour], ...] = ()


def read_timetable(
    data: bytes, zone: ZoneInfo, encoding: str = "", language: Language = "en"
) -> tuple[tuple[Entry, ...], list[Problem], str]:
    """Return the class hours that can be read, what is wrong in the file alone, and what it was read as.

    encoding, language: as of ``read_table``.
    """
    table = read_table(data, COLUMNS, encoding, language)
    return *class_hours_of(table, zone), table.read_as


def class_hours_of(table: CsvTable, zone: ZoneInfo) -> tuple[tuple[Entry, ...], list[Problem]]:
    """Return the class hours of a table that can be read, and what is wrong in the table alone."""
    problems = list(table.problems)
    first: dict[str, Entry] = {}
    for line in table.lines:
        hour, wrong = _class_hour(line, zone)
        if hour and hour.id in first:
            hour, wrong = _met_again(line.number, hour, first[hour.id])
        problems += wrong
        if hour:
            first[hour.id] = first.get(hour.id, (line.number, hour))[0], hour
    if not problems and not first:
        problems.append(Problem(0, "names no class hour", "write a line for each class hour below the header"))
    return tuple(first.values()), problems


def write_timetable(hours: Sequence[ClassHour], zone: ZoneInfo) -> bytes:
    """Return a file that says these class hours in a time zone.

    Raises:
        RefusedError: it cannot, for one of them is dated by another zone.
    """
    data = write_table(
        COLUMNS,
        [(each.section, hall, each.date, each.period, *_clocks(each, zone)) for each in hours for hall in each.halls],
    )
    entries, _, _ = read_timetable(data, zone)
    if strange := [each for each in hours if each not in {hour for _, hour in entries}]:
        raise RefusedError(
            Text("{hour} cannot be written with times of {key}", hour=_named(strange[0]), key=zone.key),
            "Set `timezone` as it was when the timetable was loaded.",
        )
    return data


def _unknown(_hour: ClassHour) -> Trace:
    """Say of every class hour that nobody can know what it has left."""
    return "unknown"


def plan(
    entries: Sequence[Entry],
    problems: Sequence[Problem],
    file: str | SourceFile,
    current: Mapping[str, HallDay],
    now: datetime,
    trace: Callable[[ClassHour], Trace] = _unknown,
    language: Language = "en",
    within: tuple[date | None, date | None] = (None, None),
) -> TimetablePlan:
    """Return what loading class hours does to the timetable that stands.

    entries, problems: of ``read_timetable``. current: hall days by their key. now: aware; a class hour that has started
    is not removed, nor moved if its trace is more than people who could not be seen. language: of what is said.
    within: first and last day of which the file says all there is; None: the first or the last that it has.

    Raises:
        RefusedError: something is wrong with it; the text lists everything.
    """
    stands = {hour.id: hour for day in current.values() for hour in day.hours}
    mine = {hour.id: (line, _homed(hour, stands.get(hour.id))) for line, hour in entries}
    sections = {hour.section for _, hour in mine.values()}
    dates = [hour.date for _, hour in mine.values()] or [date.min]
    first, last = min([*dates, within[0] or dates[0]]), max([*dates, within[1] or dates[0]])
    missing = [
        hour
        for name, hour in sorted(stands.items())
        if name not in mine and hour.section in sections and first <= hour.date <= last
    ]
    removed = [hour for hour in missing if hour.starts_at > now]
    left = [hour for name, hour in stands.items() if name not in mine and hour not in removed]
    clashes, shared = _meetings(list(mine.values()), left, now)
    wrong = [*problems, *clashes, *_late_moves(mine.values(), stands, now, trace)]
    if wrong:
        raise refusal(file, wrong, language)
    hours = [hour for _, hour in mine.values()]
    others = [Change(stands[hour.id], hour) for hour in hours if stands.get(hour.id) not in (None, hour)]
    touched = {(hour.hall, hour.date) for hour in (*hours, *removed, *(each.was for each in others))}
    return TimetablePlan(
        days=_days(touched, [*hours, *left]),
        sections=tuple(sorted(sections)),
        first=first,
        last=last,
        new=tuple(hour for hour in hours if hour.id not in stands),
        changed=tuple(others),
        same=tuple(hour for hour in hours if stands.get(hour.id) == hour),
        removed=tuple(removed),
        kept=tuple(hour for hour in missing if hour.starts_at <= now),
        shared=tuple(shared),
    )


def removal(
    section: str,
    since: date,
    until: date,
    current: Mapping[str, HallDay],
    rosters: Rosters,
    now: datetime,
    trace: Callable[[ClassHour], Trace] = _unknown,
) -> TimetablePlan:
    """Return what removing the class hours of a section from one date to another does.

    What has begun stays if the section had a roster then and it has left any trace: there are rows, or marks.

    Raises:
        RefusedError: the section has no class hour then; the nearest section is named.
    """
    stands = [hour for day in current.values() for hour in day.hours]
    mine = [hour for hour in stands if hour.section == section and since <= hour.date <= until]
    if not mine:
        near = nearest(section, {hour.section for hour in stands} - {section})
        when = (
            "" if (since, until) == (date.min, date.max) else Text(" from {since} to {until}", since=since, until=until)
        )
        hint = Text("; did you mean {near}?", near=near) if near else ""
        raise RefusedError(
            Text("section {section!r} has no class hour{when}{hint}", section=section, when=when, hint=hint),
            "`naul timetable show` lists them.",
        )
    kept = [hour for hour in mine if hour.starts_at <= now and rosters.on(section, hour.date).students and trace(hour)]
    removed = tuple(hour for hour in mine if hour not in kept)
    touched = {(hour.hall, hour.date) for hour in removed}
    return TimetablePlan(
        days=_days(touched, (hour for hour in stands if hour not in removed)),
        sections=(section,),
        first=min(hour.date for hour in mine),
        last=max(hour.date for hour in mine),
        removed=removed,
        kept=tuple(kept),
    )


def records(settings: Settings, days: Iterable[HallDay]) -> list[Record]:
    """Write hall days as they are sent."""
    topic = settings.topic("timetable")
    return [(topic, f"{each.hall}|{each.date.isoformat()}".encode(), encode(each), None, None) for each in days]


def _days(keys: Iterable[tuple[str, date]], hours: Iterable[ClassHour]) -> tuple[HallDay, ...]:
    """Return the days of halls as they are with these class hours."""
    found: dict[tuple[str, date], list[ClassHour]] = {key: [] for key in sorted(keys)}
    for hour in sorted(hours, key=lambda each: (each.starts_at, each.section)):
        if (hour.hall, hour.date) in found:
            found[hour.hall, hour.date].append(hour)
    return tuple(HallDay(hall=hall, date=day, hours=tuple(those)) for (hall, day), those in found.items())


def _homed(hour: ClassHour, stood: ClassHour | None) -> ClassHour:
    """Return a class hour whose facts stay in the hall that keeps them, if it still meets there."""
    if stood is None or stood.hall == hour.hall or stood.hall not in hour.halls:
        return hour
    others = tuple(each for each in hour.halls if each != stood.hall)
    return msgspec.structs.replace(hour, hall=stood.hall, also_in=others)


def _met_again(line: int, hour: ClassHour, entry: Entry) -> tuple[ClassHour | None, list[Problem]]:
    """Return a class hour that a second line names, in one more hall; None if the line contradicts the first one."""
    before, first = entry
    values = {"hour": _named(hour), "other": before}
    if (hour.starts_at, hour.ends_at) != (first.starts_at, first.ends_at):
        return None, [
            Problem(
                line,
                "{hour} is there already, in line {other}, at another time",
                "give it another period; or the same times, if it meets in both halls",
                values,
            )
        ]
    if hour.hall in first.halls:
        return None, [
            Problem(
                line,
                "{hour} is there already, in line {other}",
                "remove one of the two, or give it another period",
                values,
            )
        ]
    return msgspec.structs.replace(first, also_in=(*first.also_in, hour.hall)), []


def _meetings(
    entries: Sequence[Entry], left: Sequence[ClassHour], now: datetime
) -> tuple[list[Problem], list[tuple[ClassHour, ClassHour]]]:
    """Return where a section meets twice at a moment, and which sections meet in one hall at once.

    left: class hours that stay as they are.
    """
    problems, shared = list[Problem](), list[tuple[ClassHour, ClassHour]]()
    ordered: list[Entry] = sorted([(0, hour) for hour in left] + list(entries), key=lambda e: (e[1].starts_at, e[0]))
    for at, (line, hour) in enumerate(ordered):
        for other_line, other in ordered[at + 1 :]:
            if other.starts_at >= hour.ends_at:
                break
            if not (line or other_line):
                continue
            if other.section == hour.section:
                problems.append(_meets_twice((line, hour), (other_line, other), now))
            elif hour.overlaps(other):
                shared.append((hour, other))
    return problems, shared


def _meets_twice(one: Entry, another: Entry, now: datetime) -> Problem:
    """Say that a section meets twice at a moment, at the later line of the two. Line 0: it stands, and stays."""
    (other, hour), (line, _) = sorted((one, another), key=lambda each: (each[0], each[1].id))
    what = gettext_noop("section {section} meets already at this time, by line {other} ({hour})")
    remedy = gettext_noop("end one before the other begins, or keep one of them")
    if not other and hour.starts_at <= now:
        what = gettext_noop(
            "section {section} meets already at this time: {hour} has begun, and stays as it was loaded"
        )
        remedy = gettext_noop("give the line the period of that class hour, or other times")
    elif not other:
        what = gettext_noop("section {section} meets already at this time, by what was loaded before ({hour})")
    return Problem(line, what, remedy, {"section": hour.section, "other": other, "hour": _named(hour)})


_TRACES: Final[Mapping[Trace, str]] = {
    "unknown": gettext_noop(
        "{hour} has begun in hall {began!r} and cannot move to {hall!r}: whether it was judged there is not "
        "known, for the store does not answer"
    ),
    "marks": gettext_noop("{hour} has begun in hall {began!r} and cannot move to {hall!r}: it has marks"),
    "frames": gettext_noop(
        "{hour} has begun in hall {began!r} and cannot move to {hall!r}: frames of {began!r} were sent of its time"
    ),
    "verdicts": gettext_noop("{hour} has begun in hall {began!r} and cannot move to {hall!r}: it was judged there"),
}
"""Why a class hour that has begun stays in its hall."""


def _late_moves(
    entries: Iterable[Entry], stands: Mapping[str, ClassHour], now: datetime, trace: Callable[[ClassHour], Trace]
) -> list[Problem]:
    problems = []
    for line, hour in entries:
        stood = stands.get(hour.id)
        if stood is None or stood.starts_at > now or stood.hall == hour.hall or (why := trace(stood)) not in _TRACES:
            continue
        remedy = (
            gettext_noop("leave it in {began!r}: {hall} looks like {began}")
            if nearest(hour.hall, [stood.hall])
            else gettext_noop("leave it in {began!r}; if it met in both halls, write a line for each")
        )
        values = {"hour": _named(hour), "began": stood.hall, "hall": hour.hall}
        problems.append(Problem(line, _TRACES[why], remedy, values))
    return problems


def _named(hour: ClassHour) -> Text:
    """Return a class hour as people say it who have no clock of the site at hand."""
    return Text("{section} on {day}, period {period}", section=hour.section, day=hour.date, period=hour.period)


def _class_hour(line: CsvLine, zone: ZoneInfo) -> tuple[ClassHour | None, list[Problem]]:
    section, hall, day_text, period, starts, ends = (line.fields[column] for column in COLUMNS)
    problems: list[Problem] = []

    def wrong(what: str, remedy: str, **values: object) -> None:
        problems.append(Problem(line.number, what, remedy, values))

    if not is_name(section):
        wrong("{section!r} is no section", "write it like EA0017-1", section=section)
    if not is_name(hall):
        wrong("{hall!r} is no hall", "write it like E101", hall=hall)
    meant = re.fullmatch(r"(?:제 ?)?([0-9]{1,2})(?: ?교시)?", period)
    if meant is None:
        wrong("{period!r} is no period", "write a number like 1", period=period)
    day = _date(day_text)
    if day is None:
        wrong("{day!r} is no date", "write it like 2026-11-23", day=day_text)
    elif day.year not in YEARS:
        wrong("{day} is in the year {year}", "correct the year", day=day_text, year=day.year)
        day = None
    window = [_moment(each, day, zone, wrong) for each in (starts, ends)]
    if problems or meant is None or day is None or window[0] is None or window[1] is None:
        return None, problems
    starts_at, ends_at = _in_order(window[0], window[1], zone)
    if not timedelta(0) < ends_at - starts_at <= LONGEST:
        wrong(
            "lasts from {starts} to {ends}, which is {length}",
            "correct one of the two times; a class hour may cross midnight, and lasts {longest} at most",
            starts=starts,
            ends=ends,
            length=_length(ends_at - starts_at),
            longest=_length(LONGEST),
        )
        return None, problems
    number = int(meant[1])
    return ClassHour(section=section, hall=hall, date=day, period=number, starts_at=starts_at, ends_at=ends_at), []


def _moment(text: str, day: date | None, zone: ZoneInfo, wrong: Callable[..., None]) -> datetime | None:
    """Return a time of day on a date in a zone, or say what is wrong with it."""
    since_midnight = _time(text)
    if since_midnight is None:
        wrong("{time!r} is no time of day", "write it like 09:00; midnight is 00:00 or 24:00", time=text)
        return None
    if day is None:
        return None
    local = datetime.combine(day, time()) + since_midnight
    if strange := _strange(local, zone):
        wrong(strange, "write a time that is there once", time=f"{local:%H:%M}", day=local.date(), zone=zone.key)
        return None
    return local.replace(tzinfo=zone).astimezone(UTC)


def _in_order(starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the two times of a class hour; one that ends before it starts ends on the next day."""
    if ends_at >= starts_at:
        return starts_at, ends_at
    local = ends_at.astimezone(zone)
    return starts_at, (local + timedelta(days=1)).astimezone(UTC)


def _clocks(hour: ClassHour, zone: ZoneInfo) -> tuple[str, str]:
    starts, ends = (at.astimezone(zone) for at in (hour.starts_at, hour.ends_at))
    return f"{starts:%H:%M:%S}".removesuffix(":00"), f"{ends:%H:%M:%S}".removesuffix(":00")


def _date(text: str) -> date | None:
    """Return a date that begins with its year, as ``2026-03-09``, ``2026. 3. 9.``, ``2026/3/9`` do."""
    found = re.fullmatch(r"(\d{4})(-|/|\. ?)(\d\d?)\2(\d\d?)\.?", text, re.ASCII)
    try:
        return date(int(found[1]), int(found[3]), int(found[4])) if found else None
    except ValueError:
        return None


def _time(text: str) -> timedelta | None:
    """Return a time of day as what has passed since midnight; the day may end at 24:00."""
    found = re.fullmatch(r"(?:(오전|오후) ?)?(\d{1,2}):(\d\d)(?::(\d\d))?(?: ?(AM|PM))?", text.upper(), re.ASCII)
    if found is None:
        return None
    half = found[1] or found[5]
    hours, minutes, seconds = (int(found[each] or 0) for each in (2, 3, 4))
    if half:
        if not 1 <= hours <= 12 or (found[1] and found[5]):
            return None
        hours = hours % 12 + 12 * (half in ("오후", "PM"))
    passed = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return passed if max(minutes, seconds) < 60 and passed <= timedelta(days=1) else None


def _length(span: timedelta) -> Text:
    """Return a length of time in words."""
    hours, minutes = divmod(round(span.total_seconds() / 60), 60)
    if not hours:
        return Text("{minutes} min", minutes=minutes)
    return Text("{hours} h {minutes} min", hours=hours, minutes=minutes) if minutes else Text("{hours} h", hours=hours)


def _strange(local: datetime, zone: ZoneInfo) -> str:
    """Return a text of what is strange about a local time where the clocks change, or nothing."""
    before, after = (local.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if before.utcoffset() == after.utcoffset():
        return ""
    there = before.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == local
    return (
        gettext_noop("{time} comes twice on {day} in {zone}")
        if there
        else gettext_noop("{time} does not exist on {day} in {zone}")
    )
