"""Who asks: the session that a browser holds, and the person behind it as the account is at this moment."""

import hmac
from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from infra.desk.site import Desk
from infra.operations.access import Person
from infra.operations.desk_sessions import NewSession, Origin, Session, csrf_token, find_session

__all__ = ["Visitor", "check_form", "forget", "origin_of", "remember", "visitor_of"]

COOKIE = "naul-session"
"""Holds the token of the session."""


class Visitor(NamedTuple):
    """A person with a session. csrf: what its forms carry."""

    desk: Desk
    session: Session
    token: str

    @property
    def person(self) -> Person:
        """Who that is, with the roles of this request."""
        return self.session.person

    @property
    def csrf(self) -> str:
        """What the forms of this session carry."""
        return csrf_token(self.token)

    def still(self) -> bool:
        """Whether the session has not ended meanwhile."""
        return find_session(self.desk.settings, self.token, self.desk.clock()) is not None


def visitor_of(desk: Desk, request: Request) -> Visitor | None:
    """Return who sent a request, or None if nobody is signed in.

    Raises:
        UnavailableError: the file of the sessions cannot be read now.
    """
    token = request.cookies.get(COOKIE, "")
    session = find_session(desk.settings, token, desk.clock()) if token else None
    return Visitor(desk, session, token) if session else None


async def check_form(request: Request) -> dict[str, str]:
    """Return the fields of a form that a page of this session made.

    Raises:
        HTTPException: 403: another page made it.
    """
    fields = {name: str(value) for name, value in (await request.form()).items()}
    if not hmac.compare_digest(fields.pop("csrf", "").encode(), request.state.visitor.csrf.encode()):
        raise HTTPException(403)
    return fields


def origin_of(request: Request) -> Origin:
    """Return where a request comes from."""
    address = request.client.host if request.client else ""
    return Origin(address, request.headers.get("user-agent", ""))


def remember(desk: Desk, response: Response, opened: NewSession) -> Response:
    """Have the browser keep a session until it is closed."""
    secure = bool(desk.settings.desk_certificate)
    response.set_cookie(COOKIE, opened.token, httponly=True, samesite="lax", secure=secure)
    return response


def forget(response: Response) -> Response:
    """Have the browser let its session go."""
    response.delete_cookie(COOKIE, httponly=True, samesite="lax")
    return response
