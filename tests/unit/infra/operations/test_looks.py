"""Which faces of a class hour are shown to whoever decides."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.operations.class_hours.looks import FaceLook, FaceSight, best, meant, sight_of
from schemas.messages import Face, FrameRef
from tests.unit.streams.paper import NINE, class_hour, observation

HOUR = class_hour(1)
HE, OTHER = "201912345", "201954321"


def face(x: float, *cosines: float, student: str | None = None) -> Face:
    return Face(box=(x, 0, x + 30, 40), score=0.9, cosines=np.array(cosines, "<f2").tobytes(), student=student)


@pytest.mark.parametrize(
    ("faces", "x", "named"),
    [
        pytest.param([face(0, 0.9, 0.8), face(50, 0.95, 0.8, student=HE)], 50, True, id="who was named"),
        pytest.param([face(0, 0.99, 0.8), face(50, 0.91, 0.8, student=HE)], 50, True, id="even if another is likelier"),
        pytest.param([face(0, 0.9, 0.8), face(50, 0.95, 0.8)], 50, False, id="else who is likest to him"),
        pytest.param([face(0, 0.9, 0.8), face(50, 0.95, 0.8, student=OTHER)], 0, False, id="who has no other name"),
        pytest.param([face(0, 0.8, 0.9)], None, None, id="nobody who is more like another one"),
        pytest.param([face(0)], None, None, id="nobody who was not compared"),
        pytest.param([], None, None, id="nobody in an empty hall"),
    ],
)
def test_the_face_of_a_frame_that_may_be_his(faces: list[Face], x: float | None, named: bool | None) -> None:
    sight = sight_of(observation(1, faces=tuple(faces)), HE)
    assert (sight and sight.box[0], sight and sight.named) == (x, named)
    if sight:
        assert len(sight.others) == len(faces) - 1
        assert sight.box not in sight.others


def test_who_was_no_candidate_has_no_face() -> None:
    assert sight_of(observation(1), "201999999") is None


def test_a_stranger_is_not_shown_for_a_student_whom_frames_named_or_who_was_hardly_there() -> None:
    his, strangers = [sight(3, named=True), sight(40, 0.5, named=True)], [sight(20, 0.95), sight(30)]
    for maybe in (False, True):
        assert meant([*his, *strangers], maybe=maybe) == his
    assert meant(strangers, maybe=True) == strangers, "a person decides whether they are he"
    assert meant(strangers, maybe=False) == []


def sight(minute: float, cosine: float = 0.9, *, named: bool = False) -> FaceSight:
    ref = FrameRef(topic="t", partition=0, offset=int(minute * 60))
    at = NINE + timedelta(minutes=minute)
    return FaceSight(ref, "E101", "front", at, (0, 0, 1, 1), (), named, cosine)


def minutes(sights: Sequence[FaceSight]) -> list[float]:
    return [(each.captured_at - NINE) / timedelta(minutes=1) for each in sights]


def test_they_are_spread_over_the_class_hour_and_the_best_of_each_part_is_taken() -> None:
    crowd = [sight(minute, 0.9 + 0.001 * (minute % 7)) for minute in range(10)]
    late = [sight(40, 0.5), sight(42, 0.4, named=True)]
    assert minutes(best([*crowd, *late], HOUR, 2)) == [6, 42]
    assert minutes(best(crowd, HOUR, 3)) == [4, 5, 6], "with nothing elsewhere, more of where he was"


@given(
    st.lists(st.builds(sight, st.integers(0, 49), st.sampled_from([0.8, 0.9]), named=st.booleans())), st.integers(0, 8)
)
def test_they_are_never_too_many_never_twice_and_in_the_order_of_time(sights: list[FaceSight], count: int) -> None:
    sights = list({each.captured_at: each for each in sights}.values())
    chosen = best(sights, HOUR, count)
    assert len(chosen) == len(set(chosen)) == min(count, len(sights))
    assert minutes(chosen) == sorted(minutes(chosen))
    parts = {int(each * count // 50) for each in minutes(sights)} if count else set()
    assert {int(each * count // 50) for each in minutes(chosen)} == parts if len(parts) <= count else True


def test_a_face_is_not_printed_anywhere() -> None:
    look: Any = FaceLook("E101", "front", NINE, True, 0.9, b"\xff\xd8 a face")
    assert "a face" not in repr(look)
