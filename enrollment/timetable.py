"""The timetable from a CSV file: a line is a class hour, its times in the site's zone.

A file replaces the days of the halls that it names. A class hour that stands in another hall is moved.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import msgspec

from enrollment.csv_files import CsvLine, Problem, is_name, read_table, refusal, write_table
from schemas.cluster import Record
from schemas.errors import RefusedError
from schemas.messages import ClassHour, HallDay, encode
from schemas.settings import Settings

__all__ = ["COLUMNS", "Move", "TimetablePlan", "plan", "read_timetable", "records", "write_timetable"]

COLUMNS = ("section", "hall", "date", "period", "starts_at", "ends_at")

Entry = tuple[int, ClassHour]
"""A class hour with the line that says it."""


class Move(msgspec.Struct, frozen=True):
    """A class hour that leaves a hall for another."""

    class_hour: str
    was: str
    now: str


class TimetablePlan(msgspec.Struct, frozen=True):
    """What a load will do. removed: ids of class hours that the file no longer has."""

    days: tuple[HallDay, ...]
    moves: tuple[Move, ...]
    removed: tuple[str, ...]


def read_timetable(data: bytes, zone: ZoneInfo) -> tuple[tuple[Entry, ...], list[Problem], str]:
    """Return the class hours that can be read, what is wrong in the file alone, and what it was read as."""
    table = read_table(data, COLUMNS)
    problems = list(table.problems)
    entries: list[Entry] = []
    first: dict[str, int] = {}
    for line in table.lines:
        hour, wrong = _class_hour(line, zone)
        if hour and hour.id in first:
            what = f"class hour {hour.id} is there already, in line {first[hour.id]}"
            hour, wrong = None, [Problem(line.number, what, "remove one of the two, or give it another period")]
        problems += wrong
        if hour:
            first[hour.id] = line.number
            entries.append((line.number, hour))
    if not problems and not entries:
        problems.append(Problem(0, "names no class hour", "write a line for each class hour below the header"))
    return tuple(entries), problems, table.read_as


def write_timetable(hours: Sequence[ClassHour], zone: ZoneInfo) -> bytes:
    """Return a file that says these class hours in a time zone.

    Raises:
        RefusedError: it cannot, for one of them is dated by another zone.
    """
    moments = [[at.astimezone(zone) for at in (each.starts_at, each.ends_at)] for each in hours]
    data = write_table(
        COLUMNS,
        [
            (each.section, each.hall, each.date, each.period, *(f"{at:%H:%M:%S}".removesuffix(":00") for at in times))
            for each, times in zip(hours, moments, strict=True)
        ],
    )
    entries, _, _ = read_timetable(data, zone)
    if strange := [each.id for each in hours if each not in {hour for _, hour in entries}]:
        raise RefusedError(
            f"the class hour {strange[0]} cannot be written with times of {zone.key}",
            "Set `timezone` as it was when the timetable was loaded.",
        )
    return data


def plan(
    data: bytes, file: str, zone: ZoneInfo, current: Mapping[str, HallDay], now: datetime
) -> tuple[TimetablePlan, str]:
    """Return what loading this file does to the timetable that stands, and what it was read as.

    current: hall days by their key. now: aware; a class hour that has started no longer moves.

    Raises:
        RefusedError: something is wrong with it; the text lists everything.
    """
    entries, problems, read_as = read_timetable(data, zone)
    named = {(hour.hall, hour.date) for _, hour in entries}
    mine = {hour.id: hour for _, hour in entries}
    stands = [hour for day in current.values() for hour in day.hours]
    dates = {day for _, day in named}
    left = [
        hour for hour in stands if hour.date in dates and (hour.hall, hour.date) not in named and hour.id not in mine
    ]
    problems += _overlaps(entries, left, zone)
    problems += _late_moves(entries, stands, now)
    if problems:
        raise refusal(file, problems)
    moved = [hour for hour in stands if hour.id in mine and mine[hour.id].hall != hour.hall]
    return TimetablePlan(
        days=_days(named | {(hour.hall, hour.date) for hour in moved}, [*mine.values(), *left]),
        moves=tuple(Move(hour.id, hour.hall, mine[hour.id].hall) for hour in moved),
        removed=tuple(sorted(hour.id for hour in stands if (hour.hall, hour.date) in named and hour.id not in mine)),
    ), read_as


def records(settings: Settings, days: Iterable[HallDay]) -> list[Record]:
    """Write hall days as they are sent."""
    topic = settings.topic("timetable")
    return [(topic, f"{each.hall}|{each.date.isoformat()}".encode(), encode(each), None, None) for each in days]


def _days(keys: Iterable[tuple[str, date]], hours: Sequence[ClassHour]) -> tuple[HallDay, ...]:
    return tuple(
        HallDay(
            hall=hall,
            date=day,
            hours=tuple(
                sorted((each for each in hours if (each.hall, each.date) == (hall, day)), key=lambda h: h.starts_at)
            ),
        )
        for hall, day in sorted(keys)
    )


def _overlaps(entries: Sequence[Entry], left: Sequence[ClassHour], zone: ZoneInfo) -> list[Problem]:
    """Two meetings in a hall, or a section in two halls, at one moment. left: class hours that stay as they are."""
    problems = []
    ordered: list[Entry] = sorted([(0, hour) for hour in left] + list(entries), key=lambda e: e[1].starts_at)
    for at, (line, hour) in enumerate(ordered):
        for other_line, other in ordered[at + 1 :]:
            if other.starts_at >= hour.ends_at:
                break
            if not (line or other_line):
                continue
            when = f"{other.starts_at.astimezone(zone):%Y-%m-%d %H:%M}"
            where = max(line, other_line)
            if other.hall == hour.hall:
                both = ", ".join(_said(*each, where) for each in ((line, hour), (other_line, other)))
                what = f"hall {hour.hall!r} has two meetings at {when} ({both})"
                problems.append(Problem(where, what, "end one before the other begins"))
            elif other.section == hour.section:
                what = f"section {hour.section} is in two halls at {when} ({hour.hall}, {other.hall})"
                problems.append(Problem(where, what, "keep one of them"))
    return problems


def _said(line: int, hour: ClassHour, where: int) -> str:
    if line == where:
        return hour.section
    return f"{hour.section} of line {line}" if line else f"{hour.section} loaded before"


def _late_moves(entries: Sequence[Entry], stands: Sequence[ClassHour], now: datetime) -> list[Problem]:
    began = {hour.id: hour.hall for hour in stands if hour.starts_at <= now}
    return [
        Problem(
            line,
            f"class hour {hour.id} has begun in hall {began[hour.id]!r} and cannot move to {hour.hall!r}",
            f"leave it in {began[hour.id]!r}, where its marks and sightings are",
        )
        for line, hour in entries
        if began.get(hour.id, hour.hall) != hour.hall
    ]


def _class_hour(line: CsvLine, zone: ZoneInfo) -> tuple[ClassHour | None, list[Problem]]:
    section, hall, day_text, period, starts, ends = (line.fields[column] for column in COLUMNS)
    problems: list[Problem] = []

    def wrong(what: str, remedy: str) -> None:
        problems.append(Problem(line.number, what, remedy))

    if not is_name(section):
        wrong(f"{section!r} is no section", "write it like EA0017-1")
    if not is_name(hall):
        wrong(f"{hall!r} is no hall", "write it like E101")
    if not re.fullmatch(r"[0-9]{1,2}", period):
        wrong(f"{period!r} is no period", "write a number like 1")
    day = _date(day_text)
    if day is None:
        wrong(f"{day_text!r} is no date", "write it like 2026-11-23")
    moments = []
    for text in (starts, ends):
        clock = _time(text)
        if clock is None:
            wrong(f"{text!r} is no time of day", "write it like 09:00")
        elif day is not None:
            local = datetime.combine(day, clock)
            if strange := _strange(local, zone):
                wrong(f"{local:%H:%M} {strange} on {day} in {zone.key}", "write a time that is there once")
            else:
                moments.append(local.replace(tzinfo=zone).astimezone(UTC))
    if len(moments) == 2 and moments[1] <= moments[0]:
        wrong(f"ends at {ends}, not after its start at {starts}", "correct one of the two times")
    if problems or day is None:
        return None, problems
    starts_at, ends_at = moments
    return ClassHour(section=section, hall=hall, date=day, period=int(period), starts_at=starts_at, ends_at=ends_at), []


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII) else None
    except ValueError:
        return None


def _time(text: str) -> time | None:
    found = re.fullmatch(r"(\d{1,2}):(\d\d)(?::(\d\d))?", text, re.ASCII)
    try:
        hour, minute, second = (int(each or 0) for each in found.groups()) if found else (24, 0, 0)
        return time(hour, minute, second)
    except ValueError:
        return None


def _strange(local: datetime, zone: ZoneInfo) -> str:
    """Say what is strange about a local time where the clocks change, or nothing."""
    before, after = (local.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if before.utcoffset() == after.utcoffset():
        return ""
    there = before.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == local
    return "comes twice" if there else "does not exist"
