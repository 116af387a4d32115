"""What an OpenID provider says, held against what it must say. Pure: no network, no file, no clock.

Whatever does not hold raises ``OpenIdError`` with a reason; the page says it in words, the audit in a few.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple, TypeAlias

import msgspec

from infra.operations.accounts.accounts import Account
from schemas.settings import Settings
from schemas.texts import cleaned
from schemas.web_addresses import is_safe

__all__ = [
    "ALGORITHMS",
    "OpenIdError",
    "OpenIdIdentity",
    "OpenIdMetadata",
    "OpenIdReason",
    "OpenIdToken",
    "TokenExpectation",
    "UnknownKeyError",
    "identity_of",
    "metadata_of",
    "token_of",
]

OpenIdReason: TypeAlias = Literal[
    "away", "setup", "provider",  # of the provider: silent; it and the desk do not fit; another refusal
    "state", "denied", "code",  # of this attempt
    "issuer", "audience", "nonce", "signature", "algorithm", "times", "token",  # of what it says
    "claim", "no_account", "not_allowed", "taken", "disabled", "student",  # of whom it means
]  # fmt: skip

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""Signatures that only the provider can make: never ``none``, and nothing that is checked with a shared secret."""
_KEY_TYPES: Final = {"R": "RSA", "P": "RSA", "E": "EC"}
LEEWAY: Final = 60
"""Seconds by which the clocks of the provider and the desk may differ."""
_LONGEST: Final = 255
"""Characters of a subject (OpenID Connect Core 1.0, section 2)."""
_LONGEST_HEADER: Final = 16_384
"""Bytes of the header of an ID token."""


class OpenIdError(Exception):
    """Nobody is signed in. reason: for the page. detail: for the log and the audit, nothing of a person in it."""

    def __init__(self, reason: OpenIdReason, detail: str, *, shown: str = "", account: Account | None = None) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.shown = shown
        """Whom the provider means, for himself alone."""
        self.account = account


class UnknownKeyError(OpenIdError):
    """The signature may be by a key that is newer than those at hand."""


class OpenIdMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """What is used of a provider's ``/.well-known/openid-configuration``; the names are those of the standard."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    end_session_endpoint: str = ""
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class TokenExpectation(NamedTuple):
    """What an ID token must fit. access_token: that came with it."""

    issuer: str
    client: str
    nonce: str
    access_token: str
    now: datetime


class OpenIdToken(NamedTuple):
    """What an ID token says, and the token itself, by which the provider knows at the end whose session that was."""

    claims: Mapping[str, Any]
    text: str


class OpenIdIdentity(NamedTuple):
    """Whom the provider means. issuer and subject name him for ever; account, person, student_id are what it says."""

    issuer: str
    subject: str
    account: str
    person: str
    student_id: str


def metadata_of(found: object, issuer: str) -> OpenIdMetadata:
    """Return the metadata of a provider.

    Raises:
        OpenIdError: they are another one's, lack something, or lead where others can listen.
    """
    try:
        metadata = msgspec.convert(found, OpenIdMetadata)
    except msgspec.ValidationError as error:
        raise OpenIdError("setup", f"its configuration: {error}") from error
    if metadata.issuer != issuer:
        raise OpenIdError("setup", f"it calls itself {metadata.issuer!r}, openid_issuer is {issuer!r}")
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint", "end_session_endpoint"):
        address = getattr(metadata, name)
        if address and not is_safe(address):
            raise OpenIdError("setup", f"its {name} is no https address: {address!r}")
    return metadata


def token_of(text: object, keys: Iterable[Mapping[str, Any]], expected: TokenExpectation) -> OpenIdToken:
    """Return what an ID token says, if the provider signed it, for this desk and this attempt.

    keys: of the provider, as JWKs.

    Raises:
        UnknownKeyError: none of the keys has its name.
        OpenIdError: it does not hold.
    """
    from authlib.oidc.core import CodeIDToken
    from joserfc import jwt
    from joserfc.errors import BadSignatureError, ClaimError, ExpiredTokenError, JoseError
    from joserfc.jwk import import_key

    if not isinstance(text, str):
        raise OpenIdError("token", "no ID token")
    header = _header(text)
    algorithm, name = header.get("alg"), header.get("kid")
    if algorithm not in ALGORITHMS:
        raise OpenIdError("algorithm", "the algorithm of the ID token is none of those that are accepted")
    fitting = [each for each in keys if _may_have_signed(each, algorithm, name)]
    if not fitting:
        raise UnknownKeyError("signature", "the ID token is signed by an unknown key")
    found = None
    for each in fitting:
        try:
            found = jwt.decode(text, import_key(dict(each)), registry=_registry([algorithm]))
            break
        except BadSignatureError:
            continue
        except (JoseError, ValueError, TypeError, RecursionError) as error:
            raise OpenIdError("token", f"the ID token cannot be read ({type(error).__name__})") from error
    if found is None:
        raise OpenIdError("signature", "the signature of the ID token is wrong")
    wanted = {
        "iss": {"essential": True, "value": expected.issuer},
        "aud": {"essential": True, "value": expected.client},
    }
    of_this = {"nonce": expected.nonce, "client_id": expected.client, "access_token": expected.access_token}
    claims = CodeIDToken(found.claims, found.header, options=wanted, params=of_this)
    try:
        claims.validate(now=int(expected.now.timestamp()), leeway=LEEWAY)
    except ExpiredTokenError as error:
        raise OpenIdError("times", "the ID token has expired") from error
    except ClaimError as error:
        raise OpenIdError(_REASONS.get(error.claim, "token"), f"{error.claim} of the ID token does not fit") from error
    except (JoseError, ValueError, TypeError) as error:
        raise OpenIdError("token", f"the ID token cannot be read ({type(error).__name__})") from error
    return OpenIdToken(dict(claims), text)


def identity_of(settings: Settings, claims: Mapping[str, Any]) -> OpenIdIdentity:
    """Return whom claims mean, by the claims that the site has chosen. student_id: empty if they have none.

    Raises:
        OpenIdError: they have no subject, or no name of an account that can be trusted.
    """
    subject, account = claims.get("sub"), _text(claims, settings.openid_account)
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST:
        raise OpenIdError("token", "sub of the ID token is no subject")
    if not account:
        raise OpenIdError("claim", f"there is no claim {settings.openid_account}")
    if settings.openid_account == "email" and claims.get("email_verified") is not True:
        raise OpenIdError("claim", "the provider has not verified the claim email")
    student = _text(claims, settings.openid_student) if settings.openid_student else ""
    return OpenIdIdentity(settings.openid_issuer, subject, account, _text(claims, "name"), student)


_REASONS: Final[dict[str, OpenIdReason]] = {
    "iss": "issuer", "aud": "audience", "azp": "audience", "nonce": "nonce", "iat": "times", "nbf": "times",
    "exp": "times",
}  # fmt: skip


def _registry(algorithms: Collection[str]) -> Any:
    """Return how signatures are read: of a header what is unknown is passed over, certificates in it are let in."""
    from joserfc.jws import JWSRegistry

    registry = JWSRegistry(algorithms=algorithms, strict_check_header=False)
    registry.max_header_length = _LONGEST_HEADER
    return registry


def _header(text: str) -> dict[str, Any]:
    from joserfc.errors import JoseError
    from joserfc.jws import extract_compact

    try:
        return extract_compact(text.encode(), registry=_registry(ALGORITHMS)).headers()
    except (JoseError, ValueError, RecursionError) as error:
        raise OpenIdError("token", f"the ID token cannot be read ({type(error).__name__})") from error


def _may_have_signed(key: Mapping[str, Any], algorithm: str, name: object) -> bool:
    """Whether a key is of the kind and the name that a header tells; one without a name may be any of the kind."""
    return (
        key.get("kty") == _KEY_TYPES[algorithm[0]]
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and (name is None or key.get("kid") == name)
    )


def _text(claims: Mapping[str, Any], name: str) -> str:
    """Return a claim as text; some providers write an id as a number, or as a list of one."""
    found = claims.get(name)
    if isinstance(found, list) and len(found) == 1:
        found = found[0]
    if isinstance(found, int) and not isinstance(found, bool):
        return str(found)
    return cleaned(found) if isinstance(found, str) else ""
