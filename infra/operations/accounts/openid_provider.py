"""The OpenID provider of a site, as it is asked over the network. Every answer is bounded in time."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import quote

from infra.operations.accounts.openid_claims import (
    OpenIdError,
    OpenIdMetadata,
    OpenIdToken,
    TokenExpectation,
    UnknownKeyError,
    metadata_of,
    token_of,
)
from infra.operations.accounts.openid_requests import OpenIdRequest
from schemas.errors import RefusedError
from schemas.secret_file import read_secret
from schemas.settings import Settings

__all__ = ["PATIENCE", "OpenIdProvider", "client_secret", "redirect_address"]

log = logging.getLogger(__name__)

PATIENCE = 5.0
"""Seconds that the provider may take to accept a connection, and then for each part of its answer."""
FRESH = timedelta(hours=1)
"""How long its configuration and its keys hold before they are asked for again."""


class _Known(NamedTuple):
    metadata: OpenIdMetadata
    keys: tuple[Mapping[str, Any], ...]
    since: datetime


class OpenIdProvider:
    """What is known of the provider, asked for when it is needed. Any number of threads may use it at once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._known: _Known | None = None

    def sign_in_address(self, request: OpenIdRequest, state: str, now: datetime) -> str:
        """Return where somebody signs in for an attempt.

        Raises:
            OpenIdError: the provider does not answer, or says what does not fit.
        """
        metadata = self._ask(now).metadata
        with self._session() as session:
            address, _ = session.create_authorization_url(
                metadata.authorization_endpoint, state=state, code_verifier=request.verifier, nonce=request.nonce
            )
        return str(address)

    def sign_out_address(self, id_token: str, now: datetime) -> str:
        """Return where somebody ends his session at the provider, too; empty if there is no such address."""
        from authlib.common.urls import add_params_to_uri

        try:
            address = self._ask(now).metadata.end_session_endpoint
        except OpenIdError as error:
            log.warning("nobody can be signed out at %s: %s", self._settings.openid_issuer, error)
            return ""
        if not address:
            return ""
        known = {"id_token_hint": id_token} if id_token else {}
        known |= {"client_id": self._settings.openid_client}
        back = {"post_logout_redirect_uri": f"{self._settings.desk_origin}/sign-in"}
        return str(add_params_to_uri(address, [*known.items(), *back.items()]))

    def check_sender(self, issuer: str | None, now: datetime) -> None:
        """Hold the sender that an answer names against the provider (RFC 9207).

        Raises:
            OpenIdError: it is another one, or it is not named though the provider promised to.
        """
        promised = self._ask(now).metadata.authorization_response_iss_parameter_supported
        if issuer != self._settings.openid_issuer and (issuer is not None or promised):
            raise OpenIdError("issuer", "the answer is of another provider")

    def redeem(self, code: str, request: OpenIdRequest, now: datetime) -> OpenIdToken:
        """Return what the provider says of whom it gave a code.

        Raises:
            OpenIdError: it does not answer, refuses the code, or says what does not hold.
        """
        known, given = self._ask(now), self._tokens(code, request, now)
        access_token = str(given.get("access_token") or "")
        settings = self._settings
        expected = TokenExpectation(settings.openid_issuer, settings.openid_client, request.nonce, access_token, now)
        try:
            token = token_of(given.get("id_token"), known.keys, expected)
        except UnknownKeyError:  # it has a new key, perhaps
            token = token_of(given.get("id_token"), self._ask(now, again=True).keys, expected)
        wanted = {settings.openid_account, settings.openid_student} - {""}
        if known.metadata.userinfo_endpoint and access_token and not wanted <= token.claims.keys():
            more = self._get(known.metadata.userinfo_endpoint, access_token)
            if more.get("sub") != token.claims["sub"]:
                raise OpenIdError("token", "what it says of him is of another subject")
            token = OpenIdToken(more | dict(token.claims), token.text)
        return token

    def _ask(self, now: datetime, *, again: bool = False) -> _Known:
        known = self._known
        if known and not again and abs(now - known.since) < FRESH:
            return known
        try:
            where = f"{self._settings.openid_issuer.rstrip('/')}/.well-known/openid-configuration"
            metadata = metadata_of(self._get(where), self._settings.openid_issuer)
            keys = self._get(metadata.jwks_uri).get("keys")
            if not isinstance(keys, list):
                raise OpenIdError("setup", "it has no keys")
        except OpenIdError:
            if known and not again:
                log.warning("%s does not answer; what it said before holds", self._settings.openid_issuer)
                return known
            raise
        self._known = _Known(metadata, tuple(each for each in keys if isinstance(each, dict)), now)
        return self._known

    def _tokens(self, code: str, request: OpenIdRequest, now: datetime) -> Mapping[str, Any]:
        import requests
        from authlib.integrations.base_client import OAuthError

        metadata = self._ask(now).metadata
        with self._session(metadata) as session:
            try:
                found: Mapping[str, Any] = session.fetch_token(
                    metadata.token_endpoint,
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=request.verifier,
                    allow_redirects=False,
                )
            except OAuthError as error:
                reasons = {"invalid_grant": "code", "invalid_client": "setup", "unauthorized_client": "setup"}
                reason: Any = reasons.get(str(error.error), "provider")
                raise OpenIdError(reason, f"it refuses the code ({_plain(error.error)})") from error
            except (requests.RequestException, ValueError, TypeError) as error:
                raise OpenIdError("away", f"it gives no token ({type(error).__name__})") from error
        return found

    def _get(self, address: str, access_token: str = "") -> dict[str, Any]:
        """Return the JSON object at an address."""
        import requests

        headers = {"accept": "application/json"} | ({"authorization": f"Bearer {access_token}"} if access_token else {})
        try:
            answer = requests.get(address, headers=headers, timeout=PATIENCE, allow_redirects=False)
            found = answer.json() if answer.status_code == requests.codes.ok else None
        except (requests.RequestException, ValueError) as error:
            raise OpenIdError("away", f"{address} does not answer ({type(error).__name__})") from error
        if not isinstance(found, dict):
            raise OpenIdError("away", f"{address} answers {answer.status_code} and no JSON object")
        return found

    def _session(self, metadata: OpenIdMetadata | None = None) -> Any:
        """Return a client of the provider. metadata: if it is to be told the secret."""
        from authlib.integrations.requests_client import OAuth2Session

        secret, how = client_secret(self._settings) if metadata else "", "none"
        if metadata and secret:
            # What stands in a form everybody writes alike; in a header not (RFC 6749, 2.3.1: form-urlencoded).
            posted = "client_secret_post" in metadata.token_endpoint_auth_methods_supported
            how, secret = ("client_secret_post", secret) if posted else ("client_secret_basic", quote(secret, safe=""))
        return OAuth2Session(
            self._settings.openid_client,
            secret or None,
            token_endpoint_auth_method=how,
            scope=" ".join(dict.fromkeys(["openid", *self._settings.openid_scopes.split()])),
            redirect_uri=redirect_address(self._settings),
            code_challenge_method="S256",
            default_timeout=PATIENCE,
        )


def redirect_address(settings: Settings) -> str:
    """Return where the provider sends people back to. It is of the desk's own name, whatever a request says."""
    return f"{settings.desk_origin}/sign-in/callback"


def client_secret(settings: Settings) -> str:
    """Return the secret of the client; empty if it has none.

    Raises:
        OpenIdError: others can read it, or it cannot be read.
    """
    if settings.openid_secret:
        return settings.openid_secret
    try:
        return read_secret(settings.openid_secret_file)
    except RefusedError as error:
        raise OpenIdError("setup", f"{error.message}; {error.remedy}") from error


def _plain(code: object) -> str:
    """Return an error code of OAuth, which others may have written, as far as it looks like one."""
    text = str(code)
    return text if text.isascii() and text.replace("_", "").isalpha() and len(text) < 40 else "another error"
