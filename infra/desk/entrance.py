"""Signing in: by name and password, or by a link that holds once. Nothing happens by opening a page."""

from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from infra.desk.site import desk_of, page
from infra.desk.visitor import check_form, forget, origin_of, remember
from infra.operations.sign_in import Credentials, sign_in, sign_in_by_link, sign_out

__all__ = ["ROUTES", "back_to", "inside"]


def back_to(request: Request) -> str:
    """Return the query that brings somebody back to where he was when he has signed in."""
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return urlencode({"back": path}) if path != "/" else ""


async def form(request: Request) -> Response:
    """Ask who it is."""
    return page(request, "sign_in.html", once=request.query_params.get("once", ""), back=_back(request))


async def enter(request: Request) -> Response:
    """Sign in, or say that it was wrong; what is not said is which of the two."""
    desk, fields = desk_of(request), {name: str(value) for name, value in (await request.form()).items()}
    settings, now, origin, on_record = desk.settings, desk.clock(), origin_of(request), desk.audit.record
    back, until = inside(fields.get("back", "/")), None
    if once := fields.get("once", ""):
        opened = await run_in_threadpool(sign_in_by_link, settings, once, origin, now, on_record)
    else:
        typed = Credentials(fields.get("name", ""), fields.get("password", ""))
        opened, until = await run_in_threadpool(sign_in, settings, typed, origin, now, on_record)
    if opened is not None:
        return remember(request, RedirectResponse(back, 303), opened)
    failed = "wait" if until else "link" if once else "password"
    return page(request, "sign_in.html", 429 if until else 401, once="", back=back, failed=failed, until=until)


async def leave(request: Request) -> Response:
    """End the session."""
    await check_form(request)
    desk, visitor = desk_of(request), request.state.visitor
    address = origin_of(request).address
    await run_in_threadpool(sign_out, desk.settings, visitor.session, address, desk.clock(), desk.audit.record)
    return forget(RedirectResponse("/sign-in", 303))


def _back(request: Request) -> str:
    return inside(request.query_params.get("back", "/"))


def inside(back: str) -> str:
    """Return a path of this desk; whatever leads elsewhere is the first page."""
    return back if back.startswith("/") and not back.startswith(("//", "/\\")) else "/"


ROUTES = [
    Route("/sign-in", form, methods=["GET"]),
    Route("/sign-in", enter, methods=["POST"]),
    Route("/sign-out", leave, methods=["POST"]),
]
