"""Signing in with the OpenID provider of a site: what begins it, what comes of it, and that each try is on record."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from infra.operations.accounts.access import NOBODY
from infra.operations.accounts.accounts import Account, user_of
from infra.operations.accounts.audit import AuditEvent
from infra.operations.accounts.desk_sessions import NewSession, Origin, open_session
from infra.operations.accounts.openid_accounts import bind_account, bound_account, make_student
from infra.operations.accounts.openid_claims import OpenIdError, OpenIdReason, OpenIdToken, identity_of
from infra.operations.accounts.openid_provider import OpenIdProvider
from infra.operations.accounts.openid_requests import begin_request, keep_id_token, take_request
from infra.operations.accounts.sign_in import may_be_told
from schemas.messages import AuditAction
from schemas.settings import Settings

__all__ = ["BegunSignIn", "OpenIdAnswer", "OpenIdOutcome", "OpenIdSite", "begin_sign_in", "finish_sign_in"]

log = logging.getLogger(__name__)

_MADE_UP: frozenset[OpenIdReason] = frozenset({"state", "denied", "provider", "issuer", "code"})
"""What anybody can have fail, as often as he likes; the rest takes somebody whom the provider knows."""


class OpenIdSite(NamedTuple):
    """A desk that has a provider. on_record: ``AuditLog.record`` of the site."""

    settings: Settings
    provider: OpenIdProvider
    on_record: Callable[[AuditEvent], None]


class BegunSignIn(NamedTuple):
    """address: where to sign in. state: is in it. browser: for the browser to keep until it comes back."""

    address: str
    state: str
    browser: str


class OpenIdAnswer(NamedTuple):
    """What the provider sends a browser back with; None and empty are not there. error: a code of OAuth."""

    state: str
    code: str = ""
    error: str = ""
    issuer: str | None = None


class OpenIdOutcome(NamedTuple):
    """What came of it. opened: None if it failed, then there is a fault. back: where on the desk to go."""

    opened: NewSession | None
    back: str = "/"
    fault: OpenIdError | None = None


def begin_sign_in(site: OpenIdSite, back: str, now: datetime) -> BegunSignIn:
    """Begin to sign in. back: a path of the desk.

    Raises:
        OpenIdError: the provider does not answer, or does not fit the settings.
        UnavailableError: the file of the desk cannot be written.
    """
    begun = begin_request(site.settings, back, now)
    try:
        address = site.provider.sign_in_address(begun.request, begun.state, now)
    except OpenIdError as fault:
        log.warning("sign-in at %s: %s", site.settings.openid_issuer, fault)
        raise
    return BegunSignIn(address, begun.state, begun.browser)


def finish_sign_in(
    site: OpenIdSite, answer: OpenIdAnswer, browser: str, origin: Origin, now: datetime
) -> OpenIdOutcome:
    """Sign in whom the provider means. browser: what the browser that asks has kept.

    Raises:
        UnavailableError: it could not be put on record, or the file of the desk cannot be written. Nobody is signed in.
    """
    back = "/"
    try:
        request = take_request(site.settings, answer.state, browser, now)
        back = request.back
        _check(answer)
        site.provider.check_sender(answer.issuer, now)
        token = site.provider.redeem(answer.code, request, now)
        account = _account(site, token, origin, now)
    except OpenIdError as fault:
        if fault.reason not in _MADE_UP or may_be_told(site.settings, f"openid {origin.address}", now):
            log.warning("sign-in at %s: %s", site.settings.openid_issuer, fault)
            _tell(site, fault.account, f"openid: {fault.detail}", origin, now, ok=False)
        return OpenIdOutcome(None, back, fault)
    opened = open_session(site.settings, account.name, origin, now)
    keep_id_token(site.settings, opened.session.digest, token.text)
    return OpenIdOutcome(opened, back)


def _check(answer: OpenIdAnswer) -> None:
    if answer.error == "access_denied":
        raise OpenIdError("denied", "denied at the provider")
    if answer.error or not answer.code:
        raise OpenIdError("provider", "the provider sent an error" if answer.error else "the provider sent no code")


def _account(site: OpenIdSite, token: OpenIdToken, origin: Origin, now: datetime) -> Account:
    """Return whose account it is, when it is on record that he signs in."""
    who = identity_of(site.settings, token.claims)
    if account := bound_account(site.settings, who):
        _tell(site, account, "openid", origin, now)
        return account

    def made(account: Account) -> None:
        site.on_record(
            AuditEvent(
                at=now,
                action="account_change",
                user=user_of(account),
                student_id=account.student_id,
                detail="made as student by openid",
                address=origin.address,
            )
        )

    make_student(site.settings, who, now, made)
    return bind_account(
        site.settings, who, lambda account: _tell(site, account, "openid, bound to its subject", origin, now)
    )


def _tell(
    site: OpenIdSite, account: Account | None, detail: str, origin: Origin, now: datetime, *, ok: bool = True
) -> None:
    user = user_of(account) if account else NOBODY
    action: AuditAction = "sign_in" if ok else "sign_in_failed"
    site.on_record(AuditEvent(at=now, action=action, user=user, detail=detail, address=origin.address, ok=ok))
