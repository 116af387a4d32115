"""The rule of a term: as it is, edited in forms or loaded from a file; what would change is shown before it is applied.

What is under way travels in the form as the text of the file that would do the same: nothing of it is kept here.
"""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any
from urllib.parse import quote

from msgspec.structs import replace
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from enrollment.term import (
    RULE_FIELDS,
    TermFault,
    TermFaultsError,
    own_fields,
    section_table,
    term_file,
    term_of_values,
)
from infra.desk.health_page import ago
from infra.desk.site import desk_of, page, told_in_words
from infra.desk.visitor import by_of, check_form, check_upload, on_record
from infra.desk.what_if_page import last_known, question_in
from infra.operations.accounts.access import may_load_reference
from infra.operations.terms.rule_change import with_change
from infra.operations.terms.term_change import PlannedTerm, TermChangedMeanwhileError, apply_term, plan_term, tag_of
from infra.operations.terms.term_texts import FIELD_TEXTS, rule_in_words, value_in_words
from infra.operations.terms.terms import hours_of_term, list_terms
from schemas.errors import RefusedError, UnavailableError
from schemas.messages import Term, TermRule
from schemas.texts import written_plainly
from schemas.toml_file import parse_toml
from schemas.translations import Text, say

__all__ = ["ROUTES"]

MOST_BYTES = 2**18
"""Of the file of a term."""
SHOWN = 500
"""Students of a kind that are named; the others are counted."""
FLAGS = ("counted_together", "whole_absences", "from_limit", "official_leave_counts", "excused_counts")
NUMBERS = tuple(name for name in RULE_FIELDS if name not in (*FLAGS, "limit", "unit"))


def _allowed(request: Request) -> None:
    if not may_load_reference(request.state.visitor.person):
        raise HTTPException(403)


async def terms(request: Request) -> Response:
    """Show the terms and their rules."""
    _allowed(request)
    known = await run_in_threadpool(last_known(desk_of(request)).ask, "terms", _listing(request), [])
    return _page(request, "terms.html", known=known, done=request.query_params.get("done", ""), **_words(request))


async def file(request: Request) -> Response:
    """Give a term as the file that `naul term load` reads."""
    _allowed(request)
    term = await _asked(request)
    name = quote(f"{term.term}.toml", safe="")
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{name}"}
    return Response(term_file(term), headers=headers, media_type="application/toml")


async def form(request: Request) -> Response:
    """Show the form of a term: as it is, as a question asked what if, a copy of another one, or empty."""
    _allowed(request)
    asked = request.query_params
    if asked.get("term"):
        term = await _asked(request)
        draft = _as_asked(term, asked)
        return _term_form(request, _typed(draft), term_file(draft), tag_of(term), name=term.term)
    if asked.get("like"):
        like = replace(await _asked(request, "like"), sections={})
        return _term_form(request, _typed(like) | dict.fromkeys(("term", "first", "last"), ""), "", tag_of(None))
    return _term_form(request, _typed_rule(TermRule()), "", tag_of(None))


async def previewed(request: Request) -> Response:
    """Show what a form would change; or the form once more, with what is wrong in it."""
    _allowed(request)
    fields = await check_form(request)
    text, seen = fields.get("text", ""), fields.get("seen", "")
    if fields.get("form") == "section":
        base = _draft(request, text)
        try:
            term = _with_section(request, base, fields)
        except TermFaultsError as error:
            return _section_form(request, base, fields.get("was", ""), seen, typed=fields, faults=error.faults)
    elif fields.get("form") == "term":
        try:
            term = _with_form(request, text, fields)
        except TermFaultsError as error:
            return _term_form(request, fields, text, seen, name=fields.get("name", ""), faults=error.faults)
    else:
        term = _draft(request, text)
    if "edit" in fields:
        return _section_form(request, term, fields["edit"], seen)
    return await _preview(request, term, seen)


async def uploaded(request: Request) -> Response:
    """Show what a file would change."""
    _allowed(request)
    async with check_upload(request, MOST_BYTES) as (_, files):
        if len(files) != 1:
            return RedirectResponse("/terms?done=none", 303)
        name, data = (files[0].filename or "term.toml")[:200], await files[0].read()
    try:
        term = term_of_values(parse_toml(name, data), desk_of(request).clock(), by_of(request), name)
    except RefusedError as error:
        return _page(request, "term_refused.html", 400, name=name, told=told_in_words(request, error))
    text = term_file(term)
    try:
        return await _preview(request, term, "")
    except UnavailableError as error:
        what, remedy = told_in_words(request, error)
        sent = {"text": text, "seen": ""}
        return page(request, "once_more.html", 503, to="/terms/preview", fields=sent, what=what, remedy=remedy)


async def applied(request: Request) -> Response:
    """Apply exactly what was shown, unless somebody loaded the term since; or go on changing it."""
    _allowed(request)
    fields, desk = await check_form(request), desk_of(request)
    term, seen = _draft(request, fields.get("text", "")), fields.get("seen", "")
    if fields.get("do") != "apply":
        return _term_form(request, _typed(term), term_file(term), seen, name=term.term)
    await on_record(request, "term_load", detail=term.term)
    try:
        await run_in_threadpool(apply_term, desk.settings, term, seen)
    except TermChangedMeanwhileError as error:
        return await _preview(request, term, seen, error)
    except TermFaultsError:  # a section lost its class hours meanwhile: its form says so
        return await _preview(request, term, seen)
    await run_in_threadpool(desk.catch_up)
    return RedirectResponse("/terms?done=loaded", 303)


async def _preview(
    request: Request, term: Term, seen: str, changed: TermChangedMeanwhileError | None = None
) -> Response:
    """Show what a term would change of the one that stands. seen: which one it goes out from; empty: whichever."""
    desk = desk_of(request)
    await on_record(request, "what_if", detail=term.term)
    try:
        planned = await run_in_threadpool(plan_term, desk.settings, term, desk.clock())
    except TermFaultsError as error:
        return _term_form(request, _typed(term), term_file(term), seen, name=term.term, faults=error.faults)
    if changed is None and seen not in ("", planned.tag):
        changed = TermChangedMeanwhileError(planned.stands)
    return _page(
        request,
        "term_change.html",
        409 if changed else 200,
        it=planned,
        text=term_file(term),
        changed=told_in_words(request, changed) if changed else None,
        places=_by_place(planned),
        shown=SHOWN,
        **_words(request),
    )


def _by_place(planned: PlannedTerm) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for each in planned.differences:
        found.setdefault(each.section, []).append(each)
    return found


def _term_form(
    request: Request,
    typed: Mapping[str, str],
    text: str,
    seen: str,
    *,
    name: str = "",
    faults: Iterable[TermFault] = (),
) -> Response:
    """Show the form of a term. text: the file of what it goes out from; empty: nothing. name: of a term that is."""
    told = list(faults)
    base = _draft(request, text) if text else None
    return _page(
        request,
        "term.html",
        400 if told else 200,
        typed={each: typed.get(each, "") for each in ("term", "first", "last", "faculties", *RULE_FIELDS)},
        text=text,
        seen=seen,
        name=name,
        base=base,
        own={each: own_fields(rule, base.rule) for each, rule in sorted(base.sections.items())} if base else {},
        faults=_told_faults(request, told),
        **_words(request),
    )


def _section_form(
    request: Request,
    base: Term,
    was: str,
    seen: str,
    *,
    typed: Mapping[str, str] | None = None,
    faults: Iterable[TermFault] = (),
) -> Response:
    told = list(faults)
    if typed is None:
        own = own_fields(base.sections[was], base.rule) if was in base.sections else {}
        typed = {"section": was} | {name: _shown(value) for name, value in own.items()}
    return _page(
        request,
        "term_section.html",
        400 if told else 200,
        typed={each: typed.get(each, "") for each in ("section", *RULE_FIELDS)},
        text=term_file(base),
        seen=seen,
        was=was,
        base=base,
        known=sorted(hours_of_term(base, desk_of(request).calendar.timetable.everything)),
        faults=_told_faults(request, told),
        **_words(request),
    )


def _told_faults(request: Request, faults: Iterable[TermFault]) -> dict[str, tuple[str, str, str]]:
    """Return what is wrong by the field of the form: what it is called, what is wrong with it, the remedy."""
    language, found = request.state.language, {}
    for each in faults:
        field = "faculties" if each.table == "faculties" else each.name
        place = each.table.removeprefix('sections."').removesuffix('"') if each.table.startswith("sections") else ""
        label = say(language, FIELD_TEXTS.get(field, field))
        label = f"{place}: {label}" if place else label
        what = Text("it must be a part, like 1/4") if field == "limit" else each.what  # a form has no quotes
        found[field] = (label, say(language, what), say(language, each.remedy) if each.remedy else "")
    return found


def _words(request: Request) -> dict[str, Any]:
    """Return what the templates say a rule with."""
    language = request.state.language
    return {
        "label": lambda name: say(language, FIELD_TEXTS[name]),
        "value": partial(value_in_words, language),
        "rule": partial(rule_in_words, language),
        "ago": partial(ago, language, desk_of(request).clock()),
        "numbers": NUMBERS,
        "flags": FLAGS,
    }


def _page(request: Request, template: str, status: int = 200, **said: Any) -> Response:
    return page(request, template, status, most=MOST_BYTES // 2**10, **said)


def _listing(request: Request) -> Any:
    return partial(list_terms, desk_of(request).settings)


async def _asked(request: Request, parameter: str = "term") -> Term:
    """Return the term that the query names, as it was read last while Kafka is away.

    Raises:
        HTTPException: 404.
    """
    known = await run_in_threadpool(last_known(desk_of(request)).ask, "terms", _listing(request), [])
    wanted = written_plainly(request.query_params.get(parameter, ""))
    found: Term | None = next((each for each in known.value if each.term == wanted), None)
    if found is None:
        raise HTTPException(404)
    return found


def _as_asked(term: Term, asked: Mapping[str, str]) -> Term:
    """Return a term with the rule that a question asked what if had."""
    if len(asked) == 1:
        return term
    question = question_in(asked)
    return with_change(term, question.rule, question.sections)


def _draft(request: Request, text: str) -> Term:
    """Return the term of a text that a form carries.

    Raises:
        RefusedError: it is none.
    """
    return term_of_values(parse_toml("text", text.encode()), desk_of(request).clock(), by_of(request))


def _with_form(request: Request, text: str, fields: Mapping[str, str]) -> Term:
    """Return the term of a form. text: of what it goes out from, for its sections.

    Raises:
        TermFaultsError: something is wrong with it.
    """
    values, faults = parse_toml("text", text.encode()), list[TermFault]()
    values |= {name: fields.get(name, "").strip() for name in ("term", "first", "last")}
    values["rule"] = _rule_values(fields)
    try:
        values["faculties"] = _faculties(fields.get("faculties", ""))
    except TermFaultsError as error:
        faults += error.faults
    try:
        term = term_of_values(values, desk_of(request).clock(), by_of(request))
    except TermFaultsError as error:
        raise TermFaultsError([*error.faults, *faults]) from error
    if faults:
        raise TermFaultsError(faults)
    return term


def _with_section(request: Request, base: Term, fields: Mapping[str, str]) -> Term:
    """Return a term in which a section has the rule of a form, or none of its own any more.

    Raises:
        TermFaultsError: something is wrong with it.
    """
    values = parse_toml("text", term_file(base).encode())
    sections = values.setdefault("sections", {})
    sections.pop(fields.get("was", ""), None)
    if fields.get("do") != "drop":
        name = written_plainly(fields.get("section", ""))
        if not name:
            what = Text("a section must have a name, like EA0017-1")
            raise TermFaultsError([TermFault(section_table(""), "section", what)])
        sections[name] = _rule_values(fields)
    return term_of_values(values, desk_of(request).clock(), by_of(request))


def _rule_values(fields: Mapping[str, str]) -> dict[str, Any]:
    """Return what the fields of a form say of a rule, as a file would; what is left empty is not said."""
    found: dict[str, Any] = {}
    for name in RULE_FIELDS:
        said = written_plainly(fields.get(name, "")).strip("\"' ")
        if not said:
            continue
        found[name] = said
        if name in NUMBERS and said.isascii() and said.isdigit():
            found[name] = int(said[:10])
        elif name in FLAGS:
            found[name] = {"yes": True, "no": False}.get(said, said)
    return found


def _faculties(text: str) -> dict[str, str]:
    """Return whose sections are, of lines like ``EA = 전자공학부``.

    Raises:
        TermFaultsError: a line is no such one.
    """
    found = {}
    for line in filter(str.strip, text.splitlines()):
        begin, _, name = (each.strip() for each in line.partition("="))
        if not begin or not name:
            what = Text("{line!r} names no faculty", line=line.strip()[:80])
            raise TermFaultsError(
                [TermFault("faculties", "faculties", what, Text("Write a line each, like EA = 전자공학부."))]
            )
        found[begin] = name
    return found


def _typed(term: Term) -> dict[str, str]:
    """Return a term as the form has it."""
    faculties = "\n".join(f"{begin} = {name}" for begin, name in sorted(term.faculties.items()))
    said = {"term": term.term, "first": f"{term.first}", "last": f"{term.last}", "faculties": faculties}
    return said | _typed_rule(term.rule)


def _typed_rule(rule: TermRule) -> dict[str, str]:
    return {name: _shown(getattr(rule, name)) for name in RULE_FIELDS}


def _shown(value: Any) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


ROUTES = [
    Route("/terms", terms, methods=["GET"]),
    Route("/terms/term", form, methods=["GET"]),
    Route("/terms/file", file, methods=["GET"]),
    Route("/terms/load", uploaded, methods=["POST"]),
    Route("/terms/preview", previewed, methods=["POST"]),
    Route("/terms/apply", applied, methods=["POST"]),
]
