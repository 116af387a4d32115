"""Who asks: the session that a browser holds, and the person behind it as the account is at this moment."""

from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from infra.desk.site import Desk
from infra.operations.access import Person
from infra.operations.sessions import Session, find_session

__all__ = ["SESSION", "Visitor", "forget", "remember", "visitor_of"]

SESSION = "session"
"""The cookie of the session."""


class Visitor(NamedTuple):
    """A person with a session. token: what the browser holds. csrf: what its forms carry."""

    desk: Desk
    person: Person
    token: str
    csrf: str

    def still(self) -> bool:
        """Whether the session has not ended meanwhile."""
        return find_session(self.desk.settings, self.token, self.desk.clock()) is not None
