"""Every route, by every role and by nobody: what is not allowed is refused, whatever the address says."""

import re
from pathlib import Path
from typing import Any

import pytest
import requests

from infra.desk.app import build
from infra.operations.desk_sessions import csrf_token
from tests.integration.desk.conftest import HOUR, OTHERS, STUDENTS, ServedDesk, coverage, row

HERE = f"/hours/{HOUR.section}/{HOUR.date}/{HOUR.period}"
THERE = f"/hours/{OTHERS.section}/{OTHERS.date}/{OTHERS.period}"
HIM = f"student={STUDENTS[0].student_id}"

WHO = {"professor": "kim", "assistant": "park", "registrar": "office", "engineer": "tech", "student": "naeol"}
ALL = {*WHO.values(), "lee"}
"""Everybody who has an account; lee is professor of another section."""
PAGE = (Path(__file__).parents[3] / "docs" / "desk-access.md").read_text("utf-8")
ABOUT = {"/events": "?once=1", "/frame": "?camera=front", "/why": f"?{HIM}", "/looks": f"?{HIM}"}
"""What a route is asked about."""


def table() -> dict[tuple[str, str], set[str]]:
    """The page as it stands: method and address -> who may."""
    found: dict[tuple[str, str], set[str]] = {}
    for line in PAGE.splitlines():
        if match := re.match(r"\| (GET|POST) (\S+) \|(.*)\|$", line):
            method, route, cells = match.groups()
            allowed = {name for name, cell in zip(WHO.values(), cells.split("|"), strict=True) if cell.strip()}
            found[method, route.replace("{hour}", HERE)] = allowed | ({"lee"} if route == "/" else set())
    for method, route in re.findall(r"(GET|POST) (/kiosk[/a-z]*)", PAGE):
        found[method, route] = set()
    return found


def asked(method: str) -> dict[str, set[str]]:
    """Addresses that are there to be asked, and who may."""
    return {
        route + next((more for end, more in ABOUT.items() if route.endswith(end)), ""): allowed
        for (of, route), allowed in table().items()
        if of == method and not (method == "GET" and route.endswith("/frame"))  # of a camera that is not there
    }


GETS, POSTS = asked("GET"), asked("POST")
OPEN = {route for _, route in re.findall(r"(GET|POST) (/sign-in[/a-z]*|/sign-out|/language|/health/live)", PAGE)}
"""What asks nobody who he is, or only ends his session."""

REFUSED = {401, 403, 404}


@pytest.fixture
def told(desk: ServedDesk) -> ServedDesk:
    desk.tell(coverage(), row(0))
    desk.stored()
    return desk


def session(desk: ServedDesk, name: str) -> tuple[requests.Session, str]:
    """Sign in by a link, and return the session and what its forms carry."""
    client = requests.Session()
    client.headers["accept"] = "text/html"
    once = desk.link(name).partition("once=")[2]
    answer = client.post(f"{desk.url}/sign-in", data={"once": once}, allow_redirects=False)
    assert answer.status_code == 303
    return client, csrf_token(client.cookies["naul-session"])


def test_the_table_has_every_route(told: ServedDesk) -> None:
    routes = {(route.path, method) for route in build(told.desk).routes if getattr(route, "methods", None)
              for method in route.methods if method != "HEAD"}  # fmt: skip

    shown = {(route.replace(HERE, "/hours/{section}/{date}/{period:int}"), method) for method, route in table()}
    assert {(path, method) for path, method in routes if path not in OPEN} == shown


@pytest.mark.parametrize("name", sorted(ALL))
def test_who_may_see_what(told: ServedDesk, name: str) -> None:
    client, _ = session(told, name)
    for address, allowed in GETS.items():
        status = client.get(told.url + address, allow_redirects=False).status_code
        assert (status not in REFUSED) == (name in allowed), (address, status)


@pytest.mark.parametrize("name", sorted(ALL))
def test_who_may_do_what_and_nothing_without_the_token_of_a_page(told: ServedDesk, name: str) -> None:
    for address, allowed in POSTS.items():
        client, token = session(told, name)
        for forged in ({}, {"csrf": "0" * 48}):
            status = client.post(told.url + address, data=forged, allow_redirects=False).status_code
            assert status in REFUSED, (address, "without a token")
        answer = client.post(told.url + address, data={"csrf": token, "hall": HOUR.hall}, allow_redirects=False)
        assert (answer.status_code not in REFUSED) == (name in allowed), (address, answer.status_code)


def test_nobody_sees_nothing_and_other_sites_send_nothing(told: ServedDesk) -> None:
    for address in GETS:
        answer = requests.get(told.url + address, allow_redirects=False, headers={"accept": "text/html"}, timeout=30)
        assert answer.status_code == 303, address
        assert answer.headers["location"].startswith("/sign-in"), address
        assert "set-cookie" not in answer.headers
    for address in POSTS:
        assert requests.post(told.url + address, allow_redirects=False, timeout=30).status_code == 401, address
    client, token = session(told, "kim")
    for headers in ({"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"}):
        answer = client.post(f"{told.url}{HERE}/decide", data={"csrf": token}, headers=headers)
        assert answer.status_code == 403
    assert client.get(told.url, headers={"host": "evil.example"}).status_code == 400


@pytest.mark.parametrize("place", ["", "/decide", "/roll-call", f"/why?{HIM}", f"/looks?{HIM}", "/events?once=1"])
def test_a_professor_cannot_reach_what_is_anothers(told: ServedDesk, place: str) -> None:
    kim, token = session(told, "kim")
    lee, _ = session(told, "lee")
    assert kim.get(told.url + THERE + place, allow_redirects=False).status_code in REFUSED
    assert lee.get(told.url + HERE + place, allow_redirects=False).status_code in REFUSED
    answer = kim.post(f"{told.url}{THERE}/decide", data={"csrf": token, "student": STUDENTS[0].student_id})
    assert answer.status_code in REFUSED


def test_every_answer_has_the_headers_that_bind_it(told: ServedDesk) -> None:
    client, _ = session(told, "kim")
    for address in ("/", HERE, "/static/desk.css", "/nowhere"):
        headers: Any = client.get(told.url + address).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
    assert client.get(told.url + HERE).headers["cache-control"] == "no-store"


def test_a_role_that_is_taken_away_is_gone_at_once(told: ServedDesk) -> None:
    from infra.operations.accounts import AccountChange, change_account

    client, _ = session(told, "kim")
    assert client.get(told.url + HERE).status_code == 200
    change_account(told.settings, "kim", AccountChange(roles=()))
    assert client.get(told.url + HERE).status_code == 404
    change_account(told.settings, "kim", AccountChange(disabled=True))
    assert client.get(told.url + HERE, allow_redirects=False).status_code == 303
