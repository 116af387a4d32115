"""What other programs may: tokens with which they ask the API, and webhooks by which they are told what happens.

A secret is shown once, on the page that answers the form; nobody can tell it again.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from infra.desk.accounts_page import managed_by, managers_only
from infra.desk.site import desk_of, page, told_in_words
from infra.desk.visitor import check_form
from infra.operations.accounts.api_scopes import SCOPE_TEXTS, SCOPES
from infra.operations.accounts.api_tokens import LONGEST_LIFE, MadeToken, NewToken, create_token, revoke_token, tokens
from infra.operations.accounts.manage_accounts import DoneOffRecordError, Manager, MayNotManageError
from infra.operations.class_hours.happenings import HAPPENINGS
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
from schemas.errors import NaulError, RefusedError
from schemas.settings import Settings
from schemas.translations import Text

__all__ = ["ROUTES"]

USUAL_DAYS = 90


async def token_list(request: Request) -> Response:
    """Show the tokens, and the form of a new one."""
    managers_only(request)
    return await _tokens(request, {})


async def token_change(request: Request) -> Response:
    """Make a token and show it this once, or make one void."""
    managers_only(request)
    desk, fields, by = desk_of(request), await check_form(request), managed_by(request)
    try:
        if fields.get("do") == "revoke":
            await run_in_threadpool(revoke_token, desk.settings, fields.get("token", ""), by, desk.clock())
            return RedirectResponse("/accounts/tokens", 303)
        made = await run_in_threadpool(create_token, desk.settings, _new_token(fields), by, desk.clock())
    except (RefusedError, DoneOffRecordError) as error:
        return await _tokens(request, fields, error=error)
    return await _tokens(request, {}, made=made)


def _new_token(fields: Mapping[str, str]) -> NewToken:
    days = fields.get("days", "").strip()
    if not (days.isascii() and days.isdigit()):
        raise RefusedError(Text("{text!r} is no number of days", text=days[:40]), Text("Write a number like 90."))
    return NewToken(
        name=fields.get("token", "").strip(),
        owner=fields.get("owner", ""),
        scopes=tuple(each for each in SCOPES if f"scope.{each}" in fields),
        sections=tuple(filter(None, [fields.get("sections", "").strip()])),
        lasts=timedelta(days=min(int(days[:9]), LONGEST_LIFE.days + 1)),
    )


async def _tokens(
    request: Request, typed: Mapping[str, str], *, made: MadeToken | None = None, error: NaulError | None = None
) -> Response:
    desk = desk_of(request)
    usual = {"owner": request.state.visitor.person.account, "days": f"{USUAL_DAYS}"}
    return page(
        request,
        "tokens.html",
        _status(error),
        tokens=await run_in_threadpool(tokens, desk.settings),
        now=desk.clock(),
        typed={name: typed.get(name, usual.get(name, "")) for name in ("token", "owner", "sections", "days")},
        chosen={each for each in SCOPES if f"scope.{each}" in typed},
        scopes=SCOPE_TEXTS,
        longest=LONGEST_LIFE.days,
        made=made,
        told=told_in_words(request, error) if error else None,
    )


async def webhook_list(request: Request) -> Response:
    """Show who is told of what, and the form of a new one."""
    managers_only(request)
    return await _webhooks(request, {})


async def webhook_change(request: Request) -> Response:
    """Add an address and show its secret this once; test it, tell it again, or tell it nothing more."""
    managers_only(request)
    desk, fields, by = desk_of(request), await check_form(request), managed_by(request)
    url, what = fields.get("url", "").strip(), fields.get("do", "")
    try:
        if what == "test":
            why = await run_in_threadpool(test_webhook, desk.settings, url, desk.clock())
            return await _webhooks(request, {}, tested=(url, why))
        made = await run_in_threadpool(_act, desk.settings, fields, by, desk.clock())
    except (RefusedError, DoneOffRecordError) as error:
        return await _webhooks(request, fields if what == "add" else {}, error=error)
    return await _webhooks(request, {}, made=made) if made else RedirectResponse("/accounts/webhooks", 303)


def _act(settings: Settings, fields: Mapping[str, str], by: Manager, now: datetime) -> WebhookEndpoint | None:
    """Do what a form asks; return an address that is new."""
    url, what = fields.get("url", "").strip(), fields.get("do", "")
    if what == "add":
        events = [each for each in HAPPENINGS if f"event.{each}" in fields]
        if not events:
            raise RefusedError("nothing was chosen of which it is to be told", "Choose at least one.")
        sections = [*filter(None, [fields.get("sections", "").strip()])]
        return add_webhook(settings, NewWebhook(url, events, sections, "names" in fields), by, now)
    if what == "enable":
        enable_webhook(settings, url, by, now)
    elif what == "remove":
        remove_webhook(settings, url, by, now)
    else:
        raise HTTPException(400)
    return None


async def _webhooks(
    request: Request, typed: Mapping[str, str], *, error: NaulError | None = None, **said: Any
) -> Response:
    settings = desk_of(request).settings
    known: dict[str, Any] = {"made": None, "tested": None}
    return page(
        request,
        "webhooks.html",
        _status(error),
        webhooks=await run_in_threadpool(webhooks, settings),
        waiting=await run_in_threadpool(waiting_for, settings),
        typed={name: typed.get(name, "") for name in ("url", "sections", "names")},
        chosen={each for each in HAPPENINGS if f"event.{each}" in typed},
        events=HAPPENINGS,
        told=told_in_words(request, error) if error else None,
        **(known | said),
    )


def _status(error: NaulError | None) -> int:
    if error is None:
        return 200
    return 403 if isinstance(error, MayNotManageError) else 400 if isinstance(error, RefusedError) else 503


ROUTES = [
    Route("/accounts/tokens", token_list, methods=["GET"]),
    Route("/accounts/tokens", token_change, methods=["POST"]),
    Route("/accounts/webhooks", webhook_list, methods=["GET"]),
    Route("/accounts/webhooks", webhook_change, methods=["POST"]),
]
