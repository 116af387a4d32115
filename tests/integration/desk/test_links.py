"""No page leads anybody to where he may not go, and a student finds his own record."""

from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
import requests

from infra.operations.accounts.desk_sessions import csrf_token
from tests.integration.desk.conftest import HOUR, STUDENTS, ServedDesk, coverage, row

MOST = 100
"""Pages that are walked: days lead on for ever."""


class Links(HTMLParser):
    """Where a page leads, what it shows and fetches, and the pages that its forms ask for."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        names = {"a": "href", "link": "href", "script": "src", "img": "src", "div": "data-from"}
        if (address := given.get(names.get(tag, ""))) and not address.startswith(("#", "data:")):
            self.found.append(address)
        if tag == "form" and given.get("method", "get") == "get":
            self.found.append(given.get("action") or "")


@pytest.fixture(scope="module")
def told(shared_desk: ServedDesk) -> ServedDesk:
    shared_desk.tell(coverage(), row(0, "late"), row(1, review=True, doubts=("left_unseen",)))
    shared_desk.stored()
    return shared_desk


def enter(desk: ServedDesk, name: str) -> requests.Session:
    client = requests.Session()
    client.headers["accept"] = "text/html"
    once = desk.link(name).partition("once=")[2]
    assert client.post(f"{desk.url}/sign-in", data={"once": once}, allow_redirects=False).status_code == 303
    return client


def walked(desk: ServedDesk, client: requests.Session, *first: str) -> dict[str, int]:
    """Follow all links from some pages on; return the status of each address that was asked for."""
    statuses: dict[str, int] = {}
    waiting = [*first]
    while waiting and len(statuses) < MOST:
        address = waiting.pop(0)
        if address in statuses:
            continue
        answer = client.get(address)
        statuses[address] = answer.status_code
        if "text/html" in answer.headers.get("content-type", ""):
            leads = [urljoin(answer.url, each) for each in Links(answer.text).found]
            waiting += [each for each in leads if urlsplit(each).netloc == urlsplit(desk.url).netloc]
    return statuses


@pytest.mark.parametrize("name", ["kim", "lee", "park", "office", "tech", "naeol"])
def test_every_link_leads_to_what_its_reader_may_see(told: ServedDesk, name: str) -> None:
    client = enter(told, name)
    refused = [urljoin(told.url, each) for each in Links(client.get(f"{told.url}/nowhere").text).found]
    statuses = walked(told, client, told.url, *refused)
    assert len(statuses) > 10
    assert {address: status for address, status in statuses.items() if status >= 400} == {}


def test_every_link_of_a_kiosk_leads_somewhere(told: ServedDesk) -> None:
    client = enter(told, "park")
    path = f"{told.hour}/kiosk"
    sent = {"csrf": csrf_token(client.cookies["naul-session"]), "hall": HOUR.hall}
    page = client.post(path, data=sent)
    assert page.url == f"{told.url}/kiosk"
    for shown in (page, client.get(f"{told.url}/nowhere"), client.get(told.hour)):
        statuses = {each: client.get(urljoin(shown.url, each)).status_code for each in Links(shown.text).found}
        assert {address: status for address, status in statuses.items() if status >= 400} == {}


def test_a_student_finds_his_own_class_hours_and_why(told: ServedDesk) -> None:
    client = enter(told, "naeol")
    today = client.get(told.url, headers={"accept-language": "ko"}).text
    assert "이 날에는 수업이 없습니다" not in today
    assert HOUR.section in today
    assert "지각" in today
    why = f"{urlsplit(told.hour).path}/why?student={STUDENTS[0].student_id}"
    assert why in today
    shown = client.get(told.url + why)
    assert shown.status_code == 200
    assert f'href="/?day={HOUR.date}"' in shown.text
    told.stored()
    assert "looked at the record" in client.get(f"{told.url}/audit", headers={"accept-language": "en"}).text


def test_a_student_of_nothing_sees_no_class_hour_and_where_he_takes_one_none_of_others(told: ServedDesk) -> None:
    told.account("none", "student", student="209900001")
    assert HOUR.section not in enter(told, "none").get(told.url).text
    assert "이하나" not in enter(told, "naeol").get(told.url).text
