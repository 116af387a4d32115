"""What the page of a hall shows."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from infra.desk.hall_board import board
from infra.operations.class_hours.seats import HallSeat
from schemas.ids import class_hour_id
from schemas.messages import Absence, Attendance, ClassHour, Coverage, Face, Gap, Observation, Student, decode
from sinks.hall_now import HallNow
from tests.examples import example

COVERAGE = decode(example("coverage"), Coverage)
NOON = COVERAGE.starts_at
HOUR = ClassHour(
    section="EA0017-1", hall="E101", date=COVERAGE.date, period=1, starts_at=NOON, ends_at=NOON + timedelta(minutes=50)
)
ROSTER = {HOUR.id: [Student(student_id=f"a00{n}", name=name) for n, name in enumerate(["이하나", "김나얼", "박둘"], 1)]}


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def minute(moment: datetime) -> int:
    return (moment - NOON) // timedelta(minutes=1)


def row(student: str, verdict: str = "present", **changes: Any) -> Attendance:
    plain = {
        "arrived_at": at(1),
        "departed_at": None,
        "absences": (),
        "review": False,
        "source": "camera",
        "reason": "",
    }
    if verdict in ("absent", "unobserved"):
        plain["arrived_at"] = None
    said = decode(example("attendance"), Attendance)
    return msgspec.structs.replace(said, student_id=student, verdict=verdict, final=False, **(plain | changes))


def covered(**changes: Any) -> Coverage:
    return msgspec.structs.replace(COVERAGE, **({"ends_at": HOUR.ends_at, "gaps": ()} | changes))


def hall(*messages: object) -> HallNow:
    now = HallNow("E101")
    for each in messages:
        now.take(each)
    return now


def states(now: HallNow, order: str = "name") -> list[tuple[str, str]]:
    return [(each.name, each.state) for each in board(now, [HOUR], ROSTER, order).tiles]


def test_before_anything_is_said_everybody_of_the_roster_is_coming_in_the_order_of_names() -> None:
    assert states(hall()) == [("김나얼", "coming"), ("박둘", "coming"), ("이하나", "coming")]
    assert board(hall(), [HOUR], ROSTER).totals.here == 0


@pytest.mark.parametrize(
    ("said", "state"),
    [
        (row("a001"), "present"),
        (row("a001", "late", arrived_at=at(20)), "late"),
        (row("a001", departed_at=at(30), absences=(Absence(departed_at=at(30)),)), "left"),
        (row("a001", "left_early", departed_at=at(30)), "left"),
        (row("a001", "unobserved"), "coming"),
        (row("a001", "unobserved", review=True), "unseen"),
        (msgspec.structs.replace(row("a001", "unobserved"), final=True), "unseen"),
        (row("a001", "absent"), "absent"),
        (row("a001", "excused", departed_at=at(30)), "excused"),
        (row("a001", "official_leave"), "official_leave"),
    ],
)
def test_a_row_says_what_a_student_is_now(said: Attendance, state: str) -> None:
    now = hall(covered(), said)
    assert dict(states(now))["김나얼" if said.name == "김나얼" else said.name] == state


def test_whom_a_professor_looks_for_comes_first_if_he_wishes() -> None:
    now = hall(covered(), row("a001", name="이하나"), row("a002", "unobserved", review=True, name="김나얼"))
    assert states(now, "state") == [("김나얼", "unseen"), ("박둘", "coming"), ("이하나", "present")]
    totals = board(now, [HOUR], ROSTER).totals
    assert (totals.here, totals.students, totals.decide) == (1, 3, 1)


def test_who_did_not_come_has_no_seat_although_a_frame_named_him() -> None:
    seats = {"a001": HallSeat(1, 0), "a003": HallSeat(1, 1), "a002": HallSeat(2, 2)}
    now = hall(
        covered(), row("a001", "unobserved", name="이하나"), row("a002", name="김나얼"), row("a003", name="박둘")
    )
    tiles = board(now, [HOUR], ROSTER, "seat", seats).tiles
    assert [(each.name, each.opens_row) for each in tiles] == [("박둘", True), ("김나얼", True), ("이하나", True)]


def test_who_is_on_the_roster_no_more_but_has_a_row_is_shown_and_who_was_withdrawn_is_not() -> None:
    now = hall(covered(), row("b001", name="최넷"), row("b002", name="오다섯", withdrawn=True))
    assert [name for name, _ in states(now)] == ["김나얼", "박둘", "이하나", "최넷"]


def test_what_one_frame_alone_says_is_told_as_that() -> None:
    seen = decode(example("observation"), Observation)
    face = Face(box=(0, 0, 10, 10), score=1, student="a002")
    now = hall(msgspec.structs.replace(seen, hall="E101", faces=(face,)))
    tiles = {each.student_id: each for each in board(now, [HOUR], ROSTER).tiles}
    assert tiles["a002"].in_last_frame
    assert tiles["a002"].state == "coming"
    assert not tiles["a001"].in_last_frame


def test_the_strip_shows_when_he_was_seen_and_away_and_what_no_frame_shows() -> None:
    gaps = (Gap(starts_at=at(10), ends_at=at(15), reason="dark"), Gap(starts_at=at(40), ends_at=at(50)))
    away = (Absence(departed_at=at(20), returned_at=at(25)),)
    said = row("a001", arrived_at=at(5), absences=away)
    running = ["not_seen 0-5", "seen 5-10", "unseeable 10-15", "seen 15-20", "away 20-25", "seen 25-40"]
    for final, shown in ((False, running), (True, [*running, "no_frame 40-50"])):
        now = hall(covered(gaps=gaps, final=final), said)
        (tile,) = (each for each in board(now, [HOUR], ROSTER).tiles if each.student_id == "a001")
        found = [f"{each.kind} {minute(each.starts_at)}-{minute(each.ends_at)}" for each in tile.strip]
        assert found == shown, "what is to come is no gap"


def test_rows_of_another_class_hour_in_the_hall_are_not_shown() -> None:
    other = row("b001", section="CS2001-2", class_hour=class_hour_id("CS2001-2", COVERAGE.date, 1), name="최넷")
    now = hall(covered(), covered(section="CS2001-2", class_hour=other.class_hour), other)
    assert "최넷" not in dict(states(now))
