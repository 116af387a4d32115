"""Who turns his head when asked passes; who takes a picture, another face, the other side or his time does not."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.operations.kiosk.kiosk_challenge import EXPIRES, Challenge, Side, TimedLook, TurnState, issue, judge_turn
from infra.operations.kiosk.kiosk_looks import KioskFace, KioskLook
from streams.faces.calibration import Calibration
from streams.faces.unfit_pictures import Unfit
from tests.unit.faces.test_head_turn import HEAD, seen

CALIBRATION = Calibration(center=0.0, spread=0.1, several=(1, 0, 0, 0), single=(1, 0, 0, 0))
ASKED = datetime(2026, 3, 9, tzinfo=UTC)
ME, OTHER = np.array((1, 0), np.float32), np.array((0, 1), np.float32)
FLAT = HEAD * (1, 1, 0)
EVERY = timedelta(milliseconds=200)


def at(yaw: float, who: np.ndarray = ME, *, head: np.ndarray = HEAD, x: float = 0.3, framed: bool = False) -> KioskLook:
    """A look at a head; x: of the left side of its box."""
    return KioskLook(None, KioskFace((x, 0.2, x + 0.3, 0.7), yaw, seen(head, yaw), who, framed))


NOTHING = KioskLook(Unfit("no_face", {}))


def judged(
    looks: Sequence[KioskLook], side: Side = "left", *, every: timedelta = EVERY, now: datetime | None = None
) -> TurnState:
    timed = [TimedLook(ASKED + number * every, look) for number, look in enumerate(looks)]
    return judge_turn(Challenge(id="1", side=side, issued_at=ASKED), timed, now or timed[-1].at, CALIBRATION)


TURNING = [at(yaw) for yaw in (0, 2, 10, 20, 30, 38)]


def test_a_head_that_turns_to_the_side_passes_and_says_whose_face_it_was() -> None:
    state = judged(TURNING)
    assert (state.state, state.reason) == ("passed", None)
    assert state.face is ME


def test_to_the_right_as_well() -> None:
    assert judged([at(-yaw) for yaw in (0, 2, 10, 20, 30, 38)], "right").state == "passed"


@pytest.mark.parametrize(
    ("looks", "state"),
    [
        ([NOTHING], "look"),
        ([at(25)], "look"),
        ([at(0)], "turn"),
        ([at(0), at(20)], "further"),
        ([at(0), at(20), NOTHING], "look"),
        ([at(0), at(20), NOTHING, at(38)], "look"),
        ([at(0), at(20), at(38, x=0.65)], "look"),
        ([at(0), at(38)], "further"),
    ],
    ids=["nobody", "aside", "frontal", "on his way", "gone", "left the picture", "another place", "at one go"],
)
def test_what_is_still_to_be_done(looks: list[KioskLook], state: str) -> None:
    assert judged(looks).state == state


def test_why_nobody_is_seen_is_told() -> None:
    assert judged([at(0), NOTHING]).reason == Unfit("no_face", {})


@pytest.mark.parametrize("most", [30, 45, 60])
@pytest.mark.parametrize("side", ["left", "right"])
def test_a_plane_that_is_turned_never_passes(most: int, side: Side) -> None:
    state = judged([at(yaw, head=FLAT) for yaw in range(0, most + 1, 5)], side)
    assert state.state == "turn"


def test_the_other_side_fails_and_what_follows_does_not_mend_it() -> None:
    state = judged([*(at(-yaw) for yaw in (0, 20, 38, 20)), *TURNING])
    assert (state.state, state.reason) == ("failed", Unfit("wrong_side", {}))


def test_another_face_at_the_end_fails() -> None:
    state = judged([*TURNING[:-1], at(38, OTHER)])
    assert (state.state, state.reason) == ("failed", Unfit("other_face", {}))


def test_a_face_inside_a_rectangle_is_a_picture() -> None:
    state = judged([at(yaw, framed=yaw < 20) for yaw in (0, 2, 10, 20, 30, 38)])
    assert (state.state, state.reason) == ("failed", Unfit("picture", {}))


def test_looks_far_apart_do_not_belong_together() -> None:
    assert judged(TURNING, every=timedelta(seconds=1.5)).state == "look"


def test_too_late_is_too_late() -> None:
    late = ASKED + EXPIRES + timedelta(seconds=1)
    state = judged([at(0), at(20)], now=late)
    assert (state.state, state.reason) == ("failed", Unfit("expired", {}))
    assert judged(TURNING, now=late).state == "passed"
    after = [TimedLook(late + number * EVERY, look) for number, look in enumerate(TURNING)]
    assert judge_turn(
        Challenge(id="1", side="left", issued_at=ASKED), after, after[-1].at, CALIBRATION
    ).reason == Unfit("expired", {})


def test_challenges_are_drawn_by_chance() -> None:
    drawn = [issue(ASKED) for _ in range(64)]
    assert {each.side for each in drawn} == {"left", "right"}
    assert len({each.id for each in drawn}) == len(drawn)


looks = st.one_of(
    st.just(NOTHING),
    st.builds(
        at, st.floats(-60, 60), st.sampled_from([ME, OTHER]), head=st.sampled_from([HEAD, FLAT]), framed=st.booleans()
    ),
)


@given(st.lists(looks, min_size=1, max_size=12), st.sampled_from(["left", "right"]))
def test_what_was_decided_stays_decided(series: list[KioskLook], side: Side) -> None:
    states = [judged(series[:number], side) for number in range(1, len(series) + 1)]
    ended = [each for each in states if each.state in ("passed", "failed")]
    assert all(each[:2] == ended[0][:2] for each in ended)
    assert ended == states[len(states) - len(ended) :]


@given(st.lists(looks, min_size=1, max_size=12))
def test_nobody_passes_to_both_sides(series: list[KioskLook]) -> None:
    assert [judged(series, side).state for side in ("left", "right")].count("passed") <= 1
