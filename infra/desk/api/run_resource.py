"""Replays and engines: started, watched, compared, judged by marks, chosen. In numbers: nobody is named."""

from functools import partial
from typing import Annotated

import msgspec

from infra.desk.api.calls import Answered, ApiCall, Endpoint, RequestId, StudentAsked, refused_parameter
from infra.desk.api.paging import ApiPage, PageQuery, paged
from infra.desk.api.problems import not_found
from infra.desk.api.shown_jobs import ApiJob, ChangeBody, api_job
from infra.desk.api.what_if_resource import ApiRunDeleted
from infra.desk.runs_page import MARKS, in_numbers
from infra.machine.jobs import Job, cancel_job, find_job, jobs
from infra.operations.accounts.access import may_run_site
from infra.operations.engines.check_job import CHECK, CheckResult, start_check
from infra.operations.engines.choose_engine import ChoiceRequest, choose_engine, soon
from infra.operations.engines.list_engines import ListedEngine, list_engines
from infra.operations.runs.evaluate_run import evaluate_run
from infra.operations.runs.manage_runs import compare_runs, list_runs
from infra.operations.runs.replay_job import (
    REPLAY,
    WHAT_IF,
    ReplayAsked,
    delete_replay,
    go_on,
    replay_name,
    start_replay,
)
from infra.operations.runs.what_if import MOST, PolicyChange, with_policy
from schemas.ids import LIVE
from schemas.messages import Moment
from schemas.translations import Text, say
from sinks.runs.comparison_report import tell_comparison
from sinks.runs.evaluation_report import tell_evaluation
from sinks.runs.render import Report
from sinks.runs.store import Listed
from streams.faces.engines import engine_id

__all__ = [
    "ENDPOINTS",
    "ApiEngine",
    "ApiEngineCheck",
    "ApiEngineChoice",
    "ApiEngineChosen",
    "ApiEngines",
    "ApiRun",
    "ApiRunReport",
    "ApiRunTable",
]

Name = Annotated[str, msgspec.Meta(max_length=60)]
Names = Annotated[tuple[Annotated[str, msgspec.Meta(max_length=200)], ...], msgspec.Meta(max_length=1000)]
Minutes = Annotated[float, msgspec.Meta(ge=0, le=MOST)]


class CompareQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """With which run; else with the live one. by_marks: what people marked is the truth."""

    other: StudentAsked = msgspec.field(default=LIVE, name="with")
    by_marks: bool = False


class ReplayBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be replayed, from when until when. run: its name; empty: after the time. halls, sections: none: all.

    engine: empty: the live one. late_after, left_early_before, departure_after: minutes; null: as the site has them.
    from_sightings: no frame is looked at, what was seen is judged. with_marks: what people marked holds.
    load: percent of each core. id: sent twice it asks once; or ``Idempotency-Key``.
    """

    since: Moment
    until: Moment
    run: Name = ""
    halls: Names = ()
    sections: Names = ()
    engine: Name = ""
    late_after: Minutes | None = None
    left_early_before: Minutes | None = None
    departure_after: Minutes | None = None
    from_sightings: bool = False
    with_marks: bool = True
    load: Annotated[int, msgspec.Meta(ge=1, le=100)] = 100
    id: RequestId = ""


class ChooseBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From when on; null: now. without_evaluation: also if nobody has evaluated it, which stays on record."""

    at: Moment | None = None
    without_evaluation: bool = False


class CheckBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """That an engine is to be looked at. id: sent twice it asks once; or ``Idempotency-Key``."""

    id: RequestId = ""


class EvaluateBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """That a run is to be judged by what people marked."""


class ApiRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run: the live one, or a replay. class_hours, frames: of which it has rows, and that were looked at.

    finished_at: null of the live one, and as long as it is under way. job: null: no page and no program started it.
    """

    run: str
    class_hours: int
    frames: int
    since: Moment | None
    until: Moment | None
    engines: tuple[str, ...]
    policy: str | None
    finished_at: Moment | None
    job: ApiJob | None


class ApiRunTable(msgspec.Struct, frozen=True, kw_only=True):
    """A table of numbers, as text in your language. more: rows that are left out."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    more: int


class ApiRunReport(msgspec.Struct, frozen=True, kw_only=True):
    """What tells runs apart, or how right one is, in your language. left_out: tables that name students."""

    words: tuple[str, ...]
    tables: tuple[ApiRunTable, ...]
    left_out: tuple[str, ...]


class ApiEngineCheck(msgspec.Struct, frozen=True, kw_only=True):
    """What came of looking at an engine. result: null until it is done. wrong: why it is not fit to be used."""

    job: ApiJob
    result: CheckResult | None
    wrong: tuple[str, ...]


class ApiEngine(msgspec.Struct, frozen=True, kw_only=True):
    """An engine. id: empty if it is broken; broken: what is wrong. check: the last one; null: nobody asked."""

    engine: str
    id: str
    origin: str
    licences: tuple[str, ...]
    calibrated: bool
    live: bool
    broken: str
    check: ApiEngineCheck | None


class ApiEngineChoice(msgspec.Struct, frozen=True, kw_only=True):
    """From when on which engine is live, by whom. run, right, of: the evaluation that it rests on; null: none."""

    engine: str
    at: Moment
    by: str
    run: str | None
    right: int | None
    of: int | None
    without_evaluation: bool


class ApiEngines(msgspec.Struct, frozen=True, kw_only=True):
    """All engines. first: id of the one before the first choice; null: the broker does not say. choices: in time."""

    engines: tuple[ApiEngine, ...]
    first: str | None
    choices: tuple[ApiEngineChoice, ...]


class ApiEngineChosen(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a choice. changed: the engine was not live then without it. first_hour: the first that it is for."""

    engine: str
    at: Moment
    changed: bool
    first_hour: str | None


def _started(call: ApiCall) -> dict[str, Job]:
    return {each.name: each for each in jobs(call.desk.settings, REPLAY, WHAT_IF)}


def _run(call: ApiCall, name: str, of: Listed | None, job: Job | None) -> ApiRun:
    manifest = of.manifest if of else None
    return ApiRun(
        run=name,
        class_hours=of.class_hours if of else 0,
        frames=of.frames if of else 0,
        since=of.since if of else None,
        until=of.until if of else None,
        engines=of.engines if of else (),
        policy=manifest.policy_version if manifest else None,
        finished_at=manifest.finished_at if manifest else None,
        job=api_job(call, job) if job else None,
    )


def runs_list(call: ApiCall) -> ApiPage[ApiRun]:
    """List all runs by name: the live one, replays, and those that are under way; for an engineer."""
    call.require(may_run_site)
    known, started = list_runs(call.desk.settings), _started(call)
    found = [_run(call, name, known.get(name), started.get(name)) for name in {*known, *started}]
    return paged(found, call.query, call.list_name, lambda each: (each.run,), tuple[str])


def run_started(call: ApiCall) -> Answered:
    """Begin a replay in a process of its own; one is under way at a time. Ask for the run until its job is done."""
    call.require(may_run_site)
    body: ReplayBody = call.body
    if body.until <= body.since:
        raise refused_parameter("until", Text("it must end after it starts"))
    settings = call.desk.settings
    change = PolicyChange(**{name: getattr(body, name) for name in PolicyChange.__struct_fields__})
    what = ReplayAsked(
        since=body.since,
        until=body.until,
        halls=body.halls,
        sections=body.sections,
        engine=body.engine,
        policy=with_policy(settings.policy, change) if change.values else None,
        from_sightings=body.from_sightings,
        with_marks=body.with_marks,
        share=body.load / 100,
    )
    id_ = call.request_id(body.id, "run")
    name = replay_name(settings, body.run, id_, call.now)
    call.on_record("run_change", detail=f"start {name}"[:200])
    job = start_replay(settings, REPLAY, name, what, id_=id_, by=call.by, now=call.now)
    return Answered(_run(call, job.name, None, job), f"/api/v1/runs/{job.name}")


def run_shown(call: ApiCall) -> ApiRun:
    """Show what a run was made of, and how far it is."""
    return _run(call, *_known(call))


def _known(call: ApiCall) -> tuple[str, Listed | None, Job | None]:
    """Return the run that the path names, as the store has it, and its job.

    Raises:
        ProblemError: 403, 404.
    """
    call.require(may_run_site)
    name = call.path["run"]
    job = _started(call).get(name)
    found = list_runs(call.desk.settings).get(name)
    if job is None and found is None:
        raise not_found()
    return name, found, job


def run_changed(call: ApiCall) -> ApiRun:
    """Cancel a replay, or go on with one that ended before it was done."""
    call.require(may_run_site)
    job, do = find_job(call.desk.settings, call.path["run"]), call.body.do
    if job is None or job.asked.kind not in (REPLAY, WHAT_IF):
        raise not_found()
    call.on_record("run_change", detail=f"{do} {job.name}"[:200])
    if do == "cancel":
        cancel_job(call.desk.settings, job.name)
    else:
        go_on(call.desk.settings, job)
    return run_shown(call)


def run_deleted(call: ApiCall) -> ApiRunDeleted:
    """Delete a replay, finished or not. What is live is never deleted."""
    name, _, _ = _known(call)
    call.on_record("run_change", detail=f"delete {name}"[:200])
    delete_replay(call.desk.settings, name)
    return ApiRunDeleted(run=name)


def runs_compared(call: ApiCall) -> ApiRunReport:
    """Show what tells a run and another one apart, in numbers."""
    name, _, _ = _known(call)
    said = compare_runs(call.desk.settings, call.query.other, name, MARKS if call.query.by_marks else None)
    return _report(call, tell_comparison(said, call.desk.settings.zone))


def run_evaluated(call: ApiCall) -> ApiRunReport:
    """Judge a run by what people marked, which stays on record for whoever chooses an engine."""
    name, _, _ = _known(call)
    call.on_record("run_change", detail=f"evaluate {name}"[:200])
    said = evaluate_run(call.desk.settings, name, MARKS, call.now)
    return _report(call, tell_evaluation(said, call.desk.settings.zone))


def _report(call: ApiCall, of: Report) -> ApiRunReport:
    told = in_numbers(of, call.language)
    tables = (
        ApiRunTable(title=each.title, head=tuple(each.head), rows=tuple(map(tuple, each.rows)), more=each.more)
        for each in told.tables
    )
    return ApiRunReport(words=tuple(told.words), tables=tuple(tables), left_out=tuple(told.left_out))


def engines_list(call: ApiCall) -> ApiEngines:
    """Show the engines, which of them is live, what came of checking each, and who chose which from when on."""
    call.require(may_run_site)
    known = list_engines(call.settings, call.now)
    checks = {each.what(str): each for each in reversed(jobs(call.desk.settings, CHECK))}
    said = known.schedule.said if known.schedule else ()
    choices = (
        ApiEngineChoice(
            engine=each.engine,
            at=each.at,
            by=each.by,
            run=each.evaluated.run if each.evaluated else None,
            right=each.evaluated.right if each.evaluated else None,
            of=each.evaluated.of if each.evaluated else None,
            without_evaluation=each.without_evaluation,
        )
        for each in said
    )
    return ApiEngines(
        engines=tuple(_engine(call, each, checks.get(each.name)) for each in known.engines),
        first=known.schedule.first if known.schedule else None,
        choices=tuple(choices),
    )


def _engine(call: ApiCall, of: ListedEngine, check: Job | None) -> ApiEngine:
    return ApiEngine(
        engine=of.name,
        id=of.id,
        origin=of.origin,
        licences=of.licences,
        calibrated=of.calibrated,
        live=of.live,
        broken=say(call.language, of.broken.message) if of.broken else "",
        check=_check(call, check) if check else None,
    )


def _check(call: ApiCall, job: Job) -> ApiEngineCheck:
    done = job.word == "done" and job.progress is not None
    result = msgspec.json.decode(job.progress.result, type=CheckResult) if done and job.progress else None
    wrong = tuple(map(partial(say, call.language), result.wrong)) if result else ()
    return ApiEngineCheck(job=api_job(call, job), result=result, wrong=wrong)


def engine_chosen(call: ApiCall) -> ApiEngineChosen:
    """Make an engine the live one for class hours that start from a moment on."""
    call.require(may_run_site)
    name, at = call.path["engine"], call.body.at or soon(call.now)
    engine = engine_id(name, call.desk.settings.home)
    call.on_record("engine_change", detail=f"use {name}"[:200])
    wished = ChoiceRequest(engine, at, call.by, call.body.without_evaluation, names=False)
    done = choose_engine(call.desk.settings, wished, call.now)
    first = done.first_hour.id if done.first_hour else None
    return ApiEngineChosen(engine=done.engine, at=done.at, changed=done.choice is not None, first_hour=first)


def engine_checked(call: ApiCall) -> ApiJob:
    """Have an engine looked at in a process of its own; what comes out stands in `/engines`."""
    call.require(may_run_site)
    name = call.path["engine"]
    call.on_record("engine_change", detail=f"check {name}"[:200])
    id_ = call.request_id(call.body.id, f"check|{name}")
    return api_job(call, start_check(call.desk.settings, name, id_=id_, by=call.by, now=call.now))


ONE, ENGINE, READ, WRITE = "/runs/{run}", "/engines/{engine}", "runs:read", "runs:write"

ENDPOINTS = (
    Endpoint("GET", "/runs", READ, runs_list, ApiPage[ApiRun], PageQuery),
    Endpoint("POST", "/runs", WRITE, run_started, ApiRun, body=ReplayBody, status=201),
    Endpoint("GET", ONE, READ, run_shown, ApiRun),
    Endpoint("POST", ONE, WRITE, run_changed, ApiRun, body=ChangeBody),
    Endpoint("DELETE", ONE, WRITE, run_deleted, ApiRunDeleted),
    Endpoint("GET", f"{ONE}/comparison", READ, runs_compared, ApiRunReport, CompareQuery),
    Endpoint("POST", f"{ONE}/evaluations", WRITE, run_evaluated, ApiRunReport, body=EvaluateBody, status=201),
    Endpoint("GET", "/engines", READ, engines_list, ApiEngines),
    Endpoint("POST", f"{ENGINE}/choices", WRITE, engine_chosen, ApiEngineChosen, body=ChooseBody, status=201),
    Endpoint("POST", f"{ENGINE}/checks", WRITE, engine_checked, ApiJob, body=CheckBody, status=201),
)
