"""Signing in with a university's provider, in a browser and by requests: real desk, real provider, real Kafka."""

import os
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from msgspec.structs import replace
from playwright.sync_api import Browser, Page, expect

from infra.desk.openid_page import AT_ONCE
from infra.operations.accounts.accounts import AccountChange, NewAccount, add_account, change_account
from infra.operations.accounts.audit import audit_table
from infra.operations.accounts.openid_provider import redirect_address
from schemas.settings import Settings
from tests.conftest import Broker, make_site
from tests.integration.desk.conftest import HOUR, NINE, ServedDesk
from tests.integration.desk.test_access_of_pages import WHO, session
from tests.integration.desk.test_accessible import faults
from tests.tools.openid_provider import Provider, unsigned

ENGLISH, KOREAN = {"accept-language": "en"}, {"accept-language": "ko"}
PASSWORD = "correct horse battery"  # noqa: S105


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider(lambda: NINE)
    made.people = {
        "kim": {"sub": "f81d", "preferred_username": "kim"},
        "tech": {"sub": "0a0a", "preferred_username": "tech"},
        "<b>stranger": {"sub": "77aa", "preferred_username": "<b>stranger"},
    }
    yield made
    made.close()


@pytest.fixture
def site(broker: Broker, tmp_path: Path, provider: Provider) -> Settings:
    return replace(
        make_site(broker, tmp_path / "home"),
        openid_issuer=provider.issuer,
        openid_client=provider.client,
        openid_secret=provider.secret,
        openid_name="Univ <SSO>",
        openid_name_ko="학교 포털",
    )


@pytest.fixture
def served(desk: ServedDesk, provider: Provider) -> ServedDesk:
    """Kim may sign in with the provider, tech may not."""
    desk.now = NINE
    provider.redirects = (redirect_address(desk.settings),)
    change_account(desk.settings, "kim", AccountChange(openid=True))
    return desk


def begin(client: requests.Session, desk: ServedDesk, back: str = "/", **headers: str) -> str:
    """Press the button, and return where it leads."""
    answer = client.post(f"{desk.url}/sign-in/openid", data={"back": back}, headers=headers, allow_redirects=False)
    assert answer.status_code == 200, answer.text
    found = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', answer.text)
    assert found
    return found[1].replace("&amp;", "&")


def finish(client: requests.Session, desk: ServedDesk, said: dict[str, str], **headers: str) -> requests.Response:
    return client.get(
        f"{desk.url}/sign-in/callback?{urlencode(said)}", headers=headers, allow_redirects=False, timeout=60
    )


def test_a_professor_signs_in_by_the_button_and_out_everywhere(
    served: ServedDesk, provider: Provider, browser: Browser
) -> None:
    context = browser.new_context(locale="ko-KR", viewport={"width": 390, "height": 844})
    page: Page = context.new_page()
    wrong = list[str]()
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.goto(served.hour)
    expect(page.get_by_role("heading", name="로그인")).to_be_visible()
    assert faults(page) == []
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=f"{folder}/openid-ko.png", full_page=True)
    page.get_by_role("button", name="학교 포털 계정으로 로그인").click()
    page.get_by_role("button", name="kim").click()
    expect(page).to_have_url(served.hour)
    cookies: Any = {each["name"]: each for each in context.cookies()}
    assert cookies.keys() == {"naul-session"}
    assert cookies["naul-session"]["httpOnly"]

    page.get_by_role("button", name="로그아웃").click()
    expect(page).to_have_url(f"{served.url}/sign-in")
    assert provider.queries[0]["client_id"] == provider.client
    assert provider.queries[0]["id_token_hint"]
    assert context.cookies() == []

    page.get_by_role("button", name="English").click()
    page.get_by_role("button", name="Sign in with Univ <SSO>").click()
    page.get_by_role("button", name="<b>stranger").click()
    expect(page.get_by_role("alert")).to_contain_text("You are <b>stranger at Univ <SSO>, and there is no account")
    assert faults(page) == []
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=f"{folder}/openid-refused-en.png", full_page=True)
    page.get_by_role("button", name="한국어").click()
    expect(page).to_have_url(f"{served.url}/sign-in")
    assert [each for each in wrong if not each.startswith("Failed to load resource")] == []
    context.close()


def test_what_is_refused_is_said_in_both_languages_and_on_record(served: ServedDesk, provider: Provider) -> None:
    client = requests.Session()

    def entered(person: str = "kim", **changes: str) -> requests.Response:
        said = provider.visit(begin(client, served), person) | changes
        return finish(client, served, said, **ENGLISH)

    used = provider.visit(begin(client, served), "kim")
    assert finish(client, served, used).status_code == 303
    foreign = provider.visit(begin(requests.Session(), served), "kim")
    provider.changed = {"nonce": "made-up"}
    nonce = entered()
    provider.changed, provider.sign = {}, unsigned
    algorithm = entered()
    provider.sign = None
    refused = {
        "was used before": finish(client, served, used, **ENGLISH),
        "begun in another browser": finish(client, served, foreign, **ENGLISH),
        "belongs to another sign-in": nonce,
        "in a way that is not accepted": algorithm,
        "not allowed at Univ": entered(""),
        "somebody else than Univ": entered(iss="https://evil.example"),
        "is too old": entered(code="made-up"),
        "not open to Univ": entered("tech"),
        "no account of that name": entered("<b>stranger"),
    }
    for said, answer in refused.items():
        assert answer.status_code == 401, said
        assert said in answer.text
        assert "naul-session" not in answer.headers.get("set-cookie", "")
        assert "<b>stranger" not in answer.text
    korean = finish(client, served, used, **KOREAN)
    assert "이미 쓰였거나" in korean.text
    served.stored()
    told = [each["detail"] for each in audit_table(served.settings, {}).dicts() if each["action"] == "sign_in_failed"]
    assert len(told) == len(refused) + 1
    assert all(each.startswith("openid: ") for each in told)
    assert not any(word in each for each in told for word in ("stranger", provider.secret))


def test_a_provider_that_is_away_is_told_and_a_slow_one_holds_up_nobody_else(
    served: ServedDesk, provider: Provider
) -> None:
    add_account(served.settings, NewAccount(name="local", password=PASSWORD), NINE)
    before = set(threading.enumerate())
    button, local = f"{served.url}/sign-in/openid", {"name": "local", "password": PASSWORD}
    provider.status = 503
    answer = requests.post(button, headers=ENGLISH, timeout=60)
    assert answer.status_code == 503
    assert "Univ &lt;SSO&gt; does not answer now" in answer.text
    assert 'name="password"' in answer.text
    assert "응답이 없습니다" in requests.post(button, headers=KOREAN, timeout=60).text
    provider.status = 200
    provider.hold()
    with ThreadPoolExecutor(60) as pool:  # more than the threads that all other pages share
        asked = [pool.submit(requests.post, button, timeout=120) for _ in range(60)]
        provider.wait_until_held(AT_ONCE)
        entered = requests.post(f"{served.url}/sign-in", data=local, allow_redirects=False, timeout=60)
        assert entered.status_code == 303
        provider.hold(on=False)
        assert {each.result().status_code for each in asked} <= {200, 503}
    threads = {each for each in threading.enumerate() if each.name.startswith("openid")}
    assert len(threads - before) == AT_ONCE


def test_nobody_gets_in_or_out_or_elsewhere_by_the_addresses_alone(served: ServedDesk, provider: Provider) -> None:
    clients = {name: session(served, name)[0] for name in WHO.values()} | {"": requests.Session()}
    for name, client in clients.items():
        before = client.cookies.get("naul-session")
        for query in ({}, {"state": "x", "code": "y"}, {"state": ";\r\nset-cookie: a=b", "error": "<script>"}):
            answer = finish(client, served, query)
            assert answer.status_code == 401, name
            assert "<script>" not in answer.text
        assert begin(client, served).startswith(provider.issuer)
        for headers in ({"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"}):
            assert client.post(f"{served.url}/sign-in/openid", headers=headers).status_code == 403
        assert client.cookies.get("naul-session") == before
        assert client.get(f"{served.url}/sign-in/openid").status_code == 405
    leads_back_to_itself_alone(served, provider)
    has_nothing_of_it_without_a_provider(served)


def leads_back_to_itself_alone(served: ServedDesk, provider: Provider) -> None:
    client = requests.Session()
    assert client.post(f"{served.url}/sign-in/openid", headers={"host": "evil.example"}).status_code == 400
    other = client.post(
        f"{served.url}/sign-in/openid",
        data={"back": HOUR_PAGE},
        headers={"host": f"localhost:{served.settings.desk_port}"},
        allow_redirects=False,
    )
    assert other.headers["location"].startswith(f"{served.url}/sign-in?back="), "where its cookies are"
    for back, leads in (("//evil.example", "/"), ("https://evil.example", "/"), (HOUR_PAGE, HOUR_PAGE)):
        answer = finish(client, served, provider.visit(begin(client, served, back), "kim"))
        assert (answer.status_code, answer.headers["location"]) == (303, leads)
        assert "form-action 'self';" in answer.headers["content-security-policy"]
    one, two = begin(client, served), begin(client, served)
    for address in (one, two):  # two tabs
        assert finish(client, served, provider.visit(address, "kim")).status_code == 303


HOUR_PAGE = f"/hours/{HOUR.section}/{HOUR.date}/{HOUR.period}"


def has_nothing_of_it_without_a_provider(desk: ServedDesk) -> None:
    desk.desk.settings = replace(desk.settings, openid_issuer="", openid_client="")
    assert requests.post(f"{desk.url}/sign-in/openid", timeout=30).status_code == 404
    assert requests.get(f"{desk.url}/sign-in/callback?state=x&code=y", timeout=30).status_code == 404
    assert "/sign-in/openid" not in requests.get(f"{desk.url}/sign-in", timeout=30).text
