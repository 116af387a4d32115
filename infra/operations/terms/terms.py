"""Terms and what absence costs in them, and how every student stands."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from enrollment.loaded import class_hours, terms
from infra.operations.terms.term_standing import PlannedHours, TermStanding, standing
from infra.operations.terms.term_texts import rule_in_words
from schemas.errors import RefusedError
from schemas.ids import LIVE
from schemas.messages import ClassHour, Term, TermRule
from schemas.settings import Settings
from schemas.texts import nearest
from schemas.translations import Text
from sinks.reports import Table
from sinks.store import Store, open_for_reading
from sinks.term_rows import TermRow, term_rows

__all__ = [
    "StudentStanding",
    "counted_rows",
    "hours_of_term",
    "known_term",
    "list_terms",
    "meant_term",
    "planned_hours",
    "standing_rows",
    "standings",
    "standings_in",
    "standings_table",
    "terms_table",
]

COLUMNS = (
    "section", "student_id", "name", "absent", "late", "left_early", "official_leave", "excused", "unobserved",
    "charged", "limit", "share", "hours_left", "standing",
)  # fmt: skip


class StudentStanding(NamedTuple):
    """How a student stands in a section. row: what the store adds up. it: what that is by the rule."""

    row: TermRow
    it: TermStanding


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
    language = settings.language
    rows = [
        (each.term, each.first, each.last, section, rule_in_words(language, rule), each.by)
        for each in list_terms(settings)
        for section, rule in (("", each.rule), *sorted(each.sections.items()))
    ]
    return Table(("term", "first", "last", "section", "rule", "by"), rows)


def known_term(settings: Settings, name: str) -> Term:
    """Return a term by its name.

    Raises:
        RefusedError: there is none of that name.
        UnavailableError: the broker does not answer.
    """
    return meant_term(terms(settings), name)


def meant_term(known: Mapping[str, Term], name: str) -> Term:
    """Return a term of those that are known.

    Raises:
        RefusedError: there is none of that name.
    """
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
    hours = hours_of_term(term, class_hours(settings))
    if section and section not in hours:
        raise RefusedError(
            Text("{section} has no class hour in {term}", section=section, term=term.term),
            _meant(section, hours, Text("`naul timetable show` lists them.")),
        )
    wanted = {section: hours[section]} if section else hours
    with open_for_reading(settings) as store:
        return standings_table(_nearest_first(standings_in(store, term, wanted, now, student)))


def standings_table(found: Iterable[StudentStanding]) -> Table:
    """Return standings as they are printed and exported."""
    return Table(COLUMNS, [_line(*each) for each in found])


def standing_rows(
    settings: Settings,
    term: Term,
    timetable: Iterable[ClassHour],
    now: datetime,
    *,
    sections: Collection[str] | None = None,
    student: str = "",
) -> list[StudentStanding]:
    """Return the same of some sections (None: all), as it is. timetable: all class hours that there are.

    Raises:
        UnavailableError: the store does not answer.
    """
    hours = hours_of_term(term, timetable)
    wanted = {name: each for name, each in hours.items() if sections is None or name in sections}
    with open_for_reading(settings) as store:
        return _nearest_first(standings_in(store, term, wanted, now, student))


def _nearest_first(found: Iterable[StudentStanding]) -> list[StudentStanding]:
    return sorted(found, key=lambda each: (-each.it.used, each.row.section, each.row.student_id))


def standings_in(
    store: Store, term: Term, hours: Mapping[str, Sequence[ClassHour]], now: datetime, student: str = ""
) -> list[StudentStanding]:
    """Return how students stand, unordered. hours: all class hours that some sections have in the term, by section.

    Raises:
        UnavailableError: the store does not answer.
    """
    planned = {name: planned_hours(each, now) for name, each in hours.items()}
    return [
        StudentStanding(row, standing(term.rule_of(row.section), row.counts, planned[row.section]))
        for row in counted_rows(store, term, hours, student)
    ]


def counted_rows(
    store: Store, term: Term, sections: Iterable[str], student: str = "", *, run: str = LIVE
) -> list[TermRow]:
    """Return what closed class hours of a term add up to in some sections, each by its rule. run: who judged.

    Raises:
        UnavailableError: the store does not answer.
    """
    by_rule = defaultdict[TermRule, list[str]](list)
    for name in sections:
        by_rule[term.rule_of(name)].append(name)
    return [
        row
        for rule, names in by_rule.items()
        for row in term_rows(store, names, term.first, term.last, rule, student, run=run)
    ]


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


def hours_of_term(term: Term, timetable: Iterable[ClassHour]) -> dict[str, list[ClassHour]]:
    """Return the class hours that lie in a term, by section."""
    hours = defaultdict[str, list[ClassHour]](list)
    for each in timetable:
        if term.first <= each.date <= term.last:
            hours[each.section].append(each)
    return dict(hours)


def planned_hours(hours: Sequence[ClassHour], now: datetime) -> PlannedHours:
    """Return what the class hours of a section are in all. now: aware."""
    minutes = sum((each.ends_at - each.starts_at).total_seconds() for each in hours) / 60
    return PlannedHours(sum(each.ends_at <= now for each in hours), len(hours), minutes)
