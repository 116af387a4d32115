"""Accounts as somebody manages them at the desk: never his own, and only as long as he may."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from infra.operations.accounts import manage_accounts
from infra.operations.accounts.access import DeskUser
from infra.operations.accounts.accounts import (
    AccountChange,
    AccountChangedMeanwhileError,
    NewAccount,
    account_of,
    account_tag,
    accounts,
    add_account,
)
from infra.operations.accounts.api_tokens import NewToken, create_token
from infra.operations.accounts.audit import AuditEvent
from infra.operations.accounts.audit_texts import detail_text
from infra.operations.accounts.desk_sessions import Origin, open_session
from infra.operations.accounts.manage_accounts import DoneOffRecordError, Manager, MayNotManageError
from schemas.errors import RefusedError, UnavailableError
from schemas.settings import Settings

NOW = datetime(2026, 3, 9, tzinfo=UTC)


class Office:
    """A site with two registrars, a professor and an engineer; the first of them manages."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.told = settings, list[AuditEvent]()
        for name, role in {
            "office": "registrar",
            "deputy": "registrar",
            "kim": "professor",
            "tech": "engineer",
        }.items():
            add_account(settings, NewAccount(name=name, roles=(role,)), NOW)

    def by(self, name: str = "office") -> Manager:
        return Manager(DeskUser(account=name, roles=frozenset({"registrar"})), self.told.append)

    def change(self, name: str, by: str = "office", seen: str = "", **wanted: object) -> None:
        manage_accounts.change(self.settings, name, AccountChange(**wanted), self.by(by), NOW, seen)  # type: ignore[arg-type]

    @property
    def details(self) -> list[str]:
        return [each.detail for each in self.told]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(Settings(home=tmp_path))


DOINGS: dict[str, Callable[[Office, str], object]] = {
    "roles": lambda office, name: office.change(name, roles=("registrar", "professor")),
    "sections": lambda office, name: office.change(name, teaches={"EA0017-1": "professor"}),
    "close": lambda office, name: office.change(name, disabled=True),
    "link": lambda office, name: manage_accounts.make_link(office.settings, name, office.by(), NOW),
    "sign out": lambda office, name: manage_accounts.sign_out_everywhere(office.settings, name, office.by(), NOW),
    "remove": lambda office, name: manage_accounts.remove(office.settings, name, office.by(), NOW),
}


@pytest.mark.parametrize("doing", DOINGS)
@pytest.mark.parametrize(("name", "why"), [("office", "nobody changes what he himself may"), ("tech", "engineer")])
def test_nobody_does_it_to_himself_or_to_who_runs_the_machine(office: Office, doing: str, name: str, why: str) -> None:
    before = accounts(office.settings)
    with pytest.raises(MayNotManageError, match=why):
        DOINGS[doing](office, name)
    assert (accounts(office.settings), office.told) == (before, [])


def test_nobody_is_made_an_engineer_at_the_desk(office: Office) -> None:
    with pytest.raises(MayNotManageError, match="engineer"):
        office.change("kim", roles=("engineer",))
    with pytest.raises(MayNotManageError, match="engineer"):
        manage_accounts.add(office.settings, NewAccount(name="new", roles=("engineer",)), office.by(), NOW)
    assert {each.name for each in accounts(office.settings) if "engineer" in each.roles} == {"tech"}
    assert office.told == []


@pytest.mark.parametrize("first", ["roles", "close", "remove"])
def test_of_two_who_remove_each_other_at_once_one_stays(office: Office, first: str) -> None:
    """The second one's request had begun: it is asked again whether he still may."""
    if first == "roles":
        office.change("deputy", roles=())
    else:
        DOINGS[first](office, "deputy")
    for doing in ({"roles": ()}, {"disabled": True}):
        with pytest.raises(MayNotManageError, match="no longer"):
            office.change("office", by="deputy", **doing)
    with pytest.raises(MayNotManageError, match="no longer"):
        manage_accounts.remove(office.settings, "office", office.by("deputy"), NOW)
    stands = account_of(office.settings, "office")
    assert (stands.roles, stands.disabled) == ({"registrar"}, False)


def test_who_runs_the_machine_may_everything(office: Office) -> None:
    console = Manager(DeskUser(account="root"), office.told.append, "console")
    manage_accounts.change(office.settings, "kim", AccountChange(roles=("engineer",)), console, NOW)
    assert account_of(office.settings, "kim").roles == {"engineer"}


def test_sections_are_given_with_their_role_and_each_is_on_record(office: Office) -> None:
    teaches = {"EA0017-1": "professor", "CS2001-2": "assistant"}
    office.change("kim", roles=("professor", "assistant"), teaches=teaches)
    assert account_of(office.settings, "kim").teaches == teaches
    office.change("kim", teaches={"EA0017-1": "assistant"})
    assert office.details == [
        "change to assistant, professor: kim", "kim assistant", "kim professor",
        "change to assistant, professor: kim", "no longer kim assistant", "kim assistant",
    ]  # fmt: skip
    assert [each.section for each in office.told[1:3]] == ["CS2001-2", "EA0017-1"]
    assert detail_text("ko", "no longer kim assistant") == "kim 더 이상 조교 아님"
    for wrong, why in ({"EA|1": "professor"}, "no section"), ({"EA1": "professor"}, "has not the role"):
        with pytest.raises(RefusedError, match=why):
            office.change("kim", roles=("assistant",), teaches=wrong)


def test_a_student_who_assists_is_named_nowhere_on_record(office: Office) -> None:
    new = NewAccount(name="naeol", roles=("student", "assistant"), student_id="201900001", teaches={"EA1": "assistant"})
    manage_accounts.add(office.settings, new, office.by(), NOW)
    assert not any("naeol" in each for each in office.details)
    assert {each.student_id for each in office.told} == {"201900001"}


def test_the_second_who_changes_an_account_is_shown_the_first(office: Office) -> None:
    seen = account_tag(account_of(office.settings, "kim"))
    open_session(office.settings, "kim", Origin(), NOW)
    office.change("kim", by="deputy", seen=seen, person="김나얼")
    with pytest.raises(AccountChangedMeanwhileError) as refused:
        office.change("kim", seen=seen, person="Kim")
    assert refused.value.stands.person == account_of(office.settings, "kim").person == "김나얼"


def test_when_somebody_signed_in_last_is_kept(office: Office) -> None:
    assert account_of(office.settings, "kim").signed_in is None
    open_session(office.settings, "kim", Origin(), NOW)
    assert account_of(office.settings, "kim").signed_in == NOW


def test_while_kafka_is_away_nothing_is_given_and_what_is_taken_away_is_said(office: Office) -> None:
    def away(event: AuditEvent) -> None:
        raise UnavailableError("Kafka is away")

    by = office.by()._replace(on_record=away)
    for change in (AccountChange(roles=("registrar",)), AccountChange(teaches={"EA1": "professor"})):
        with pytest.raises(UnavailableError):
            manage_accounts.change(office.settings, "kim", change, by, NOW)
    assert (account_of(office.settings, "kim").roles, account_of(office.settings, "kim").teaches) == ({"professor"}, {})
    with pytest.raises(DoneOffRecordError):
        manage_accounts.change(office.settings, "kim", AccountChange(disabled=True), by, NOW)
    assert account_of(office.settings, "kim").disabled


def test_a_token_is_made_for_oneself_and_for_whom_one_manages_but_for_no_engineer(office: Office) -> None:
    for owner in ("office", "kim"):
        create_token(office.settings, NewToken(name=owner, owner=owner, scopes=("halls:read",)), office.by(), NOW)
    with pytest.raises(MayNotManageError):
        create_token(office.settings, NewToken(name="t", owner="tech", scopes=("halls:read",)), office.by(), NOW)
