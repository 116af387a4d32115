"""Which pages the head of every page leads to, and for whom."""

from collections.abc import Callable
from typing import NamedTuple

from infra.operations.accounts.access import DeskUser, may_ask_what_if, may_read_health, may_run_site
from schemas.translations import Text

__all__ = ["Place", "places"]


class Place(NamedTuple):
    """A page. shown: to whom."""

    address: str
    title: Text
    shown: Callable[[DeskUser], bool]


PLACES = (
    Place("/", Text("Today"), lambda user: True),
    Place("/what-if", Text("What if"), may_ask_what_if),
    Place("/health", Text("Health"), may_read_health),
    Place("/runs", Text("Replays"), may_run_site),
    Place("/audit", Text("Who saw what"), lambda user: user.has("registrar") or user.has("student")),
)


def places(user: DeskUser) -> list[Place]:
    """Return the pages of somebody, in the order of the head; a kiosk has none."""
    return [] if user.kiosk else [each for each in PLACES if each.shown(user)]
