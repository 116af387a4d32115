"""Accounts of the desk, the tokens of programs and webhooks: as the pages have them, for who manages accounts."""

from datetime import date, datetime, timedelta
from typing import Annotated, Literal

import msgspec

from infra.desk.api.calls import Answered, ApiCall, Endpoint, StudentAsked, forbidden
from infra.desk.api.etags import etag_of
from infra.desk.api.paging import ApiPage, PageQuery, paged
from infra.desk.api.problems import not_found
from infra.operations.accounts.access import ROLES, Role, TeachingRole, may_manage_accounts
from infra.operations.accounts.accounts import (
    Account,
    AccountChange,
    NewAccount,
    account_tag,
    accounts,
    known_account,
)
from infra.operations.accounts.api_scopes import Scope
from infra.operations.accounts.api_tokens import LONGEST_LIFE, ApiToken, NewToken, create_token, revoke_token, tokens
from infra.operations.accounts.audit import AuditEvent
from infra.operations.accounts.desk_sessions import LINK, link_address, sessions
from infra.operations.accounts.manage_accounts import Manager, add, change, make_link, remove, sign_out_everywhere
from infra.operations.class_hours.happenings import HappeningType
from infra.operations.webhooks.webhook_endpoints import (
    NewWebhook,
    WebhookEndpoint,
    add_webhook,
    enable_webhook,
    remove_webhook,
    waiting_for,
    webhooks,
)
from infra.operations.webhooks.webhook_sender import test_webhook
from schemas.messages import Moment
from schemas.translations import say

__all__ = [
    "ENDPOINTS",
    "ApiAccount",
    "ApiLink",
    "ApiNewToken",
    "ApiNewWebhook",
    "ApiSession",
    "ApiSignedOut",
    "ApiTested",
    "ApiTokenShown",
    "ApiWebhook",
]

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100, examples=["kim"])]
Sections = Annotated[
    tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=100)], ...], msgspec.Meta(max_length=1000)
]


class AccountQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which accounts. role: that they have; empty: all."""

    role: StudentAsked = ""


class NewAccountBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An account that is wanted. person: empty is the name. openid: it may sign in with the provider of the site.

    teaches: section -> as what; the role must be among the roles.
    """

    account: Name
    person: Annotated[str, msgspec.Meta(max_length=100)] = ""
    roles: tuple[Role, ...] = ()
    student_id: Annotated[str, msgspec.Meta(max_length=40)] = ""
    openid: bool = False
    teaches: Annotated[dict[str, TeachingRole], msgspec.Meta(max_length=1000)] = {}


class AccountBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of an account is to be otherwise; null stays as it is. disabled: it can sign in no more."""

    person: Annotated[str, msgspec.Meta(max_length=100)] | None = None
    roles: tuple[Role, ...] | None = None
    student_id: Annotated[str, msgspec.Meta(max_length=40)] | None = None
    openid: bool | None = None
    disabled: bool | None = None
    teaches: Annotated[dict[str, TeachingRole], msgspec.Meta(max_length=1000)] | None = None


class NewTokenBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A token that is wanted. scopes: of those of the token that asks. sections: none: all of the owner."""

    token: Name
    owner: Name
    scopes: Annotated[tuple[Scope, ...], msgspec.Meta(min_length=1)]
    sections: Sections = ()
    days: Annotated[int, msgspec.Meta(ge=1, le=LONGEST_LIFE.days)] = 90


class NewWebhookBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An address that is to be told. sections: none: all. names: beside the ids of students."""

    url: Annotated[str, msgspec.Meta(min_length=1, max_length=500, examples=["https://lms.example.ac.kr/naul"])]
    events: Annotated[tuple[HappeningType, ...], msgspec.Meta(min_length=1)]
    sections: Sections = ()
    names: bool = False


class ApiAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account. person: null without the scope names:read. openid: empty, ``allowed``, or ``bound`` to somebody.

    signed_in: when it signed in last.
    """

    account: str
    person: str | None
    roles: tuple[Role, ...]
    teaches: dict[str, TeachingRole]
    student_id: str
    disabled: bool
    password: bool
    openid: Literal["", "allowed", "bound"]
    created: Moment
    signed_in: Moment | None


class ApiSession(msgspec.Struct, frozen=True, kw_only=True):
    """Where an account is signed in. kiosk: the hall in which it is a kiosk and nothing else."""

    account: str
    kiosk: str | None
    since: Moment
    seen: Moment
    ends: Moment
    address: str
    browser: str


class ApiSignedOut(msgspec.Struct, frozen=True, kw_only=True):
    """Of how many sessions that was the end."""

    sessions: int


class ApiLink(msgspec.Struct, frozen=True, kw_only=True):
    """An address that signs an account in once, until then."""

    link: str
    until: Moment


class ApiTokenShown(msgspec.Struct, frozen=True, kw_only=True):
    """A token without its secret. sections: null: all of the owner. ended: it holds no more."""

    token: str
    owner: str
    scopes: tuple[str, ...]
    sections: tuple[str, ...] | None
    created: Moment
    ends: Moment
    last_used: date | None
    ended: bool


class ApiNewToken(msgspec.Struct, frozen=True, kw_only=True):
    """A token, and what its holder sends: it is shown this once."""

    secret: str
    token: ApiTokenShown


class ApiWebhook(msgspec.Struct, frozen=True, kw_only=True):
    """An address that is told. waiting: messages. given_up: why it is told nothing more; empty: it is told."""

    webhook: str
    url: str
    events: tuple[str, ...]
    sections: tuple[str, ...] | None
    names: bool
    created: Moment
    waiting: int
    given_up: str


class ApiNewWebhook(msgspec.Struct, frozen=True, kw_only=True):
    """An address, and the secret that its requests are signed with: it is shown this once."""

    secret: str
    webhook: ApiWebhook


class ApiTested(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a test was taken; else why not."""

    taken: bool
    why: str


def _manager(call: ApiCall) -> Manager:
    """Return the owner of the token as who manages accounts.

    Raises:
        ProblemError: 403: he does not, or the token has sections.
    """
    if not (call.holder.reaches_everything and may_manage_accounts(call.person)):
        raise forbidden()

    def on_record(event: AuditEvent) -> None:
        detail = f"{event.detail}, by token {call.holder.token}"
        call.desk.audit.record(msgspec.structs.replace(event, detail=detail))

    return Manager(call.holder.owner, on_record, address=call.address)


def _account(call: ApiCall, of: Account) -> ApiAccount:
    return ApiAccount(
        account=of.name,
        person=call.name(of.person),
        roles=tuple(each for each in ROLES if each in of.roles),
        teaches=dict(of.teaches),
        student_id=of.student_id,
        disabled=of.disabled,
        password=of.has_password,
        openid=of.openid,
        created=of.created,
        signed_in=of.signed_in,
    )


def _known(call: ApiCall) -> Account:
    """Return the account that the path names.

    Raises:
        ProblemError: 404.
    """
    found = known_account(call.desk.settings, call.path["account"])
    if found is None:
        raise not_found()
    return found


def list_accounts(call: ApiCall) -> ApiPage[ApiAccount]:
    """List who may sign in, by account, for who manages accounts; so are all of these."""
    _manager(call)
    role = call.query.role
    found = [_account(call, each) for each in accounts(call.desk.settings) if not role or role in each.roles]
    if any(each.student_id for each in found):
        call.on_record("see_people")
    return paged(found, call.query, call.list_name, lambda each: (each.account,), tuple[str])


def one_account(call: ApiCall) -> ApiAccount:
    """Show an account. Its ETag is what ``If-Match`` of a change names."""
    _manager(call)
    found = _known(call)
    if found.student_id:
        call.on_record("see_people", student=found.student_id)
    return _account(call, found)


def account_added(call: ApiCall) -> Answered:
    """Make an account without a password: it signs in by a link, or by OpenID.

    Roles that are given on the server alone (engineer) are refused (403).
    """
    by, body = _manager(call), call.body
    new = NewAccount(
        name=body.account,
        person=body.person,
        roles=body.roles,
        student_id=body.student_id,
        openid=body.openid,
        teaches=body.teaches,
    )
    made = add(call.desk.settings, new, by, call.now)
    return Answered(_account(call, made))


def account_changed(call: ApiCall) -> ApiAccount:
    """Change an account, or close it. Nobody changes what he himself may (403)."""
    by, found, body = _manager(call), _known(call), call.body
    call.check_match(etag_of(msgspec.json.encode(_account(call, found))))
    openid = None if body.openid == bool(found.openid) else body.openid
    wanted = AccountChange(
        person=body.person,
        roles=body.roles,
        student_id=body.student_id,
        disabled=body.disabled,
        openid=openid,
        teaches=body.teaches,
    )
    return _account(call, change(call.desk.settings, found.name, wanted, by, call.now, account_tag(found)))


def account_removed(call: ApiCall) -> ApiAccount:
    """Remove an account, its sessions and its tokens; what it did stays on record."""
    by = _manager(call)
    return _account(call, remove(call.desk.settings, _known(call).name, by, call.now))


def account_sessions(call: ApiCall) -> ApiPage[ApiSession]:
    """List where an account is signed in."""
    _manager(call)
    found = [
        ApiSession(
            account=each.account.name,
            kiosk=each.kiosk.hall if each.kiosk else None,
            since=each.created,
            seen=each.seen,
            ends=each.ends,
            address=each.origin.address,
            browser=each.origin.browser,
        )
        for each in sessions(call.desk.settings, call.now, _known(call).name)
    ]
    return paged(
        found, call.query, call.list_name, lambda each: (each.since.isoformat(), each.browser), tuple[str, str]
    )


def account_signed_out(call: ApiCall) -> ApiSignedOut:
    """Sign an account out everywhere, and make its links void."""
    by = _manager(call)
    return ApiSignedOut(sessions=sign_out_everywhere(call.desk.settings, _known(call).name, by, call.now))


def link_made(call: ApiCall) -> ApiLink:
    """Make an address that signs an account in once. Whoever opens it may all that the account may at the desk."""
    by, settings = _manager(call), call.desk.settings
    token = make_link(settings, _known(call).name, by, call.now)
    return ApiLink(link=link_address(settings, token), until=call.now + LINK)


def _token(of: ApiToken, now: datetime) -> ApiTokenShown:
    return ApiTokenShown(
        token=of.name,
        owner=of.account.name,
        scopes=tuple(sorted(of.scopes)),
        sections=None if of.sections is None else tuple(sorted(of.sections)),
        created=of.created,
        ends=of.ends,
        last_used=of.last_used,
        ended=now >= of.ends or of.account.disabled,
    )


def list_tokens(call: ApiCall) -> ApiPage[ApiTokenShown]:
    """List the tokens, by name."""
    _manager(call)
    found = [_token(each, call.now) for each in tokens(call.desk.settings)]
    return paged(found, call.query, call.list_name, lambda each: (each.token,), tuple[str])


def token_made(call: ApiCall) -> ApiNewToken:
    """Make a token with scopes that the token which asks has itself; it is shown this once."""
    by, body = _manager(call), call.body
    if not call.holder.scopes.issuperset(body.scopes):
        raise forbidden()
    new = NewToken(
        name=body.token,
        owner=body.owner,
        scopes=body.scopes,
        sections=body.sections,
        lasts=timedelta(days=body.days),
    )
    made = create_token(call.desk.settings, new, by, call.now)
    return ApiNewToken(secret=made.secret, token=_token(made.token, call.now))


def token_revoked(call: ApiCall) -> ApiTokenShown:
    """Make a token void at once."""
    by, name = _manager(call), call.path["token"]
    if name not in {each.name for each in tokens(call.desk.settings)}:
        raise not_found()
    return _token(revoke_token(call.desk.settings, name, by, call.now), call.now)


def _webhook(call: ApiCall, of: WebhookEndpoint, waiting: int) -> ApiWebhook:
    return ApiWebhook(
        webhook=f"{of.number}",
        url=of.url,
        events=tuple(sorted(of.events)),
        sections=None if of.sections is None else tuple(sorted(of.sections)),
        names=of.named,
        created=of.created,
        waiting=waiting,
        given_up=say(call.language, of.disabled) if of.disabled else "",
    )


def _address(call: ApiCall) -> str:
    """Return the address that the path names.

    Raises:
        ProblemError: 404.
    """
    wanted = call.path["webhook"]
    found = next((each.url for each in webhooks(call.desk.settings) if f"{each.number}" == wanted), None)
    if found is None:
        raise not_found()
    return found


def list_webhooks(call: ApiCall) -> ApiPage[ApiWebhook]:
    """List who is told of what, by number."""
    _manager(call)
    waiting = waiting_for(call.desk.settings)
    found = [_webhook(call, each, waiting.get(each.number, 0)) for each in webhooks(call.desk.settings)]
    return paged(found, call.query, call.list_name, lambda each: (int(each.webhook),), tuple[int])


def webhook_added(call: ApiCall) -> ApiNewWebhook:
    """Tell an address what happens from now on; its secret is shown this once. Names take the scope names:read."""
    by, body = _manager(call), call.body
    if body.names and not call.named:
        raise forbidden()
    new = NewWebhook(body.url, body.events, body.sections, body.names)
    made = add_webhook(call.desk.settings, new, by, call.now)
    return ApiNewWebhook(secret=made.secret, webhook=_webhook(call, made, 0))


def webhook_resumed(call: ApiCall) -> ApiWebhook:
    """Tell an address again that was given up, beginning with what waits for it."""
    by = _manager(call)
    made = enable_webhook(call.desk.settings, _address(call), by, call.now)
    return _webhook(call, made, waiting_for(call.desk.settings).get(made.number, 0))


def webhook_tested(call: ApiCall) -> ApiTested:
    """Send an address one message of the type `naul.test` at once."""
    _manager(call)
    why = test_webhook(call.desk.settings, _address(call), call.now)
    return ApiTested(taken=not why, why=say(call.language, why) if why else "")


def webhook_removed(call: ApiCall) -> ApiWebhook:
    """Tell an address nothing more; what waits for it is gone."""
    by = _manager(call)
    return _webhook(call, remove_webhook(call.desk.settings, _address(call), by, call.now), 0)


READ, WRITE, ONE = "accounts:read", "accounts:write", "/accounts/{account}"

ENDPOINTS = (
    Endpoint("GET", "/accounts", READ, list_accounts, ApiPage[ApiAccount], AccountQuery),
    Endpoint("POST", "/accounts", WRITE, account_added, ApiAccount, body=NewAccountBody, status=201),
    Endpoint("GET", ONE, READ, one_account, ApiAccount),
    Endpoint("PATCH", ONE, WRITE, account_changed, ApiAccount, body=AccountBody, may_conflict=True),
    Endpoint("DELETE", ONE, WRITE, account_removed, ApiAccount),
    Endpoint("GET", f"{ONE}/sessions", READ, account_sessions, ApiPage[ApiSession], PageQuery),
    Endpoint("DELETE", f"{ONE}/sessions", WRITE, account_signed_out, ApiSignedOut),
    Endpoint("POST", f"{ONE}/links", "links:write", link_made, ApiLink, status=201),
    Endpoint("GET", "/tokens", READ, list_tokens, ApiPage[ApiTokenShown], PageQuery),
    Endpoint("POST", "/tokens", WRITE, token_made, ApiNewToken, body=NewTokenBody, status=201),
    Endpoint("DELETE", "/tokens/{token}", WRITE, token_revoked, ApiTokenShown),
    Endpoint("GET", "/webhooks", READ, list_webhooks, ApiPage[ApiWebhook], PageQuery),
    Endpoint("POST", "/webhooks", WRITE, webhook_added, ApiNewWebhook, body=NewWebhookBody, status=201),
    Endpoint("POST", "/webhooks/{webhook}/resume", WRITE, webhook_resumed, ApiWebhook),
    Endpoint("POST", "/webhooks/{webhook}/test", WRITE, webhook_tested, ApiTested),
    Endpoint("DELETE", "/webhooks/{webhook}", WRITE, webhook_removed, ApiWebhook),
)
