"""Which class hour and verdict somebody at a kiosk gets, and how often a kiosk may ask."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.operations.kiosk.kiosk_marks import Standing, hour_to_mark, kiosk_mark_id, verdict_at
from infra.operations.kiosk.kiosk_pace import Pace, Paced, paced
from schemas.messages import ClassHour
from schemas.settings import Policy

NINE = datetime(2026, 3, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def hour(period: int, starts: float, minutes: float = 50) -> ClassHour:
    begins = NINE + starts * MINUTE
    return ClassHour(
        section="EA0017-1", hall="E101", date=date(2026, 3, 9), period=period, starts_at=begins,
        ends_at=begins + minutes * MINUTE,
    )  # fmt: skip


FIRST, SECOND = hour(1, 0), hour(2, 60)
MARKED = Standing("present", "kiosk E101", NINE)


@pytest.mark.parametrize(
    ("minute", "verdict"), [(-5, "present"), (0, "present"), (10, "present"), (10.1, "late"), (49, "late")]
)
def test_the_policy_says_who_is_late(minute: float, verdict: str) -> None:
    assert verdict_at(FIRST, NINE + minute * MINUTE, Policy()) == verdict


@pytest.mark.parametrize(
    ("minute", "standing", "meant"),
    [
        (-10, {}, FIRST),
        (49, {}, FIRST),
        (49, {FIRST.id: MARKED}, SECOND),
        (49, {FIRST.id: MARKED, SECOND.id: MARKED}, FIRST),
        (50, {}, SECOND),
        (110, {}, None),
    ],
)
def test_the_first_hour_without_a_mark_is_meant(
    minute: float, standing: dict[str, Standing], meant: ClassHour | None
) -> None:
    assert hour_to_mark([SECOND, FIRST], standing, NINE + minute * MINUTE) == meant


def test_a_mark_of_a_student_in_an_hour_has_one_id_that_does_not_tell_him() -> None:
    assert kiosk_mark_id(FIRST, "201912345") == kiosk_mark_id(FIRST, "201912345")
    others = {kiosk_mark_id(SECOND, "201912345"), kiosk_mark_id(FIRST, "201912346")}
    assert kiosk_mark_id(FIRST, "201912345") not in others
    assert "201912345" not in kiosk_mark_id(FIRST, "201912345")


def test_who_asks_too_often_waits_as_long_as_is_told() -> None:
    pace, state = Pace(most=2, within=10 * MINUTE), Paced()
    for minute, wait in ((0, 0), (4, 0), (5, 5), (9, 1), (10, 0), (11, 3)):
        state = paced(state, NINE + minute * MINUTE, pace)
        assert state.wait == wait * MINUTE


@given(st.lists(st.floats(0, 300), max_size=60), st.integers(1, 5))
def test_no_window_holds_more_than_is_allowed(moments: list[float], most: int) -> None:
    pace, state, asked = Pace(most=most, within=timedelta(seconds=60)), Paced(), []
    for second in sorted(moments):
        state = paced(state, NINE + timedelta(seconds=second), pace)
        if not state.wait:
            asked.append(second)
        else:
            later = paced(state, NINE + timedelta(seconds=second) + state.wait, pace)
            assert not later.wait
    assert all(sum(start <= each < start + 59.999 for each in asked) <= most for start in asked)
