"""Signing in with the OpenID provider of the site: there by a page of ours, back by an address that holds once.

A form that is answered by a redirect to another host would need that host, and all that it passes on to, in the policy
``form-action``. So a page of ours leads there: the policy stays that of every page.
"""

import asyncio
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar
from urllib.parse import urlencode, urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from infra.desk.site import Desk, desk_of, inside, page
from infra.desk.visitor import origin_of, remember
from infra.operations.accounts.openid_claims import OpenIdError
from infra.operations.accounts.openid_provider import OpenIdProvider
from infra.operations.accounts.openid_requests import LONGEST
from infra.operations.accounts.openid_sign_in import OpenIdAnswer, OpenIdSite, begin_sign_in, finish_sign_in

__all__ = ["ROUTES", "leaving", "provider_name", "sign_in_page", "sign_out_address"]

P = ParamSpec("P")
T = TypeVar("T")

SIGN_IN = "/sign-in"
"""The page that all of this belongs to."""
COOKIE = "naul-openid"
"""Begins the name of the cookie of an attempt; each tab has its own."""
AT_ONCE = 8
"""People whom the provider is asked about at once. They have threads of their own: others wait for none of them."""
LONGEST_WAIT = 20.0
"""Seconds after which somebody is told that the provider does not answer."""


class _Door:
    """The provider, asked off the event loop."""

    def __init__(self, desk: Desk) -> None:
        self.site = OpenIdSite(desk.settings, OpenIdProvider(desk.settings), desk.audit.record)
        self._threads = ThreadPoolExecutor(AT_ONCE, "openid")

    def close(self) -> None:
        """Wait for nobody any more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def ask(self, question: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        """Return what a question comes to.

        Raises:
            OpenIdError: as the question; or it took too long.
        """
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(LONGEST_WAIT):
                return await loop.run_in_executor(self._threads, partial(question, *given, **named))
        except TimeoutError as error:
            raise OpenIdError("away", "too many wait for it") from error


def _door(request: Request) -> _Door:
    """Return the door to the provider.

    Raises:
        HTTPException: 404: the site has none.
    """
    desk = desk_of(request)
    if not desk.settings.openid_issuer:
        raise HTTPException(404)
    return desk.kept("openid", _Door)


async def begin(request: Request) -> Response:
    """Lead to the provider."""
    door, desk = _door(request), desk_of(request)
    back = inside(str((await request.form()).get("back", "/")))
    own = urlsplit(desk.settings.desk_origin)
    if request.url.hostname != own.hostname:  # the cookie would not be there when the provider leads back
        return RedirectResponse(f"{desk.settings.desk_origin}{SIGN_IN}?{urlencode({'back': back})}", 303)
    try:
        begun = await door.ask(begin_sign_in, door.site, back, desk.clock())
    except OpenIdError as fault:
        return sign_in_page(request, 503, back=back, fault=fault)
    response = leaving(request, begun.address)
    response.set_cookie(
        _cookie(begun.state),
        begun.browser,
        max_age=int(LONGEST.total_seconds()),
        path=SIGN_IN,
        httponly=True,
        samesite="lax",  # it must come along when the provider leads back
        secure=own.scheme == "https",
    )
    return response


async def finish(request: Request) -> Response:
    """Sign in whom the provider means, or say why not."""
    door, desk, query = _door(request), desk_of(request), request.query_params
    state = query.get("state", "")
    answer = OpenIdAnswer(state, query.get("code", ""), query.get("error", ""), query.get("iss"))
    cookie = _cookie(state)
    kept = request.cookies.get(cookie, "")
    try:
        outcome = await door.ask(finish_sign_in, door.site, answer, kept, origin_of(request), desk.clock())
        opened, back, fault = outcome
    except OpenIdError as error:
        opened, back, fault = None, "/", error
    if opened is not None:
        response: Response = remember(request, RedirectResponse(back, 303), opened)
    else:
        away = fault is not None and fault.reason in ("away", "setup")
        response = sign_in_page(request, 503 if away else 401, back=back, fault=fault)
    if kept:
        response.delete_cookie(cookie, path=SIGN_IN, httponly=True, samesite="lax")
    return response


async def sign_out_address(request: Request, id_token: str) -> str:
    """Return where a session that the provider opened ends there, too; empty if it offers nothing of the kind now."""
    desk = desk_of(request)
    try:
        door = _door(request)
        return await door.ask(door.site.provider.sign_out_address, id_token, desk.clock())
    except (HTTPException, OpenIdError):
        return ""


def leaving(request: Request, address: str) -> Response:
    """Lead to an address of the provider."""
    return page(
        request,
        "leaving.html",
        address=address,
        provider=provider_name(request),
        visitor=None,
        path=SIGN_IN,
        here=SIGN_IN,
    )


def sign_in_page(request: Request, status: int = 200, **said: object) -> Response:
    """Ask who it is, with all the ways that the site has."""
    usual = {"once": "", "typed": {}, "provider": provider_name(request), "path": SIGN_IN}
    if request.url.path != SIGN_IN:  # an address that holds once
        usual["here"] = SIGN_IN
    return page(request, "sign_in.html", status, **(usual | said))


def provider_name(request: Request) -> str:
    """Return what people call the provider, in the language of a request; empty if there is none."""
    settings = desk_of(request).settings
    if not settings.openid_issuer:
        return ""
    korean = settings.openid_name_ko if request.state.language == "ko" else ""
    return korean or settings.openid_name or settings.openid_name_ko or urlsplit(settings.openid_issuer).netloc


def _cookie(state: str) -> str:
    return f"{COOKIE}-{hashlib.sha256(state.encode('utf-8', 'replace')).hexdigest()[:8]}"


ROUTES = [
    Route("/sign-in/openid", begin, methods=["POST"]),
    Route("/sign-in/callback", finish, methods=["GET"]),
]
"""Without a provider they are not there (404)."""
