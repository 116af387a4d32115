"""What the university says: rosters, and terms with how students stand in them."""

from collections.abc import Iterable, Iterator
from datetime import date

import msgspec

from infra.desk.api.attendance_resource import sections_of_rows
from infra.desk.api.calls import ApiCall, DayAsked, Endpoint, SectionAsked, StudentAsked
from infra.desk.api.paging import ApiPage, PageQuery, paged, row_page
from infra.desk.api.problems import not_found
from infra.operations.accounts.access import may_see_roster
from infra.operations.terms.term_standing import StandingWord
from infra.operations.terms.term_texts import rule_in_words
from infra.operations.terms.terms import StudentStanding, known_term, list_terms, standings, standings_table
from schemas.errors import RefusedError
from schemas.messages import Moment, Roster, Term, TermRule
from schemas.rosters import NO_ROSTER
from sinks.reports import Table

__all__ = [
    "ENDPOINTS",
    "ApiRoster",
    "ApiRosterOfDay",
    "ApiRule",
    "ApiStanding",
    "ApiStudent",
    "ApiTerm",
    "api_standing",
    "api_term",
    "term_in_path",
]


class RosterQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of which day; else today's."""

    date: DayAsked | None = None


class StandingQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of whom; empty: everybody."""

    section: SectionAsked = ""
    student: StudentAsked = ""


class ApiRoster(msgspec.Struct, frozen=True, kw_only=True):
    """A roster. since: the first date on which it holds, until another one does; null: from always."""

    section: str
    since: date | None
    version: int
    loaded_at: Moment | None
    students: int


class ApiStudent(msgspec.Struct, frozen=True, kw_only=True):
    """A student of a roster. name: null without the scope names:read."""

    student_id: str
    name: str | None


class ApiRosterOfDay(msgspec.Struct, frozen=True, kw_only=True):
    """Who takes a section on a day."""

    roster: ApiRoster
    students: tuple[ApiStudent, ...]


class ApiRule(msgspec.Struct, frozen=True, kw_only=True):
    """What a verdict costs. text: the same in your language. section: null: all that have none of their own."""

    section: str | None
    rule: TermRule
    text: str


class ApiTerm(msgspec.Struct, frozen=True, kw_only=True):
    """A term, its days and its rules."""

    term: str
    first: date
    last: date
    rules: tuple[ApiRule, ...]
    loaded_at: Moment


class ApiStanding(msgspec.Struct, frozen=True, kw_only=True):
    """How a student stands in a section. charged, limit: class hours, or minutes. share: charged, of all planned.

    hours_left: how many he can miss before he fails.
    """

    section: str
    student_id: str
    name: str | None
    absent: int
    late: int
    left_early: int
    official_leave: int
    excused: int
    unobserved: int
    charged: float
    limit: float
    share: float
    hours_left: int
    standing: StandingWord


def _roster(roster: Roster) -> ApiRoster:
    return ApiRoster(
        section=roster.section,
        since=roster.since,
        version=roster.version,
        loaded_at=roster.loaded_at,
        students=len(roster.students),
    )


def _may(call: ApiCall, section: str) -> bool:
    return call.holder.reaches(section) and may_see_roster(call.person, section)


def list_rosters(call: ApiCall) -> ApiPage[ApiRoster]:
    """List the rosters of the sections that the owner of the token teaches, by section and date; a registrar's: all."""
    found = [_roster(each) for each in call.desk.calendar.rosters.everything if _may(call, each.section)]
    return paged(found, call.query, call.list_name, lambda each: (each.section, str(each.since or "")), tuple[str, str])


def one_roster(call: ApiCall) -> ApiRosterOfDay:
    """Show who takes a section on a day, by student's id."""
    section = call.path["section"]
    found = call.desk.calendar.rosters.on(section, call.query.date or call.desk.today)
    if not _may(call, section) or found is NO_ROSTER:
        raise not_found()
    call.on_record("export", section=section)
    students = sorted(found.students, key=lambda each: each.student_id)
    return ApiRosterOfDay(
        roster=_roster(found),
        students=tuple(ApiStudent(student_id=each.student_id, name=call.name(each.name)) for each in students),
    )


def api_term(call: ApiCall, term: Term) -> ApiTerm:
    """Return a term as the API shows it, with the rules of the token's sections."""
    rules = [
        (None, term.rule),
        *((name, rule) for name, rule in sorted(term.sections.items()) if call.holder.reaches(name)),
    ]
    return ApiTerm(
        term=term.term,
        first=term.first,
        last=term.last,
        rules=tuple(ApiRule(section=name, rule=rule, text=rule_in_words(call.language, rule)) for name, rule in rules),
        loaded_at=term.loaded_at,
    )


def terms_list(call: ApiCall) -> ApiPage[ApiTerm]:
    """List the terms with their rules, by their first day."""
    found = [api_term(call, each) for each in list_terms(call.desk.settings)]
    return paged(found, call.query, call.list_name, lambda each: (str(each.first), each.term), tuple[str, str])


def one_term(call: ApiCall) -> ApiTerm:
    """Show one term."""
    return api_term(call, term_in_path(call))


def term_in_path(call: ApiCall) -> Term:
    """Return the term that the path names.

    Raises:
        ProblemError: 404.
    """
    try:
        return known_term(call.desk.settings, call.path["term"])
    except RefusedError as error:
        raise not_found() from error


def term_standings(call: ApiCall) -> ApiPage[ApiStanding]:
    """List how students stand in a term, whoever is nearest to the limit first.

    Of the sections in which the owner of the token is professor; a registrar's of all; a student's of himself, and he
    names himself.
    """
    term, asked = term_in_path(call), call.query
    sections = sections_of_rows(call, asked.section, asked.student)
    call.on_record("export", student=asked.student, section=asked.section)
    found: list[ApiStanding] = []
    for section in [""] if sections is None else sorted(sections):
        try:
            table = standings(call.desk.settings, term, call.now, section=section, student=asked.student)
        except RefusedError:  # the section has no class hour in the term
            continue
        found += _standings(call, table)
    return row_page(found, asked, call.list_name)


def api_standing(call: ApiCall, of: Iterable[StudentStanding]) -> Iterator[ApiStanding]:
    """Yield how students stand, as the API says it."""
    yield from _standings(call, standings_table(of))


def _standings(call: ApiCall, table: Table) -> Iterator[ApiStanding]:
    for row in table.dicts():
        yield ApiStanding(**({**row, "name": call.name(row["name"])}))  # its columns are these fields


ENDPOINTS = (
    Endpoint("GET", "/rosters", "rosters:read", list_rosters, ApiPage[ApiRoster], PageQuery),
    Endpoint("GET", "/rosters/{section}", "rosters:read", one_roster, ApiRosterOfDay, RosterQuery),
    Endpoint("GET", "/terms", "timetable:read", terms_list, ApiPage[ApiTerm], PageQuery),
    Endpoint("GET", "/terms/{term}", "timetable:read", one_term, ApiTerm),
    Endpoint("GET", "/terms/{term}/standings", "attendance:read", term_standings, ApiPage[ApiStanding], StandingQuery),
)
