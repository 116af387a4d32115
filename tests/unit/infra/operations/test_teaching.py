"""Who teaches what, from a file."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from enrollment.input_files import InputFile
from infra.operations.accounts.accounts import (
    AccountChange,
    NewAccount,
    account_of,
    add_account,
    change_account,
    remove_account,
)
from infra.operations.accounts.teaching import PlannedTeaching, TeachingChange, apply_teaching, plan_teaching
from schemas.errors import RefusedError, UnavailableError
from schemas.settings import Settings

NOW = datetime(2026, 3, 9, 0, 30, tzinfo=UTC)
FIRST = "section,account,role\nA,kim,professor\nA,lee,assistant\nB,kim,professor\n"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(home=tmp_path / "home")
    for name in ("kim", "lee", "Park.Ta"):
        add_account(made, NewAccount(name=name), NOW)
    add_account(made, NewAccount(name="ops", roles=("engineer",)), NOW)
    return made


@pytest.fixture
def load(settings: Settings) -> Callable[[str], PlannedTeaching]:
    def loaded(text: str, encoding: str = "utf-8") -> PlannedTeaching:
        planned = plan_teaching(settings, InputFile(text.encode(encoding), "teachers.csv"))
        apply_teaching(settings, planned, lambda: None)
        return planned

    return loaded


def taught(settings: Settings, name: str) -> dict[str, str]:
    return dict(account_of(settings, name).teaches)


def test_a_file_says_who_teaches_and_gives_the_role(settings: Settings, load: Callable[..., PlannedTeaching]) -> None:
    planned = load(FIRST)
    assert taught(settings, "kim") == {"A": "professor", "B": "professor"}
    assert taught(settings, "lee") == {"A": "assistant"}
    assert account_of(settings, "lee").roles == {"assistant"}
    assert planned.granted == (("kim", "professor"), ("lee", "assistant"))
    assert load(FIRST).granted == ()


def test_it_replaces_its_own_sections_and_shows_what_goes(
    settings: Settings, load: Callable[..., PlannedTeaching]
) -> None:
    load(FIRST)
    planned = load("section,account,role\nA,park.ta,professor\nA,lee,professor\n")
    assert planned.changes == (
        TeachingChange("A", new={"Park.Ta": "professor", "lee": "professor"}, gone={"kim": "professor"}),
    )
    assert planned.takes_away
    assert taught(settings, "kim") == {"B": "professor"}
    assert taught(settings, "lee") == {"A": "professor"}
    assert account_of(settings, "kim").roles == {"professor"}, "he may teach elsewhere"


def test_who_is_less_than_before_is_shown_as_taken_away(load: Callable[..., PlannedTeaching]) -> None:
    load(FIRST)
    assert not load(FIRST.replace("lee,assistant", "lee,professor")).takes_away
    assert load(FIRST).takes_away


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
def test_a_spreadsheets_file_with_korean_words_is_read(
    settings: Settings, load: Callable[..., PlannedTeaching], encoding: str
) -> None:
    load("Section;Account;Role;비고\r\n공학-1;KIM;교수;전임\r\n공학-1; lee ;조교;\r\n", encoding)
    assert taught(settings, "kim") == {"공학-1": "professor"}
    assert taught(settings, "lee") == {"공학-1": "assistant"}


def test_everything_that_is_wrong_is_told_at_once_with_its_line(settings: Settings) -> None:
    text = (
        "section,account,role\nA,kin,professor\nA|1,kim,professor\nA,lee,assistent\nA,kim,professor\nA,KIM,assistant\n"
        "B,ops,assistant\n"
    )
    with pytest.raises(RefusedError) as refused:
        plan_teaching(settings, InputFile(text.encode(), "teachers.csv"))
    for said in (
        "teachers.csv, line 2: there is no account 'kin', 'kim' is like it",
        "line 3: 'A|1' is no section",
        "line 4: 'assistent' is no role, 'assistant' is like it",
        "line 6: kim is in A already, by line 5",
        "line 7: ops is engineer, which goes with no other role",
        "Nothing of teachers.csv was applied.",
    ):
        assert said in str(refused.value)


def test_an_empty_file_is_refused(settings: Settings) -> None:
    with pytest.raises(RefusedError, match="names nobody"):
        plan_teaching(settings, InputFile(b"section,account,role\n", "teachers.csv"))


def test_all_of_it_holds_or_nothing(settings: Settings, load: Callable[..., PlannedTeaching]) -> None:
    load(FIRST)
    planned = plan_teaching(settings, InputFile(b"section,account,role\nA,Park.Ta,professor\n", "teachers.csv"))

    def refuse() -> None:
        raise UnavailableError("no Kafka answers")

    with pytest.raises(UnavailableError):
        apply_teaching(settings, planned, refuse)
    assert taught(settings, "lee") == {"A": "assistant"}
    remove_account(settings, "park.ta")
    with pytest.raises(RefusedError, match=r"meanwhile somebody changed or removed Park\.Ta"):
        apply_teaching(settings, planned, lambda: None)
    assert taught(settings, "lee") == {"A": "assistant"}


def test_a_role_that_was_given_meanwhile_is_not_lost(settings: Settings) -> None:
    planned = plan_teaching(settings, InputFile(FIRST.encode(), "teachers.csv"))
    change_account(settings, "kim", AccountChange(roles=("registrar",)))
    apply_teaching(settings, planned, lambda: None)
    assert account_of(settings, "kim").roles == {"registrar", "professor"}
