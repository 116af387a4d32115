"""Which pages the head of every page leads to, and for whom."""

import re
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from infra.operations.accounts.access import (
    DeskUser,
    may_ask_what_if,
    may_load_reference,
    may_manage_accounts,
    may_read_health,
    may_run_site,
    may_see_cameras,
    may_see_people,
    may_see_reports,
    own_student,
)
from schemas.translations import Text, say

__all__ = ["PageLink", "page_links", "with_pages"]


class PageLink(NamedTuple):
    """A page. shown: to whom."""

    address: str
    title: Text
    shown: Callable[[DeskUser], bool]


PAGES = (
    PageLink("/", Text("Today"), lambda user: True),
    PageLink("/me", Text("My attendance"), lambda user: own_student(user) != ""),
    PageLink("/appeals", Text("Appeals"), lambda user: user.has("professor") or user.has("registrar")),
    PageLink("/reports", Text("Reports"), may_see_reports),
    PageLink("/what-if", Text("What if"), may_ask_what_if),
    PageLink("/people", Text("People"), may_see_people),
    PageLink("/timetable", Text("Timetable"), may_load_reference),
    PageLink("/terms", Text("Terms"), may_load_reference),
    PageLink("/halls", Text("Halls"), may_see_cameras),
    PageLink("/health", Text("Health"), may_read_health),
    PageLink("/runs", Text("Replays"), may_run_site),
    PageLink("/accounts", Text("Accounts"), may_manage_accounts),
    PageLink("/audit", Text("Who saw what"), lambda user: user.has("registrar") or user.has("student")),
)


_DONE_ON: Final[Mapping[str, Text]] = {
    "roster": Text("People"), "enroll": Text("People"), "people": Text("People"), "timetable": Text("Timetable"),
    "term": Text("Terms"), "user": Text("Accounts"), "token": Text("Accounts"), "webhook": Text("Accounts"),
    "dead-letters": Text("Health"), "status": Text("Health"), "replay": Text("Replays"), "runs": Text("Replays"),
    "engine": Text("Replays"), "export": Text("Reports"),
}  # fmt: skip
"""On which page a command's work is done, too."""


def with_pages(language: str, text: str) -> str:
    """Return a text of a page, and for each command that it names the page which does the same."""
    named = [_DONE_ON[each] for each in re.findall(r"`naul ([a-z-]+)", text) if each in _DONE_ON]
    if not named:
        return text
    pages = ", ".join(say(language, each) for each in dict.fromkeys(named))
    return f"{text} {say(language, '(Here: the page {pages}.)', pages=pages)}"


def page_links(user: DeskUser) -> list[PageLink]:
    """Return the pages of somebody, in the order of the head; a kiosk has none."""
    return [] if user.kiosk else [each for each in PAGES if each.shown(user)]
