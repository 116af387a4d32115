"""What if: the registrar asks what a term would be like under another policy or rule. Nothing that is live changes."""

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from infra.desk.health_page import ago
from infra.desk.last_known import LastKnown
from infra.desk.site import Desk, desk_of, page, told_in_words
from infra.desk.visitor import check_form, form_id, on_record
from infra.machine.jobs import Job, cancel_job
from infra.operations.accounts.access import may_ask_what_if
from infra.operations.runs.replay_job import delete_replay, go_on
from infra.operations.runs.what_if import (
    PolicyChange,
    Question,
    WhatIfAnswer,
    answer,
    ask_again,
    find_question,
    question_of,
    questions,
)
from infra.operations.terms.rule_change import RuleChange
from infra.operations.terms.term_texts import rule_in_words
from schemas.errors import RefusedError
from schemas.texts import written_plainly
from schemas.translations import Text

__all__ = ["ROUTES", "last_known"]

MINUTES = ("late_after", "left_early_before", "departure_after")
NUMBERS = ("late_per_absence", "left_early_per_absence", "late_absent_after")
CHOICES = ("from_limit", "whole_absences", "counted_together", "official_leave_counts", "excused_counts")
FIELDS = ("term", "sections", "first", "last", *MINUTES, *NUMBERS, "limit", *CHOICES)
"""Of the form, and of the address of an answer by a rule alone."""


def last_known(desk: Desk) -> LastKnown:
    """Return what keeps the last answers of this desk."""
    return desk.kept("last_known", lambda mine: LastKnown(mine.clock))


def question_in(fields: Mapping[str, str]) -> Question:
    """Return what the fields of a form ask.

    Raises:
        RefusedError: a field is nothing of the kind.
    """
    plain = {name: written_plainly(fields.get(name, "")).strip() for name in FIELDS}
    sections = [each.strip() for each in plain["sections"].replace(";", ",").split(",")]
    rule: dict[str, Any] = {name: {"yes": True, "no": False}.get(plain[name]) for name in CHOICES}
    rule |= {name: None if (found := _number(plain[name])) is None else int(found) for name in NUMBERS}
    return Question(
        term=plain["term"],
        sections=tuple(dict.fromkeys(filter(None, sections))),
        first=_day(plain["first"]),
        last=_day(plain["last"]),
        policy=PolicyChange(**{name: _number(plain[name]) for name in MINUTES}),
        rule=RuleChange(limit=plain["limit"] or None, **rule),
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise RefusedError(Text("{text!r} is no day", text=text[:40]), "Write it like 2026-09-01.") from error


def _number(text: str) -> float | None:
    if not text:
        return None
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 <= found <= 1440:
        raise RefusedError(Text("{text!r} is no number of that kind", text=text[:40]), "Take a number from 0 to 1440.")
    return found


def allowed(request: Request) -> None:
    """Refuse whoever may not ask.

    Raises:
        HTTPException: 403.
    """
    if not may_ask_what_if(request.state.visitor.person):
        raise HTTPException(403)


async def form(request: Request) -> Response:
    """Show the form, and what was asked before."""
    allowed(request)
    return await _form(request, dict(request.query_params))


async def _form(request: Request, typed: Mapping[str, str], error: RefusedError | None = None) -> Response:
    desk = desk_of(request)
    asked = await run_in_threadpool(questions, desk.settings)
    what, remedy = told_in_words(request, error) if error else ("", "")
    return page(
        request,
        "what_if.html",
        400 if error else 200,
        terms=sorted(desk.calendar.terms, key=lambda each: (each.first, each.term), reverse=True),
        trouble=desk.live.trouble[0] if desk.live.trouble else None,
        asked=[(each, question_of(each)) for each in asked],
        typed={name: typed.get(name, "") for name in FIELDS},
        what=what,
        remedy=remedy,
        id=uuid4().hex,
        policy=desk.settings.policy,
        ago=partial(ago, request.state.language, desk.clock()),
        rule=partial(rule_in_words, request.state.language),
    )


async def ask(request: Request) -> Response:
    """Answer at once where only the rule is another one; else have what was seen judged again."""
    allowed(request)
    desk, fields = desk_of(request), await check_form(request)
    try:
        question, id_ = question_in(fields), form_id(fields)
        if not question.judges_again:
            await run_in_threadpool(
                answer, desk.settings, desk.calendar, question, desk.clock()
            )  # what is wrong is said on the form
            said = {name: fields[name] for name in FIELDS if fields.get(name)}
            return RedirectResponse(f"/what-if/rule?{urlencode(said)}", 303)
        await on_record(request, "what_if", detail=question.term)
        by = request.state.visitor.person.account
        job = await run_in_threadpool(
            partial(ask_again, desk.settings, desk.calendar, question, id_=id_, by=by, now=desk.clock())
        )
    except RefusedError as error:
        return await _form(request, fields, error)
    return RedirectResponse(f"/what-if/{job.name}", 303)


async def by_rule(request: Request) -> Response:
    """Answer what another rule alone would change: arithmetic over what stands."""
    allowed(request)
    desk = desk_of(request)
    try:
        question = question_in(dict(request.query_params))
        if question.judges_again:
            raise HTTPException(400)
        await on_record(request, "what_if", detail=question.term)
        it = await run_in_threadpool(answer, desk.settings, desk.calendar, question, desk.clock())
    except RefusedError as error:
        return await _form(request, dict(request.query_params), error)
    return _answer(request, question, None, it)


async def asked_before(request: Request) -> Response:
    """Show how far a question is, and its answer when it was judged."""
    allowed(request)
    desk, job = desk_of(request), await _job(request)
    question, it = question_of(job), None
    if job.word == "done":
        await on_record(request, "what_if", detail=question.term)
        it = await run_in_threadpool(answer, desk.settings, desk.calendar, question, desk.clock(), job.name)
    return _answer(request, question, job, it)


def _answer(request: Request, question: Question, job: Job | None, it: WhatIfAnswer | None) -> Response:
    desk, language = desk_of(request), request.state.language
    return page(
        request,
        "what_if_answer.html",
        question=question,
        job=job,
        it=it,
        again={name: value for name, value in _typed(question).items() if value},
        policy=desk.settings.policy,
        ago=partial(ago, language, desk.clock()),
        rule=partial(rule_in_words, language),
    )


def _typed(question: Question) -> dict[str, str]:
    """Return a question as the form has it."""
    yes: dict[Any, str] = {True: "yes", False: "no"}
    said: dict[str, Any] = msgspec.structs.asdict(question.policy) | msgspec.structs.asdict(question.rule)
    said |= {"term": question.term, "sections": ", ".join(question.sections)}
    said |= {"first": question.first, "last": question.last}
    return {
        name: "" if value is None else yes[value] if isinstance(value, bool) else f"{value:g}"
        if isinstance(value, float) else str(value)
        for name, value in said.items()
    }  # fmt: skip


async def _job(request: Request) -> Job:
    found = await run_in_threadpool(find_question, desk_of(request).settings, request.path_params["run"])
    if found is None:
        raise HTTPException(404)
    return found


async def change(request: Request) -> Response:
    """Cancel a question, go on with it, or delete it with all that was judged for it."""
    allowed(request)
    desk, job, fields = desk_of(request), await _job(request), await check_form(request)
    what, settings = fields.get("what", ""), desk.settings
    if what not in ("cancel", "resume", "delete"):
        raise HTTPException(400)
    await on_record(request, "run_change", detail=f"{what} {job.name}")
    if what == "cancel":
        await run_in_threadpool(cancel_job, settings, job.name)
    elif what == "delete":
        await run_in_threadpool(delete_replay, settings, job.name)
        return RedirectResponse("/what-if", 303)
    else:
        await run_in_threadpool(go_on, settings, job)
    return RedirectResponse(f"/what-if/{job.name}", 303)


ROUTES = [
    Route("/what-if", form, methods=["GET"]),
    Route("/what-if", ask, methods=["POST"]),
    Route("/what-if/rule", by_rule, methods=["GET"]),
    Route("/what-if/{run}", asked_before, methods=["GET"]),
    Route("/what-if/{run}", change, methods=["POST"]),
]
