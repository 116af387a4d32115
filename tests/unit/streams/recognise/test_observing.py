"""A wrong clock marks nobody, in no class hour."""

from datetime import timedelta

import msgspec
import pytest

from schemas.errors import BadMessageError
from schemas.frames import FrameHeaders
from streams.recognise.observing import check_clock
from tests.unit.streams.paper import NINE

MOST = timedelta(minutes=2)


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def frame(captured: timedelta, sent: timedelta | None, *, live: bool = True) -> FrameHeaders:
    """A frame that the broker got at nine."""
    return FrameHeaders(
        hall="E101", camera="front", captured_at=NINE + captured, live=live, sequence=0,
        sent_at=None if sent is None else NINE + sent,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("headers", "says"),
    [
        pytest.param(frame(seconds(-130), seconds(-121)), "E101/front is 121 s behind", id="live, a clock behind"),
        pytest.param(frame(seconds(110), seconds(121)), "E101/front is 121 s ahead", id="live, a clock ahead"),
        pytest.param(frame(seconds(121), None), "121 s after the broker", id="captured in the future"),
        pytest.param(
            frame(seconds(121), seconds(0), live=False), "121 s after the broker", id="a recording of the future"
        ),
    ],
)
def test_a_frame_of_a_wrong_clock_is_refused_by_its_cameras_name(headers: FrameHeaders, says: str) -> None:
    with pytest.raises(BadMessageError, match=says) as refused:
        check_clock(headers, NINE, MOST)
    assert "E101/front" in str(refused.value)


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(frame(seconds(-5), seconds(-1)), id="live"),
        pytest.param(frame(seconds(-300), seconds(-1)), id="live, waited five minutes before it was sent"),
        pytest.param(frame(seconds(-5), None), id="live, of a producer that does not tell"),
        pytest.param(frame(timedelta(days=-30), timedelta(days=-1), live=False), id="a recording, whoever sends it"),
    ],
)
def test_a_frame_whose_clock_is_right_is_looked_at(headers: FrameHeaders) -> None:
    check_clock(headers, NINE, MOST)


def test_the_skew_travels_with_the_frame() -> None:
    sent = frame(seconds(-9), seconds(-7.5))
    assert FrameHeaders.unpack(sent.pack()).skew(NINE) == seconds(-7.5)
    silent = msgspec.structs.replace(sent, sent_at=None)
    assert FrameHeaders.unpack(silent.pack()).skew(NINE) == timedelta(0)
