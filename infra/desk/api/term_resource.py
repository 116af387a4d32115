"""Loading the rule of a term: what it would change, and putting it in place of what stands."""

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any

import msgspec

from enrollment.term import term_of_values
from infra.desk.api.calls import ApiCall, Endpoint, forbidden
from infra.desk.api.etags import etag_of
from infra.desk.api.reference_resource import ApiTerm, api_term
from infra.operations.accounts.access import may_load_reference
from infra.operations.terms.rule_change import RuleChange, StandingChange
from infra.operations.terms.term_change import apply_term, plan_term, tag_of
from infra.operations.terms.term_standing import StandingWord
from infra.operations.terms.terms import list_terms
from schemas.messages import Term

__all__ = ["ENDPOINTS", "ApiStandingChange", "ApiTermChange", "ApiTermDifference"]

MOST = 2000
"""Sections with a rule of their own, and faculties, of one body."""


class TermBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A term. rule: of all sections; what is null is as docs/terms.md says. sections: what differs in these.

    faculties: who offers a section, by how its name begins.
    """

    first: date
    last: date
    rule: RuleChange = RuleChange()
    sections: Annotated[dict[str, RuleChange], msgspec.Meta(max_length=MOST)] = {}
    faculties: Annotated[dict[str, str], msgspec.Meta(max_length=MOST)] = {}


class ApiTermDifference(msgspec.Struct, frozen=True, kw_only=True):
    """A field that changes. section: null: of the term. was, becomes: null: there is none."""

    section: str | None
    field: str
    was: Any
    becomes: Any


class ApiStandingChange(msgspec.Struct, frozen=True, kw_only=True):
    """A student who would stand otherwise. name: null without the scope names:read."""

    section: str
    student_id: str
    name: str | None
    charged_now: float
    charged_then: float
    stands_now: StandingWord
    stands_then: StandingWord


class ApiTermChange(msgspec.Struct, frozen=True, kw_only=True):
    """What loading a term would change. appears, vanishes: whose F. others: how many are charged otherwise.

    known: false: the store is away, and nobody can tell whose.
    """

    term: str
    differences: tuple[ApiTermDifference, ...]
    known: bool
    appears: tuple[ApiStandingChange, ...]
    vanishes: tuple[ApiStandingChange, ...]
    others: int


def term_previewed(call: ApiCall) -> ApiTermChange:
    """Say what loading a term would change, and whose F; nothing is applied. Registrars may."""
    term = _asked(call)
    call.on_record("what_if", detail=term.term)
    planned = plan_term(call.desk.settings, term, call.now)
    return ApiTermChange(
        term=term.term,
        differences=tuple(
            ApiTermDifference(section=each.section or None, field=each.field, was=each.was, becomes=each.becomes)
            for each in planned.differences
        ),
        known=planned.standings is not None,
        appears=_changes(call, planned.fates("appears")),
        vanishes=_changes(call, planned.fates("vanishes")),
        others=len(planned.fates("other")),
    )


def term_loaded(call: ApiCall) -> ApiTerm:
    """Load a term, in place of what stands. Registrars may.

    `If-Match` with the ETag of `GET /terms/{term}`, or `If-None-Match: *` for a new one, refuses it (412) if somebody
    loaded it since; without either it takes the place of whatever stands.
    """
    term = _asked(call)
    stands = next((each for each in list_terms(call.desk.settings) if each.term == term.term), None)
    call.check_match(etag_of(msgspec.json.encode(api_term(call, stands))) if stands else "")
    call.on_record("term_load", detail=term.term)
    apply_term(call.desk.settings, term, tag_of(stands))
    call.desk.catch_up()
    return api_term(call, term)


def _asked(call: ApiCall) -> Term:
    """Return the term of a body.

    Raises:
        ProblemError: 403: he may not.
        TermFaultsError: something is wrong with it.
    """
    if not (call.holder.reaches_everything and may_load_reference(call.person)):
        raise forbidden()
    body: TermBody = call.body
    values = {
        "term": call.path["term"],
        "first": body.first,
        "last": body.last,
        "rule": body.rule.values,
        "sections": {name: own.values for name, own in body.sections.items()},
        "faculties": body.faculties,
    }
    return term_of_values(values, call.now, call.by)


def _changes(call: ApiCall, those: Iterable[StandingChange]) -> tuple[ApiStandingChange, ...]:
    return tuple(
        ApiStandingChange(
            section=each.section,
            student_id=each.student_id,
            name=call.name(each.name),
            charged_now=round(float(each.before.charged), 2),
            charged_then=round(float(each.after.charged), 2),
            stands_now=each.before.word,
            stands_then=each.after.word,
        )
        for each in those
    )


SCOPE = "terms:write"

ENDPOINTS = (
    Endpoint("POST", "/terms/{term}/preview", SCOPE, term_previewed, ApiTermChange, body=TermBody),
    Endpoint("PUT", "/terms/{term}", SCOPE, term_loaded, ApiTerm, body=TermBody, may_conflict=True),
)
