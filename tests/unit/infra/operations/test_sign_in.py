"""Signing in: how often it may be tried, and what is on record of it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.operations.accounts.access import KioskSeat
from infra.operations.accounts.accounts import AccountChange, NewAccount, add_account, change_account
from infra.operations.accounts.audit import AuditEvent
from infra.operations.accounts.desk_sessions import Origin, create_link, find_session, sessions
from infra.operations.accounts.sign_in import (
    ACCOUNT_FAILURES,
    ADDRESS_FAILURES,
    WINDOW,
    Attempt,
    Credentials,
    sign_in,
    sign_in_by_link,
    sign_out,
    wait_until,
)
from schemas.errors import UnavailableError
from schemas.settings import Settings

NOW = datetime(2026, 3, 9, 0, 30, tzinfo=UTC)
SECRET = "correct horse battery"  # noqa: S105
MINUTE = timedelta(minutes=1)


class Desk:
    """A desk with two accounts, what is on record, and whether Kafka is there."""

    def __init__(self, home: Path) -> None:
        self.settings = Settings(home=home)
        self.told: list[AuditEvent] = []
        self.away = False
        for name in ("kim", "lee"):
            add_account(self.settings, NewAccount(name=name, roles=("professor",), password=SECRET), NOW)

    def on_record(self, event: AuditEvent) -> None:
        if self.away:
            raise UnavailableError("no Kafka answers")
        self.told.append(event)

    def enter(self, name: str, password: str = SECRET, now: datetime = NOW, address: str = "10.1.2.3") -> Attempt:
        typed = Credentials(name, password)
        return sign_in(self.settings, typed, Origin(address, "Firefox"), now, self.on_record)

    @property
    def record(self) -> list[tuple[str, str, str, bool]]:
        return [(each.action, each.user.account, each.detail, each.ok) for each in self.told]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "home")


moments = st.lists(st.integers(0, 3600).map(lambda second: NOW - timedelta(seconds=second)), max_size=30)


@given(moments)
def test_one_waits_only_while_enough_failures_are_recent(failures: list[datetime]) -> None:
    recent = [each for each in failures if NOW - each < WINDOW]
    until = wait_until(failures, ACCOUNT_FAILURES, NOW)
    assert (until is not None) == (len(recent) >= ACCOUNT_FAILURES)
    if until:
        assert NOW < until <= NOW + WINDOW
        assert wait_until(failures, ACCOUNT_FAILURES, until) is None


def test_a_clock_that_was_wrong_for_a_while_locks_nobody_out() -> None:
    assert wait_until([NOW + timedelta(days=400)] * 10, ACCOUNT_FAILURES, NOW) is None


def test_the_right_password_signs_in_and_is_on_record(desk: Desk) -> None:
    opened = desk.enter("KIM").opened
    assert opened
    found = find_session(desk.settings, opened.token, NOW)
    assert found
    assert (found.account.name, found.origin.address) == ("kim", "10.1.2.3")
    assert desk.record == [("sign_in", "kim", "password", True)]
    assert (desk.told[0].at, desk.told[0].address) == (NOW, "10.1.2.3")


def test_a_failure_is_on_record_without_what_was_typed(desk: Desk) -> None:
    desk.enter("kim", "wrong password")
    desk.enter("my p4ssw0rd in the wrong field")
    change_account(desk.settings, "lee", AccountChange(disabled=True))
    assert desk.enter("lee").opened is None
    assert desk.record == [
        ("sign_in_failed", "kim", "wrong password", False),
        ("sign_in_failed", "", "no such account", False),
        ("sign_in_failed", "lee", "disabled", False),
    ]
    assert "p4ssw0rd" not in repr(desk.told) + repr(Credentials("kim", "p4ssw0rd"))
    assert not [each for each in desk.settings.home.iterdir() if b"p4ssw0rd" in each.read_bytes()]


def test_after_five_failures_one_waits_and_the_right_password_is_not_looked_at(desk: Desk) -> None:
    for minute in range(ACCOUNT_FAILURES - 1):
        assert desk.enter("kim", "wrong password", NOW + minute * MINUTE) == (None, None)
    fifth = desk.enter("kim", "wrong password", NOW + 4 * MINUTE)
    assert fifth.wait_until == NOW + WINDOW
    assert desk.enter("Kim", now=NOW + 5 * MINUTE) == (None, NOW + WINDOW)
    assert len(desk.told) == ACCOUNT_FAILURES, "who must wait is not on record again and again"
    assert desk.enter("lee", now=NOW + 5 * MINUTE).opened, "others need not wait"
    assert desk.enter("kim", now=NOW + WINDOW).opened


def test_somebody_unknown_waits_like_everybody(desk: Desk) -> None:
    for _ in range(ACCOUNT_FAILURES):
        desk.enter("nobody", "wrong password")
    assert desk.enter("no-body!").wait_until is None
    assert desk.enter("NOBODY").wait_until == NOW + WINDOW


def test_of_one_address_more_may_fail_and_then_all_wait(desk: Desk) -> None:
    for number in range(ADDRESS_FAILURES):
        assert desk.enter(f"somebody {number}", "wrong password").opened is None
    assert desk.enter("kim").wait_until == NOW + WINDOW
    assert desk.enter("kim", address="10.1.2.4").opened


def test_who_signs_in_begins_anew_and_his_address_does_not(desk: Desk) -> None:
    for _ in range(ACCOUNT_FAILURES - 1):
        desk.enter("kim", "wrong password")
    assert desk.enter("kim").opened
    for number in range(ADDRESS_FAILURES - ACCOUNT_FAILURES + 1):
        assert desk.enter(f"somebody {number}", "wrong password").opened is None
    assert desk.enter("kim").wait_until, "an account of one's own is no way around it"


def test_those_who_try_at_once_get_no_more_tries(desk: Desk) -> None:
    with ThreadPoolExecutor(12) as pool:
        attempts = list(pool.map(lambda n: desk.enter("kim", f"wrong password {n}", address=f"10.0.0.{n}"), range(12)))
    assert len(desk.told) == ACCOUNT_FAILURES
    assert not any(each.opened for each in attempts)


def test_failures_are_remembered_when_everything_was_restarted(desk: Desk, tmp_path: Path) -> None:
    for _ in range(ACCOUNT_FAILURES):
        desk.enter("kim", "wrong password")
    again = object.__new__(Desk)
    again.settings, again.told, again.away = Settings(home=tmp_path / "home"), [], False
    assert again.enter("kim").wait_until == NOW + WINDOW


def test_while_nothing_can_be_put_on_record_nobody_is_signed_in(desk: Desk) -> None:
    link = create_link(desk.settings, "kim", NOW)
    desk.away = True
    for _ in range(ACCOUNT_FAILURES + 1):
        with pytest.raises(UnavailableError):
            desk.enter("kim")
    with pytest.raises(UnavailableError):
        sign_in_by_link(desk.settings, link, Origin(), NOW, desk.on_record)
    assert sessions(desk.settings, NOW) == ()
    desk.away = False
    assert desk.enter("kim").opened, "the right password was no failure"


def test_a_link_signs_in_once_and_is_on_record(desk: Desk) -> None:
    link = create_link(desk.settings, "kim", NOW)
    opened = sign_in_by_link(desk.settings, link, Origin(), NOW, desk.on_record)
    assert opened
    assert sign_in_by_link(desk.settings, link, Origin(), NOW, desk.on_record) is None
    assert desk.record == [("sign_in", "kim", "link", True), ("sign_in_failed", "", "void link", False)]


def test_who_signs_out_is_out_even_if_that_cannot_be_put_on_record(desk: Desk) -> None:
    opened = desk.enter("kim").opened
    assert opened
    desk.away = True
    with pytest.raises(UnavailableError):
        sign_out(desk.settings, opened.session, "10.1.2.3", NOW, desk.on_record)
    assert find_session(desk.settings, opened.token, NOW) is None


def test_a_kiosk_begins_and_ends_on_record(desk: Desk) -> None:
    link = create_link(desk.settings, "kim", NOW, kiosk=KioskSeat("E101", date(2026, 3, 9)))
    opened = sign_in_by_link(desk.settings, link, Origin(), NOW, desk.on_record)
    assert opened
    sign_out(desk.settings, opened.session, "", NOW, desk.on_record)
    assert desk.record == [("kiosk_start", "kim", "E101", True), ("kiosk_end", "kim", "E101", True)]
