"""Sessions and links in a real file, with clocks that are given."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from infra.operations.accounts.access import KioskSeat, may_mark_at_kiosk
from infra.operations.accounts.account_tables import session_table
from infra.operations.accounts.accounts import AccountChange, NewAccount, add_account, change_account, remove_account
from infra.operations.accounts.desk_database import writing
from infra.operations.accounts.desk_sessions import (
    IDLE,
    LINK,
    LONGEST,
    NewSession,
    Origin,
    create_link,
    csrf_token,
    end_session,
    find_session,
    link_address,
    open_session,
    sessions,
    use_link,
)
from schemas.errors import RefusedError
from schemas.messages import ClassHour
from schemas.settings import Settings

NOW = datetime(2026, 3, 9, 0, 30, tzinfo=UTC)
TODAY = date(2026, 3, 9)
HERE = Origin("10.1.2.3", "Firefox")
MIDNIGHT = datetime(2026, 3, 9, 15, tzinfo=UTC)
"""In Seoul."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(home=tmp_path / "home")
    for name in ("kim", "lee"):
        add_account(made, NewAccount(name=name, roles=("professor",)), NOW)
    return made


@pytest.fixture
def opened(settings: Settings) -> NewSession:
    return open_session(settings, "KIM", HERE, NOW)


def test_a_session_is_found_by_its_token_alone(settings: Settings, opened: NewSession) -> None:
    found = find_session(settings, opened.token, NOW)
    assert found == opened.session
    assert (found.account.name, found.origin, found.ends) == ("kim", HERE, NOW + LONGEST)
    for other in ("", opened.token[:-1], found.digest, "\udcff"):
        assert find_session(settings, other, NOW) is None


def test_no_file_holds_a_token(settings: Settings, opened: NewSession) -> None:
    link = create_link(settings, "kim", NOW)
    held = b"".join(each.read_bytes() for each in settings.home.iterdir())
    for token in (opened.token, link, csrf_token(opened.token)):
        assert len(token) >= 43
        assert token.encode() not in held
    assert opened.session.digest.encode() in held


def test_a_form_carries_what_only_its_session_knows(settings: Settings, opened: NewSession) -> None:
    other = open_session(settings, "kim", HERE, NOW)
    assert csrf_token(opened.token) == csrf_token(opened.token)
    assert csrf_token(opened.token) != csrf_token(other.token)
    assert opened.token not in csrf_token(opened.token)


def test_one_that_stands_idle_ends_and_one_that_is_used_goes_on(settings: Settings, opened: NewSession) -> None:
    almost = NOW + IDLE - timedelta(seconds=1)
    assert find_session(settings, opened.token, almost)
    assert find_session(settings, opened.token, almost + IDLE - timedelta(seconds=1))
    assert find_session(settings, opened.token, almost + 2 * IDLE) is None
    assert sessions(settings, almost + 2 * IDLE) == ()


def test_none_lasts_longer_than_a_day_of_work_however_often_it_is_used(settings: Settings, opened: NewSession) -> None:
    at = NOW
    while at < NOW + LONGEST:
        assert find_session(settings, opened.token, at)
        at += timedelta(minutes=30)
    assert find_session(settings, opened.token, NOW + LONGEST) is None


def test_when_it_was_used_is_noted_once_a_minute(settings: Settings, opened: NewSession) -> None:
    find_session(settings, opened.token, NOW + timedelta(seconds=59))
    assert sessions(settings, NOW)[0].seen == NOW
    find_session(settings, opened.token, NOW + timedelta(seconds=90))
    assert sessions(settings, NOW)[0].seen == NOW + timedelta(seconds=90)


def test_somebody_who_cannot_write_is_not_signed_out(
    settings: Settings, opened: NewSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.operations.accounts.desk_database.PATIENCE", 0.05)
    with writing(settings):
        assert find_session(settings, opened.token, NOW + timedelta(minutes=5))


def test_roles_are_those_of_this_moment(settings: Settings, opened: NewSession) -> None:
    change_account(settings, "kim", AccountChange(roles=()))
    with writing(settings) as database:
        database.execute("INSERT INTO teaching SELECT 'A', id, 'professor' FROM accounts WHERE name = 'kim'")
    found = find_session(settings, opened.token, NOW)
    assert found
    assert (found.user.roles, found.user.teaches) == (frozenset(), {"A": "professor"})


def test_it_ends_with_its_account_and_when_it_is_ended(settings: Settings, opened: NewSession) -> None:
    other = open_session(settings, "lee", HERE, NOW)
    assert end_session(settings, other.session.digest)
    assert not end_session(settings, other.session.digest)
    assert find_session(settings, other.token, NOW) is None
    assert find_session(settings, opened.token, NOW)
    remove_account(settings, "kim")
    assert find_session(settings, opened.token, NOW) is None


def test_nobody_signs_in_who_is_disabled_or_not_there(settings: Settings) -> None:
    link = create_link(settings, "kim", NOW)
    with writing(settings) as database:
        database.execute("UPDATE accounts SET disabled = 1")  # and the link is still there
    with pytest.raises(RefusedError, match="'kim' is disabled"):
        open_session(settings, "kim", HERE, NOW)
    with pytest.raises(RefusedError, match="'kim' is disabled"):
        create_link(settings, "kim", NOW)
    with pytest.raises(RefusedError, match="there is no account 'park'"):
        open_session(settings, "park", HERE, NOW)
    assert use_link(settings, link, HERE, NOW) is None


def test_sessions_are_listed_with_where_they_are_from(settings: Settings, opened: NewSession) -> None:
    open_session(settings, "lee", Origin("10.1.2.4", "x" * 1000 + "\x1b[31m"), NOW + timedelta(minutes=1))
    assert [each.account.name for each in sessions(settings, NOW)] == ["lee", "kim"]
    assert [each.account.name for each in sessions(settings, NOW, "KIM")] == ["kim"]
    table = session_table(settings, NOW, "lee")
    [row] = table.dicts()
    assert (row["account"], row["address"], row["browser"]) == ("lee", "10.1.2.4", "x" * 200)
    assert row["since"].isoformat() == "2026-03-09T09:31:00+09:00"
    with pytest.raises(RefusedError, match="no account 'lea'; did you mean lee"):
        session_table(settings, NOW, "lea")


def test_the_dead_are_swept_out_when_somebody_comes(settings: Settings, opened: NewSession) -> None:
    kiosk = open_session(settings, "lee", HERE, NOW, kiosk=KioskSeat("E101", TODAY))
    open_session(settings, "lee", HERE, NOW + IDLE + timedelta(minutes=1))
    with writing(settings) as database:
        assert database.execute("SELECT count(*) FROM sessions").fetchone() == (2,)
    assert find_session(settings, kiosk.token, NOW + 2 * IDLE)


class TestLinks:
    def test_one_signs_in_once(self, settings: Settings) -> None:
        token = create_link(settings, "kim", NOW)
        opened = use_link(settings, token, HERE, NOW + LINK - timedelta(seconds=1))
        assert opened
        assert find_session(settings, opened.token, NOW + LINK)
        assert use_link(settings, token, HERE, NOW) is None

    def test_one_is_soon_too_old_and_void_then(self, settings: Settings) -> None:
        token = create_link(settings, "kim", NOW)
        assert use_link(settings, token, HERE, NOW + LINK) is None
        assert use_link(settings, token, HERE, NOW) is None

    def test_of_many_who_use_it_at_once_one_is_signed_in(self, settings: Settings) -> None:
        token = create_link(settings, "kim", NOW)
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda _: use_link(settings, token, HERE, NOW), range(8)))
        assert len([each for each in found if each]) == 1

    def test_it_leads_to_this_machine(self, settings: Settings) -> None:
        assert link_address(settings, "abc") == "http://127.0.0.1:19094/sign-in?once=abc"


class TestKiosk:
    HOUR = ClassHour(section="A", hall="E101", date=TODAY, period=1, starts_at=NOW, ends_at=NOW + timedelta(minutes=50))

    def test_it_stands_idle_until_the_end_of_its_day_and_is_nothing_else(self, settings: Settings) -> None:
        opened = open_session(settings, "kim", HERE, NOW, kiosk=KioskSeat("E101", TODAY))
        found = find_session(settings, opened.token, MIDNIGHT - timedelta(seconds=1))
        assert found
        assert (found.user.roles, found.user.teaches, found.user.kiosk) == ({"kiosk"}, {}, KioskSeat("E101", TODAY))
        assert may_mark_at_kiosk(found.user, self.HOUR)
        assert find_session(settings, opened.token, MIDNIGHT) is None

    def test_it_ends_when_whoever_started_it_may_no_more(self, settings: Settings) -> None:
        opened = open_session(settings, "kim", HERE, NOW, kiosk=KioskSeat("E101", TODAY))
        change_account(settings, "kim", AccountChange(roles=("student",), student_id="201912345"))
        found = find_session(settings, opened.token, NOW)
        assert found
        assert not may_mark_at_kiosk(found.user, self.HOUR)

    def test_a_link_starts_one(self, settings: Settings) -> None:
        token = create_link(settings, "kim", NOW, kiosk=KioskSeat("E101", TODAY))
        opened = use_link(settings, token, HERE, NOW)
        assert opened
        assert opened.session.kiosk == KioskSeat("E101", TODAY)

    def test_a_link_of_before_midnight_starts_none_of_yesterday(self, settings: Settings) -> None:
        late = MIDNIGHT - timedelta(minutes=5)
        token = create_link(settings, "kim", late, kiosk=KioskSeat("E101", TODAY))
        assert use_link(settings, token, HERE, MIDNIGHT + timedelta(minutes=5)) is None

    @pytest.mark.parametrize("day", [TODAY - timedelta(days=1), TODAY + timedelta(days=1)])
    def test_it_is_started_on_its_day(self, settings: Settings, day: date) -> None:
        with pytest.raises(RefusedError, match="a kiosk is started on its day"):
            open_session(settings, "kim", HERE, NOW, kiosk=KioskSeat("E101", day))
        with pytest.raises(RefusedError, match="a kiosk is started on its day"):
            create_link(settings, "kim", NOW, kiosk=KioskSeat("E101", day))
