"""A roll call as it is asked, without a terminal and without a broker."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from enrollment.rollcall import RollCall, resume
from infra.operations.class_hours.mark_students import OpenRollCall, answer_roll_call, step_back
from schemas.messages import ClassHour, Roster, Student

NINE = datetime(2026, 3, 9, tzinfo=UTC)
HOUR = ClassHour(
    section="EA0017-1",
    hall="E101",
    date=date(2026, 3, 9),
    period=1,
    starts_at=NINE,
    ends_at=NINE + timedelta(minutes=50),
)
ROSTER = Roster(
    section="EA0017-1", students=(Student(student_id="1001", name="a"), Student(student_id="1002", name="b"))
)


def opened(tmp_path: Path) -> OpenRollCall:
    call = RollCall(id="1", class_hour=HOUR.id, by="Kim", at=NINE, answers={})
    return OpenRollCall(HOUR, ROSTER, call, tmp_path / "home" / "rollcall.json")


def test_an_answer_is_on_the_disk_before_the_next_student_is_asked(tmp_path: Path) -> None:
    after = answer_roll_call(opened(tmp_path), "1001", "late", NINE)
    assert after.next_student == ROSTER.students[1]
    assert resume(after.file) == after.call


def test_one_step_back_asks_the_student_before_again(tmp_path: Path) -> None:
    after = answer_roll_call(opened(tmp_path), "1001", "present", NINE)
    after = answer_roll_call(after, "1002", "absent", NINE)
    assert after.next_student is None
    back = step_back(after)
    assert back.next_student == ROSTER.students[1]
    assert resume(back.file) == back.call
