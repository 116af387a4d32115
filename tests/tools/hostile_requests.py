"""Malformed HTTP requests for a desk that serves, and malformed messages for its topics, by a generator with a seed.

A request is bytes for a socket: what no client would send is among them.
"""

import json
import socket
from collections.abc import Iterator, Mapping, Sequence
from http.client import HTTPException, HTTPResponse
from random import Random
from typing import Final, NamedTuple
from urllib.parse import quote

from infra.desk.api.endpoints import ENDPOINTS
from infra.desk.app import build
from infra.desk.site import Desk
from schemas.messages import MESSAGES
from tests.examples import EXAMPLES
from tests.tools.mutations import ODD_TEXTS, ODD_VALUES, broken_bytes, broken_json

__all__ = ["Asker", "HttpAnswer", "answer_to", "hostile_messages", "hostile_requests"]

REQUESTS, MESSAGES_OF_ALL = 1500, 500
"""Of the 10,000."""
LEFT_OUT: Final = (
    "/sign-out",
    "/engines",
    "/runs",
    "/what-if",
    "/people/photos",
    "/photo-jobs",
    "/events",
    "/stream",
    "/kiosk/end",
)
"""What would begin a process, end the session, or an answer that never ends; what they read is read elsewhere, too."""
ACTIVE: Final = ("POST", "PUT", "PATCH", "DELETE")
_METHODS: Final = (
    "GET",
    "GET",
    "GET",
    "POST",
    "POST",
    "PUT",
    "DELETE",
    "HEAD",
    "OPTIONS",
    "TRACE",
    "PATCH",
    "get",
    "X" * 50,
    "",
)
_HEADERS: Final = ("if-none-match", "if-match", "range", "accept", "accept-language", "x-forwarded-for",
                   "origin", "cookie", "host",
                   "content-length", "transfer-encoding", "content-encoding", "authorization", "last-event-id",
                   "idempotency-key",
                   "sec-fetch-site", "expect", "upgrade", "content-type", "x\0y", "", "a" * 300)  # fmt: skip
_KINDS: Final = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b",
                 "multipart/form-data",
                 "multipart/form-data; boundary=" + "b" * 300, "application/octet-stream",
                 "text/xml; charset=no-such", "\xff", "")  # fmt: skip


class Asker(NamedTuple):
    """Who asks: the headers that prove it, and what the forms of his session carry."""

    headers: Mapping[str, str]
    csrf: str


class HttpAnswer(NamedTuple):
    """status: 0, if the connection was closed without a word."""

    status: int
    body: bytes


def hostile_requests(
    desk: Desk, askers: Sequence[Asker], real: Mapping[str, str], part: int = 1
) -> Iterator[tuple[int, bytes]]:
    """Yield requests with their numbers, all of them or one in so many. real: what stands in paths, by name."""
    pages = sorted({(route.path, method) for route in build(desk).routes if getattr(route, "methods", None)
                    for method in route.methods})  # fmt: skip
    api = sorted((f"/api/v1{each.path}", each.method) for each in ENDPOINTS)
    places = [each for each in (*pages, *api) if not any(word in each[0] for word in LEFT_OUT)]
    for number in range(0, REQUESTS, part):
        random = Random(f"naul|http|{number}")
        yield number, _request(random, random.choice(places), random.choice(askers), real)


def _request(random: Random, place: tuple[str, str], asker: Asker, real: Mapping[str, str]) -> bytes:
    path, method = place
    for name in ("{" + each.partition("}")[0] for each in path.split("{")[1:]):
        odd = quote(random.choice(ODD_TEXTS)[:2000], safe="", errors="surrogateescape")
        good = quote(real.get(name[1:].partition(":")[0], "x"), safe="")
        path = path.replace(name + "}", good if random.random() < 0.6 else odd, 1)
    if random.random() < 0.4:
        names = (
            "day",
            "since",
            "until",
            "from",
            "to",
            "limit",
            "cursor",
            "student",
            "section",
            "q",
            "page",
            "after",
            "\0",
            "",
        )
        given = (f"{random.choice(names)}={_odd_in_address(random)}" for _ in range(random.choice((1, 2, 2, 60))))
        path += "?" + "&".join(given)
    if random.random() < 0.05:
        path = random.choice(
            ("*", "//", "/%", "/%ff%fe", "/../../etc/passwd", "/static/..%2f..%2fetc/passwd", "/a" * 9000, "http://x/")
        )
    method = random.choice(_METHODS) if random.random() < 0.3 else method
    body = _body(random, asker) if method in ACTIVE or random.random() < 0.1 else b""
    headers = {"host": "127.0.0.1", "connection": "close", **asker.headers, "content-length": f"{len(body)}"}
    headers["content-type"] = random.choice(_KINDS)
    if body[:1] in (b"{", b"[") and random.random() < 0.8:
        headers["content-type"] = "application/json"
    elif body.startswith(b"csrf=") and random.random() < 0.8:
        headers["content-type"] = "application/x-www-form-urlencoded"
    elif body.startswith(b"--b"):
        headers["content-type"] = "multipart/form-data; boundary=b"
    for _ in range(random.choice((0, 0, 1, 3))):
        headers[random.choice(_HEADERS)] = random.choice(
            (*ODD_TEXTS, "-1", "99999999999", "chunked", "gzip", "bytes=0-,1-,2-", "*")
        )
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    data = "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body
    return broken_bytes(random, data) if random.random() < 0.1 else data


def _odd_in_address(random: Random) -> str:
    return random.choice(
        (quote(random.choice(ODD_TEXTS)[:2000], errors="surrogateescape"), "%", "%zz", "%ff", "[]", "a" * 9000)
    )


def _body(random: Random, asker: Asker) -> bytes:
    kind = random.randrange(5)
    if kind == 0:
        return broken_json(random, random.choice(sorted(EXAMPLES.glob("*.json"))).read_bytes())
    if kind == 1:
        given = {
            name: random.choice(ODD_VALUES[:8])
            for name in ("id", "student_id", "verdict", "reason", "seen", "marks", "section")
        }
        return broken_json(random, json.dumps(given).encode())
    names = (
        "id",
        "student",
        "verdict",
        "at",
        "reason",
        "term",
        "first",
        "name",
        "roles",
        "digest",
        "do",
        "text",
        "back",
        "\0",
    )
    if kind <= 3:
        fields = [f"{random.choice(names)}={_odd_in_address(random)}" for _ in range(random.choice((1, 5, 1200)))]
        return "&".join([f"csrf={asker.csrf}", *fields]).encode("utf-8", "surrogateescape")
    parts = [f'--b\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n{asker.csrf}\r\n'.encode()]
    for _ in range(random.choice((1, 3, 150))):
        name, file = random.choice(names), random.choice(("", "a.csv", "../../x.zip", "한.heic", '"; x="', "\r\nx: y"))
        parts.append(f'--b\r\nContent-Disposition: form-data; name="{name}"; filename="{file}"\r\n'.encode())
        parts.append(random.choice((b"\r\n", b"Content-Type: \xff\r\n\r\n", b"X: " + b"y" * 9000 + b"\r\n\r\n")))
        parts.append(
            random.choice((b"section,student_id\n=1,2\n", b"PK\x03\x04", b"\xff\xd8\xff", b"BEGIN:VCALENDAR\r\n"))
            + b"\r\n"
        )
    return b"".join(parts) + random.choice((b"--b--\r\n", b"--b--", b"", b"--"))


def answer_to(address: tuple[str, int], request: bytes, seconds: float = 60) -> HttpAnswer:
    """Send bytes and return what was answered; the other side of the connection is closed when they are sent.

    Raises:
        TimeoutError: nothing came in that time.
    """
    with socket.create_connection(address, seconds) as connection:
        try:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it was refused before its end; what was said of it can be read
        answer = HTTPResponse(connection, method="HEAD" if request.startswith(b"HEAD") else "GET")
        try:
            answer.begin()
            return HttpAnswer(answer.status, answer.read(2**20))
        except (HTTPException, ConnectionError, ValueError):
            return HttpAnswer(0, b"")


def hostile_messages(part: int = 1) -> Iterator[tuple[str, bytes, bytes]]:
    """Yield (topic without prefix, key, value) of what no reader can take, or takes for odd."""
    examples = [*sorted(EXAMPLES.glob("*.json"))]
    for number in range(0, MESSAGES_OF_ALL, part):
        random = Random(f"naul|topic|{number}")
        data = random.choice(examples).read_bytes()
        broken = broken_json(random, data) if random.random() < 0.8 else broken_bytes(random, data)
        yield random.choice([*MESSAGES]), random.choice(ODD_TEXTS)[:200].encode("utf-8", "surrogateescape"), broken
