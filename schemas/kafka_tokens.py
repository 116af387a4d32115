"""Tokens for Kafka's OAUTHBEARER: asked of the token server of a site as a client of it, and kept while they hold."""

import threading
import time
from collections.abc import Callable
from functools import cache
from urllib.parse import quote

from kafka.errors import KafkaConnectionError
from kafka.net.sasl.oauth import AbstractTokenProvider

from schemas.errors import NaulError, RefusedError, UnavailableError
from schemas.translations import Text

__all__ = ["KafkaTokens", "TokenProvider", "kafka_tokens"]

PATIENCE = 5.0
"""Seconds that the token server may take to accept a connection, and then for each part of its answer."""
EARLY = 60.0
"""Seconds before its end at which a token is no longer given out; of one that holds for less than five times that, a
fifth of its time."""


class KafkaTokens:
    """Gives a token that holds. Any number of threads may ask at once; one of them asks the server."""

    def __init__(
        self, server: str, client: str, secret: str, scope: str, steady: Callable[[], float] = time.monotonic
    ) -> None:
        """server: address of its token endpoint. client, secret: as whom. scope: may be empty. steady: seconds."""
        self._server, self._client, self._secret, self._scope = server, client, secret, scope
        self._steady = steady
        self._lock = threading.Lock()
        self._token, self._until, self._renewed_at = "", float("-inf"), float("-inf")

    def __repr__(self) -> str:
        return f"KafkaTokens({self._server!r}, {self._client!r}, secret hidden)"

    def token(self) -> str:
        """Return a token; blocking.

        Raises:
            RefusedError: the server gives this client none.
            UnavailableError: it does not answer, and the last token no longer holds.
        """
        with self._lock:
            now = self._steady()
            if now >= self._renewed_at:
                try:
                    self._token, lasts = self._ask()
                except UnavailableError:
                    if now >= self._until:
                        raise
                else:
                    self._until = now + lasts
                    self._renewed_at = self._until - min(EARLY, lasts / 5)
            return self._token

    def _ask(self) -> tuple[str, float]:
        import requests
        from authlib.integrations.base_client import OAuthError
        from authlib.integrations.requests_client import OAuth2Session

        # In a header client and secret stand form-urlencoded (RFC 6749, 2.3.1).
        who = [quote(each, safe="") for each in (self._client, self._secret)]
        with OAuth2Session(*who, scope=self._scope or None, default_timeout=PATIENCE) as session:
            try:
                given = session.fetch_token(self._server, grant_type="client_credentials", allow_redirects=False)
                return str(given["access_token"]), float(given.get("expires_in") or EARLY)
            except OAuthError as error:
                raise RefusedError(
                    Text(
                        "{server} gives {client} no token ({why})", server=self._server, client=self._client, why=error
                    ),
                    "Correct kafka_user, kafka_token_scope or the secret.",
                ) from error
            except (requests.RequestException, KeyError, ValueError, TypeError) as error:
                raise UnavailableError(
                    Text("{server} gives no token for Kafka ({why})", server=self._server, why=type(error).__name__),
                    "Is kafka_token_url right, and does it answer?",
                ) from error


class TokenProvider(AbstractTokenProvider):  # type: ignore[misc]
    """The same for a client of kafka-python, whose thread goes on whatever happens: it tries again."""

    def __init__(self, tokens: KafkaTokens) -> None:
        super().__init__()
        self._tokens = tokens

    def token(self) -> str:
        """Return a token, or end this attempt to connect."""
        try:
            return self._tokens.token()
        except NaulError as error:
            raise KafkaConnectionError(error.message) from error


@cache
def kafka_tokens(server: str, client: str, secret: str, scope: str) -> KafkaTokens:
    """Return the tokens of a client, which all connections of this process share."""
    return KafkaTokens(server, client, secret, scope)
