"""Tokens of the API: what narrows them, and how long they hold."""

import stat
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.operations.accounts.access import DeskUser, may_correct, may_see_hour
from infra.operations.accounts.accounts import AccountChange, NewAccount, add_account, change_account, remove_account
from infra.operations.accounts.api_scopes import SCOPE_TEXTS, SCOPES, TokenHolder, scopes_of, sections_of
from infra.operations.accounts.api_tokens import (
    NewToken,
    create_token,
    find_token,
    revoke_token,
    token_failed,
    token_table,
    tokens,
)
from infra.operations.accounts.audit import AuditEvent
from infra.operations.accounts.desk_database import database_file
from infra.operations.accounts.manage_accounts import Manager
from infra.operations.accounts.sign_in import ADDRESS_FAILURES
from schemas.errors import RefusedError, UnavailableError
from schemas.messages import ClassHour
from schemas.settings import Settings

NOW = datetime(2026, 3, 9, 3, tzinfo=UTC)
HOURS = [
    ClassHour(section=each, hall="E101", date=NOW.date(), period=1, starts_at=NOW, ends_at=NOW + timedelta(hours=1))
    for each in ("A-1", "B-1")
]
NEW = NewToken(name="gradebook", owner="kim", scopes=("attendance:read", "names:read"))


class Record(list[AuditEvent]):
    """What was put on record."""

    @property
    def manager(self) -> Manager:
        return Manager(DeskUser(account="root"), self.append, "console")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(home=tmp_path)
    add_account(made, NewAccount(name="kim", roles=("professor",)), NOW)
    return made


def test_the_secret_is_shown_once_and_nothing_of_it_is_kept(settings: Settings) -> None:
    record = Record()
    made = create_token(settings, NEW, record.manager, NOW)
    files = [each.read_bytes() for each in settings.home.iterdir() if each.name.startswith("desk.db")]
    assert made.secret.startswith("naul_")
    assert all(made.secret.encode() not in each for each in files)
    assert made.secret not in repr(made)
    assert stat.S_IMODE(database_file(settings).stat().st_mode) == 0o600
    assert [each.detail for each in record] == ["token gradebook for kim"]
    found = find_token(settings, made.secret, NOW)
    assert found
    assert (found.holder().owner.account, found.scopes) == ("kim", frozenset(NEW.scopes))


def test_it_holds_until_its_end_and_tells_the_day_of_its_use(settings: Settings) -> None:
    made = create_token(settings, NEW, Record().manager, NOW)
    end = NOW + NEW.lasts
    assert find_token(settings, made.secret, end - timedelta(microseconds=1))
    assert [each.last_used for each in tokens(settings)] == [date(2026, 6, 7)]
    assert find_token(settings, made.secret, end) is None
    assert find_token(settings, made.secret + "x", NOW) is None
    assert find_token(settings, "", NOW) is None
    [line] = token_table(settings, end).dicts()
    assert (line["token"], line["ended"]) == ("gradebook", True)


def test_it_is_void_when_it_is_revoked_or_its_owner_is_gone(settings: Settings) -> None:
    record = Record()
    made = create_token(settings, NEW, record.manager, NOW)
    change_account(settings, "kim", AccountChange(disabled=True))
    assert find_token(settings, made.secret, NOW) is None
    change_account(settings, "kim", AccountChange(disabled=False))
    assert find_token(settings, made.secret, NOW)
    revoke_token(settings, "gradebook", record.manager, NOW)
    assert find_token(settings, made.secret, NOW) is None
    assert record[-1].detail == "no token gradebook for kim"
    other = create_token(settings, NEW, record.manager, NOW)
    remove_account(settings, "kim")
    assert find_token(settings, other.secret, NOW) is None
    assert tokens(settings) == ()


def test_it_has_the_rights_of_its_owner_at_this_moment(settings: Settings) -> None:
    made = create_token(settings, NEW, Record().manager, NOW)
    change_account(settings, "kim", AccountChange(roles=("registrar",)))
    found = find_token(settings, made.secret, NOW)
    assert found
    assert found.holder().owner.roles == {"registrar"}


def test_nothing_is_made_that_could_not_be_put_on_record(settings: Settings) -> None:
    def away(event: AuditEvent) -> None:
        raise UnavailableError("Kafka is away")

    with pytest.raises(UnavailableError):
        create_token(settings, NEW, Manager(DeskUser(account="root"), away, "console"), NOW)
    assert tokens(settings) == ()


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"name": "Gradebook"}, "name of a token"),
        ({"name": "김나얼"}, "name of a token"),
        ({"owner": "nobody"}, "no account"),
        ({"scopes": ("attendance:raed",)}, "did you mean attendance:read"),
        ({"scopes": ()}, "without a scope"),
        ({"sections": ("A-1,,B-1",)}, "sections"),
        ({"lasts": timedelta(days=731)}, "at most 730 days"),
        ({"lasts": timedelta(0)}, "at most 730 days"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_by_name(settings: Settings, change: dict[str, object], what: str) -> None:
    fields = {name: getattr(NEW, name) for name in NEW.__struct_fields__} | change
    with pytest.raises(RefusedError, match=what):
        create_token(settings, NewToken(**fields), Record().manager, NOW)
    assert tokens(settings) == ()


def test_a_name_is_there_once_and_a_kiosk_has_no_token(settings: Settings) -> None:
    create_token(settings, NEW, Record().manager, NOW)
    with pytest.raises(RefusedError, match="already"):
        create_token(settings, NEW, Record().manager, NOW)
    add_account(settings, NewAccount(name="door", roles=("kiosk",)), NOW)
    with pytest.raises(RefusedError, match="kiosk"):
        create_token(settings, NewToken(name="door", owner="door", scopes=("halls:read",)), Record().manager, NOW)
    with pytest.raises(RefusedError, match="gradebook"):
        revoke_token(settings, "gradebok", Record().manager, NOW)


def test_void_tries_are_on_record_until_they_are_too_many(settings: Settings) -> None:
    record = Record()
    tries = [token_failed(settings, "192.0.2.1", NOW, record.append) for _ in range(ADDRESS_FAILURES + 3)]
    assert tries == [True] * ADDRESS_FAILURES + [False] * 3
    assert len(record) == ADDRESS_FAILURES
    assert token_failed(settings, "192.0.2.2", NOW, record.append)
    assert token_failed(settings, "192.0.2.1", NOW + timedelta(minutes=15), record.append)


TEACHES = st.dictionaries(st.sampled_from(["A-1", "B-1", "C-1"]), st.sampled_from(["professor", "assistant"]))
ROLES = st.frozensets(st.sampled_from(["professor", "assistant", "registrar", "student"]))
LIMITS = st.none() | st.frozensets(st.sampled_from(["A-1", "B-1", "C-1"]))


@given(TEACHES, ROLES, LIMITS)
def test_a_limit_only_takes_away(teaches: dict[str, str], roles: frozenset[str], limit: frozenset[str] | None) -> None:
    owner = DeskUser(account="kim", roles=roles, teaches=teaches)  # type: ignore[arg-type]
    holder = TokenHolder(owner=owner, token="t", scopes=frozenset(SCOPES), sections=limit)  # noqa: S106  its name
    for hour in HOURS:
        for may in (may_see_hour, may_correct):
            allowed = holder.reaches(hour.section) and may(holder.person, hour)
            assert allowed <= may(owner, hour)
            assert not allowed or limit is None or hour.section in limit
    assert holder.narrowed(None) == limit
    assert (holder.narrowed(["A-1"]) or frozenset()) <= {"A-1"}
    assert holder.reaches_everything == (limit is None)


def test_every_scope_is_explained() -> None:
    assert {*SCOPE_TEXTS} == {*SCOPES}
    assert scopes_of(["halls:read"]) == {"halls:read"}
    assert sections_of(["A-1,B-1", "A－1"]) == {"A-1", "B-1"}
    assert sections_of([]) is None
