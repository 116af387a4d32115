"""Whatever a page does the API does: each route of the desk has operations of the API, or it is said why it has none.

That ``docs/desk-access.md`` has every route is held by ``tests/integration/desk/test_access_of_pages.py``.
"""

import re
from pathlib import Path

import pytest

from infra.desk.api.endpoints import ENDPOINTS
from infra.operations.accounts.api_scopes import SCOPES

ASKS = "POST /reports/file"
"""Changes nothing: a form sends it, so that no address has what is asked for."""
DOCS = Path(__file__).parents[2] / "docs"
ROUTE = re.compile(r"(?:GET|POST) (?:/|\{hour\})[^\s,|`.]*")
OPERATION = re.compile(r"`((?:GET|POST|PUT|PATCH|DELETE) /[^\s`]*)`")
ACCESS, API = ((DOCS / name).read_text("utf-8") for name in ("desk-access.md", "api.md"))


def told() -> dict[str, str]:
    """Each route of the table in the document of the API, and what stands beside it."""
    rows = [line.strip("|").split("|") for line in API.splitlines() if line.startswith(("| GET ", "| POST "))]
    return {route: row[1].strip() for row in rows for route in ROUTE.findall(row[0])}


TOLD = told()
ROUTES = {*ROUTE.findall(ACCESS.partition("## A kiosk of your own")[0])}


def test_every_route_of_the_desk_stands_in_the_table_and_no_other() -> None:
    assert TOLD.keys() == ROUTES


@pytest.mark.parametrize("route", sorted(TOLD))
def test_a_route_has_operations_that_there_are_or_a_reason(route: str) -> None:
    operations = {f"{each.method} {each.path}" for each in ENDPOINTS}
    named = set(OPERATION.findall(TOLD[route]))
    assert named <= operations
    if not named:
        assert re.fullmatch(r"none: .{10,}", TOLD[route]), "say why not"
    elif route.startswith("POST") and route != ASKS:
        assert [each for each in named if not each.startswith("GET ")], "a page changes something by it"


def test_every_scope_is_explained() -> None:
    rows = re.findall(r"^\| ((?:`[a-z]+:[a-z]+`(?:, )?)+) \|", API, re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`([a-z]+:[a-z]+)`", row)} == {*SCOPES}
