"""A student's own page: his class hours of a term, what he counts as in them and what it costs, and what he asked.

Only his rows are asked for. What others have is nowhere in it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from infra.operations.appeals.appeal_register import KnownAppeals
from infra.operations.appeals.appeal_state import AppealState
from infra.operations.appeals.appeals import askable
from infra.operations.class_hours.own_hours import own_hours
from infra.operations.class_hours.site_calendar import SiteCalendar
from infra.operations.terms.deadlines import Deadlines, deadlines_of
from infra.operations.terms.term_standing import TermStanding, standing
from infra.operations.terms.terms import planned_hours, standings_in
from schemas.errors import UnavailableError
from schemas.messages import AppealKind, ClassHour, Term
from schemas.settings import Settings
from sinks.own_rows import OwnRow, own_rows
from sinks.store import open_for_reading
from sinks.term_rows import TermCounts

__all__ = ["OwnLine", "OwnSection", "OwnTerm", "own_term"]


class OwnLine(NamedTuple):
    """A class hour of his. row: what the store has of him in it. appeal: the latest. may: what he may ask of it now."""

    hour: ClassHour
    row: OwnRow | None
    appeal: AppealState | None
    until: Deadlines
    may: AppealKind | None


class OwnSection(NamedTuple):
    """A section that he takes. past: class hours that have begun, the latest first. coming: the next one first.

    counts, standing: None without a term, or while the store does not answer.
    """

    section: str
    past: Sequence[OwnLine]
    coming: Sequence[OwnLine]
    counts: TermCounts | None
    standing: TermStanding | None


class OwnTerm(NamedTuple):
    """The page. term: None if none has any of his class hours; then all of them are shown. terms: to choose from.

    trouble: the store does not answer, and verdicts are missing.
    """

    term: Term | None
    terms: Sequence[Term]
    sections: Sequence[OwnSection]
    appeals: Sequence[AppealState]
    trouble: bool


def own_term(
    settings: Settings, calendar: SiteCalendar, known: KnownAppeals, student: str, wanted: str, now: datetime
) -> OwnTerm:
    """Return what the page of a student (an id) shows. wanted: name of a term; else the current one, or the latest."""
    his = own_hours(calendar, student, calendar.timetable.everything)
    days = {each.date for each in his}
    terms = [each for each in calendar.terms if any(each.first <= day <= each.last for day in days)]
    terms.sort(key=lambda each: (each.first, each.term), reverse=True)
    term = _chosen(terms, wanted, now.astimezone(settings.zone).date())
    hours = [each for each in his if term is None or term.first <= each.date <= term.last]
    sections = sorted({each.section for each in hours})
    rows: Mapping[str, OwnRow] = {}
    standings: Mapping[str, tuple[TermCounts, TermStanding]] = {}
    trouble = False
    try:
        rows, standings = _stored(settings, calendar, student, (term, sections, hours), now)
    except UnavailableError:
        trouble = True
    mine = known.by_student.get(student, ())
    lines = _lines(settings, calendar, hours, rows, mine, now)
    found = [
        OwnSection(
            each,
            tuple(line for line in reversed(lines[each]) if line.hour.starts_at <= now),
            tuple(line for line in lines[each] if line.hour.starts_at > now),
            *standings.get(each, (None, None)),
        )
        for each in sections
    ]
    shown = {each.id for each in hours}
    return OwnTerm(term, terms, found, [each for each in mine if each.asked.class_hour in shown], trouble)


def _chosen(terms: Sequence[Term], wanted: str, today: date) -> Term | None:
    """Return the term that is asked for, else the one that is on, else the latest."""
    return (
        next((each for each in terms if each.term == wanted), None)
        or next((each for each in terms if each.first <= today <= each.last), None)
        or next(iter(terms), None)
    )


def _stored(
    settings: Settings,
    calendar: SiteCalendar,
    student: str,
    shown: tuple[Term | None, Sequence[str], Sequence[ClassHour]],
    now: datetime,
) -> tuple[Mapping[str, OwnRow], Mapping[str, tuple[TermCounts, TermStanding]]]:
    """Return his rows by class hour, and how he stands by section.

    Raises:
        UnavailableError: the store does not answer.
    """
    term, sections, hours = shown
    if not hours:
        return {}, {}
    first, last = min(each.date for each in hours), max(each.date for each in hours)
    planned = defaultdict[str, list[ClassHour]](list)
    for each in calendar.between(term.first, term.last) if term else ():
        if each.section in sections:
            planned[each.section].append(each)
    with open_for_reading(settings) as store:
        rows = own_rows(store, student, sections, first, last)
        stand = standings_in(store, term, planned, now, student) if term else []
    found = {row.section: (row.counts, it) for row, it in stand}
    if term:  # of whom nothing is judged yet stands somewhere, too
        for section in planned.keys() - found.keys():
            rule, nothing = term.rule_of(section), TermCounts()
            found[section] = nothing, standing(rule, nothing, planned_hours(planned[section], now))
    return rows, found


def _lines(
    settings: Settings,
    calendar: SiteCalendar,
    hours: Sequence[ClassHour],
    rows: Mapping[str, OwnRow],
    mine: Sequence[AppealState],
    now: datetime,
) -> Mapping[str, list[OwnLine]]:
    """Return the lines of each section, in the order of time. mine: what he asked, the latest first."""
    asked = defaultdict[str, list[AppealState]](list)
    for each in mine:
        asked[each.asked.class_hour].append(each)
    lines = defaultdict[str, list[OwnLine]](list)
    for hour in sorted(hours, key=lambda each: each.starts_at):
        row, of = rows.get(hour.id), asked.get(hour.id, [])
        until = deadlines_of(calendar.terms, hour, settings.zone)
        may = askable(hour, row, of, until, now)
        lines[hour.section].append(OwnLine(hour, row, next(iter(of), None), until, may))
    return lines
