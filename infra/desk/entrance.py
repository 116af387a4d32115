"""Signing in: by name and password, or by a link that holds once. Nothing happens by opening a page.

``openid_page`` has the third way. What somebody sent when his session had ended stays in the page that asks him to sign
in, and is shown to him once more before it is sent.
"""

from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from infra.desk.openid_page import leaving, sign_in_page, sign_out_address
from infra.desk.site import desk_of, inside, page
from infra.desk.visitor import SignedIn, check_form, forget, origin_of, remember
from infra.operations.accounts.openid_requests import id_token_of
from infra.operations.accounts.sign_in import Credentials, sign_in, sign_in_by_link, sign_out

__all__ = ["ROUTES", "back_to", "sign_in_again"]

TO, TYPED = "to", "typed."
"""Fields of the form: where what was typed was to go, and what stands before the name of each of its fields."""


def back_to(request: Request) -> str:
    """Return the query that brings somebody back to where he was when he has signed in."""
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return urlencode({"back": path}) if path != "/" else ""


async def form(request: Request) -> Response:
    """Ask who it is."""
    back = inside(request.query_params.get("back", "/"))
    return sign_in_page(request, once=request.query_params.get("once", ""), back=back)


async def sign_in_again(request: Request) -> Response:
    """Ask who it is, and keep the form that came without a session."""
    if request.headers.get("content-type", "").startswith("multipart/"):  # a file of somebody unknown is not kept
        return sign_in_page(request, 401, back=f"/{request.url.path.split('/')[1]}", failed="ended_with_file")
    typed = {TO: request.url.path} | {
        f"{TYPED}{name}": value
        for name, value in (await request.form()).items()
        if isinstance(value, str) and name != "csrf"
    }
    return sign_in_page(request, 401, back="/", typed=typed, failed="ended")


async def enter(request: Request) -> Response:
    """Sign in, or say that it was wrong; what is not said is which of the two."""
    desk, fields = desk_of(request), {name: str(value) for name, value in (await request.form()).items()}
    settings, now, origin, on_record = desk.settings, desk.clock(), origin_of(request), desk.audit.record
    back, until = inside(fields.get("back", "/")), None
    kept = {name: value for name, value in fields.items() if name == TO or name.startswith(TYPED)}
    if TO in kept and request.state.visitor:  # who signed in meanwhile in another tab
        return _once_more(request, kept)
    if once := fields.get("once", ""):
        opened = await run_in_threadpool(sign_in_by_link, settings, once, origin, now, on_record)
    else:
        typed = Credentials(fields.get("name", ""), fields.get("password", ""))
        opened, until = await run_in_threadpool(sign_in, settings, typed, origin, now, on_record)
    if opened is not None:
        request.state.visitor = SignedIn(desk, opened.session, opened.token)
        response = _once_more(request, kept) if TO in kept else RedirectResponse(back, 303)
        return remember(request, response, opened)
    failed = "wait" if until else "link" if once else "password"
    return sign_in_page(request, 429 if until else 401, back=back, typed=kept, failed=failed, until=until)


def _once_more(request: Request, kept: Mapping[str, str]) -> Response:
    """Show what was typed before somebody signed in again; it goes when he says so."""
    fields = {name.removeprefix(TYPED): value for name, value in kept.items() if name.startswith(TYPED)}
    return page(request, "once_more.html", to=inside(kept[TO]), fields=fields)


async def leave(request: Request) -> Response:
    """End the session, and then the one at the provider that opened it."""
    await check_form(request)
    desk, visitor = desk_of(request), request.state.visitor
    address = origin_of(request).address
    id_token = await run_in_threadpool(id_token_of, desk.settings, visitor.session.digest)
    await run_in_threadpool(sign_out, desk.settings, visitor.session, address, desk.clock(), desk.audit.record)
    there = "" if id_token is None else await sign_out_address(request, id_token)
    return forget(leaving(request, there) if there else RedirectResponse("/sign-in", 303))


ROUTES = [
    Route("/sign-in", form, methods=["GET"]),
    Route("/sign-in", enter, methods=["POST"]),
    Route("/sign-out", leave, methods=["POST"]),
]
