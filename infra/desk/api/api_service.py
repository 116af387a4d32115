"""The API as an ASGI application: finds the endpoint of a path, reads what was asked, answers, or says what is wrong.

A path is split before it is decoded, so that a section may have a slash in it.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from infra.desk.api.api_document import document
from infra.desk.api.bearer import holder_again, holder_of
from infra.desk.api.calls import Answered, ApiCall, Endpoint, FileAnswer, Picture, query_of
from infra.desk.api.endpoints import ENDPOINTS
from infra.desk.api.etags import etag_of, matches
from infra.desk.api.hall_stream import answer_stream
from infra.desk.api.paging import ApiPage
from infra.desk.api.problems import MEDIA_TYPE, ProblemError, not_found, problem_of
from infra.desk.api.uploads import read_upload
from infra.desk.languages import preferred
from infra.desk.request_metrics import API_ROUTE
from infra.desk.site import Desk
from infra.operations.accounts.access import NOBODY
from infra.operations.accounts.api_scopes import TokenHolder
from schemas.translations import Text
from schemas.unreadable import UNREADABLE

__all__ = ["PREFIX", "ApiService"]

PREFIX = "/api/v1"
MOST_BYTES = 2**18
"""Of a body: a roll call of a thousand students has a quarter of it."""
PIECES = 12
"""Of a path, and parameters of a query, at most a few more than any endpoint has."""

JSON, FILE = "application/json", "application/octet-stream"

FRESH = {"cache-control": "private, no-cache", "vary": "Authorization, Accept-Language"}
EVERYBODY = TokenHolder(owner=NOBODY, token="", scopes=frozenset())


class ApiService:
    """Answers what lies below ``/api``."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._routes = [(tuple(each.path.strip("/").split("/")), each) for each in (*ENDPOINTS, DOCUMENT)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        language = preferred(request.headers.get("accept-language", ""), self._desk.settings.language)
        try:
            response = await self._answer(request, language)
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001  every one is answered as a problem
            problem = problem_of(error)
            told = msgspec.json.encode(problem.told(language, request.url.path))
            headers = {**FRESH, "cache-control": "no-store", "content-language": language} | problem.headers
            response = Response(told, problem.status, headers, MEDIA_TYPE)
        finally:
            await request.close()  # the files of a form
        if request.method == "HEAD":
            response.body = b""  # its length stays as it was
        await response(scope, receive, send)

    async def _answer(self, request: Request, language: str) -> Response:
        endpoints, path = self._found(request)
        methods = sorted({"OPTIONS", *endpoints, *(["HEAD"] if "GET" in endpoints else [])})
        if request.method == "OPTIONS":
            return Response(None, 204, {"allow": ", ".join(methods), "cache-control": "no-store"})
        endpoint = endpoints.get("GET" if request.method == "HEAD" else request.method)
        if endpoint is None:
            raise ProblemError(
                405,
                "method",
                Text("There is no {method} here.", method=request.method[:20]),
                Text("There are {methods}.", methods=", ".join(methods)),
                {"allow": ", ".join(methods)},
            )
        headers = {name.lower(): value for name, value in request.headers.items()}
        address = request.client.host if request.client else ""

        def holder() -> TokenHolder:
            return holder_of(self._desk, headers, address, endpoint.scope) if endpoint.scope else EVERYBODY

        def again() -> TokenHolder | None:
            return holder_again(self._desk, headers, endpoint.scope)

        who = await run_in_threadpool(holder)
        call = ApiCall(
            desk=self._desk,
            holder=who,
            endpoint=endpoint,
            path=path,
            query=query_of(_pairs(request), endpoint.query),
            body=await _body(request, endpoint),
            headers=headers,
            language=language,
            address=address,
            now=self._desk.clock(),
            again=again,
        )
        if endpoint.stream:
            return await answer_stream(call, headers_only=request.method == "HEAD")
        return _response(request, call, await run_in_threadpool(endpoint.handle, call))

    def _found(self, request: Request) -> tuple[Mapping[str, Endpoint], Mapping[str, str]]:
        """Return the endpoints of a path by method, and the parameters in it.

        Raises:
            ProblemError: 404.
        """
        raw = request.scope.get("raw_path", b"").partition(b"?")[0].decode("ascii", "replace")
        if not raw.startswith(f"{PREFIX}/"):
            raise not_found()
        pieces = raw.removeprefix(f"{PREFIX}/").split("/", PIECES)
        try:
            given = [unquote(each, errors="strict") for each in pieces]
        except UnicodeDecodeError as error:
            raise not_found() from error
        found = [
            (each, route)
            for route, each in self._routes
            if len(route) == len(given)
            and all(part.startswith("{") or part == mine for part, mine in zip(route, given, strict=True))
        ]
        if not found or "" in given:
            raise not_found()
        exact = min(sum(part.startswith("{") for part in route) for _, route in found)
        found = [(each, route) for each, route in found if sum(part.startswith("{") for part in route) == exact]
        route = found[0][1]
        request.scope[API_ROUTE] = "/".join([PREFIX, *route])
        path = {part[1:-1]: mine for part, mine in zip(route, given, strict=True) if part.startswith("{")}
        return {each.method: each for each, _ in found}, path


def _pairs(request: Request) -> list[tuple[str, str]]:
    text = request.scope.get("query_string", b"").decode("ascii", "replace")
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=2 * PIECES, errors="replace")
    except ValueError as error:
        raise ProblemError(
            400, "query", Text("The query cannot be read."), Text("Send fewer parameters, each with a value.")
        ) from error


async def _body(request: Request, endpoint: Endpoint) -> Any:
    """Return the body of a request, as the endpoint wants it.

    Raises:
        ProblemError: 413, 415; 422: it is not as it must be.
    """
    if endpoint.takes_file:
        return await _content(request, FILE, endpoint.takes_file)
    if endpoint.form:
        return await read_upload(request)
    if endpoint.body is None:
        return None
    content = await _content(request, JSON, MOST_BYTES)
    try:
        return msgspec.json.decode(content, type=endpoint.body)
    except UNREADABLE as error:
        raise ProblemError(
            422,
            "body",
            Text("The body is not as it must be: {error}", error=error),
            Text("/api/v1/openapi.json says what it may be."),
        ) from error


async def _content(request: Request, kind: str, most: int) -> bytes:
    """Return the bytes of a body. kind: what it must be. most: how many, at most.

    Raises:
        ProblemError: 413, 415.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != kind:
        raise ProblemError(
            415,
            "not-json" if kind == JSON else "not-a-file",
            Text("The body must be JSON.") if kind == JSON else Text("The body must be the file, and nothing else."),
            Text("Send it with `Content-Type: {kind}`.", kind=kind),
            {"accept": kind},
        )
    content = bytearray()
    async for piece in request.stream():
        content += piece
        if len(content) > most:
            raise ProblemError(
                413,
                "too-long",
                Text("The body is longer than {count} bytes.", count=most),
                Text("Send less at once."),
                {"connection": "close"},
            )
    return bytes(content)


def _response(request: Request, call: ApiCall, answer: Any) -> Response:
    answered = answer if isinstance(answer, Answered) else Answered(answer)
    headers = FRESH | {"content-language": call.language}
    if isinstance(answered.content, Picture):
        content, media_type = answered.content.jpeg, "image/jpeg"
    elif isinstance(answered.content, FileAnswer):
        content, media_type, name = answered.content
        headers["content-disposition"] = f"attachment; filename*=utf-8''{quote(name)}"
    else:
        content, media_type = msgspec.json.encode(answered.content), JSON
    if answered.location:
        headers["location"] = answered.location
    if isinstance(answered.content, ApiPage) and answered.content.next:
        asked = [(name, value) for name, value in _pairs(request) if name != "cursor"]
        query = urlencode([*asked, ("cursor", answered.content.next)])
        headers["link"] = f'<{request.scope["raw_path"].decode("ascii", "replace")}?{query}>; rel="next"'
    if request.method in ("GET", "HEAD"):
        headers["etag"] = etag_of(content)
        if matches(request.headers.get("if-none-match", ""), headers["etag"], weakly=True):
            return Response(None, 304, headers)
    return Response(content, call.endpoint.status, headers, media_type)


def openapi(call: ApiCall) -> Any:
    """Say what the API is, as OpenAPI 3.1."""
    return document()


DOCUMENT = Endpoint("GET", "/openapi.json", "", openapi, dict)
"""What the document itself does not name."""
