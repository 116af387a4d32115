"""Who asks: the token in the header ``Authorization``, and nothing else: no cookie, nothing in an address."""

from collections.abc import Mapping

from infra.desk.api.calls import CHALLENGE, lacks_scope
from infra.desk.api.problems import ProblemError
from infra.desk.site import Desk
from infra.operations.accounts.api_scopes import TokenHolder
from infra.operations.accounts.api_tokens import find_token, token_failed
from infra.operations.accounts.sign_in import WINDOW
from schemas.translations import Text

__all__ = ["holder_again", "holder_of", "secret_in"]


def secret_in(headers: Mapping[str, str]) -> str:
    """Return what a request says after ``Bearer``; empty: nothing."""
    kind, _, secret = headers.get("authorization", "").strip().partition(" ")
    return secret.strip() if kind.lower() == "bearer" else ""


def holder_of(desk: Desk, headers: Mapping[str, str], address: str, scope: str) -> TokenHolder:
    """Return who asks, if his token holds and has a scope.

    Raises:
        ProblemError: 401: there is none, or it is void; 403: it lacks the scope; 429: too many void ones.
        UnavailableError: the file of the tokens cannot be read, or a void one could not be put on record.
    """
    secret = secret_in(headers)
    if not secret:
        raise ProblemError(
            401,
            "no-token",
            Text("This needs a token."),
            Text("Send `Authorization: Bearer TOKEN`; `naul token create` makes one."),
            {"www-authenticate": CHALLENGE},
        )
    now = desk.clock()
    found = find_token(desk.settings, secret, now)
    if found is None:
        if not token_failed(desk.settings, address, now, desk.audit.record):
            raise ProblemError(
                429,
                "too-many",
                Text("Too many void tokens came from your address."),
                Text("Wait a quarter of an hour, or send one that holds."),
                {"retry-after": f"{WINDOW.total_seconds():.0f}"},
            )
        raise ProblemError(
            401,
            "void-token",
            Text("This token is void: unknown, revoked, or its time is over."),
            Text("`naul token list` shows those that there are; `naul token create` makes another."),
            {"www-authenticate": f'{CHALLENGE}, error="invalid_token"'},
        )
    if scope not in found.scopes:
        raise lacks_scope(scope)
    return found.holder()


def holder_again(desk: Desk, headers: Mapping[str, str], scope: str) -> TokenHolder | None:
    """Return who asks, if his token still holds. That it does not is no try that failed.

    Raises:
        UnavailableError: the file of the tokens cannot be read.
    """
    found = find_token(desk.settings, secret_in(headers), desk.clock())
    return found.holder() if found and scope in found.scopes else None
