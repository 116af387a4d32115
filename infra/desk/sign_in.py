"""Signing in: by name and password, or by a link that holds once. Nothing happens by opening a page."""

from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from infra.desk.site import desk_of, page
from infra.desk.visitor import check_form, forget, origin_of, remember
from infra.operations.accounts import verified
from infra.operations.desk_sessions import NewSession, end_session, open_session, use_link

__all__ = ["ROUTES", "back_to"]


def back_to(request: Request) -> str:
    """Return the query that brings somebody back to where he was when he has signed in."""
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return urlencode({"back": path}) if path != "/" else ""


async def form(request: Request) -> Response:
    """Ask who it is."""
    return page(request, "sign_in.html", once=request.query_params.get("once", ""), back=_back(request), failed="")


async def sign_in(request: Request) -> Response:
    """Sign in, or say that it was wrong; what is not said is which of the two."""
    desk, fields = desk_of(request), {name: str(value) for name, value in (await request.form()).items()}
    once, back = fields.get("once", ""), fields.get("back", "/")
    opened = await run_in_threadpool(_opened, request, fields)
    if opened is None:
        return page(request, "sign_in.html", 401, once="", back=back, failed="link" if once else "password")
    return remember(desk, RedirectResponse(_inside(back), 303), opened)


def _opened(request: Request, fields: dict[str, str]) -> NewSession | None:
    desk = desk_of(request)
    settings, now, origin = desk.settings, desk.clock(), origin_of(request)
    if once := fields.get("once"):
        return use_link(settings, once, origin, now)
    account = verified(settings, fields.get("name", ""), fields.get("password", ""))
    return open_session(settings, account.name, origin, now) if account else None


async def sign_out(request: Request) -> Response:
    """End the session."""
    await check_form(request)
    visitor = request.state.visitor
    await run_in_threadpool(end_session, visitor.desk.settings, visitor.session.digest)
    return forget(RedirectResponse("/sign-in", 303))


def _back(request: Request) -> str:
    return _inside(request.query_params.get("back", "/"))


def _inside(back: str) -> str:
    """Return a path of this desk; whatever leads elsewhere is the first page."""
    return back if back.startswith("/") and not back.startswith(("//", "/\\")) else "/"


ROUTES = [
    Route("/sign-in", form, methods=["GET"]),
    Route("/sign-in", sign_in, methods=["POST"]),
    Route("/sign-out", sign_out, methods=["POST"]),
]
