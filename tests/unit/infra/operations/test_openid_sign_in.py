"""Signing in with an OpenID provider that is there: real requests over loopback, real signatures, a real desk.db."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from msgspec.structs import replace

from infra.operations.accounts.accounts import (
    AccountChange,
    NewAccount,
    account_of,
    accounts,
    add_account,
    change_account,
)
from infra.operations.accounts.audit import AuditEvent
from infra.operations.accounts.desk_database import _STEPS, database_file, reading
from infra.operations.accounts.desk_sessions import Origin, end_session, find_session, sessions
from infra.operations.accounts.openid_claims import OpenIdError
from infra.operations.accounts.openid_provider import FRESH, OpenIdProvider, redirect_address
from infra.operations.accounts.openid_requests import LONGEST, id_token_of
from infra.operations.accounts.openid_sign_in import (
    BegunSignIn,
    OpenIdAnswer,
    OpenIdOutcome,
    OpenIdSite,
    begin_sign_in,
    finish_sign_in,
)
from infra.operations.accounts.sign_in import ADDRESS_FAILURES, WINDOW
from schemas.errors import UnavailableError
from schemas.settings import Settings
from tests.tools.openid_provider import Provider, confused, ec_key, rsa_key, unsigned

NOW = datetime(2026, 3, 9, 0, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
KIM = {"sub": "f81d-kim", "preferred_username": "kim", "name": "김하늘"}
LEE = {"sub": "77aa-lee", "preferred_username": "lee"}


class Desk:
    """A desk whose account kim may sign in with the provider, what is on record, and whether Kafka is there."""

    def __init__(self, home: Path) -> None:
        self.now = NOW
        self.provider = Provider(lambda: self.now)
        self.told: list[AuditEvent] = []
        self.away = False
        self.origin = Origin("10.1.2.3", "Firefox")
        self.set(
            Settings(
                home=home,
                openid_issuer=self.provider.issuer,
                openid_client=self.provider.client,
                openid_secret=self.provider.secret,
            )
        )
        self.provider.people = {"kim": KIM, "lee": LEE}
        add_account(self.settings, NewAccount(name="kim", roles=("professor",), openid=True), NOW)

    def set(self, settings: Settings) -> None:
        self.settings = settings
        self.site = OpenIdSite(settings, OpenIdProvider(settings), self._on_record)
        self.provider.redirects = (redirect_address(settings),)

    def _on_record(self, event: AuditEvent) -> None:
        if self.away:
            raise UnavailableError("no Kafka answers")
        self.told.append(event)

    def begin(self, back: str = "/") -> BegunSignIn:
        return begin_sign_in(self.site, back, self.now)

    def finish(self, begun: BegunSignIn, said: dict[str, str], browser: str | None = None) -> OpenIdOutcome:
        answer = OpenIdAnswer(said.get("state", ""), said.get("code", ""), said.get("error", ""), said.get("iss"))
        return finish_sign_in(self.site, answer, begun.browser if browser is None else browser, self.origin, self.now)

    def enter(self, person: str = "kim", **said: str) -> OpenIdOutcome:
        begun = self.begin()
        return self.finish(begun, self.provider.visit(begun.address, person) | said)

    def refused(self, outcome: OpenIdOutcome) -> str:
        """Return the reason; nobody is signed in, and it is on record once."""
        assert outcome.opened is None
        assert outcome.fault is not None
        event = self.told[-1]
        assert (event.action, event.ok, event.address) == ("sign_in_failed", False, "10.1.2.3")
        assert event.detail == f"openid: {outcome.fault.detail}"
        assert sessions(self.settings, self.now) == ()
        return outcome.fault.reason


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "home")
    yield made
    made.provider.close()


def test_whom_the_provider_means_is_signed_in_and_on_record(desk: Desk) -> None:
    begun = desk.begin("/hours/1")
    done = desk.finish(begun, desk.provider.visit(begun.address, "kim"))
    assert done.opened
    assert done.back == "/hours/1"
    found = find_session(desk.settings, done.opened.token, NOW)
    assert found
    assert (found.account.name, found.origin.address) == ("kim", "10.1.2.3")
    assert desk.enter().opened
    assert [(each.action, each.user.account, each.detail) for each in desk.told] == [
        ("sign_in", "kim", "openid, bound to its subject"),
        ("sign_in", "kim", "openid"),
    ]


@pytest.mark.parametrize("methods", [["client_secret_basic"], ["private_key_jwt", "client_secret_post"], None])
def test_the_secret_is_told_as_the_provider_wants_it_to_the_last_sign(desk: Desk, methods: list[str] | None) -> None:
    desk.provider.metadata = {"token_endpoint_auth_methods_supported": methods}
    assert desk.enter().opened


def test_a_secret_may_stand_in_a_file_that_is_the_owners_alone(desk: Desk) -> None:
    desk.set(replace(desk.settings, openid_secret=""))
    assert desk.refused(desk.enter()) == "setup"
    file = desk.settings.openid_secret_file
    file.write_text(f"{desk.provider.secret}\n", "utf-8")
    file.chmod(0o640)
    assert desk.refused(desk.enter()) == "setup"
    assert "others may read" in desk.told[-1].detail
    file.chmod(0o600)
    assert desk.enter().opened
    kept = [each for each in desk.settings.home.iterdir() if each != file and desk.provider.secret in each.name]
    assert not kept
    assert not any(
        desk.provider.secret.encode() in each.read_bytes() for each in desk.settings.home.iterdir() if each != file
    )
    assert desk.provider.secret not in repr(desk.settings) + repr(desk.told)


class TestAnAttempt:
    def test_is_good_once(self, desk: Desk) -> None:
        begun = desk.begin()
        said = desk.provider.visit(begun.address, "kim")
        first = desk.finish(begun, said)
        assert first.opened
        end_session(desk.settings, first.opened.session.digest)
        assert desk.refused(desk.finish(begun, said)) == "state"

    def test_is_of_the_browser_that_began_it_and_stays_good_for_that(self, desk: Desk) -> None:
        begun, other = desk.begin(), desk.begin()
        said = desk.provider.visit(begun.address, "kim")
        for browser in ("", "x", other.browser):
            assert desk.refused(desk.finish(begun, said, browser)) == "state"
        assert desk.finish(begun, said).opened

    def test_takes_ten_minutes_at_most(self, desk: Desk) -> None:
        begun = desk.begin()
        said = desk.provider.visit(begun.address, "kim")
        desk.now += LONGEST
        assert desk.refused(desk.finish(begun, said)) == "state"
        desk.begin()
        with reading(desk.settings) as database:
            assert database.execute("SELECT count(*) FROM openid_requests").fetchone() == (1,)

    def test_with_a_state_that_nobody_gave_is_none(self, desk: Desk) -> None:
        for state in ("", "x", "\ud800\0;", "a" * 100_000):
            assert desk.refused(desk.finish(desk.begin(), {"state": state, "code": "x"})) == "state"

    def test_leaves_nothing_in_the_file_by_which_somebody_could_sign_in(self, desk: Desk) -> None:
        begun = desk.begin()
        kept = b"".join(each.read_bytes() for each in desk.settings.home.glob("desk.db*"))
        assert begun.state.encode() not in kept
        assert begun.browser.encode() not in kept

    def test_is_refused_by_whom_it_asks(self, desk: Desk) -> None:
        assert desk.refused(desk.enter("")) == "denied"
        assert desk.refused(desk.enter(error="temporarily_unavailable")) == "provider"
        assert desk.refused(desk.enter(code="")) == "provider"

    def test_takes_a_code_of_its_own(self, desk: Desk) -> None:
        mine, other = desk.begin(), desk.begin()
        code = desk.provider.visit(other.address, "lee")["code"]
        assert desk.refused(desk.finish(mine, desk.provider.visit(mine.address, "kim") | {"code": code})) == "code"
        assert desk.refused(desk.enter(code="made-up")) == "code"

    def test_takes_no_answer_of_another_provider(self, desk: Desk) -> None:
        assert desk.refused(desk.enter(iss="https://evil.example")) == "issuer"
        begun = desk.begin()
        said = desk.provider.visit(begun.address, "kim")
        del said["iss"]
        assert desk.refused(desk.finish(begun, said)) == "issuer", "it promised to say who it is"
        assert "/token" not in desk.provider.asked

    def test_leads_back_to_the_desks_own_name(self, desk: Desk) -> None:
        query = parse_qs(urlsplit(desk.begin().address).query)
        assert query["redirect_uri"] == ["http://127.0.0.1:19094/sign-in/callback"]
        desk.set(replace(desk.settings, desk_url="https://desk.example.ac.kr/"))
        query = parse_qs(urlsplit(desk.begin().address).query)
        assert query["redirect_uri"] == ["https://desk.example.ac.kr/sign-in/callback"]
        assert query["scope"] == ["openid profile"]


CHANGES: dict[str, tuple[str, dict[str, Any]]] = {
    "another issuer": ("issuer", {"iss": "https://evil.example"}),
    "another audience": ("audience", {"aud": "another-service"}),
    "another audience in a list": ("audience", {"aud": ["another-service"]}),
    "two audiences and nobody who asked": ("audience", {"aud": ["naul-desk", "another-service"]}),
    "asked by another service": ("audience", {"aud": ["naul-desk", "another"], "azp": "another"}),
    "another nonce": ("nonce", {"nonce": "made-up"}),
    "no nonce": ("nonce", {"nonce": None}),
    "expired": ("times", {"exp": int(NOW.timestamp()) - 61}),
    "no end": ("times", {"exp": None}),
    "an end that is no number": ("times", {"exp": "tomorrow"}),
    "of tomorrow": ("times", {"iat": int(NOW.timestamp()) + 86400}),
    "of another access token": ("token", {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}),
    "nobody": ("token", {"sub": None}),
    "nobody, at length": ("token", {"sub": ""}),
    "no name": ("claim", {"preferred_username": None}),
}


@pytest.mark.parametrize("case", CHANGES)
def test_a_token_that_does_not_hold_signs_nobody_in(desk: Desk, case: str) -> None:
    reason, desk.provider.changed = CHANGES[case]
    desk.provider.people["kim"] = dict(KIM)
    if case == "no name":
        desk.provider.metadata = {"userinfo_endpoint": None}
    assert desk.refused(desk.enter()) == reason
    assert account_of(desk.settings, "kim").openid == "allowed", "nobody is bound"


SIGNERS: dict[str, tuple[str, Callable[[Desk, dict[str, Any]], str]]] = {
    "nobody": ("algorithm", lambda desk, claims: unsigned(claims)),
    "the public key": ("algorithm", lambda desk, claims: confused(claims, desk.provider.key)),
    "another key": ("signature", lambda desk, claims: desk.provider.signed(claims, rsa_key("evil"), kid="first")),
    "a key that is nobody's": ("signature", lambda desk, claims: desk.provider.signed(claims, rsa_key("evil"))),
    "a key that it brings along": (
        "signature",
        lambda desk, claims: desk.provider.signed(
            claims, rsa_key("evil"), kid="first", jwk=rsa_key("evil").as_dict(private=False)
        ),
    ),
    "a key of another kind": ("signature", lambda desk, claims: desk.provider.signed(claims, ec_key("first"))),
    "a claim that was changed": (
        "signature",
        lambda desk, claims: ".".join(
            [
                desk.provider.signed(claims).split(".")[0],
                unsigned(claims | {"sub": "x"}).split(".")[1],
                desk.provider.signed(claims).split(".")[2],
            ]
        ),
    ),
    "no token": ("token", lambda desk, claims: "no.token"),
    "half a token": ("token", lambda desk, claims: desk.provider.signed(claims).rpartition(".")[0]),
}


@pytest.mark.parametrize("case", SIGNERS)
def test_a_token_that_the_provider_has_not_signed_signs_nobody_in(desk: Desk, case: str) -> None:
    reason, sign = SIGNERS[case]
    desk.provider.sign = lambda claims: sign(desk, claims)
    assert desk.refused(desk.enter()) == reason


def test_clocks_may_differ_a_little(desk: Desk) -> None:
    desk.provider.changed = {"exp": int(NOW.timestamp()) - 59, "iat": int(NOW.timestamp()) + 59}
    assert desk.enter().opened


@pytest.mark.parametrize("named", [True, False])
def test_a_provider_may_sign_with_an_elliptic_curve_and_name_no_key(desk: Desk, named: bool) -> None:
    desk.provider.key = ec_key("curve")
    if not named:
        desk.provider.sign = lambda claims: desk.provider.signed(claims, kid=None)
    assert desk.enter().opened


def test_a_header_may_say_more_than_is_known(desk: Desk) -> None:
    desk.provider.sign = lambda claims: desk.provider.signed(claims, univ="x" * 2000, x5t="0")
    assert desk.enter().opened


def test_a_new_key_is_asked_for_once(desk: Desk) -> None:
    assert desk.enter().opened
    desk.provider.key = rsa_key("second")
    assert desk.enter().opened
    assert desk.provider.asked.count("/jwks") == 2
    desk.enter()
    assert desk.provider.asked.count("/jwks") == 2
    desk.now += FRESH
    desk.enter()
    assert desk.provider.asked.count("/jwks") == 3, "a key that is gone is not believed for ever"


def test_what_is_not_in_the_token_is_asked_for(desk: Desk) -> None:
    desk.provider.thin = True
    assert desk.enter().opened
    desk.provider.people["lee"] = LEE | {"sub": "somebody else"}
    desk.provider.changed = {"sub": LEE["sub"]}
    outcome = desk.enter("lee")
    assert outcome.fault
    assert outcome.fault.reason == "token"


class TestAProviderThatIsAway:
    def test_is_told_before_anybody_is_led_there(self, desk: Desk) -> None:
        desk.provider.status = 503
        with pytest.raises(OpenIdError) as caught:
            desk.begin()
        assert caught.value.reason == "away"

    def test_or_when_it_leads_back(self, desk: Desk) -> None:
        begun = desk.begin()
        said = desk.provider.visit(begun.address, "kim")
        desk.provider.status = 500
        assert desk.refused(desk.finish(begun, said)) == "away"

    def test_holds_as_it_was_for_those_who_need_no_more(self, desk: Desk) -> None:
        desk.begin()
        desk.provider.status = 503
        desk.now += FRESH
        assert desk.begin().address

    @pytest.mark.parametrize(
        "wrong",
        [
            {"issuer": "https://evil.example"},
            {"token_endpoint": None},
            {"token_endpoint": "http://evil.example/token"},
            {"jwks_uri": "file:///etc/passwd"},
            {"authorization_endpoint": "javascript:alert(1)"},
            {"end_session_endpoint": 3},
        ],
    )
    def test_or_another_one_is_not_believed(self, desk: Desk, wrong: dict[str, Any]) -> None:
        desk.provider.metadata = wrong
        with pytest.raises(OpenIdError) as caught:
            desk.begin()
        assert caught.value.reason == "setup"


class TestWhoseAccountItIs:
    def test_that_of_the_name_only_if_it_may_sign_in_so(self, desk: Desk) -> None:
        assert desk.refused(desk.enter("lee")) == "no_account"
        add_account(desk.settings, NewAccount(name="lee", roles=("registrar",), password="a local password 1"), NOW)  # noqa: S106
        outcome = desk.enter("lee")
        assert desk.refused(outcome) == "not_allowed", "an account with a password is nobody's who has its name"
        assert outcome.fault
        assert outcome.fault.shown == "lee"
        assert desk.told[-1].user.account == "lee"
        change_account(desk.settings, "lee", AccountChange(openid=True))
        assert desk.enter("lee").opened

    def test_his_who_came_first_whatever_others_are_called_later(self, desk: Desk) -> None:
        first = desk.enter().opened
        assert first
        end_session(desk.settings, first.session.digest)
        desk.provider.people["kim"] = KIM | {"sub": "somebody-else"}
        assert desk.refused(desk.enter()) == "taken"
        desk.provider.people["kim"] = KIM | {"preferred_username": "new.name"}
        opened = desk.enter().opened
        assert opened
        assert opened.session.account.name == "kim"

    @pytest.mark.parametrize("claim", ["k-i-m", "kim ", "0kim", "k.im", "ｋim1", "kİm"])
    def test_not_his_whose_name_only_looks_like_it(self, desk: Desk, claim: str) -> None:
        desk.provider.people["kim"] = KIM | {"preferred_username": claim}
        outcome = desk.enter()
        if claim.strip() == "kim":
            assert outcome.opened
        else:
            assert desk.refused(outcome) == "no_account"

    def test_nobodys_while_it_is_disabled(self, desk: Desk) -> None:
        change_account(desk.settings, "kim", AccountChange(disabled=True))
        assert desk.refused(desk.enter()) == "disabled"
        assert account_of(desk.settings, "kim").openid == "allowed"
        change_account(desk.settings, "kim", AccountChange(disabled=False))
        assert desk.enter().opened
        change_account(desk.settings, "kim", AccountChange(disabled=True))
        assert desk.refused(desk.enter()) == "disabled"

    def test_no_longer_his_when_that_is_taken_away(self, desk: Desk) -> None:
        opened = desk.enter().opened
        assert opened
        assert account_of(desk.settings, "kim").openid == "bound"
        change_account(desk.settings, "kim", AccountChange(openid=False))
        assert find_session(desk.settings, opened.token, NOW) is None
        assert desk.refused(desk.enter()) == "not_allowed"
        change_account(desk.settings, "kim", AccountChange(openid=True))
        desk.provider.people["kim"] = KIM | {"sub": "another-account-of-his"}
        assert desk.enter().opened

    def test_by_the_claim_that_the_site_has_chosen(self, desk: Desk) -> None:
        desk.set(replace(desk.settings, openid_account="employee"))
        for value in (20191, [20191], "20191"):
            add_account(desk.settings, NewAccount(name="20191", openid=True), NOW)
            desk.provider.people["kim"] = KIM | {"employee": value}
            assert desk.enter().opened, value
            from infra.operations.accounts.accounts import remove_account

            remove_account(desk.settings, "20191")
        desk.set(replace(desk.settings, openid_account="email"))
        add_account(desk.settings, NewAccount(name="kim@u.ac.kr", openid=True), NOW)
        desk.provider.people["kim"] = KIM | {"email": "kim@u.ac.kr"}
        assert desk.refused(desk.enter()) == "claim", "an address that nobody has verified is anybody's"
        desk.provider.people["kim"]["email_verified"] = True
        assert desk.enter().opened

    def test_while_nothing_can_be_put_on_record_nobody_is_signed_in_or_bound(self, desk: Desk) -> None:
        desk.away = True
        with pytest.raises(UnavailableError):
            desk.enter()
        assert sessions(desk.settings, NOW) == ()
        assert account_of(desk.settings, "kim").openid == "allowed"


class TestAStudentWhoHasNone:
    HIM = {"sub": "9c", "preferred_username": "naeol", "name": "김나얼", "studentNumber": ["201912345"]}  # noqa: RUF012

    @pytest.fixture
    def school(self, desk: Desk) -> Desk:
        desk.provider.people["naeol"] = dict(self.HIM)
        desk.set(replace(desk.settings, openid_student="studentNumber"))
        return desk

    def test_is_made_one_if_the_site_wants_that(self, school: Desk) -> None:
        opened = school.enter("naeol").opened
        assert opened
        made = account_of(school.settings, "naeol")
        assert (made.person, made.roles, made.student_id, made.openid) == ("김나얼", {"student"}, "201912345", "bound")
        assert [each.action for each in school.told] == ["account_change", "sign_in"]
        assert school.enter("naeol").opened
        assert len(accounts(school.settings)) == 2

    def test_is_refused_else(self, desk: Desk) -> None:
        desk.provider.people["naeol"] = dict(self.HIM)
        assert desk.refused(desk.enter("naeol")) == "no_account"

    @pytest.mark.parametrize("number", ["2.019E+08", "<script>", ["1", "2"], True, None])
    def test_is_made_none_without_an_id(self, school: Desk, number: object) -> None:
        school.provider.people["naeol"]["studentNumber"] = number
        assert school.refused(school.enter("naeol")) in ("student", "no_account")
        assert len(accounts(school.settings)) == 1

    def test_is_made_none_of_an_id_that_has_one_or_a_name_that_is_none(self, school: Desk) -> None:
        add_account(school.settings, NewAccount(name="old", roles=("student",), student_id="201912345"), NOW)
        assert school.refused(school.enter("naeol")) == "student"
        school.provider.people["naeol"] |= {"preferred_username": "a|b", "studentNumber": "201912346"}
        assert school.refused(school.enter("naeol")) == "student"

    def test_takes_over_no_account_that_is_there(self, school: Desk) -> None:
        add_account(school.settings, NewAccount(name="naeol", roles=("registrar",)), NOW)
        assert school.refused(school.enter("naeol")) == "not_allowed"
        assert account_of(school.settings, "naeol").roles == {"registrar"}


def test_what_anybody_can_have_fail_is_on_record_so_often_and_locks_nobody_out(desk: Desk) -> None:
    for _ in range(ADDRESS_FAILURES + 5):
        desk.finish(desk.begin(), {"state": "made-up"})
    assert len(desk.told) == ADDRESS_FAILURES
    assert desk.enter("lee").fault
    assert len(desk.told) == ADDRESS_FAILURES + 1, "whom the provider knows is always on record"
    assert desk.enter().opened
    desk.now += WINDOW
    desk.finish(desk.begin(), {"state": "made-up"})
    assert desk.told[-1].detail == "openid: its state is unknown, or was used before"


def test_who_signs_out_can_end_his_session_there_too(desk: Desk) -> None:
    opened = desk.enter().opened
    assert opened
    kept = id_token_of(desk.settings, opened.session.digest)
    assert kept
    query = parse_qs(urlsplit(desk.site.provider.sign_out_address(kept, NOW)).query)
    assert query == {
        "id_token_hint": [kept],
        "client_id": ["naul-desk"],
        "post_logout_redirect_uri": ["http://127.0.0.1:19094/sign-in"],
    }
    end_session(desk.settings, opened.session.digest)
    assert id_token_of(desk.settings, opened.session.digest) is None
    desk.provider.metadata = {"end_session_endpoint": None}
    assert OpenIdProvider(desk.settings).sign_out_address(kept, NOW) == ""
    desk.provider.status = 503
    assert OpenIdProvider(desk.settings).sign_out_address(kept, NOW) == ""


def test_a_file_of_before_is_taken_over(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    add_account(settings, NewAccount(name="kim"), NOW)
    database_file(settings).unlink()
    for beside in settings.home.glob("desk.db-*"):
        beside.unlink()
    with closing(sqlite3.connect(database_file(settings))) as database:
        database.executescript(_STEPS[0])
        database.execute(
            "INSERT INTO accounts (folded, name, person, roles, student_id, created) VALUES ('a','a','a','','',0)"
        )
        database.execute("PRAGMA user_version = 1")
        database.commit()
    database_file(settings).chmod(0o600)
    assert [(each.name, each.openid) for each in accounts(settings)] == [("a", "")]
