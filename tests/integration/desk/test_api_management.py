"""Terms, accounts, tokens and webhooks through the API: what the registrar's pages do, and nothing above."""

from collections.abc import Callable

import pytest

from enrollment.loaded import terms
from infra.operations.accounts.accounts import account_of, known_account
from infra.operations.accounts.api_scopes import SCOPES
from schemas.messages import TermRule
from tests.integration.desk.conftest import HOUR, STUDENTS, ServedDesk, coverage, row
from tests.integration.desk.test_api import Program

TERM = {"first": f"{HOUR.date}", "last": "2026-06-19", "rule": {"limit": "1/4"}}
HOOK = {"url": "https://a.example", "events": ["class_hour.closed"]}


@pytest.fixture(scope="module")
def office(shared_desk: ServedDesk) -> Program:
    shared_desk.tell(coverage(final=True), row(0, final=True), row(1, "absent", final=True))
    shared_desk.stored()
    return Program(shared_desk, "office")


def test_a_term_is_previewed_loaded_and_guarded_by_its_tag(office: Program) -> None:
    here = "/terms/2026-1"
    shown = office.post(f"{here}/preview", TERM).json()
    assert [each["student_id"] for each in shown["appears"]] == [STUDENTS[1].student_id]
    assert {"section": None, "field": "first", "was": None, "becomes": f"{HOUR.date}"} in shown["differences"]
    assert office.get(here).status_code == 404
    new = {"if-none-match": "*"}
    assert office("PUT", here, json=TERM, headers=new).status_code == 200
    assert office("PUT", here, json=TERM, headers=new).status_code == 412
    tag = office.get(here).headers["etag"]
    own = TERM | {"sections": {HOUR.section: {"limit": "1/2"}}}
    assert office("PUT", here, json=own, headers={"if-match": tag}).status_code == 200
    assert office("PUT", here, json=TERM, headers={"if-match": tag}).status_code == 412
    stands = terms(office.desk.settings)["2026-1"]
    assert (stands.rule, stands.sections) == (TermRule(), {HOUR.section: TermRule(limit="1/2")})
    wrong = office("PUT", here, json=TERM | {"rule": {"late_per_absence": 200}, "sections": {"XX": {}}})
    assert wrong.status_code == 422
    assert "late_per_absence must be a whole number from 0 to 100" in wrong.json()["detail"]


def test_an_account_is_made_changed_let_in_and_removed(office: Program) -> None:
    made = office.post("/accounts", {"account": "han", "roles": ["professor"], "teaches": {"EA0017-1": "professor"}})
    assert made.status_code == 201, made.text
    tag = office.get("/accounts/han").headers["etag"]
    changed = office("PATCH", "/accounts/han", json={"person": "한나얼"}, headers={"if-match": tag})
    assert changed.json()["person"] == "한나얼"
    assert changed.json()["teaches"] == {"EA0017-1": "professor"}
    assert office("PATCH", "/accounts/han", json={"person": "x"}, headers={"if-match": tag}).status_code == 412
    link = office("POST", "/accounts/han/links").json()["link"]
    assert link.startswith(f"{office.desk.url}/sign-in?once=")
    assert office.get("/accounts/han/sessions").json()["items"] == []
    assert office("DELETE", "/accounts/han/sessions").json() == {"sessions": 0}
    assert office("PATCH", "/accounts/han", json={"disabled": True}).json()["disabled"]
    assert office("DELETE", "/accounts/han").status_code == 200
    assert known_account(office.desk.settings, "han") is None
    office.desk.stored()
    told = {each["detail"] for each in office.get("/audit?account=office").json()["items"]}
    assert f"han: a sign-in link, by the token {office.name}" in told
    assert f"han: removed, by the token {office.name}" in told


ABOVE: dict[str, Callable[[Program], int]] = {
    "his own account": lambda by: by("PATCH", "/accounts/office", json={"roles": ["professor"]}).status_code,
    "an engineer": lambda by: by("POST", "/accounts/tech/links").status_code,
    "a new engineer": lambda by: by.post("/accounts", {"account": "e", "roles": ["engineer"]}).status_code,
    "a token of more scopes": lambda by: by.post(
        "/tokens", {"token": "more", "owner": "office", "scopes": ["accounts:write", "audit:read"]}
    ).status_code,
    "names for a webhook": lambda by: by.post("/webhooks", HOOK | {"names": True}).status_code,
}  # fmt: skip


@pytest.mark.parametrize("what", ABOVE)
def test_nobody_raises_himself_above_what_he_has(office: Program, what: str) -> None:
    narrow = Program(office.desk, "office", "accounts:read", "accounts:write", "links:write")
    assert ABOVE[what](narrow) == 403
    assert account_of(office.desk.settings, "office").roles == {"registrar"}
    assert known_account(office.desk.settings, "e") is None


def test_who_does_not_manage_accounts_gets_none_of_it_nor_a_token_with_sections(office: Program) -> None:
    for asks in (Program(office.desk, "kim"), Program(office.desk, "office", *SCOPES, sections=("EA0017-1",))):
        for method, path, body in [
            ("GET", "/accounts", None), ("GET", "/accounts/kim", None), ("GET", "/tokens", None),
            ("GET", "/webhooks", None), ("POST", "/accounts/kim/links", None), ("DELETE", "/accounts/lee", None),
            ("POST", "/accounts", {"account": "x"}), ("PUT", "/terms/2026-3", TERM),
            ("POST", "/terms/2026-3/preview", TERM),
            ("POST", "/tokens", {"token": "x", "owner": "kim", "scopes": ["halls:read"]}),
            ("POST", "/webhooks", HOOK),
        ]:  # fmt: skip
            assert asks(method, path, json=body).status_code == 403, (method, path)


def test_tokens_and_webhooks_show_their_secret_once(office: Program) -> None:
    made = office.post("/tokens", {"token": "board", "owner": "kim", "scopes": ["halls:read"], "days": 30}).json()
    shown = office.get("/tokens").text
    assert '"board"' in shown
    assert made["secret"] not in shown
    assert office("DELETE", "/tokens/board").json()["owner"] == "kim"
    assert office("DELETE", "/tokens/board").status_code == 404
    told = office.post("/webhooks", HOOK | {"url": "https://lms.example.ac.kr/naul"}).json()
    assert told["secret"].startswith("whsec_")
    listed = office.get("/webhooks")
    assert told["secret"] not in listed.text
    [number] = [each["webhook"] for each in listed.json()["items"]]
    assert office("POST", f"/webhooks/{number}/resume").json()["given_up"] == ""
    assert office("DELETE", f"/webhooks/{number}").json()["url"] == "https://lms.example.ac.kr/naul"
    assert office("DELETE", f"/webhooks/{number}").status_code == 404
