"""Replays and engines: started, watched, compared, judged by marks, chosen. Engineers see numbers, never whose."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple
from uuid import uuid4

import msgspec
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from infra.desk.health_page import ago
from infra.desk.site import Desk, desk_of, page, told_in_words
from infra.desk.visitor import check_form, form_id, on_record
from infra.desk.what_if_page import last_known
from infra.machine.jobs import Job, cancel_job, find_job, jobs
from infra.operations.accounts.access import may_run_site
from infra.operations.class_hours.labels import column_name, reason_text, word
from infra.operations.engines.check_job import CHECK, CheckResult, start_check
from infra.operations.engines.choose_engine import ChoiceRequest, choose_engine, soon
from infra.operations.engines.list_engines import list_engines
from infra.operations.runs.evaluate_run import evaluate_run
from infra.operations.runs.manage_runs import compare_runs, find_run, list_runs
from infra.operations.runs.replay_job import (
    REPLAY,
    WHAT_IF,
    ReplayAsked,
    delete_replay,
    go_on,
    replay_name,
    start_replay,
)
from infra.operations.runs.what_if import PolicyChange, with_policy
from schemas.errors import RefusedError
from schemas.ids import LIVE
from schemas.translations import Text, say
from sinks.reports.render import Words, cell_text
from sinks.reports.table import Table
from sinks.runs.comparison_report import tell_comparison
from sinks.runs.evaluation_report import tell_evaluation
from sinks.runs.page import drawn_plots, without_styles
from sinks.runs.render import Report, numbers
from streams.faces.engines import engine_id

__all__ = ["MARKS", "ROUTES", "RunNumbers", "in_numbers"]

MARKS = "marks"
FIELDS = ("run", "since", "until", "halls", "sections", "engine", "late_after", "left_early_before", "departure_after",
          "looks", "marks", "load")  # fmt: skip
MOST = 200
"""Lines of a table of numbers."""


class Shown(NamedTuple):
    """A table as a page shows it."""

    title: str
    head: list[str]
    rows: list[list[str]]
    more: int


class RunNumbers(NamedTuple):
    """A report without whoever is in it. left_out: titles of the tables that name students."""

    words: list[str]
    tables: list[Shown]
    left_out: list[str]


def allowed(request: Request) -> Desk:
    """Return the desk, if the visitor keeps the site running.

    Raises:
        HTTPException: 403: he does not.
    """
    if not may_run_site(request.state.visitor.person):
        raise HTTPException(403)
    return desk_of(request)


async def overview(request: Request) -> Response:
    """Show all runs, the form of a new one, and the engines."""
    return await _overview(request, dict(request.query_params))


async def _overview(request: Request, typed: Mapping[str, str], error: RefusedError | None = None) -> Response:
    desk = allowed(request)
    ask = last_known(desk).ask
    now = desk.clock()
    known = await run_in_threadpool(ask, "runs", lambda: list_runs(desk.settings), {})
    engines = await run_in_threadpool(ask, "engines", lambda: list_engines(desk.settings, now), None)
    started = {each.name: each for each in await run_in_threadpool(jobs, desk.settings, REPLAY, WHAT_IF)}
    checks = await run_in_threadpool(jobs, desk.settings, CHECK)
    names = [*known.value, *(each for each in started if each not in known.value)]
    what, remedy = told_in_words(request, error) if error else ("", "")
    return page(
        request,
        "runs.html",
        400 if error else 200,
        known=known,
        names=names,
        started=started,
        engines=engines.value,
        checked=lambda job: msgspec.json.decode(job.progress.result, type=CheckResult),
        checks={each.what(str): each for each in reversed(checks)},
        busy=any(not each.ended for each in (*started.values(), *checks)),
        halls=sorted({hall for each in desk.calendar.timetable.everything for hall in each.halls}),
        typed={name: typed.get(name, "") for name in FIELDS},
        policy=desk.settings.policy,
        what=what,
        remedy=remedy,
        id=uuid4().hex,
        at=soon(now),
        now=now,
        ago=partial(ago, request.state.language, now),
    )


async def begin(request: Request) -> Response:
    """Begin a replay in a process of its own."""
    desk = allowed(request)
    fields = await check_form(request)
    try:
        what, id_ = _asked(desk, fields), form_id(fields)
        name = await run_in_threadpool(replay_name, desk.settings, fields.get("run", ""), id_, desk.clock())
        await on_record(request, "run_change", detail=f"start {name}"[:200])
        by = request.state.visitor.person.account
        go = partial(start_replay, desk.settings, REPLAY, name, what, id_=id_, by=by, now=desk.clock())
        job = await run_in_threadpool(go)
    except RefusedError as error:
        return await _overview(request, fields, error)
    return RedirectResponse(f"/runs/{job.name}", 303)


def _asked(desk: Desk, fields: Mapping[str, str]) -> ReplayAsked:
    """Return what a form asks for.

    Raises:
        RefusedError: a field is nothing of the kind.
    """
    since, until = (_moment(desk, fields.get(name, "")) for name in ("since", "until"))
    if until <= since:
        raise RefusedError("it must end after it starts", "Correct from and until.")
    minutes = {name: _minutes(fields.get(name, "")) for name in ("late_after", "left_early_before", "departure_after")}
    change = PolicyChange(**minutes)
    load = fields.get("load", "") or "100"
    if not (load.isascii() and load.isdecimal() and 1 <= int(load[:6]) <= 100):
        raise RefusedError(Text("{text!r} is no share of a core", text=load[:40]), "Take a number from 1 to 100.")
    return ReplayAsked(
        since=since,
        until=until,
        halls=_names(fields.get("halls", "")),
        sections=_names(fields.get("sections", "")),
        engine=fields.get("engine", ""),
        policy=with_policy(desk.settings.policy, change) if change.values else None,
        from_sightings=fields.get("looks") == "no",
        with_marks=fields.get("marks") != "no",
        share=int(load) / 100,
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.strip() for each in text.replace(";", ",").split(",") if each.strip()))


def _moment(desk: Desk, text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
        found = found if found.tzinfo else found.replace(tzinfo=desk.settings.zone)
        found - timedelta(days=1), found + timedelta(days=1)  # one that a calendar of every zone has
    except (ValueError, OverflowError) as error:
        raise RefusedError(Text("{text!r} is no moment", text=text[:40]), "Write it like 2026-11-23T09:00.") from error
    return found


def _minutes(text: str) -> float | None:
    try:
        return float(text) if text.strip() else None
    except ValueError as error:
        raise RefusedError(
            Text("{text!r} is no number of that kind", text=text[:40]), "Take a number from 0 to 180."
        ) from error


async def one(request: Request) -> Response:
    """Show what a run was made of and how far it is, and with what it can be compared."""
    desk, name = allowed(request), request.path_params["run"]
    job = await _job(desk, name)
    try:
        found = await run_in_threadpool(find_run, desk.settings, name)
        others = await run_in_threadpool(list_runs, desk.settings)
    except RefusedError as error:
        if job is None:
            raise HTTPException(404) from error
        found, others = None, {}
    return page(
        request,
        "run.html",
        name=name,
        job=job,
        asked=job.what(ReplayAsked) if job else None,
        found=found,
        others=[each for each, run in others.items() if each != name and run.class_hours],
        ago=partial(ago, request.state.language, desk.clock()),
    )


async def _job(desk: Desk, name: str) -> Job | None:
    found = await run_in_threadpool(find_job, desk.settings, name)
    return found if found and found.asked.kind in (REPLAY, WHAT_IF) else None


async def change(request: Request) -> Response:
    """Cancel a replay, go on with it, judge it by marks, or delete it."""
    desk, name = allowed(request), request.path_params["run"]
    fields, job = await check_form(request), await _job(desk, name)
    what = fields.get("what", "")
    if what not in ("cancel", "resume", "delete", "evaluate") or (job is None and what in ("cancel", "resume")):
        raise HTTPException(400)
    await on_record(request, "run_change", detail=f"{what} {name}"[:200])
    if what == "evaluate":
        said = await run_in_threadpool(evaluate_run, desk.settings, name, MARKS, desk.clock())
        words = _words(request.state.language)
        drawn = await run_in_threadpool(drawn_plots, said, words)
        plots = [(caption, Markup(without_styles(svg))) for caption, svg in drawn]  # noqa: S704  ours
        title = say(request.state.language, "{run} and what people marked", run=name)
        return _report(request, title, name, tell_evaluation(said, desk.settings.zone), plots)
    if what == "delete":
        await run_in_threadpool(delete_replay, desk.settings, name)
        return RedirectResponse("/runs", 303)
    if what == "cancel":
        await run_in_threadpool(cancel_job, desk.settings, name)
    elif job:
        await run_in_threadpool(go_on, desk.settings, job)
    return RedirectResponse(f"/runs/{name}", 303)


async def compared(request: Request) -> Response:
    """Show what tells a run and another one apart, in numbers."""
    desk, name = allowed(request), request.path_params["run"]
    other, truth = request.query_params.get("with", LIVE), request.query_params.get("truth", "")
    by = MARKS if truth == MARKS else None
    said = await run_in_threadpool(compare_runs, desk.settings, other, name, by)
    title = say(request.state.language, "{a} and {b}", a=other, b=name)
    return _report(request, title, name, tell_comparison(said, desk.settings.zone), [])


def _report(request: Request, title: str, run: str, report: Report, plots: list[tuple[str, Markup]]) -> Response:
    """Show words, plots, and tables of numbers; those that name students are left out."""
    words, tables, left_out = in_numbers(report, request.state.language)
    return page(
        request, "run_report.html", title=title, run=run, words=words, tables=tables, left_out=left_out, plots=plots
    )


def in_numbers(report: Report, language: str) -> RunNumbers:
    """Return a report as whoever may not know whose verdicts they are may read it."""
    words = _words(language)
    kept = numbers(report)
    left_out = [words.tell(name) for name, _ in report.tables if name not in {each for each, _ in kept}]
    return RunNumbers([words.tell(each) for each in report.words], list(_shown(kept, words, language)), left_out)


def _words(language: str) -> Words:
    return Words(partial(column_name, language), partial(reason_text, language), "", partial(say, language), language)


def _shown(tables: list[tuple[str, Table]], words: Words, language: str) -> Iterator[Shown]:
    def cell(name: str, value: Any) -> str:
        return cell_text(name, value, partial(word, language), words)[0]

    for title, table in tables:
        rows = [[cell(*each) for each in zip(table.columns, row, strict=True)] for row in table.rows[:MOST]]
        head = [words.column(name).replace("_", " ") for name in table.columns]
        yield Shown(words.tell(title), head, rows, len(table.rows) - len(rows))


async def use(request: Request) -> Response:
    """Make an engine the live one from a moment on."""
    desk = allowed(request)
    fields = await check_form(request)
    name, when = fields.get("engine", ""), fields.get("at", "").strip()
    try:
        now = desk.clock()
        at = _moment(desk, when) if when else soon(now)
        await on_record(request, "engine_change", detail=f"use {name}"[:200])
        by, without = request.state.visitor.person.account, fields.get("without_evaluation") == "yes"
        wished = ChoiceRequest(engine_id(name, desk.settings.home), at, by, without, names=False)
        await run_in_threadpool(choose_engine, desk.settings, wished, now)
    except RefusedError as error:
        return await _overview(request, fields, error)
    return RedirectResponse("/runs#engines", 303)


async def check(request: Request) -> Response:
    """Have an engine looked at, in a process of its own; or let go of what came out."""
    desk = allowed(request)
    fields = await check_form(request)
    name = fields.get("engine", "")
    try:
        id_ = form_id(fields)
        await on_record(request, "engine_change", detail=f"check {name}"[:200])
        by = request.state.visitor.person.account
        await run_in_threadpool(partial(start_check, desk.settings, name, id_=id_, by=by, now=desk.clock()))
    except RefusedError as error:
        return await _overview(request, fields, error)
    return RedirectResponse("/runs#engines", 303)


ROUTES = [
    Route("/runs", overview, methods=["GET"]),
    Route("/runs", begin, methods=["POST"]),
    Route("/runs/{run}", one, methods=["GET"]),
    Route("/runs/{run}", change, methods=["POST"]),
    Route("/runs/{run}/compare", compared, methods=["GET"]),
    Route("/engines/use", use, methods=["POST"]),
    Route("/engines/check", check, methods=["POST"]),
]
