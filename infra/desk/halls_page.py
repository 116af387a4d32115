"""The halls and their cameras: how old the last frame is, what cannot be seen, what comes next. No picture, no name."""

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.desk.site import desk_of, page
from infra.operations.accounts.access import may_see_cameras
from infra.operations.reference.camera_halls import hall_lines

__all__ = ["ROUTES"]


async def halls(request: Request) -> Response:
    """Show them."""
    if not may_see_cameras(request.state.visitor.person):
        raise HTTPException(403)
    desk, now = desk_of(request), desk_of(request).clock()
    every = desk.calendar.timetable.everything
    lines, profiled = await run_in_threadpool(hall_lines, desk.settings, desk.live, every, now)
    return page(
        request,
        "halls.html",
        lines=lines,
        profiled=profiled,
        now=now,
        trouble=desk.live.trouble[0] if desk.live.trouble else None,
    )


ROUTES = [Route("/halls", halls, methods=["GET"])]
