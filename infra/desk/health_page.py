"""How the site is: for engineers all of it, with dead letters to deal with; for the registrar whether it works."""

from datetime import datetime, timedelta
from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from infra.desk.site import Desk, desk_of, page
from infra.desk.visitor import check_form, on_record
from infra.machine.doctor import examine
from infra.operations.accounts.access import may_read_health, may_run_site
from infra.operations.dead_letters.dead_letter_queue import dismiss_letters, retry_letters
from infra.operations.site.health import HealthWatch
from schemas.translations import gettext_noop, say

__all__ = ["ROUTES"]

UNITS = (
    (86400, gettext_noop("{count} d ago")),
    (3600, gettext_noop("{count} h ago")),
    (60, gettext_noop("{count} min ago")),
)
"""Seconds, and how an age of more than one of them is said."""

STALE = timedelta(minutes=2)
"""How old the last frame of a camera may be before the page says that it is silent."""


def watch_of(desk: Desk) -> HealthWatch:
    """Return what asks how the site is, for all who look."""
    return desk.kept("health", lambda mine: HealthWatch(mine.settings, mine.clock))


def ago(language: str, now: datetime, moment: datetime | None) -> str:
    """Return how long ago a moment was, in words."""
    seconds = 0 if moment is None else max(0, round((now - moment).total_seconds()))
    if moment is None:
        return say(language, "never")
    for unit, text in UNITS:
        if seconds >= 2 * unit:
            return say(language, text, count=seconds // unit)
    return say(language, "{count} s ago", count=seconds)


async def health(request: Request) -> Response:
    """Show it."""
    desk, person = desk_of(request), request.state.visitor.person
    if not may_read_health(person):
        raise HTTPException(403)
    it = await run_in_threadpool(watch_of(desk).look)
    now = desk.clock()
    return page(
        request,
        "health.html",
        it=it,
        runs_site=may_run_site(person),
        ago=partial(ago, request.state.language, now),
        silent=lambda camera: now - camera.last_frame > STALE,
        quiet=[each for each in it.before.cameras if now - each.last_frame > STALE] if it.before else [],
        done=request.query_params.get("done", "") if request.query_params.get("count", "").isdecimal() else "",
        count=request.query_params.get("count", "")[:6],
    )


async def letters(request: Request) -> Response:
    """Send dead letters again, or wait for them no more: one, or all that wait."""
    desk = desk_of(request)
    if not may_run_site(request.state.visitor.person):
        raise HTTPException(403)
    fields = await check_form(request)
    what, which = fields.get("what", ""), fields.get("offset", "")
    if what not in ("retry", "dismiss") or not (
        which == "" or (which.isascii() and which.isdecimal() and len(which) < 19)
    ):
        raise HTTPException(400)
    await on_record(request, "dead_letters", detail=f"{what} {which or 'all'}")
    work = retry_letters if what == "retry" else dismiss_letters
    count = await run_in_threadpool(work, desk.settings, [int(which)] if which else [])
    await run_in_threadpool(partial(watch_of(desk).look, anew=True))
    return RedirectResponse(f"/health?done={what}&count={count}#letters", 303)


async def machine(request: Request) -> Response:
    """Examine this machine, as ``naul doctor`` does."""
    desk = desk_of(request)
    if not may_run_site(request.state.visitor.person):
        raise HTTPException(403)
    findings = await run_in_threadpool(lambda: list(examine(desk.settings)))
    return page(request, "machine.html", findings=findings, at=desk.clock())


ROUTES = [
    Route("/health", health, methods=["GET"]),
    Route("/health/letters", letters, methods=["POST"]),
    Route("/health/machine", machine, methods=["GET"]),
]
