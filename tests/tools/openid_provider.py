"""An OpenID provider on loopback, as a university has one: it checks what the desk sends, and signs what it says.

A test tells it whom it knows and what it is to do wrong.
"""

import base64
import hashlib
import hmac
import html
import json
import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import requests
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import JWSRegistry

__all__ = ["Provider", "confused", "unsigned"]

Claims = dict[str, Any]


@cache
def rsa_key(name: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": name, "use": "sig"})


@cache
def ec_key(name: str) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": name, "use": "sig"})


class Provider:
    """It serves from its making until ``close``.

    people: name -> what it says of each; ``sub`` among it. redirects: where it leads back to, to the letter.
    changed: what is otherwise in its ID tokens (None: left out). sign: makes the token of its claims, if not as usual.
    metadata: what is otherwise in its configuration. status: of every answer, if not 200. held: while it is set,
    answers wait. asked: paths, as they came.
    """

    client = "naul-desk"
    secret = "pa ss+w%rd:"  # noqa: S105  what would come out otherwise if it were not encoded

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.people: dict[str, Claims] = {}
        self.redirects: tuple[str, ...] = ()
        self.changed: Claims = {}
        self.metadata: Claims = {}
        self.sign: Callable[[Claims], str] | None = None
        self.thin = False
        self.status = 200
        self.key: RSAKey | ECKey = rsa_key("first")
        self.asked: list[str] = []
        self.queries: list[dict[str, str]] = []
        self._busy = 0
        self._counting = threading.Condition()
        self._open = threading.Event()
        self._open.set()
        self._codes: dict[str, dict[str, str]] = {}
        self._tokens: dict[str, str] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="provider")
        self._thread.start()

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/realms/univ"

    def close(self) -> None:
        self._open.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def hold(self, *, on: bool = True) -> None:
        """Let every answer wait, or no longer."""
        self._open.clear() if on else self._open.set()

    def wait_until_held(self, count: int) -> None:
        """Return when so many wait at once for an answer."""
        with self._counting:
            assert self._counting.wait_for(lambda: self._busy >= count, 120)

    def visit(self, address: str, person: str = "") -> dict[str, str]:
        """Sign in as somebody in a browser, or refuse to, and return with what the browser is sent back."""
        asked = requests.get(address, timeout=30)
        assert asked.status_code == 200, asked.text
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        done = requests.post(f"{self.issuer}/login", data=query | {"person": person}, allow_redirects=False, timeout=30)
        assert done.status_code == 303, done.text
        assert done.headers["location"].startswith(self.redirects)
        return {name: values[0] for name, values in parse_qs(urlsplit(done.headers["location"]).query).items()}

    # what it answers

    def answer(self, method: str, path: str, query: dict[str, str], headers: Any) -> tuple[int, Any]:
        with self._counting:
            self.asked.append(path)
            self._busy += 1
            self._counting.notify_all()
        self._open.wait()
        with self._counting:
            self._busy -= 1
        if self.status != 200:
            return self.status, {"error": "server_error"}
        match method, path:
            case "GET", "/.well-known/openid-configuration":
                return 200, self._configuration()
            case "GET", "/jwks":
                return 200, {"keys": [self.key.as_dict(private=False), {"kty": "oct", "k": "AAAA"}, {"kty": "future"}]}
            case "GET", "/authorize":
                return self._page(query)
            case "POST", "/login":
                return self._login(query)
            case "POST", "/token":
                return self._token(query, headers.get("authorization", ""))
            case "GET", "/userinfo":
                person = self._tokens[headers.get("authorization", "").removeprefix("Bearer ")]
                return 200, self.people[person]
            case "GET", "/logout":
                self.queries.append(query)
                return 303, query["post_logout_redirect_uri"]
        return 404, {}

    def _configuration(self) -> Claims:
        places = {
            "authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "jwks",
            "userinfo_endpoint": "userinfo", "end_session_endpoint": "logout",
        }  # fmt: skip
        found: Claims = {name: f"{self.issuer}/{place}" for name, place in places.items()}
        found |= {"issuer": self.issuer, "authorization_response_iss_parameter_supported": True}
        return {name: value for name, value in (found | self.metadata).items() if value is not None}

    def _fits(self, query: dict[str, str]) -> bool:
        return (
            query.get("client_id") == self.client
            and query.get("redirect_uri") in self.redirects
            and query.get("response_type") == "code"
            and "openid" in query.get("scope", "").split()
            and query.get("code_challenge_method") == "S256"
            and min(len(query.get(name, "")) for name in ("state", "nonce", "code_challenge")) >= 32
        )

    def _page(self, query: dict[str, str]) -> tuple[int, Any]:
        if not self._fits(query):
            return 400, f"this is no sign-in: {query}"
        fields = "".join(
            f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
            for name, value in query.items()
        )
        names = [html.escape(name) for name in self.people]
        buttons = "".join(f'<button name="person" value="{name}">{name}</button>' for name in names)
        form = f'<form method="post" action="{self.issuer}/login">{fields}{buttons}</form>'
        return 200, f"<!doctype html><title>University</title><h1>Who are you?</h1>{form}"

    def _login(self, query: dict[str, str]) -> tuple[int, Any]:
        if not self._fits(query):
            return 400, "this is no sign-in"
        said = {"state": query["state"], "iss": self.issuer}
        if query["person"]:
            code = secrets.token_urlsafe(16)
            self._codes[code] = query
            said["code"] = code
        else:
            said["error"] = "access_denied"
        return 303, f"{query['redirect_uri']}?{urlencode(said)}"

    def _token(self, query: dict[str, str], authorization: str) -> tuple[int, Any]:
        client, secret = query.get("client_id", ""), query.get("client_secret", "")
        if authorization:
            client, _, secret = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
            client, secret = unquote(client), unquote(secret)
        if (client, secret) != (self.client, self.secret):
            return 401, {"error": "invalid_client"}
        asked = self._codes.pop(query.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(query["code_verifier"].encode()).digest()).rstrip(b"=")
        if (
            asked is None
            or asked["redirect_uri"] != query["redirect_uri"]
            or asked["code_challenge"] != challenge.decode()
        ):
            return 400, {"error": "invalid_grant"}
        at = int(self.now().timestamp())
        said = self.people[asked["person"]]
        claims = {"iss": self.issuer, "aud": self.client, "iat": at, "exp": at + 300, "nonce": asked["nonce"]}
        claims |= {"sub": said["sub"]} if self.thin else said
        claims = {name: value for name, value in (claims | self.changed).items() if value is not None}
        access_token = secrets.token_urlsafe(16)
        self._tokens[access_token] = asked["person"]
        made = self.sign(claims) if self.sign else self.signed(claims)
        return 200, {"access_token": access_token, "token_type": "Bearer", "expires_in": 60, "id_token": made}

    def signed(self, claims: Claims, key: RSAKey | ECKey | None = None, **header: Any) -> str:
        """Return a token of claims, signed."""
        by = key or self.key
        algorithm = "ES256" if isinstance(by, ECKey) else "RS256"
        said = {"alg": algorithm, "kid": by.kid, **header}
        registry = JWSRegistry(algorithms=[algorithm], strict_check_header=False)
        registry.max_header_length = 10_000
        return jwt.encode({name: each for name, each in said.items() if each}, claims, by, registry=registry)


def unsigned(claims: Claims) -> str:
    """Return a token that nobody signed."""
    return ".".join([_coded({"alg": "none", "typ": "JWT"}), _coded(claims), ""])


def confused(claims: Claims, key: RSAKey | ECKey) -> str:
    """Return a token that is signed with what everybody knows, the public key, as if it were a shared secret."""
    text = ".".join([_coded({"alg": "HS256", "typ": "JWT", "kid": key.kid}), _coded(claims)])
    return f"{text}.{_base64(hmac.digest(key.as_pem(private=False), text.encode(), 'sha256'))}"


def _coded(said: Claims) -> str:
    return _base64(json.dumps(said).encode())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._do(urlsplit(self.path).query)

        def do_POST(self) -> None:
            self._do(self.rfile.read(int(self.headers["content-length"])).decode())

        def _do(self, query: str) -> None:
            path = urlsplit(self.path).path.removeprefix("/realms/univ")
            given = {name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()}
            status, said = provider.answer(self.command, path, given, self.headers)
            self.send_response(status)
            if status == 303:
                self.send_header("location", said)
                said = ""
            text = said if isinstance(said, str) else json.dumps(said)
            kind = "text/html" if isinstance(said, str) else "application/json"
            self.send_header("content-type", f"{kind}; charset=utf-8")
            self.send_header("content-length", str(len(text.encode())))
            with suppress(BrokenPipeError, ConnectionResetError):  # the desk has waited long enough
                self.end_headers()
                self.wfile.write(text.encode())

        def log_message(self, *_: Any) -> None:
            pass

    return Handler
