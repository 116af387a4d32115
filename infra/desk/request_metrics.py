"""What is asked of the desk, as metrics: by route, never by path, so that nobody stands in them."""

import asyncio
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from schemas.metrics import DESK_REQUEST_SECONDS, DESK_REQUESTS
from schemas.pulse import PULSE

__all__ = ["API_ROUTE", "CountedRequests", "keep_beating"]

API_ROUTE = "naul.api_route"
"""Where the API says in a request's scope which of its routes it is."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
NO_ROUTE = "(none)"
BEAT = 1.0
"""Seconds between two signs that the event loop turns."""


class CountedRequests:
    """Counts every answer, and times its first byte."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                kind, route = _route(scope)
                method = scope["method"] if scope["method"] in METHODS else "OTHER"
                DESK_REQUESTS.labels(method, route, str(message["status"])).inc()
                DESK_REQUEST_SECONDS.labels(kind).observe(time.perf_counter() - began)
            await send(message)

        await self._app(scope, receive, counted)


def _route(scope: Scope) -> tuple[str, str]:
    """Return the kind of a request and its route, parameters unfilled."""
    if scope["path"].startswith("/api/"):
        return "api", scope.get(API_ROUTE, NO_ROUTE)
    route = getattr(scope.get("route"), "path", NO_ROUTE)
    return ("static" if scope["path"].startswith("/static/") else "page"), route


async def keep_beating() -> None:
    """Say once a second that the event loop turns."""
    while True:
        PULSE.turned()
        await asyncio.sleep(BEAT)
