"""Timetables from calendars (ICS), as Google, Outlook and Apple write them: each occurrence of an event is a line.

The section is the first word of SUMMARY if it has a digit, as in ``CS2001-2 Data structures``, else the one of
CATEGORIES that has one. The hall is LOCATION up to its first comma or semicolon. The period is what SUMMARY or
DESCRIPTION says (``period 3``, ``3교시``); else that of the class hour which is loaded with the same section and start;
else it is made from the clock, 1 for what starts from 09:00 on, 2 from 10:00 on. An occurrence that was moved within
its day keeps the period of where it stood.

An event of whole days is a holiday: of its section if it begins with one of this calendar, else of all. What is
cancelled is left out. Times without a zone are in the site's.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events

from enrollment.csv_files import CalendarFrame, CsvLine, CsvTable, Holiday, Problem, as_text
from schemas.texts import cleaned, written_plainly
from schemas.translations import Language, gettext_noop, say

__all__ = ["read_calendar"]

MOST_EVENTS, MOST_OCCURRENCES = 20_000, 200_000
MOST_STEPS = 2_000_000
"""Days that are tried until every rule is worked out, some two or three seconds of a core."""
LONGEST_FRAME = timedelta(days=400)
YEARS = range(2000, 2100)

_LINE: Final = "X-NAUL-LINE"
"""What tells an occurrence from which line its event is."""
_PERIOD = re.compile(r"(?<!\d)(\d{1,2})\s*교시|\bperiod\s*(\d{1,2})(?!\d)|\bP(\d{1,2})\b", re.IGNORECASE)
_FREQUENCIES: Final = {"DAILY": 1, "WEEKLY": 7, "MONTHLY": 28, "YEARLY": 365}
"""Days between two occurrences, at least, unless it says more."""
_TRIED: Final = {"DAILY": 1, "WEEKLY": 2, "MONTHLY": 3, "YEARLY": 16}
"""What trying one of them takes, in days that are tried."""
_BY: Final = ("BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYMONTH")
_FINE: Final = ("BYHOUR", "BYMINUTE", "BYSECOND")


class _Refused(Exception):  # noqa: N818  it never leaves this file
    def __init__(self, what: str, remedy: str, line: int = 0, **values: object) -> None:
        super().__init__(what)
        self.problem = Problem(line, what, remedy, values)


def read_calendar(
    data: bytes, frame: CalendarFrame, encoding: str = "", language: Language = "en"
) -> tuple[CsvTable, Mapping[int, str], tuple[Holiday, ...]]:
    """Read a calendar as a timetable's lines; return what its events are called by line, and its holidays, too.

    encoding, language: as of ``read_table``.
    """
    text, read_as, problem = as_text(data, encoding, language)
    tell = partial(say, language)
    if problem:
        return CsvTable((), (problem,), ""), {}, ()
    names = dict[int, str]()
    try:
        events = _events(text)
        names = {line: cleaned(str(event.get("SUMMARY", "")))[:60] for line, event in events}
        problems = [each for line, event in events for each in _faults(line, event)]
        if problems:
            return CsvTable((), tuple(problems), ""), names, ()
        first, last = _bounds(events, frame)
        found, faults = _lines(_occurrences(events, first, last), frame._replace(first=first, last=last))
    except _Refused as error:
        return CsvTable((), (error.problem,), ""), names, ()
    lines, holidays = _without_holidays(found)
    read_as = tell("a calendar ({encoding})", encoding=read_as) + "".join(
        ", " + tell("without those of {name} ({first} to {last}, class hours: {hours})", **each._asdict())
        for each in holidays
    )
    return CsvTable(tuple(lines), tuple(faults), read_as), names, holidays


def _events(text: str) -> list[tuple[int, Any]]:
    """Return the events with the lines where they begin."""
    starts = [at for at, line in enumerate(text.splitlines(), 1) if line.strip().upper() == "BEGIN:VEVENT"]
    if len(starts) > MOST_EVENTS:
        raise _Refused(
            gettext_noop("has {count} events, more than {most}"),
            gettext_noop("export one term, or one faculty, at a time"),
            count=len(starts),
            most=MOST_EVENTS,
        )
    if text.upper().count("END:VCALENDAR") < text.upper().count("BEGIN:VCALENDAR"):
        raise _Refused(gettext_noop("ends before its last line"), gettext_noop("export it again"))
    try:
        calendars = icalendar.Calendar.from_ical(text, multiple=True)
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise _Refused(
            gettext_noop("is no calendar that can be read ({detail})"),
            gettext_noop("export it again as iCalendar (.ics)"),
            detail=f"{error}"[:200],
        ) from error
    events = [event for each in calendars for event in each.walk("VEVENT")]
    if len(events) != len(starts):
        raise _Refused(gettext_noop("ends before its last line"), gettext_noop("export it again"))
    return list(zip(starts, events, strict=True))


def _faults(line: int, event: Any) -> Iterator[Problem]:
    """Yield what is wrong with an event, whatever occurs of it."""
    for name, detail in event.errors:
        values = {"name": name or gettext_noop("a line"), "detail": f"{detail}"[:200]}
        yield Problem(
            line, "{name} cannot be read ({detail})", "correct it in the calendar and export it again", values
        )
    if event.errors:
        return
    starts = event.get("DTSTART")
    if starts is None:
        yield Problem(line, "has no start", "correct it in the calendar and export it again")
        return
    for name in ("DTSTART", "DTEND", "RECURRENCE-ID"):
        given = event.get(name)
        zone = given.params.get("TZID") if given is not None and not isinstance(given, list) else None
        if zone and isinstance(given.dt, datetime) and given.dt.tzinfo is None:
            yield Problem(
                line,
                "is in the time zone {zone!r}, which nobody knows",
                "choose another one in the calendar",
                {"zone": zone},
            )
            return
    if starts.dt.year not in YEARS:
        yield Problem(
            line, "{day} is in the year {year}", "correct the year", {"day": starts.dt, "year": starts.dt.year}
        )
        return
    rules = event.get("RRULE", [])
    for rule in rules if isinstance(rules, list) else [rules]:
        if rule.get("FREQ", [""])[0] not in _FREQUENCIES or any(len(rule.get(each, [])) > 1 for each in _FINE):
            yield Problem(
                line, "repeats more than once a day", "a class hour is an event of its own, and repeats daily or weekly"
            )
        elif min(rule.get("INTERVAL") or [1]) < 1 or min(rule.get("COUNT") or [1]) < 1:
            yield Problem(line, "repeats no times, or every 0 days", "say after how many days or weeks it repeats")
    if event.get("EXRULE") is not None:
        yield Problem(line, "has an EXRULE, which calendars no longer write", "export it again from another calendar")


def _rules(event: Any) -> list[Any]:
    rules = event.get("RRULE", [])
    return rules if isinstance(rules, list) else [rules]


def _bounds(events: Sequence[tuple[int, Any]], frame: CalendarFrame) -> tuple[date, date]:
    """Return from which day to which occurrences are meant, and refuse what would be too many."""
    for line, event in events:
        if frame.last is None and any(not each.get("UNTIL") and not each.get("COUNT") for each in _rules(event)):
            raise _Refused(
                gettext_noop("repeats without an end"),
                gettext_noop("say from which day to which, or load the term first"),
                line,
            )
    days = [_day(event["DTSTART"].dt, frame.zone) for _, event in events]
    first = frame.first or min(days, default=date(2000, 1, 1))
    ends = [_day(each["UNTIL"][0], frame.zone) for _, event in events for each in _rules(event) if each.get("UNTIL")]
    counted = [each for _, event in events for each in _rules(event) if each.get("COUNT")]
    last = frame.last or (first + LONGEST_FRAME if counted else max([*days, *ends], default=first))
    if not first <= last <= first + LONGEST_FRAME:
        raise _Refused(
            gettext_noop("is of {first} to {last}"),
            gettext_noop("say from which day to which, a year at most"),
            first=first,
            last=last,
        )
    if sum(_most(event, (last - first).days + 1) for _, event in events) > MOST_OCCURRENCES:
        raise _Refused(
            gettext_noop("has more than {most:,} class hours"),
            gettext_noop("export one term, or one faculty, at a time"),
            most=MOST_OCCURRENCES,
        )
    steps = 0
    for line, event in events:
        steps += sum(_steps(rule, _day(event["DTSTART"].dt, frame.zone), last) for rule in _rules(event))
        if steps > MOST_STEPS:
            raise _Refused(
                gettext_noop("repeats in a way that takes too long to be worked out"),
                gettext_noop("let it begin in the term, and repeat daily or weekly"),
                line,
            )
    return first, last


def _steps(rule: Any, starts: date, last: date) -> int:
    """Return how many days have to be tried to work a rule out, at most.

    A rule whose conditions may never be met (the 30th of February) is tried until the calendar ends.
    """
    frequency, interval = str(rule["FREQ"][0]), int((rule.get("INTERVAL") or [1])[0])
    end = last if _is_met(rule, frequency, interval) else date.max
    return (max(0, (end - starts).days) // (_FREQUENCIES[frequency] * interval) + 1) * _TRIED[frequency]


def _is_met(rule: Any, frequency: str, interval: int) -> bool:
    """Whether there is surely a day, again and again, that is what a rule wants."""
    wanted = {name for name in (*_BY, "BYSETPOS") if rule.get(name)}
    if not wanted or (frequency == "WEEKLY" and wanted == {"BYDAY"}):
        return True
    if interval > 1 or frequency == "YEARLY":
        return False
    of_any_month = all(abs(each) <= 28 for each in rule.get("BYMONTHDAY", []))
    return wanted <= {"BYMONTH", "BYDAY" if frequency != "MONTHLY" else "BYMONTHDAY"} and of_any_month


def _most(event: Any, days: int) -> int:
    """Return how many occurrences of an event there are in so many days, at most."""
    dates = event.get("RDATE", [])
    found = 1 + sum(len(each.dts) for each in (dates if isinstance(dates, list) else [dates]))
    for rule in _rules(event):
        each = _FREQUENCIES[rule["FREQ"][0]] * (rule.get("INTERVAL") or [1])[0]
        times = 1
        for by in _BY:
            times *= max(1, len(rule.get(by, []))) * (5 if by == "BYDAY" and each >= 28 else 1)
        found += min((days // max(each, 1) + 2) * times, days + 1, (rule.get("COUNT") or [days + 1])[0])
    return found


def _occurrences(events: Sequence[tuple[int, Any]], first: date, last: date) -> list[Any]:
    calendar = icalendar.Calendar()
    for line, event in events:
        event.pop(_LINE, None)
        event.add(_LINE, str(line))
        calendar.add_component(event)
    try:  # a day more on both sides: an event may be in another zone than the site
        return list(recurring_ical_events.of(calendar).between(first - timedelta(days=1), last + timedelta(days=2)))
    except (ValueError, TypeError, OverflowError, KeyError, AttributeError) as error:
        raise _Refused(
            gettext_noop("is no calendar that can be read ({detail})"),
            gettext_noop("export it again as iCalendar (.ics)"),
            detail=f"{error}"[:200],
        ) from error


class _Found(NamedTuple):
    """What occurs. days: (first, last, name, first word) of events of whole days."""

    lines: list[tuple[date, CsvLine]]
    days: list[tuple[date, date, str, str]]


def _lines(occurrences: Sequence[Any], frame: CalendarFrame) -> tuple[_Found, list[Problem]]:
    found, problems = _Found([], []), dict[tuple[int, str], Problem]()
    for each in occurrences:
        if str(each.get("STATUS", "")).upper() == "CANCELLED":
            continue
        line, summary = int(str(each[_LINE])), cleaned(str(each.get("SUMMARY", "")))
        starts, ends = each["DTSTART"].dt, each.get("DTEND", each["DTSTART"]).dt
        if not isinstance(starts, datetime):
            last = max(starts, ends - timedelta(days=1))
            found.days.append((starts, last, summary, _word(summary)))
            continue
        starts, ends = (_local(at, frame.zone) for at in (starts, ends))
        if not (frame.first or date.min) <= starts.date() <= (frame.last or date.max):
            continue
        values: dict[str, object] = {"event": summary[:60]}
        section, hall = _section(each, summary), _hall(each)
        if not section:
            problem = Problem(
                line, "{event!r} names no section", "begin its title with the section, like EA0017-1 Databases", values
            )
        elif not hall:
            problem = Problem(line, "{event!r} has no place", "write the hall into its place, like E101", values)
        elif ends - starts >= timedelta(days=1):
            problem = Problem(
                line,
                "{event!r} lasts a day or more",
                "a class hour lasts some hours; a holiday is an event of whole days",
                values,
            )
        else:
            fields = {
                "section": section,
                "hall": hall,
                "date": f"{starts.date()}",
                "period": f"{_period(each, section, starts, frame)}",
                "starts_at": f"{starts:%H:%M:%S}",
                "ends_at": f"{ends:%H:%M:%S}",
            }
            found.lines.append((starts.date(), CsvLine(line, fields)))
            continue
        problems.setdefault((line, problem.what), problem)
    found.lines.sort(key=lambda one: (one[0], one[1].number))
    return found, list(problems.values())


def _without_holidays(found: _Found) -> tuple[list[CsvLine], tuple[Holiday, ...]]:
    """Return the lines that no holiday takes away, and the holidays."""
    sections = {line.fields["section"] for _, line in found.lines}
    gone = Counter[int]()
    kept = []
    for day, line in found.lines:
        free = next(
            (
                at
                for at, (first, last, _, word) in enumerate(found.days)
                if first <= day <= last and (word not in sections or word == line.fields["section"])
            ),
            None,
        )
        if free is None:
            kept.append(line)
        else:
            gone[free] += 1
    holidays = tuple(
        Holiday(name, first, last, word if word in sections else "", gone[at])
        for at, (first, last, name, word) in enumerate(found.days)
    )
    return kept, holidays


def _word(summary: str) -> str:
    return re.split(r"[\s:(\[,]", written_plainly(summary), maxsplit=1)[0]


def _section(event: Any, summary: str) -> str:
    word = _word(summary)
    if any(each.isdigit() for each in word):
        return word
    given = event.get("CATEGORIES", [])
    names = [str(one) for each in (given if isinstance(given, list) else [given]) for one in each.cats]
    numbered = [written_plainly(each) for each in names if any(sign.isdigit() for sign in each)]
    return numbered[0] if len(numbered) == 1 else ""


def _hall(event: Any) -> str:
    return written_plainly(re.split("[,;\n]", str(event.get("LOCATION", "")), maxsplit=1)[0])


def _period(event: Any, section: str, starts: datetime, frame: CalendarFrame) -> int:
    for text in (str(event.get(name, "")) for name in ("SUMMARY", "DESCRIPTION")):
        if said := _PERIOD.search(text):
            return int(next(filter(None, said.groups())))
    known = frame.periods.get((section, starts.astimezone(ZoneInfo("UTC"))))
    if known is not None:
        return known
    stood = event.get("RECURRENCE-ID")
    if stood is not None and isinstance(stood.dt, datetime):
        was = _local(stood.dt, frame.zone)
        starts = was if was.date() == starts.date() else starts
    return (starts.hour - 9) % 24 + 1


def _local(at: datetime, zone: ZoneInfo) -> datetime:
    return at.replace(tzinfo=zone) if at.tzinfo is None else at.astimezone(zone)


def _day(at: date, zone: ZoneInfo) -> date:
    return _local(at, zone).date() if isinstance(at, datetime) else at
