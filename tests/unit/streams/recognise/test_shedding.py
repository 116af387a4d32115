"""What a worker that fell behind may leave out."""

from datetime import timedelta

import pytest

from streams.recognise.shedding import PATIENCE, Waiting, shed

LONG = PATIENCE + timedelta(seconds=1)


def live(camera: str, waited: timedelta = LONG) -> Waiting:
    return Waiting(camera, live=True, waited=waited)


@pytest.mark.parametrize(
    ("frames", "expected"),
    [
        pytest.param([live("a"), live("a"), live("a")], [True, True, False], id="the newest of a camera is kept"),
        pytest.param([live("a"), live("b")], [False, False], id="each camera keeps its own"),
        pytest.param([live("a", PATIENCE), live("a", PATIENCE)], [False, False], id="nothing goes while in time"),
        pytest.param([Waiting("a", False, LONG)] * 3, [False] * 3, id="a recording is never shed"),
        pytest.param([], [], id="an empty batch"),
    ],
)
def test_what_is_left_out(frames: list[Waiting], expected: list[bool]) -> None:
    assert shed(frames) == expected
