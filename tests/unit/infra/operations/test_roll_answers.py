"""What somebody else decided stays when the roll is called, unless he who calls was shown it and may correct it."""

from datetime import UTC, datetime

import pytest

from infra.operations.class_hours.hour_register import StandingMark
from infra.operations.class_hours.roll_answers import RollCallAnswers, stays
from schemas.messages import AS_JUDGED, ClassHour, Said

AT = datetime(2026, 3, 9, tzinfo=UTC)
HOUR = ClassHour(section="EA0017-1", hall="E101", date=AT.date(), period=1, starts_at=AT, ends_at=AT.replace(hour=1))


def mark(by: str = "kim", kind: str = "mark", verdict: Said = "present") -> StandingMark:
    return StandingMark(batch="m1", student_id="201912345", verdict=verdict, by=by, at=AT, kind=kind)


def answers(seen: str = "", *, corrects: bool) -> RollCallAnswers:
    return RollCallAnswers(HOUR, "r1", "park", AT, {"201912345": "absent"}, {"201912345": seen}, corrects=corrects)


@pytest.mark.parametrize(
    ("stood", "seen", "corrects", "left"),
    [
        (None, "", False, False),
        (mark(), "", True, True),  # decided after the names were shown
        (mark(), "m1", True, False),  # shown, and he may
        (mark(), "m1", False, True),  # shown, but he may not correct
        (mark(kind="rollcall"), "m1", False, False),  # another roll call, which he was shown
        (mark(kind="rollcall"), "", False, True),  # another roll call, meanwhile
        (mark(by="park"), "", False, False),  # his own word
        (mark(verdict=AS_JUDGED), "", False, False),  # taken back: nobody's word holds
    ],
)
def test_whose_word_stays(stood: StandingMark | None, seen: str, corrects: bool, left: bool) -> None:
    assert stays(stood, answers(seen, corrects=corrects)) is left
