"""Who may sign in and as what: accounts are added, changed, let in by a link, closed, signed out and removed here."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from infra.desk.site import Desk, desk_of, page, told_in_words
from infra.desk.visitor import check_form, on_record, origin_of
from infra.operations.accounts.access import (
    GIVEN,
    ROLES,
    TEACHING_ROLES,
    TeachingRole,
    may_manage_account,
    may_manage_accounts,
)
from infra.operations.accounts.accounts import (
    Account,
    AccountChange,
    AccountChangedMeanwhileError,
    NewAccount,
    account_tag,
    accounts,
    known_account,
)
from infra.operations.accounts.desk_sessions import LINK, link_address, sessions
from infra.operations.accounts.manage_accounts import (
    DoneOffRecordError,
    Manager,
    MayNotManageError,
    add,
    change,
    make_link,
    remove,
    sign_out_everywhere,
)
from schemas.errors import NaulError, RefusedError
from schemas.texts import folded, written_plainly

__all__ = ["ROUTES", "managed_by", "managers_only"]

SHOWN = 200
"""Accounts of one page; a search finds the others."""
GIVEN_ROLES: Final = tuple(each for each in ROLES if each in GIVEN)
FIELDS = ("account", "person", "student_id", *TEACHING_ROLES, "openid", *(f"role.{each}" for each in GIVEN_ROLES))
"""Of the form of an account."""


def managers_only(request: Request) -> None:
    """Refuse whoever does not manage accounts.

    Raises:
        HTTPException: 403.
    """
    if not may_manage_accounts(request.state.visitor.person):
        raise HTTPException(403)


def managed_by(request: Request) -> Manager:
    """Return the visitor as who manages accounts."""
    address = origin_of(request).address
    return Manager(request.state.visitor.person, desk_of(request).audit.record, address=address)


async def listing(request: Request) -> Response:
    """Show the accounts of everybody but students, or those that a search finds."""
    managers_only(request)
    desk, asked = desk_of(request), request.query_params
    wanted, role = written_plainly(asked.get("find", "")), asked.get("role", "")
    everybody = await run_in_threadpool(accounts, desk.settings)
    found = [each for each in everybody if _is_asked(each, wanted, role)]
    if any(each.student_id for each in found):
        await on_record(request, "see_people")
    counts = {each: sum(each in account.roles for account in everybody) for each in ROLES}
    said: dict[str, Any] = {"wanted": wanted, "role": role, "counts": counts}
    shown, more = found[:SHOWN], len(found) - SHOWN
    return page(request, "accounts.html", found=shown, more=more, done=asked.get("done", ""), **said)


def _is_asked(account: Account, wanted: str, role: str) -> bool:
    if wanted:
        return any(folded(wanted) in folded(each) for each in (account.name, account.person, account.student_id))
    return role in account.roles if role in ROLES else "student" not in account.roles


async def one(request: Request) -> Response:
    """Show an account with its form, or the form of a new one."""
    managers_only(request)
    name = request.query_params.get("account", "")
    if not name:
        return await _form(request, None, {})
    found = await _known(request, name)
    if found.student_id:
        await on_record(request, "see_people", student=found.student_id)
    return await _form(request, found, _typed(found), done=request.query_params.get("done", ""))


async def done(request: Request) -> Response:
    """Do what the page of an account asks for."""
    managers_only(request)
    fields, by, now = await check_form(request), managed_by(request), desk_of(request).clock()
    name, what = fields.get("was", ""), fields.get("do", "save")
    found = await _known(request, name) if name else None
    try:
        if what == "link" and found:
            return await _linked(request, found, by, now)
        made = await run_in_threadpool(_act, desk_of(request), found, fields, by, now)
    except AccountChangedMeanwhileError as error:
        return await _form(request, error.stands, fields, error=error, status=409)
    except DoneOffRecordError as error:
        return page(
            request, "message.html", 503, **dict(zip(("what", "remedy"), told_in_words(request, error), strict=True))
        )
    except RefusedError as error:
        status = 403 if isinstance(error, MayNotManageError) else 400
        return await _form(request, found, fields if what == "save" else _typed(found), error=error, status=status)
    if made is None:
        return RedirectResponse("/accounts?done=removed", 303)
    return RedirectResponse(f"/accounts/account?{urlencode({'account': made.name, 'done': what})}", 303)


def _act(desk: Desk, found: Account | None, fields: Mapping[str, str], by: Manager, now: datetime) -> Account | None:
    """Do what a form asks, and return the account as it is then; None: it is removed.

    Raises:
        HTTPException: 400: it asks for nothing of ours.
        RefusedError, UnavailableError: as ``manage_accounts``.
    """
    settings, what = desk.settings, fields.get("do", "save")
    if found is None:
        if what != "save":
            raise HTTPException(400)
        return add(settings, _new(fields), by, now)
    if what == "save":
        return change(settings, found.name, _changed(found, fields), by, now, fields.get("seen", ""))
    if what in ("disable", "enable"):
        return change(settings, found.name, AccountChange(disabled=what == "disable"), by, now)
    if what == "sign-out":
        sign_out_everywhere(settings, found.name, by, now)
        return found
    if what == "remove":
        remove(settings, found.name, by, now)
        return None
    raise HTTPException(400)


async def _linked(request: Request, account: Account, by: Manager, now: datetime) -> Response:
    """Show a link that signs an account in once."""
    settings = desk_of(request).settings
    token = await run_in_threadpool(make_link, settings, account.name, by, now)
    return await _form(request, account, _typed(account), link=link_address(settings, token), until=now + LINK)


def _new(fields: Mapping[str, str]) -> NewAccount:
    return NewAccount(
        name=fields.get("account", ""),
        person=fields.get("person", ""),
        roles=_roles(fields),
        student_id=fields.get("student_id", ""),
        openid="openid" in fields,
        teaches=_teaches(fields),
    )


def _changed(account: Account, fields: Mapping[str, str]) -> AccountChange:
    """Return what a form changes. What may sign in by OpenID and should, stays bound to whom it is bound."""
    openid = "openid" in fields
    return AccountChange(
        person=fields.get("person", ""),
        roles=_roles(fields),
        student_id=fields.get("student_id", ""),
        openid=None if openid == bool(account.openid) else openid,
        teaches=_teaches(fields),
    )


def _roles(fields: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(each for each in GIVEN_ROLES if f"role.{each}" in fields)


def _teaches(fields: Mapping[str, str]) -> dict[str, TeachingRole]:
    """Return section -> as what; who is both in a section is its professor."""
    return {
        written_plainly(section): role
        for role in reversed(TEACHING_ROLES)
        for section in filter(None, re.split(r"[,;\s]+", fields.get(role, "")))
    }


def _typed(account: Account | None) -> dict[str, str]:
    """Return an account as the form has it."""
    if account is None:
        return {}
    said = {"account": account.name, "person": account.person, "student_id": account.student_id}
    said |= {
        role: ", ".join(section for section, mine in account.teaches.items() if mine == role) for role in TEACHING_ROLES
    }
    said |= {f"role.{each}": "1" for each in account.roles}
    return said | ({"openid": "1"} if account.openid else {})


async def _form(
    request: Request,
    account: Account | None,
    typed: Mapping[str, str],
    *,
    error: NaulError | None = None,
    status: int = 200,
    **said: Any,
) -> Response:
    desk, person = desk_of(request), request.state.visitor.person
    known: dict[str, Any] = {"done": "", "link": "", "until": None}
    here = await run_in_threadpool(sessions, desk.settings, desk.clock(), account.name) if account else ()
    return page(
        request,
        "account.html",
        status,
        account=account,
        seen=account_tag(account) if account else "",
        typed={each: typed.get(each, "") for each in FIELDS},
        roles=GIVEN_ROLES,
        mine=account is not None and account.name == person.account,
        may=account is None or may_manage_account(person, account.name, account.roles),
        sessions=here,
        openid=bool(desk.settings.openid_issuer),
        told=told_in_words(request, error) if error else None,
        **(known | said),
    )


async def _known(request: Request, name: str) -> Account:
    found = await run_in_threadpool(known_account, desk_of(request).settings, name)
    if found is None:
        raise HTTPException(404)
    return found


ROUTES = [
    Route("/accounts", listing, methods=["GET"]),
    Route("/accounts/account", one, methods=["GET"]),
    Route("/accounts/account", done, methods=["POST"]),
]
