"""A hall as it is now."""

import random
from datetime import datetime, timedelta
from importlib import resources
from typing import Any

import msgspec
import pytest

from schemas.messages import Absence, Attendance, Coverage, Face, Gap, Observation, decode
from sinks.hall_now import HallNow
from sinks.rows import coverage_row


def example(kind: Any, **changes: Any) -> Any:
    name = str(kind.__struct_config__.tag).replace("/", ".v")
    value = resources.files("schemas").joinpath("examples", f"{name}.json").read_bytes()
    return msgspec.structs.replace(decode(value, kind), **changes)


NOON = example(Coverage).starts_at


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)  # type: ignore[no-any-return]


def test_who_arrived_and_did_not_leave_is_here() -> None:
    now = HallNow("E101")
    for student, arrived, departed in (("a001", at(0), None), ("a002", at(0), at(20)), ("a003", None, None)):
        now.take(example(Attendance, student_id=student, arrived_at=arrived, departed_at=departed))
    now.take(example(Coverage))
    assert [row.student_id for row in now.here] == ["a001"]
    assert len(now.rows) == 3


def test_the_latest_class_hour_is_shown() -> None:
    now = HallNow("E101")
    now.take(example(Coverage, class_hour="EA0017-1|2026-03-09|2", period=2, starts_at=at(60), ends_at=at(110)))
    now.take(example(Coverage))
    now.take(example(Attendance))
    assert now.class_hours == ["EA0017-1|2026-03-09|2"]
    assert now.rows == []


def test_sections_that_share_the_hall_are_shown_together_without_whoever_was_withdrawn() -> None:
    now = HallNow("E101")
    now.take(example(Coverage))
    now.take(
        example(Coverage, class_hour="EA0017-2|2026-03-09|1", section="EA0017-2", starts_at=at(20), ends_at=at(70))
    )
    now.take(example(Attendance, student_id="a001"))
    now.take(example(Attendance, student_id="a002", class_hour="EA0017-2|2026-03-09|1", section="EA0017-2"))
    now.take(example(Attendance, student_id="a003", withdrawn=True))
    assert now.class_hours == ["EA0017-1|2026-03-09|1", "EA0017-2|2026-03-09|1"]
    assert [row.student_id for row in now.rows] == ["a001", "a002"]


def test_an_exam_is_shown_in_each_hall_whose_cameras_see_it() -> None:
    now = HallNow("E102")
    now.take(example(Coverage))
    assert now.coverage is None
    now.take(example(Observation, hall="E102", class_hour="EA0017-1|2026-03-09|1"))
    now.take(example(Coverage))
    now.take(example(Attendance))
    assert len(now.rows) == 1
    assert now.seen_here == {"EA0017-1|2026-03-09|1"}


def test_another_hall_is_passed_over() -> None:
    now = HallNow("B12")
    now.take(example(Coverage))
    now.take(example(Attendance))
    now.take(example(Observation))
    assert (now.coverage, now.last_frame, now.seen_here) == (None, None, set())


def test_the_last_frame_says_how_many_faces_nobody_knows() -> None:
    now = HallNow("E101")
    face = Face(box=(0, 0, 1, 1), score=1)
    now.take(example(Observation, captured_at=at(2), faces=(face, face)))
    now.take(example(Observation, captured_at=at(1), faces=()))
    assert (now.last_frame, now.faces, now.unknown) == (at(2), 2, 2)


def test_it_tells_when_nobody_could_be_seen_and_why_until_the_last_frame() -> None:
    now = HallNow("E101")
    gaps = (
        Gap(starts_at=at(0), ends_at=at(0.5)),
        Gap(starts_at=at(10), ends_at=at(17), reason="dark"),
        Gap(starts_at=at(20), ends_at=at(30), reason="blurred"),
        Gap(starts_at=at(40), ends_at=at(50)),
    )
    now.take(example(Coverage, gaps=gaps, ends_at=at(50), final=False))
    assert now.unseen == []
    now.take(example(Observation, captured_at=at(45)))
    assert [(each.reason, each.starts_at, each.ends_at) for each in now.unseen] == [
        ("dark", at(10), at(17)),
        ("blurred", at(20), at(30)),
    ], "what is not judged yet is no gap"


def test_gaps_of_before_reasons_were_told_have_none() -> None:
    now = HallNow("E101")
    row = coverage_row(example(Coverage, gaps=(Gap(starts_at=at(10), ends_at=at(17), reason="dark"),)))
    now.keep(row._replace(gaps_reason=[]))
    now.take(example(Observation, captured_at=at(23)))
    assert [each.reason for each in now.unseen] == [""]


def test_what_happened_is_told_the_newest_first_as_the_rows_stand_now() -> None:
    now = HallNow("E101", keep=3)
    now.take(example(Coverage))
    away = (Absence(departed_at=at(10), returned_at=at(15)), Absence(departed_at=at(30)))
    row = example(Attendance, student_id="a001", arrived_at=at(1), departed_at=at(30), absences=away, version=7)
    now.take(row)
    now.take(example(Attendance, student_id="a002", arrived_at=at(15), departed_at=None, absences=()))
    assert [(each.at, each.student_id, each.what) for each in now.happenings] == [
        (at(30), "a001", "departed"),
        (at(15), "a001", "returned"),
        (at(15), "a002", "arrived"),
    ]
    now.take(msgspec.structs.replace(row, departed_at=None, absences=(), version=8))
    assert [(each.student_id, each.what) for each in now.happenings] == [("a002", "arrived"), ("a001", "arrived")]


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_messages_does_not_matter(seed: int) -> None:
    messages = [
        example(Coverage, version=1, frames=1),
        example(Coverage, version=2, frames=2),
        example(Attendance, version=1, verdict="absent"),
        example(Attendance, version=2, verdict="late"),
    ]
    random.Random(seed).shuffle(messages)
    now = HallNow("E101")
    for message in messages:
        now.take(message)
    assert [row.verdict for row in now.rows] == ["late"]
    assert now.coverage is not None
    assert now.coverage.frames == 2


def test_what_is_past_is_let_go_of_whatever_came_of_it() -> None:
    """Of an exam whose facts another hall keeps only frames may come; of an hour that is corrected later only rows."""
    now = HallNow("E101")
    exam = "CS2001-2|2026-03-09|1"
    now.take(example(Observation, class_hour=exam, captured_at=at(5)))
    now.take(example(Attendance))
    now.take(example(Coverage))
    now.forget_past()
    assert now.seen_here == {exam}  # its coverage may still come
    assert len(now.rows) == 1
    later = "EA0017-1|2026-03-10|1"
    day = timedelta(days=1)
    now.take(example(Attendance, class_hour=later, date=(NOON + day).date()))
    now.forget_past()
    assert now.rows_of(later)  # its coverage may come after its rows
    now.take(example(Coverage, class_hour=later, date=(NOON + day).date(), starts_at=NOON + day, ends_at=at(50) + day))
    now.take(example(Attendance, student_id="a002"))
    now.forget_past()
    assert now.seen_here == set()
    assert now.rows_of("EA0017-1|2026-03-09|1") == []
    assert len(now.rows) == 1
