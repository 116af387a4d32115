"""What other systems are told of, and the latest of it in memory."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from infra.operations.class_hours.hall_feed import HappeningRing
from infra.operations.class_hours.happenings import Happening, happening_of
from schemas.messages import Coverage, Mark, MarkBatch, Presence, Tick, decode
from tests.examples import example

AT = datetime(2026, 3, 9, tzinfo=UTC)
PRESENCE = replace(decode(example("presence"), Presence), run="live")
COVERAGE = replace(decode(example("coverage"), Coverage), run="live", final=True)


def happened(number: int) -> Happening:
    return Happening(
        id=f"{number}", type="attendance.arrived", at=AT, class_hour="A|2026-03-09|1", section="A", hall="E"
    )


def test_the_same_told_again_has_the_same_id_and_a_correction_another() -> None:
    one, again = happening_of(PRESENCE), happening_of(replace(PRESENCE, version=PRESENCE.version + 1))
    assert one == again
    corrected = happening_of(replace(PRESENCE, retracted=True))
    assert one
    assert corrected
    assert corrected.id != one.id
    first, later = happening_of(COVERAGE), happening_of(replace(COVERAGE, version=COVERAGE.version + 1))
    assert first
    assert later
    assert first.id == later.id


@pytest.mark.parametrize(
    "message", [replace(PRESENCE, run="what-if"), replace(COVERAGE, run="what-if"), replace(COVERAGE, final=False),
                Tick(hall="E101", at=AT)],
)  # fmt: skip
def test_a_replay_and_what_is_not_over_tell_nothing(message: Any) -> None:
    assert happening_of(message) is None


def test_a_roll_call_is_one_and_forgets_whoever_is_forgotten() -> None:
    marks = tuple(Mark(student_id=each, verdict="late") for each in ("1", "2"))
    batch = MarkBatch(id="b", class_hour="A|2026-03-09|1", hall="E", kind="rollcall", by="kim", at=AT, marks=marks)
    told = happening_of(batch)
    assert told
    assert [each.student_id for each in told.marks] == ["1", "2"]
    left = told.without("1")
    assert left
    assert [each.student_id for each in left.marks] == ["2"]
    assert left.without("2") is None
    assert told.without("3") is told
    assert happening_of(replace(batch, class_hour="nonsense")) is None


@given(st.lists(st.integers(0, 30)), st.integers(1, 10), st.integers(0, 40))
def test_a_ring_gives_what_came_after_or_says_that_it_is_gone(ids: list[int], kept: int, asked: int) -> None:
    ring = HappeningRing("boot", kept)
    for each in ids:
        ring.add(happened(each), 0.0)
    fresh = list(dict.fromkeys(ids))
    number = ring.number_of(f"boot-{asked}")
    if number is None:
        assert asked > len(fresh) or asked < len(fresh) - kept
    else:
        came = ring.after(number)
        assert came is not None
        assert [each.happening.id for each in came] == [f"{each}" for each in fresh[asked:]]


def test_whoever_lets_go_has_everybody_begin_anew() -> None:
    ring = HappeningRing("boot")
    ring.add(happened(1), 0.0)
    before = ring.position
    ring.let_go()
    assert ring.number_of(before) is None
    assert ring.after(1) is None
    assert ring.number_of(ring.position) is not None
    assert ring.number_of("other-1") is None
