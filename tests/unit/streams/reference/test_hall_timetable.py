"""Which class hours meet in which hall, and which of them share it."""

from datetime import UTC, date, datetime, timedelta

from schemas.messages import ClassHour
from streams.reference.hall_timetable import HallTimetable

NINE = datetime(2026, 3, 9, 0, 0, tzinfo=UTC)


def hour(section: str, starts: float, minutes: float = 50, hall: str = "B12", *also: str) -> ClassHour:
    at = NINE + timedelta(minutes=starts)
    return ClassHour(
        section=section, hall=hall, date=(at + timedelta(hours=9)).date(), period=1, starts_at=at,
        ends_at=at + timedelta(minutes=minutes), also_in=also,
    )  # fmt: skip


A, B = hour("A", 0), hour("B", 0, 110)
LATER, ELSEWHERE, EXAM = hour("C", 60), hour("D", 0, 50, "E101"), hour("E", 180, 50, "E101", "B12")
HALLS = HallTimetable([LATER, B, A, ELSEWHERE, EXAM])


def test_an_hour_meets_in_every_hall_of_its_own() -> None:
    assert [each.section for each in HALLS.hours("B12")] == ["A", "B", "C", "E"]
    assert [each.section for each in HALLS.hours("E101")] == ["D", "E"]
    assert HALLS.hours("Z") == ()
    assert HALLS.hour(EXAM.id) is EXAM


def test_several_may_run_at_a_moment() -> None:
    assert HALLS.hours_at("B12", NINE) == [A, B]
    assert HALLS.hours_at("B12", NINE + timedelta(minutes=50)) == [B]
    assert HALLS.hours_at("E101", NINE + timedelta(minutes=200)) == [EXAM]


def test_companions_are_those_that_share_a_hall_for_a_moment() -> None:
    assert HALLS.companions(A) == [A, B]
    assert HALLS.companions(B) == [A, B, LATER]
    assert HALLS.companions(ELSEWHERE) == [ELSEWHERE]


def test_an_hour_over_midnight_shares_the_hall_with_one_of_the_next_day() -> None:
    night, morning = hour("N", 14.5 * 60, 50), hour("M", 15 * 60 + 10, 50)
    assert (night.date, morning.date) == (date(2026, 3, 9), date(2026, 3, 10))
    assert HallTimetable([night, morning]).companions(morning) == [morning, night]
