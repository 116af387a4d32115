"""The timetable as it is loaded, and loading rosters and timetables: what a file would change is shown, then applied.

The file that was sent waits in the home until somebody has said yes or no.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal
from uuid import uuid4

from msgspec.structs import replace
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from enrollment.input_files import MOST_BYTES
from infra.desk.navigation import with_pages
from infra.desk.site import desk_of, page, told_in_words
from infra.desk.visitor import by_of, check_form, check_upload, on_record
from infra.operations.accounts.access import may_load_reference
from infra.operations.reference.load_reference import class_hours_of
from infra.operations.reference.site_consistency import open_mismatches, told
from infra.operations.reference.timetable_weeks import days_without, sections_of, weeks_of
from infra.operations.reference.waiting_loads import (
    ChangedMeanwhileError,
    LoadKind,
    WaitingLoad,
    apply_load,
    drop_load,
    keep_load,
    plan_load,
    waiting_load,
)
from schemas.errors import RefusedError, UnavailableError
from schemas.messages import AuditAction, ClassHour
from schemas.settings import Settings

__all__ = ["ROUTES", "SHOWN", "mismatches_for", "on_record_as", "settings_for", "uploaded"]

SHOWN = 500
"""Changes of a kind that are shown; the others are counted."""

ROOM = 2**16
"""Bytes of a form beside its file."""

_RECORDS: dict[LoadKind, AuditAction] = {"rosters": "rosters_load", "timetable": "timetable_load"}
_BACK: dict[LoadKind, str] = {"rosters": "/people", "timetable": "/timetable"}


def settings_for(request: Request) -> Settings:
    """Return the settings of the site, in the language of a request."""
    return replace(desk_of(request).settings, language=request.state.language)


def mismatches_for(settings: Settings) -> list[str]:
    """Return what of the site's inputs does not fit together, in words; nothing while Kafka is away."""
    try:
        return [with_pages(settings.language, each) for each in told(settings, open_mismatches(settings))]
    except UnavailableError:
        return []


def on_record_as(kind: LoadKind) -> AuditAction:
    """Return as what applying a file stands in the audit."""
    return _RECORDS[kind]


def _allowed(request: Request) -> None:
    if not may_load_reference(request.state.visitor.person):
        raise HTTPException(403)


async def timetable(request: Request) -> Response:
    """Show what is loaded."""
    _allowed(request)
    desk, settings = desk_of(request), settings_for(request)
    hours, away = await run_in_threadpool(_hours, settings, desk.calendar.timetable.everything)
    return page(
        request,
        "timetable.html",
        weeks=weeks_of(hours),
        sections=sections_of(hours),
        halls=sorted({hall for each in hours for hall in each.halls}),
        free=days_without(hours),
        count=len(hours),
        away=away,
        mismatches=[] if away else await run_in_threadpool(mismatches_for, settings),
        done=request.query_params.get("done", ""),
        refused=None,
        most=MOST_BYTES // 2**20,
    )


def _hours(settings: Settings, kept: Sequence[ClassHour]) -> tuple[Sequence[ClassHour], bool]:
    """Return the class hours, and whether they are those that the desk read before, for Kafka is away."""
    try:
        return list(class_hours_of(settings)), False
    except UnavailableError:
        return kept, True
    except RefusedError:  # there are none
        return [], False


async def uploaded(request: Request, kind: LoadKind) -> Response:
    """Keep a file that was sent, and lead to what it would change."""
    _allowed(request)
    async with check_upload(request, MOST_BYTES + ROOM) as (fields, files):
        if len(files) != 1:
            return RedirectResponse(f"{_BACK[kind]}?done=none", 303)
        load, data = _waiting(request, kind, fields, files[0].filename or "file"), await files[0].read()
    await run_in_threadpool(keep_load, desk_of(request).settings, load, data)
    return RedirectResponse(f"/load/{load.id}", 303)


def _waiting(request: Request, kind: LoadKind, fields: Mapping[str, str], name: str) -> WaitingLoad:
    return WaitingLoad(
        id=uuid4().hex,
        account=request.state.visitor.person.account,
        by=by_of(request),
        kind=kind,
        at=desk_of(request).clock(),
        name=name.replace("\\", "/").rpartition("/")[2][:200],
        encoding=fields.get("encoding", ""),
        sheet=fields.get("sheet", "").strip(),
        first=_day(fields.get("first", "")),
        last=_day(fields.get("last", "")),
        since=_day(fields.get("since", "")),
    )


async def timetable_uploaded(request: Request) -> Response:
    """Take a timetable."""
    return await uploaded(request, "timetable")


def _load(request: Request) -> WaitingLoad:
    _allowed(request)
    account = request.state.visitor.person.account
    found = waiting_load(desk_of(request).settings, request.path_params["load"], account)
    if found is None:
        raise HTTPException(404)
    return found


async def preview(request: Request) -> Response:
    """Show what a file would change."""
    return await _preview(request, _load(request))


async def _preview(request: Request, load: WaitingLoad, changed: ChangedMeanwhileError | None = None) -> Response:
    status: Literal[200, 400, 409] = 409 if changed else 200
    planned, digest, refused = None, "", None
    try:
        planned, digest = await run_in_threadpool(plan_load, settings_for(request), load, desk_of(request).clock())
    except RefusedError as error:
        refused, status = told_in_words(request, error), 400
    except UnavailableError as error:
        away = told_in_words(request, error)
        return page(request, "kept.html", 503, away=away, kept=load.name, back=_BACK[load.kind])
    return page(
        request,
        "load.html",
        status,
        load=load,
        planned=planned,
        digest=digest,
        refused=refused,
        changed=told_in_words(request, changed) if changed else None,
        back=_BACK[load.kind],
        shown=SHOWN,
        today=desk_of(request).today,
    )


async def confirmed(request: Request) -> Response:
    """Apply exactly what was shown, or let the file go."""
    load, fields, desk = _load(request), await check_form(request), desk_of(request)
    if fields.get("do") != "apply":
        await run_in_threadpool(drop_load, desk.settings, load)
        return RedirectResponse(f"{_BACK[load.kind]}?done=dropped", 303)
    await on_record(request, on_record_as(load.kind))
    try:
        await run_in_threadpool(apply_load, settings_for(request), load, fields.get("digest", ""), desk.clock())
    except ChangedMeanwhileError as error:
        return await _preview(request, load, error)
    await run_in_threadpool(desk.catch_up)
    return RedirectResponse(f"{_BACK[load.kind]}?done=loaded", 303)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise HTTPException(400) from error


ROUTES = [
    Route("/timetable", timetable, methods=["GET"]),
    Route("/timetable/load", timetable_uploaded, methods=["POST"]),
    Route("/load/{load}", preview, methods=["GET"]),
    Route("/load/{load}", confirmed, methods=["POST"]),
]
