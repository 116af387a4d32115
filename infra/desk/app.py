"""The desk as an ASGI application: its pages, who asks, and the headers of every answer."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from importlib import resources
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra.desk import (
    accounts_page,
    appeals_page,
    audit_page,
    class_hour,
    decide,
    entrance,
    halls_page,
    health_page,
    kiosk_page,
    machines_page,
    openid_page,
    own_page,
    people_page,
    photos_page,
    reports_page,
    roll_call,
    runs_page,
    terms_page,
    timetable_page,
    today,
    what_if_page,
    why,
)
from infra.desk.api.api_service import ApiService
from infra.desk.languages import preferred
from infra.desk.request_metrics import CountedRequests, keep_beating
from infra.desk.site import Desk, desk_of, inside, page, told_in_words
from infra.desk.visitor import MOST_FORM, at_most, visitor_of
from schemas.errors import NaulError, UnavailableError
from schemas.translations import LANGUAGES

__all__ = ["build"]

LANGUAGE = "language"
"""The cookie of the language that somebody chose."""

STATIC = "/static/"
API = "/api/"
"""What programs ask by a token (``infra.desk.api``): no session, no form, no page."""
OPEN = (STATIC, "/sign-in", "/language")
"""Paths that ask nobody who he is."""

HEADERS = {
    "content-security-policy": "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; img-src 'self' blob: data:; font-src 'self'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(), geolocation=()",
}
SECURE = {"strict-transport-security": "max-age=31536000"}
"""Of an answer that goes through TLS, ours or that of a proxy."""


def build(desk: Desk) -> Starlette:
    """Return the application of a desk."""

    @asynccontextmanager
    async def life(app: Starlette) -> AsyncIterator[None]:
        desk.start()
        beating = asyncio.create_task(keep_beating())
        yield
        beating.cancel()
        desk.close()

    static = StaticFiles(directory=str(resources.files("infra.desk").joinpath("static")))
    app = Starlette(
        routes=[
            *today.ROUTES,
            *class_hour.ROUTES,
            *roll_call.ROUTES,
            *decide.ROUTES,
            *why.ROUTES,
            *own_page.ROUTES,
            *appeals_page.ROUTES,
            *audit_page.ROUTES,
            *reports_page.ROUTES,
            *timetable_page.ROUTES,
            *terms_page.ROUTES,
            *people_page.ROUTES,
            *photos_page.ROUTES,
            *accounts_page.ROUTES,
            *machines_page.ROUTES,
            *halls_page.ROUTES,
            *health_page.ROUTES,
            *runs_page.ROUTES,
            *what_if_page.ROUTES,
            *kiosk_page.ROUTES,
            *entrance.ROUTES,
            *openid_page.ROUTES,
            Route("/language", language, methods=["POST"]),
            Route("/health/live", alive),
            Mount("/static", static),
        ],
        middleware=[
            Middleware(CountedRequests),
            Middleware(TrustedHostMiddleware, allowed_hosts=hosts(desk), www_redirect=False),
            Middleware(_Visitors, api=ApiService(desk)),
        ],
        exception_handlers={HTTPException: refused, NaulError: failed, 500: broken},
        lifespan=life,
    )
    app.state.desk = desk
    desk.drawn.append(class_hour.let_go)
    return app


def hosts(desk: Desk) -> list[str]:
    """Return the names under which the desk may be asked."""
    own = urlsplit(desk.settings.desk_origin).hostname or ""
    return ["127.0.0.1", "localhost", "[::1]", own, *desk.settings.desk_names.split()]


class _Visitors:
    """Finds out who asks and in which language; refuses what another site sends; adds the headers."""

    def __init__(self, app: ASGIApp, api: ASGIApp) -> None:
        self._app, self._api = app, api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        if scope["path"].startswith(API):
            await self._api(scope, receive, _with(send, HEADERS | _secure(request)))
            return
        desk = desk_of(request)
        chosen = request.cookies.get(LANGUAGE)
        wished = preferred(request.headers.get("accept-language", ""), desk.settings.language)
        request.state.language = chosen if chosen in LANGUAGES else wished
        static = scope["path"].startswith(STATIC)
        request.state.visitor = None if static else visitor_of(desk, request)

        kept = {"cache-control": "public, max-age=31536000, immutable" if static else "no-store"}
        bounded = at_most(request, MOST_FORM)
        with suppress(ClientDisconnect):  # whoever left before all was sent waits for no answer
            try:
                response = await self._response(Request(scope, bounded))
            except HTTPException as error:
                response = await refused(request, error)
            await (response or self._app)(scope, bounded, _with(send, HEADERS | _secure(request) | kept))

    async def _response(self, request: Request) -> Response | None:
        """Return an answer that needs no page, if there is one."""
        path = request.url.path
        if request.method not in ("GET", "HEAD") and not _same_site(request):
            return PlainTextResponse("This was sent by another site.", 403)
        if request.state.visitor is None and not path.startswith(OPEN) and path != "/health/live":
            if "text/html" in request.headers.get("accept", ""):
                if request.method == "POST":
                    return await entrance.sign_in_again(request)
                return RedirectResponse(f"/sign-in?{entrance.back_to(request)}", 303)
            return PlainTextResponse("Sign in first.", 401)
        return None


def _secure(request: Request) -> dict[str, str]:
    return SECURE if request.url.scheme == "https" else {}


def _with(send: Send, headers: Mapping[str, str]) -> Send:
    """Return a ``send`` that adds headers to an answer."""

    async def answer(message: Message) -> None:
        if message["type"] == "http.response.start":
            added = [(name.encode(), value.encode()) for name, value in headers.items()]
            message["headers"] = [*message["headers"], *added]
        await send(message)

    return answer


def _same_site(request: Request) -> bool:
    """Whether a page of this desk sent a request, as far as the browser tells."""
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


async def language(request: Request) -> Response:
    """Keep the language that was chosen, and go back."""
    form = await request.form()
    wanted, back = str(form.get("language", "")), str(form.get("back", "/"))
    response = RedirectResponse(inside(back), 303)
    if wanted in LANGUAGES:
        response.set_cookie(LANGUAGE, wanted, max_age=31536000, samesite="lax", httponly=True)
    return response


async def alive(request: Request) -> Response:
    """Say that this process serves."""
    return PlainTextResponse("ok\n")


async def refused(request: Request, error: Exception) -> Response:
    """Say what is not there, or not allowed."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    return page(request, "refused.html", status, code=status)


async def failed(request: Request, error: Exception) -> Response:
    """Say what went wrong, and the remedy; what somebody typed he can send again."""
    what, remedy = told_in_words(request, error) if isinstance(error, NaulError) else (str(error), "")
    if isinstance(error, UnavailableError) and (sent := getattr(request.state, "sent", None)):
        return page(request, "once_more.html", 503, to=request.url.path, fields=sent, what=what, remedy=remedy)
    return page(request, "message.html", 503 if isinstance(error, UnavailableError) else 400, what=what, remedy=remedy)


async def broken(request: Request, error: Exception) -> Response:
    """Say that it is our mistake; the log has the rest."""
    return page(request, "refused.html", 500, code=500)
