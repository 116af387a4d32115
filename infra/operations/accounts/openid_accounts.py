"""Whose account it is that signs in with the OpenID provider.

A name can be given to somebody else, a subject of an issuer cannot. So an account that may sign in so is bound to the
first one whom the provider calls by its name, and from then on the subject decides alone.
"""

import sqlite3
from collections.abc import Callable
from datetime import datetime

from infra.operations.accounts.accounts import Account, NewAccount, accounts_in, add_account
from infra.operations.accounts.desk_database import reading, writing
from infra.operations.accounts.openid_claims import OpenIdError, OpenIdIdentity
from schemas.errors import RefusedError
from schemas.settings import Settings
from schemas.texts import cleaned, folded

__all__ = ["bind_account", "bound_account", "make_student"]

Told = Callable[[Account], object]


def bound_account(settings: Settings, who: OpenIdIdentity) -> Account | None:
    """Return the account that is bound to a subject, whatever the provider calls him now.

    Raises:
        OpenIdError: it is disabled.
        UnavailableError: the file cannot be read now.
    """
    with reading(settings) as database:
        found = _bound(database, who)
    return found and _able(found, who)


def bind_account(settings: Settings, who: OpenIdIdentity, before: Told) -> Account:
    """Bind the account of the name that the provider says. before: is told of it before it holds.

    Raises:
        OpenIdError: there is none, it may not sign in so, it is bound to somebody else, or it is disabled.
        UnavailableError: the file cannot be written now.
    """
    with writing(settings) as database:
        if found := _bound(database, who):  # by a tab beside this one
            return _able(found, who)
        found = _named(database, who)
        if found is None:
            raise OpenIdError("no_account", "there is no account of that name", shown=who.account)
        if not found.openid:
            raise OpenIdError("not_allowed", "the account may not sign in so", shown=who.account, account=found)
        if found.openid == "bound":
            raise OpenIdError("taken", "the account is bound to another subject", shown=who.account, account=found)
        _able(found, who)
        where = (who.issuer, who.subject, found.number)
        database.execute("UPDATE accounts SET issuer = ?, subject = ? WHERE id = ?", where)
        before(found)
        return found


def make_student(settings: Settings, who: OpenIdIdentity, now: datetime, before: Told) -> None:
    """Make an account for a student who has none, if the provider says that he is one.

    before: is told of it before it holds.

    Raises:
        OpenIdError: his id is none, has an account of another name, or his name cannot be one.
        UnavailableError: the file cannot be written now.
    """
    if not who.student_id:
        return
    with reading(settings) as database:
        if _named(database, who):
            return
    person = who.person if who.person.isprintable() else ""
    new = NewAccount(name=who.account, person=person[:100], roles=("student",), student_id=who.student_id, openid=True)
    try:
        add_account(settings, new, now, before)
    except RefusedError as error:
        raise OpenIdError("student", "an account cannot be made of what it says", shown=who.account) from error


def _bound(database: sqlite3.Connection, who: OpenIdIdentity) -> Account | None:
    return next(iter(accounts_in(database, "issuer = ? AND subject = ?", (who.issuer, who.subject))), None)


def _named(database: sqlite3.Connection, who: OpenIdIdentity) -> Account | None:
    """Return the account of exactly this name. What is typed may differ in signs; two people's names may, too."""
    found = next(iter(accounts_in(database, "folded = ?", (folded(who.account),))), None)
    return found if found and _same(found.name, who.account) else None


def _same(name: str, claim: str) -> bool:
    return cleaned(claim) == name or (name.isascii() and claim.isascii() and claim.lower() == name.lower())


def _able(account: Account, who: OpenIdIdentity) -> Account:
    if account.disabled:
        raise OpenIdError("disabled", "disabled", shown=who.account, account=account)
    return account
