"""Who manages accounts, tokens and webhooks from a terminal."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from infra.operations.accounts.access import DeskUser
from schemas.settings import Settings

if TYPE_CHECKING:
    from infra.operations.accounts.manage_accounts import Manager

__all__ = ["manager_of"]


def manager_of(settings: Settings, by: str) -> Manager:
    """Return a manager who puts on record what is done at the console of the site. by: who does it."""
    from infra.operations.accounts.audit import record
    from infra.operations.accounts.manage_accounts import Manager

    return Manager(DeskUser(account=by), partial(record, settings), "console")
