"""Whether it is still time to correct a class hour, asked by every page that does."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias

from starlette.exceptions import HTTPException
from starlette.requests import Request

from infra.desk.site import desk_of
from infra.operations.accounts.access import DeskUser
from infra.operations.terms.deadlines import Deadlines, deadlines_of
from schemas.errors import RefusedError
from schemas.messages import ClassHour

__all__ = ["may_now", "require_now", "until_of"]

Asked: TypeAlias = Callable[[DeskUser, ClassHour, Deadlines, datetime], bool]
"""``correct_now`` or ``call_roll_now``."""


def until_of(request: Request, hour: ClassHour) -> Deadlines:
    """Return until when a class hour may be contested and corrected."""
    desk = desk_of(request)
    return deadlines_of(desk.calendar.terms, hour, desk.settings.zone)


def require_now(request: Request, hour: ClassHour, asked: Asked) -> None:
    """Go on only if the visitor may do this now.

    Raises:
        HTTPException: 403: he never may.
        RefusedError: he could before.
    """
    if not asked(request.state.visitor.person, hour, until_of(request, hour), desk_of(request).clock()):
        raise HTTPException(403)


def may_now(request: Request, hour: ClassHour, asked: Asked) -> bool:
    """Return whether the visitor may do this now."""
    try:
        return asked(request.state.visitor.person, hour, until_of(request, hour), desk_of(request).clock())
    except RefusedError:
        return False
