"""A roll call keeps every answer and asks nobody twice."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as example_settings
from hypothesis import strategies as st

from enrollment.rollcall import RollCall, back, complete, file_of, keep, next_student, read_answer, resume
from schemas.errors import RefusedError
from schemas.messages import Roster, Student, Verdict

AT = datetime(2026, 11, 23, tzinfo=UTC)
ROSTER = Roster(section="A", students=tuple(Student(student_id=f"100{n}", name=f"N{n}") for n in range(4)))


def call(**answers: Verdict) -> RollCall:
    return RollCall(
        id="x", class_hour="A|2026-11-23|1", by="kim", at=AT, answers={k[1:]: v for k, v in answers.items()}
    )


def waiting(roll: RollCall) -> str | None:
    student = next_student(roll, ROSTER)
    return student.student_id if student else None


@pytest.mark.parametrize(
    ("typed", "meaning"),
    [
        ("", "present"),
        ("Y", "present"),
        (" n ", "absent"),
        ("l", "late"),
        ("b", "back"),
        ("q", "quit"),
        ("ㅛ", "present"),
        ("ㅜ", "absent"),
        ("ㅣ", "late"),
        ("yes", None),
        ("x", None),
    ],
)
def test_answers_are_single_keys_on_an_english_or_korean_keyboard(typed: str, meaning: str | None) -> None:
    assert read_answer(typed) == meaning


def test_students_are_asked_in_the_order_of_the_roster() -> None:
    roll = call()
    asked = []
    while student := waiting(roll):
        asked.append(student)
        roll = roll.answered(student, "present", AT)
    assert asked == ["1000", "1001", "1002", "1003"]


def test_the_time_of_a_roll_call_is_that_of_its_last_answer() -> None:
    assert call().answered("1000", "late", AT + timedelta(minutes=1)).at == AT + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("before", "asked_again"),
    [
        pytest.param(call(), "1000", id="nothing before the first"),
        pytest.param(call(s1000="present"), "1000", id="one back"),
        pytest.param(call(s1000="present", s1001="absent", s1002="late", s1003="late"), "1003", id="after the last"),
    ],
)
def test_back_asks_the_student_before_again(before: RollCall, asked_again: str) -> None:
    assert waiting(back(before, ROSTER)) == asked_again


def test_who_left_the_roster_meanwhile_is_not_sent_and_who_joined_is_asked() -> None:
    roll = call(s0999="present", s1000="present", s1002="late", s1003="absent")
    assert waiting(roll) == "1001"
    assert complete(roll.answered("1001", "present", AT), ROSTER) == {
        "1000": "present",
        "1001": "present",
        "1002": "late",
        "1003": "absent",
    }


@example_settings(deadline=None, max_examples=25)
@given(st.lists(st.sampled_from(["present", "absent", "late", "back"])))
def test_a_roll_call_can_be_interrupted_after_any_answer(
    tmp_path_factory: pytest.TempPathFactory, keys: list[str]
) -> None:
    file = tmp_path_factory.mktemp("rollcall") / "a.json"
    roll = call()
    for key in keys:
        student = waiting(roll)
        roll = back(roll, ROSTER) if key == "back" or not student else roll.answered(student, key, AT)  # type: ignore[arg-type]
        keep(file, roll)
        assert resume(file) == roll


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    file = file_of(tmp_path / "home", "A|2026-11-23|1")
    keep(file, call(s1000="present"))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [each.name for each in file.parent.iterdir()] == ["rollcall-A%7C2026-11-23%7C1.json"]


def test_without_a_file_nothing_is_resumed(tmp_path: Path) -> None:
    assert resume(tmp_path / "none.json") is None


def test_a_file_that_holds_no_roll_call_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "rollcall-a.json"
    file.write_text("{")
    with pytest.raises(RefusedError, match=r"rollcall-a\.json holds no roll call") as refused:
        resume(file)
    assert refused.value.remedy == "Remove it to begin anew."
