"""Every route, by every role and by nobody: what is not allowed is refused, whatever the address says."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests
from msgspec.structs import replace

from enrollment.loaded import mark_batches
from infra.desk.app import build
from infra.desk.class_hour import PATH
from infra.machine.jobs import Asked, JobFiles
from infra.operations.accounts.accounts import AccountChange, change_account, set_password
from infra.operations.accounts.audit import AuditLog
from infra.operations.accounts.desk_sessions import csrf_token
from infra.operations.runs.replay_job import WHAT_IF, ReplayAsked
from infra.operations.runs.what_if import PolicyChange, Question
from schemas.cluster import send
from schemas.messages import MarkBatch, Term, encode
from schemas.metrics import registry_of
from tests.integration.desk.conftest import HOUR, OTHERS, STUDENTS, ServedDesk, coverage, row, store_silent

HERE = f"/hours/{HOUR.section}/{HOUR.date}/{HOUR.period}"
THERE = f"/hours/{OTHERS.section}/{OTHERS.date}/{OTHERS.period}"
HIM = f"student={STUDENTS[0].student_id}"

RUN = "what-if-20260309-090000"
"""A question that was asked."""

WHO = {"professor": "kim", "assistant": "park", "registrar": "office", "engineer": "tech", "student": "naeol"}
ALL = {*WHO.values(), "lee"}
"""Everybody who has an account; lee is professor of another section."""
PAGE = (Path(__file__).parents[3] / "docs" / "desk-access.md").read_text("utf-8")
REPORTS = "/reports"
"""Of the sections that somebody teaches: lee has his own."""
ABOUT = {"/events": "?once=1", "/frame": "?camera=front", "/why": f"?{HIM}", "/looks": f"?{HIM}", "/student": f"?{HIM}",
         "/section": f"?section={HOUR.section}", "/terms/file": "?term=2026-1"}  # fmt: skip
"""What a route is asked about."""


def table() -> dict[tuple[str, str], set[str]]:
    """The page as it stands: method and address -> who may."""
    found: dict[tuple[str, str], set[str]] = {}
    for line in PAGE.splitlines():
        if match := re.match(r"\| (GET|POST) (\S+) \|(.*)\|$", line):
            method, route, cells = match.groups()
            allowed = {name for name, cell in zip(WHO.values(), cells.split("|"), strict=True) if cell.strip()}
            theirs = (allowed and route.startswith(REPORTS)) or route in ("/", "/appeals")
            found[method, route.replace("{hour}", HERE)] = allowed | ({"lee"} if theirs else set())
    for method, route in re.findall(r"(GET|POST) (/kiosk[/a-z]*)", PAGE):
        found[method, route] = set()
    return found


def asked(method: str) -> dict[str, set[str]]:
    """Addresses that are there to be asked, and who may."""
    return {
        route.replace("{run}", RUN) + next((more for end, more in ABOUT.items() if route.endswith(end)), ""): allowed
        for (of, route), allowed in table().items()
        if of == method
        and not (method == "GET" and route.endswith("/frame"))  # of a camera that is not there
        and "{" not in route  # of a file that waits: test_loading_pages
    }


GETS, POSTS = asked("GET"), asked("POST")
OPEN = {route for _, route in re.findall(r"(GET|POST) (/sign-in[/a-z]*|/sign-out|/language|/health/live)", PAGE)}
"""What asks nobody who he is, or only ends his session."""

REFUSED = {401, 403, 404}


def asked_what_if(desk: ServedDesk, name: str) -> None:
    """Keep a question of which the process was killed."""
    about = msgspec.json.encode(Question(term="2026-1", policy=PolicyChange(late_after=5)))
    what = ReplayAsked(since=desk.now, until=desk.now + timedelta(hours=1), about=msgspec.Raw(about))
    asked = Asked(
        id="a1", kind=WHAT_IF, work="none", by="office", at=desk.now, what=msgspec.Raw(msgspec.json.encode(what))
    )
    files = JobFiles(desk.settings, name)
    files.folder.mkdir(parents=True)
    files.write("asked.json", asked)


@pytest.fixture(scope="module")
def told(shared_desk: ServedDesk) -> ServedDesk:
    asked_what_if(shared_desk, RUN)
    term = Term(term="2026-1", first=HOUR.date, last=HOUR.date, loaded_at=shared_desk.now)
    send(shared_desk.settings, [(shared_desk.settings.topic("terms"), b"2026-1", encode(term), None, None)])
    shared_desk.account("leaving", "professor", teaches=(HOUR.section,))
    shared_desk.tell(coverage(), row(0))
    shared_desk.stored()
    return shared_desk


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

    shown = {(route.replace(HERE, "/hours/{section}/{date}/{period}"), method) for method, route in table()}
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


def test_what_was_asked_is_counted_by_route_and_names_nobody(told: ServedDesk) -> None:
    def counted(**labels: str) -> float:
        return registry_of("desk").get_sample_value("naul_desk_requests_total", labels) or 0

    client, _ = session(told, "kim")
    of_the_hour = {"method": "GET", "route": f"{PATH}/why", "status": "200"}
    of_the_api = {"method": "GET", "route": "/api/v1/halls", "status": "401"}
    of_nothing = {"method": "OTHER", "route": "(none)", "status": "404"}
    before = [counted(**each) for each in (of_the_hour, of_the_api, of_nothing)]
    assert client.get(f"{told.url}{HERE}/why?{HIM}").status_code == 200
    assert requests.get(f"{told.url}/api/v1/halls", timeout=30).status_code == 401
    client.request("BREW", f"{told.url}/nowhere", headers={"sec-fetch-site": "same-origin"})
    assert [counted(**each) for each in (of_the_hour, of_the_api, of_nothing)] == [each + 1 for each in before]
    assert requests.get(f"{told.url}/metrics", timeout=30).status_code == 401, "metrics are not among the pages"
    series = registry_of("desk").collect()
    assert STUDENTS[0].student_id not in str([sample.labels for family in series for sample in family.samples])


def test_a_role_that_is_taken_away_is_gone_at_once(told: ServedDesk) -> None:
    client, _ = session(told, "leaving")
    assert client.get(told.url + HERE).status_code == 200
    change_account(told.settings, "leaving", AccountChange(roles=()))
    assert client.get(told.url + HERE).status_code == 404
    change_account(told.settings, "leaving", AccountChange(disabled=True))
    assert client.get(told.url + HERE, allow_redirects=False).status_code == 303


def test_a_student_reads_who_saw_his_record_and_nobody_elses(told: ServedDesk) -> None:
    kim, _ = session(told, "kim")
    assert kim.get(f"{told.url}{HERE}/why?{HIM}").ok
    told.stored()
    own, _ = session(told, "naeol")
    told.stored()
    shown = own.get(f"{told.url}/audit").text
    assert "kim" in shown
    assert "looked at the record" in shown
    assert "127.0.0.1" not in shown  # where a professor sits is not the student's
    assert own.get(f"{told.url}/audit?student={STUDENTS[1].student_id}").status_code == 403
    assert own.get(f"{told.url}/audit?student=").status_code == 403
    office, _ = session(told, "office")
    told.stored()
    everything = office.get(f"{told.url}/audit?account=kim").text
    assert STUDENTS[0].student_id in everything
    assert "127.0.0.1" in everything
    assert office.get(f"{told.url}/audit?since=never&until=2026-02-31").ok


def test_what_was_sent_after_the_end_of_a_session_is_kept_and_goes_when_it_was_seen_once_more(told: ServedDesk) -> None:
    set_password(told.settings, "kim", "correct horse battery")
    browser = requests.Session()
    browser.headers["accept"] = "text/html"
    typed = {"id": "a1", "student": STUDENTS[0].student_id, "verdict": "late", "seen": "", "reason": 'a <b> "pillar"'}
    asked = browser.post(f"{told.url}{HERE}/decide", data=typed | {"csrf": "of the session that has ended"})
    assert asked.status_code == 401
    kept = form_of(asked.text)
    elsewhere, _ = session(told, "kim")  # another tab of the same browser
    assert form_of(elsewhere.post(f"{told.url}/sign-in", data=kept).text).items() >= typed.items()
    failed = browser.post(f"{told.url}/sign-in", data=kept | {"name": "kim", "password": "wrong"})
    assert failed.status_code == 401, failed.text
    assert form_of(failed.text) == kept
    shown = browser.post(f"{told.url}/sign-in", data=kept | {"name": "kim", "password": "correct horse battery"})
    assert typed["reason"] not in shown.text  # but escaped
    assert not _sent(told)
    again = form_of(shown.text)
    assert again == typed | {"csrf": again["csrf"]}
    assert browser.post(f"{told.url}{HERE}/decide", data=again, allow_redirects=False).status_code == 303
    [batch] = _sent(told)
    assert (batch.reason, batch.marks[0].verdict) == (typed["reason"], "late")


def test_a_roll_call_that_was_sent_after_the_end_of_a_session_is_kept_too(told: ServedDesk) -> None:
    set_password(told.settings, "kim", "correct horse battery")
    browser = requests.Session()
    browser.headers["accept"] = "text/html"
    typed = {"id": "a3", "at": "2026-03-09T00:05:00+00:00", f"v.{STUDENTS[0].student_id}": "late"}
    kept = form_of(browser.post(f"{told.url}{HERE}/roll-call", data=typed).text)
    shown = browser.post(f"{told.url}/sign-in", data=kept | {"name": "kim", "password": "correct horse battery"})
    assert shown.status_code == 200
    assert form_of(shown.text).items() >= typed.items()


@contextmanager
def kafka_away(desk: ServedDesk) -> Iterator[None]:
    """Nothing can be put on record meanwhile."""
    there, desk.desk.audit = desk.desk.audit, AuditLog(replace(desk.settings, kafka="127.0.0.1:9"))
    try:
        yield
    finally:
        desk.desk.audit = there


def test_what_was_typed_while_kafka_is_away_can_be_sent_again(told: ServedDesk) -> None:
    kim, token = session(told, "kim")
    typed = {
        "id": "a2",
        "student": STUDENTS[0].student_id,
        "verdict": "late",
        "seen": "",
        "reason": "he came at five past",
    }
    with kafka_away(told):
        answer = kim.post(f"{told.url}{HERE}/decide", data=typed | {"csrf": token})
    assert answer.status_code == 503
    assert "Kafka, where everything is put on record, does not answer" in answer.text
    assert "127.0.0.1:9" not in answer.text, "who reads it cannot mend it: the log has that"
    assert form_of(answer.text) == typed | {"csrf": token}


def test_a_roll_call_that_was_sent_while_kafka_is_away_can_be_sent_again(told: ServedDesk) -> None:
    kim, token = session(told, "kim")
    typed = {"id": "a3", "at": told.now.isoformat()} | {f"v.{each.student_id}": "late" for each in STUDENTS}
    with kafka_away(told):
        answer = kim.post(f"{told.url}{HERE}/roll-call", data=typed | {"csrf": token})
    assert answer.status_code == 503
    assert form_of(answer.text) == typed | {"csrf": token}


def test_a_store_that_hangs_is_told_at_once(told: ServedDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    kim, _ = session(told, "kim")
    monkeypatch.setattr("sinks.store.remote.PROMPT", 0.2)
    with store_silent(told.settings):
        today, why = kim.get(told.url), kim.get(f"{told.url}{HERE}/why?{HIM}")
    assert today.status_code == 200
    assert "The store does not answer" in today.text
    assert why.status_code == 503
    assert "The store of what was judged does not answer" in why.text
    assert "process" not in why.text


def test_a_roll_call_and_all_others_as_judged_are_on_record_of_each_student(told: ServedDesk) -> None:
    kim, token = session(told, "kim")
    answers = {
        "id": "r1",
        "at": told.now.isoformat(),
        f"v.{STUDENTS[1].student_id}": "absent",
        f"v.{STUDENTS[2].student_id}": "late",
    }
    assert (
        kim.post(f"{told.url}{HERE}/roll-call", data=answers | {"csrf": token}, allow_redirects=False).status_code
        == 303
    )
    told.tell(coverage(final=True), row(0, final=True))
    told.stored()
    rest = {"id": "r2", f"v.{STUDENTS[0].student_id}": "present"}
    assert (
        kim.post(f"{told.url}{HERE}/decide/rest", data=rest | {"csrf": token}, allow_redirects=False).status_code == 303
    )
    told.stored()
    office, _ = session(told, "office")
    korean = {"accept-language": "ko"}
    for student, said in (
        (1, '출석을 부름 <span class="muted">결석</span>'),
        (2, '출석을 부름 <span class="muted">지각</span>'),
    ):
        shown = office.get(f"{told.url}/audit?student={STUDENTS[student].student_id}", headers=korean).text
        assert said in shown
        assert "127.0.0.1" in shown
    assert (
        "출석, 판정대로 확정" in office.get(f"{told.url}/audit?student={STUDENTS[0].student_id}", headers=korean).text
    )


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "9999-12-27", "x"])
def test_a_day_that_is_far_away_is_none(told: ServedDesk, day: str) -> None:
    kim, _ = session(told, "kim")
    assert kim.get(f"{told.url}/?day={day}").status_code == 200


def _sent(desk: ServedDesk) -> list[MarkBatch]:
    return [each for each in mark_batches(desk.settings).values() if each.id == "a1"]


def form_of(html: str) -> dict[str, str]:
    """Return the hidden fields of the form in the middle of a page."""
    fields: dict[str, str] = {}

    class Inputs(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            given = {name: value or "" for name, value in attrs}
            if tag == "main":
                fields.clear()
            elif tag == "input" and given.get("type") == "hidden":
                fields[given["name"]] = given["value"]

    Inputs().feed(html)
    return fields
