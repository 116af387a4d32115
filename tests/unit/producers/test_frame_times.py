"""When frames were taken, out of the two times that a decoder tells of each."""

import pytest

from producers.frame_times import FrameTimes


def told(seconds: list[float], zero: list[float], rate: float, *, in_stored_order: bool = False) -> list[float | None]:
    """What is made of frames of these times if a decoder counts from ``zero``, a time for each frame."""
    times = FrameTimes(rate, in_stored_order=in_stored_order)
    found = [times.at(at - begin, round(at * rate)) for at, begin in zip(seconds, zero, strict=True)]
    return [None if each is None else round(each, 3) for each in found]


EVEN = [10.0 * n for n in range(40)]
UNEVEN = [0.0, 0.4, 1.24, 3.0, 3.04, 3.08, 7.1, 9.0, 11.52, 12.0]


@pytest.mark.parametrize(
    ("seconds", "zero", "rate"),
    [
        pytest.param(EVEN, [0.0] * 40, 0.1, id="as it should be"),
        pytest.param(EVEN, [30.0] * 40, 0.1, id="a later frame is taken for the first"),
        pytest.param(EVEN, [0.0] * 5 + [60.0] * 35, 0.1, id="after some frames"),
        pytest.param(EVEN, [0.0] * 2 + [10.0] * 38, 0.1, id="by one frame"),
        pytest.param(UNEVEN, [0.0] * 3 + [9.0] * 7, 25, id="of a camera that waits until something moves"),
        pytest.param(UNEVEN, [0.0] * 10, 0.8, id="steps that say little"),
        pytest.param([round(n / 29.97, 3) for n in range(99)], [0.0] * 99, 29.97, id="rounded"),
    ],
)
def test_times_go_on_whatever_a_decoder_takes_for_the_beginning(
    seconds: list[float], zero: list[float], rate: float
) -> None:
    assert told(seconds, zero, rate) == pytest.approx(seconds, abs=0.002)


def test_what_was_lost_at_the_beginning_stays_lost_and_nothing_is_before_the_film() -> None:
    assert told(EVEN[3:], [0.0] * 37, 0.1) == EVEN[3:]
    assert min(told(EVEN, [60.0] * 40, 0.1)) == 0  # type: ignore[type-var]


def test_another_recording_is_not_taken_for_a_moved_beginning() -> None:
    assert told(EVEN[:5] + EVEN[:5], [0.0] * 10, 0.1) == EVEN[:5] + EVEN[:5]


def test_after_the_first_frames_the_beginning_stays() -> None:
    assert told(EVEN, [0.0] * 20 + [60.0] * 20, 0.1)[20:] == [at - 60 for at in EVEN[20:]]


def test_a_file_without_times_is_shown_late_and_its_last_frames_without_any() -> None:
    times = FrameTimes(5, in_stored_order=True)
    found = [times.at((n + 2) / 5, n + 2, -2) for n in range(4)]
    assert found == pytest.approx([0, 0.2, 0.4, 0.6])
    assert times.at(0, 5, -2) is None


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan"), 9e9])
def test_without_a_rate_the_position_is_believed(rate: float) -> None:
    times = FrameTimes(rate, in_stored_order=True)
    assert [times.at(at, 0, -2) for at in (1.0, 2.0)] == [1, 2]
