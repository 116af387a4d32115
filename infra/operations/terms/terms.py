"""Terms and what absence costs in them: loading them, and how every student stands."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from enrollment.loaded import class_hours, terms
from enrollment.term import read_term
from infra.operations.terms.term_standing import PlannedHours, TermStanding, standing
from infra.operations.terms.term_texts import rule_in_words
from schemas.cluster import send
from schemas.errors import RefusedError
from schemas.messages import ClassHour, Term, TermRule, encode
from schemas.settings import Settings
from schemas.texts import nearest
from schemas.translations import Text, listed
from sinks.reports import Table
from sinks.store import open_for_reading
from sinks.term_rows import TermRow, term_rows

__all__ = ["hours_of_term", "known_term", "list_terms", "load_term", "planned", "standings", "terms_table"]

COLUMNS = (
    "section", "student_id", "name", "absent", "late", "left_early", "official_leave", "excused", "unobserved",
    "charged", "limit", "share", "hours_left", "standing",
)  # fmt: skip
NAMED = 5
"""Sections that a refusal names; more are counted."""


def load_term(settings: Settings, file: Path, by: str, now: datetime) -> Term:
    """Put a term on record, in place of what it was before. now: aware.

    Raises:
        RefusedError: something is wrong with the file, or it has a rule for a section without class hours in the term.
        UnavailableError: the broker does not answer.
    """
    term = read_term(file, now, by)
    meeting = {each.section for each in _hours_of(settings, term)}
    if unknown := sorted(term.sections.keys() - meeting):
        raise RefusedError(
            Text(
                "{file}: no class hour of these sections lies between {first} and {last}: {names}",
                file=file,
                first=term.first,
                last=term.last,
                names=listed(settings.language, unknown, NAMED),
            ),
            _meant(unknown[0], meeting, Text("Load the timetable first, or correct the days.")),
        )
    send(settings, [(settings.topic("terms"), term.term.encode(), encode(term), None, None)])
    return term


def list_terms(settings: Settings) -> list[Term]:
    """Return the terms, the latest first.

    Raises:
        UnavailableError: the broker does not answer.
    """
    return sorted(terms(settings).values(), key=lambda each: (each.first, each.term), reverse=True)


def terms_table(settings: Settings) -> Table:
    """Return the terms, the latest first.

    Raises:
        UnavailableError: the broker does not answer.
    """
    known, language = list_terms(settings), settings.language
    rows = [
        (each.term, each.first, each.last, section, rule_in_words(language, rule), each.by)
        for each in known
        for section, rule in (("", each.rule), *sorted(each.sections.items()))
    ]
    return Table(("term", "first", "last", "section", "rule", "by"), rows)


def known_term(settings: Settings, name: str) -> Term:
    """Return a term by its name.

    Raises:
        RefusedError: there is none of that name.
        UnavailableError: the broker does not answer.
    """
    known = terms(settings)
    if name not in known:
        raise RefusedError(
            Text("there is no term {name!r}", name=name),
            _meant(name, known, Text("Load it with `naul term load FILE`.")),
        )
    return known[name]


def standings(settings: Settings, term: Term, now: datetime, *, section: str = "", student: str = "") -> Table:
    """Return how each student stands in each section, whoever is nearest to the limit first.

    section, student: this one alone; empty: all. Only class hours that have closed count; the limit is of all that are
    planned in the term. ``standing`` is a ``StandingWord``.

    Raises:
        RefusedError: the section has no class hour in the term.
        UnavailableError: the broker or the store does not answer.
    """
    hours = hours_of_term(settings, term)
    if section and section not in hours:
        raise RefusedError(
            Text("{section} has no class hour in {term}", section=section, term=term.term),
            _meant(section, hours, Text("`naul timetable show` lists them.")),
        )
    by_rule = defaultdict[TermRule, list[str]](list)
    for name in [section] if section else hours:
        by_rule[term.rule_of(name)].append(name)
    with open_for_reading(settings) as store:
        found = [
            (row, standing(rule, row.counts, planned(hours[row.section], now)))
            for rule, sections in by_rule.items()
            for row in term_rows(store, sections, term.first, term.last, rule, student)
        ]
    found.sort(key=lambda each: (-each[1].used, each[0].section, each[0].student_id))
    return Table(COLUMNS, [_line(*each) for each in found])


def _meant(name: str, known: Iterable[str], otherwise: Text) -> Text:
    """Return the remedy for a name that is not known: what was probably meant, or what else to do."""
    near = nearest(name, known)
    return Text("Did you mean {near}?", near=near) if near else otherwise


def _line(row: TermRow, it: TermStanding) -> tuple[Any, ...]:
    counts = row.counts
    return (
        row.section, row.student_id, row.name,
        counts.absent, counts.late, counts.left_early, counts.official_leave, counts.excused, counts.unobserved,
        round(float(it.charged), 2), round(float(it.limit), 2), round(float(it.rate), 4), it.left, it.word,
    )  # fmt: skip


def _hours_of(settings: Settings, term: Term) -> list[ClassHour]:
    return [each for each in class_hours(settings) if term.first <= each.date <= term.last]


def hours_of_term(settings: Settings, term: Term) -> dict[str, list[ClassHour]]:
    """Return the class hours that the timetable has in a term, by section.

    Raises:
        UnavailableError: the broker does not answer.
    """
    hours = defaultdict[str, list[ClassHour]](list)
    for each in _hours_of(settings, term):
        hours[each.section].append(each)
    return dict(hours)


def planned(hours: list[ClassHour], now: datetime) -> PlannedHours:
    """Return how many class hours of a section there are, and how many of them are over. now: aware."""
    minutes = sum((each.ends_at - each.starts_at).total_seconds() for each in hours) / 60
    return PlannedHours(sum(each.ends_at <= now for each in hours), len(hours), minutes)
