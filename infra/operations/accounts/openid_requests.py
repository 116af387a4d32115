"""Sign-ins with the OpenID provider that are under way, and what ends them there: in ``desk.db``, beside the sessions.

A browser holds an opaque token and the provider the state; the file keeps the SHA-256 of both. An attempt is used once,
by the browser that began it, within ``LONGEST``.
"""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import NamedTuple

from infra.operations.accounts.desk_database import reading, stamp, writing
from infra.operations.accounts.openid_claims import OpenIdError
from schemas.settings import Settings

__all__ = ["LONGEST", "BegunRequest", "OpenIdRequest", "begin_request", "id_token_of", "keep_id_token", "take_request"]

LONGEST = timedelta(minutes=10)
"""How long somebody may take to sign in at the provider."""
_LONGEST_HINT = 4096
"""Characters of an ID token that still go into an address; a longer one is not kept."""


class OpenIdRequest(NamedTuple):
    """An attempt. nonce: the ID token must carry it. verifier: proves that who redeems the code has begun it (PKCE).

    back: where on the desk to go then.
    """

    nonce: str
    verifier: str
    back: str


class BegunRequest(NamedTuple):
    """state: for the provider to send back. browser: for the browser alone."""

    request: OpenIdRequest
    state: str
    browser: str


def begin_request(settings: Settings, back: str, now: datetime) -> BegunRequest:
    """Begin an attempt. Those that took too long are let go.

    Raises:
        UnavailableError: the file cannot be written now.
    """
    begun = BegunRequest(
        OpenIdRequest(secrets.token_urlsafe(32), secrets.token_urlsafe(48), back),
        secrets.token_urlsafe(32),
        secrets.token_urlsafe(32),
    )
    with writing(settings) as database:
        database.execute("DELETE FROM openid_requests WHERE ends <= ?", (stamp(now),))
        database.execute(
            "INSERT INTO openid_requests (state, browser, nonce, verifier, back, ends) VALUES (?, ?, ?, ?, ?, ?)",
            (_digest(begun.state), _digest(begun.browser), *begun.request, stamp(now + LONGEST)),
        )
    return begun


def take_request(settings: Settings, state: str, browser: str, now: datetime) -> OpenIdRequest:
    """Return the attempt of a state, which is used up by that.

    Raises:
        OpenIdError: there is none, it was used before, it took too long, or another browser began it (which may go on).
        UnavailableError: the file cannot be written now; the attempt is as it was.
    """
    where = (_digest(state),)
    with writing(settings) as database:
        row = database.execute(
            "SELECT browser, ends, nonce, verifier, back FROM openid_requests WHERE state = ?", where
        ).fetchone()
        if row is not None and hmac.compare_digest(row[0], _digest(browser)):
            database.execute("DELETE FROM openid_requests WHERE state = ?", where)
    if row is None:
        raise OpenIdError("state", "its state is unknown, or was used before")
    if not hmac.compare_digest(row[0], _digest(browser)):
        raise OpenIdError("state", "another browser began it")
    if row[1] <= stamp(now):
        raise OpenIdError("state", "it took too long")
    return OpenIdRequest(*row[2:])


def keep_id_token(settings: Settings, session: str, id_token: str) -> None:
    """Keep with a session that the provider opened it, and by what it knows that. session: its digest.

    Raises:
        UnavailableError: the file cannot be written now.
    """
    kept = id_token if len(id_token) <= _LONGEST_HINT else ""
    with writing(settings) as database:
        database.execute(
            "INSERT INTO openid_sessions (session, id_token) SELECT digest, ? FROM sessions WHERE digest = ?",
            (kept, session),
        )


def id_token_of(settings: Settings, session: str) -> str | None:
    """Return what was kept with a session; None if the provider did not open it.

    Raises:
        UnavailableError: the file cannot be read now.
    """
    with reading(settings) as database:
        row = database.execute("SELECT id_token FROM openid_sessions WHERE session = ?", (session,)).fetchone()
    return None if row is None else str(row[0])


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
