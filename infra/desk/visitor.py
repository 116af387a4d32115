"""Who asks: the session that a browser holds, and the person behind it as the account is at this moment."""

import hmac
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive

from infra.desk.site import Desk, desk_of
from infra.operations.accounts.access import DeskUser
from infra.operations.accounts.audit import AuditEvent
from infra.operations.accounts.desk_sessions import NewSession, Origin, Session, csrf_token, find_session
from schemas.errors import RefusedError
from schemas.messages import AuditAction, ClassHour
from schemas.translations import Text

__all__ = [
    "MOST_FORM",
    "SignedIn",
    "all_on_record",
    "allow",
    "at_most",
    "by_of",
    "check_form",
    "check_upload",
    "forget",
    "form_id",
    "on_record",
    "origin_of",
    "remember",
    "visitor_of",
]

MOST_FORM = 2 * 2**20
"""Bytes of a form without files: a roll call of a thousand students has a tenth of it."""

MOST_FILES = 20_000
"""Of a form."""

_MOST = "most_bytes"

COOKIE = "naul-session"
"""Holds the token of the session."""


class SignedIn(NamedTuple):
    """A person with a session. csrf: what its forms carry."""

    desk: Desk
    session: Session
    token: str

    @property
    def person(self) -> DeskUser:
        """Who that is, with the roles of this request."""
        return self.session.user

    @property
    def csrf(self) -> str:
        """What the forms of this session carry."""
        return csrf_token(self.token)

    def still(self) -> bool:
        """Whether the session has not ended meanwhile."""
        return find_session(self.desk.settings, self.token, self.desk.clock()) is not None


def visitor_of(desk: Desk, request: Request) -> SignedIn | None:
    """Return who sent a request, or None if nobody is signed in.

    Raises:
        UnavailableError: the file of the sessions cannot be read now.
    """
    token = request.cookies.get(COOKIE, "")
    session = find_session(desk.settings, token, desk.clock()) if token else None
    return SignedIn(desk, session, token) if session else None


def at_most(request: Request, most: int) -> Receive:
    """Return what receives the body of a request: it is refused where it has more bytes than may be.

    Whoever takes files says so by ``allow``, before he reads.
    """
    allow(request, most)
    count = 0

    async def receive() -> Message:
        nonlocal count
        message = await request.receive()
        count += len(message.get("body", b""))
        if count > getattr(request.state, _MOST):
            raise HTTPException(413, headers={"connection": "close"})
        return message

    return receive


def allow(request: Request, most: int) -> None:
    """Let the body of a request have so many bytes."""
    setattr(request.state, _MOST, most)


async def check_form(request: Request) -> dict[str, str]:
    """Return the fields of a form that a page of this session made; they are kept until the request is answered.

    Raises:
        HTTPException: 403: another page made it.
    """
    fields = {name: str(value) for name, value in (await request.form(max_files=0)).items()}
    if not hmac.compare_digest(fields.pop("csrf", "").encode(), request.state.visitor.csrf.encode()):
        raise HTTPException(403)
    request.state.sent = fields
    return fields


@asynccontextmanager
async def check_upload(request: Request, most: int) -> AsyncIterator[tuple[dict[str, str], list[UploadFile]]]:
    """Yield the fields of a form with files that a page of this session made, and its files. most: bytes of it all.

    Raises:
        HTTPException: 403: another page made it; 411: it does not say how long it is.
        RefusedError: it is too large; nothing of it was read.
    """
    length = request.headers.get("content-length", "")
    if not (length.isascii() and length.isdigit()):
        raise HTTPException(411)
    if int(length[:20]) > most:
        raise RefusedError(
            Text("what was sent has more than {most} MB", most=most // 2**20),
            "Send it in parts. Nothing of it was taken.",
        )
    allow(request, most)
    async with request.form(max_files=MOST_FILES, max_fields=100) as form:
        fields = {name: value for name, value in form.multi_items() if isinstance(value, str)}
        if not hmac.compare_digest(fields.pop("csrf", "").encode(), request.state.visitor.csrf.encode()):
            raise HTTPException(403)
        yield fields, [each for _, each in form.multi_items() if isinstance(each, UploadFile) and each.filename]


def form_id(fields: Mapping[str, str]) -> str:
    """Return the id of what a form sends: sent twice it counts once.

    Raises:
        HTTPException: 400: it has none of ours.
    """
    found = fields.get("id", "")
    if not found.isalnum() or len(found) > 40:
        raise HTTPException(400)
    return found


def origin_of(request: Request) -> Origin:
    """Return where a request comes from."""
    address = request.client.host if request.client else ""
    return Origin(address, request.headers.get("user-agent", ""))


async def on_record(
    request: Request, action: AuditAction, hour: ClassHour | None = None, student: str = "", detail: str = ""
) -> None:
    """Put on record what the visitor is about to see or do. hour: None, if it is of no class hour.

    Raises:
        UnavailableError: it cannot be put on record, and must not be done.
    """
    await _record(request, action, hour, {student: detail})


async def all_on_record(request: Request, action: AuditAction, hour: ClassHour, details: Mapping[str, str]) -> None:
    """Put on record, of each of some students, what the visitor is about to do. details: by student's id.

    Raises:
        UnavailableError: as ``on_record``.
    """
    await _record(request, action, hour, details)


async def _record(request: Request, action: AuditAction, hour: ClassHour | None, details: Mapping[str, str]) -> None:
    desk = desk_of(request)
    now, address = desk.clock(), origin_of(request).address
    events = [
        AuditEvent(
            at=now,
            action=action,
            user=request.state.visitor.person,
            section=hour.section if hour else "",
            class_hour=hour.id if hour else "",
            student_id=student,
            detail=detail,
            address=address,
        )
        for student, detail in details.items()
    ]
    await run_in_threadpool(desk.audit.record_all, events)


def by_of(request: Request) -> str:
    """Return as whom a mark of the visitor stands on record."""
    person = request.state.visitor.person
    return str(person.name or person.account)


def remember(request: Request, response: Response, opened: NewSession) -> Response:
    """Have the browser keep a session until it is closed."""
    secure = request.url.scheme == "https"  # of the proxy, if one is before the desk
    response.set_cookie(COOKIE, opened.token, httponly=True, samesite="lax", secure=secure)
    return response


def forget(response: Response) -> Response:
    """Have the browser let its session go."""
    response.delete_cookie(COOKIE, httponly=True, samesite="lax")
    return response
