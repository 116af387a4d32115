"""Who may sign in, tokens and webhooks, as the registrar manages them in a browser."""

import pytest
import requests
from msgspec.structs import replace

from infra.operations.accounts.accounts import AccountChange, account_of, change_account, known_account
from infra.operations.accounts.api_tokens import find_token, tokens
from infra.operations.webhooks.webhook_endpoints import webhooks
from tests.integration.desk.conftest import STUDENTS, ServedDesk
from tests.integration.desk.test_access_of_pages import form_of, kafka_away
from tests.integration.desk.test_terms_page import Fields, Registrar

NASTY = "<img src=x onerror=alert(1)>"


class Desk(Registrar):
    """The registrar at the accounts."""

    def do(self, place: str, **typed: str) -> requests.Response:
        return self.client.post(f"{self.desk.url}/accounts/{place}", data={"csrf": self.token} | typed)

    def page(self, name: str) -> str:
        return self.get(f"/accounts/account?account={name}")


@pytest.fixture
def office(shared_desk: ServedDesk) -> Desk:
    if known_account(shared_desk.settings, "deputy") is None:
        shared_desk.account("deputy", "registrar")
        shared_desk.account("han", "professor")
    return Desk(shared_desk)


def test_the_list_says_who_may_what_and_students_are_found_by_a_search(office: Desk) -> None:
    shown = office.get("/accounts")
    assert "kim</a>" in shown
    assert "EA0017-1" in shown
    assert "naeol</a>" not in shown
    assert "naeol</a>" in office.get(f"/accounts?find={STUDENTS[0].student_id}")
    assert "naeol</a>" in office.get("/accounts?role=student")
    assert NASTY not in office.get(f"/accounts?find={NASTY}")


def test_an_account_is_made_and_signs_in_by_a_link_that_is_shown_once(office: Desk) -> None:
    new = {
        "account": "jung",
        "person": f"정 {NASTY}",
        "role.professor": "1",
        "professor": "EA0017-1 CS2001-2",
        "do": "save",
    }
    made = office.do("account", **new)
    assert "Done." in made.text
    assert NASTY not in made.text
    assert dict(account_of(office.desk.settings, "jung").teaches) == {"CS2001-2": "professor", "EA0017-1": "professor"}
    link = office.do("account", was="jung", do="link").text
    address = link.partition('<code class="secret">')[2].partition("</code>")[0]
    assert "once=" not in office.page("jung")
    browser = requests.Session()
    entered = browser.post(f"{office.desk.url}/sign-in", data={"once": address.partition("once=")[2]})
    assert entered.url == f"{office.desk.url}/"
    assert "Nowhere." not in office.page("jung")
    assert "Signed out everywhere" in office.do("account", was="jung", do="sign-out").text
    assert "Nowhere." in office.page("jung")
    assert "closed" in office.do("account", was="jung", do="disable").text
    assert "open again" in office.do("account", was="jung", do="enable").text
    assert "removed" in office.do("account", was="jung", do="remove").text
    assert known_account(office.desk.settings, "jung") is None
    office.desk.stored()
    record = office.get("/audit?account=office")
    for said in ("jung: made: professor", "jung: a sign-in link", "jung: signed out everywhere", "jung: removed"):
        assert said in record


@pytest.mark.parametrize("do", ["save", "link", "disable", "remove", "sign-out"])
def test_nobody_manages_himself_or_who_runs_the_machine(office: Desk, do: str) -> None:
    for name in ("office", "tech"):
        before = replace(account_of(office.desk.settings, name), signed_in=None)
        refused = office.do("account", **{"was": name, "account": name, "do": do, "role.professor": "1"})
        assert refused.status_code == 403, name
        assert replace(account_of(office.desk.settings, name), signed_in=None) == before
    assert 'name="do"' not in office.page("office").partition("<main")[2]


def test_a_form_that_asks_for_a_role_that_is_not_given_gets_it_not(office: Desk) -> None:
    office.do("account", **{"was": "han", "account": "han", "do": "save", "role.engineer": "1", "role.professor": "1"})
    assert account_of(office.desk.settings, "han").roles == {"professor"}


def test_the_second_of_two_is_shown_what_the_first_did_and_keeps_what_he_typed(office: Desk) -> None:
    mine = Fields(office.page("han")).found
    first = Desk(office.desk, "deputy")
    first.do("account", **(Fields(first.page("han")).found | {"person": "한 첫째", "csrf": first.token}))
    refused = office.do("account", **(mine | {"person": "한 둘째"}))
    assert refused.status_code == 409
    assert "somebody changed the account" in refused.text
    assert Fields(refused.text).found["person"] == "한 둘째"
    assert account_of(office.desk.settings, "han").person == "한 첫째"
    office.do("account", **(Fields(refused.text).found))
    assert account_of(office.desk.settings, "han").person == "한 둘째"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"account": "a|b"}, "cannot be the name of an account"),
        ({"account": "kim"}, "there is an account"),
        ({"account": "neu", "role.student": "1"}, "a student has no student id"),
        ({"account": "neu", "role.kiosk": "1", "role.professor": "1"}, "has no other role"),
        ({"account": "neu", "professor": "EA0017-1"}, "has not the role"),
        ({"account": "neu", "role.professor": "1", "professor": "EA|1"}, "is no section"),
    ],
)
def test_what_cannot_be_is_said_and_what_was_typed_stays(office: Desk, typed: dict[str, str], said: str) -> None:
    refused = office.do("account", **typed, person="새 사람")
    assert refused.status_code == 400
    assert said in refused.text
    assert Fields(refused.text).found["person"] == "새 사람"
    assert known_account(office.desk.settings, "neu") is None


def test_while_kafka_is_away_nothing_is_given_and_access_is_taken_away_all_the_same(office: Desk) -> None:
    change_account(office.desk.settings, "han", AccountChange(disabled=False))
    with kafka_away(office.desk):
        kept = office.do("account", **{"account": "neu", "role.registrar": "1", "do": "save", "person": "새 사람"})
        closed = office.do("account", was="han", do="disable")
    assert kept.status_code == 503
    assert form_of(kept.text).items() >= {"account": "neu", "role.registrar": "1", "person": "새 사람"}.items()
    assert known_account(office.desk.settings, "neu") is None
    assert closed.status_code == 503
    assert "it was done" in closed.text
    assert account_of(office.desk.settings, "han").disabled
    change_account(office.desk.settings, "han", AccountChange(disabled=False))


def test_a_token_is_shown_once_and_void_when_it_is_revoked(office: Desk) -> None:
    settings, now = office.desk.settings, office.desk.now
    new = {"do": "add", "token": "board", "owner": "kim", "days": "30", "scope.halls:read": "1"}
    shown = office.do("tokens", **new).text
    secret = shown.partition('<code class="secret">')[2].partition("</code>")[0]
    found = find_token(settings, secret, now)
    assert found
    assert (found.account.name, found.scopes) == ("kim", {"halls:read"})
    assert secret not in office.get("/accounts/tokens")
    for wrong, said in (
        (new, "there is a token"),
        (new | {"token": "b", "days": "soon"}, "no number of days"),
        (new | {"token": "b", "days": "9999999"}, "lasts at most 730 days"),
        ({"do": "add", "token": "b", "owner": "kim", "days": "30"}, "without a scope"),
    ):
        refused = office.do("tokens", **wrong)
        assert refused.status_code == 400
        assert said in refused.text
    assert office.do("tokens", **(new | {"token": "b", "owner": "tech"})).status_code == 403
    office.do("tokens", do="revoke", token="board")  # noqa: S106  its name
    assert find_token(settings, secret, now) is None
    assert tokens(settings) == ()


def test_a_webhook_is_added_with_a_secret_tested_and_removed(office: Desk) -> None:
    url = "http://127.0.0.1:9/hook"
    shown = office.do("webhooks", **{"do": "add", "url": url, "event.class_hour.closed": "1"}).text
    secret = shown.partition('<code class="secret">')[2].partition("</code>")[0]
    assert secret.startswith("whsec_")
    assert secret not in office.get("/accounts/webhooks")
    assert "did not take the test" in office.do("webhooks", do="test", url=url).text
    for wrong, said in (
        ({"url": url, "event.marks.made": "1"}, "is told already"),
        ({"url": "javascript:alert(1)", "event.marks.made": "1"}, "cannot be told anything"),
        ({"url": "https://a.example"}, "nothing was chosen"),
    ):
        refused = office.do("webhooks", do="add", **wrong)
        assert refused.status_code == 400
        assert said in refused.text
    office.do("webhooks", do="enable", url=url)
    office.do("webhooks", do="remove", url=url)
    assert webhooks(office.desk.settings) == ()
