"""How a site is, as far as it is a decision."""

from datetime import UTC, datetime, timedelta

import pytest

from infra.operations.site_status import CameraStatus, SiteStatus, last_frames
from schemas.frames import FrameHeaders

NINE = datetime(2026, 3, 9, tzinfo=UTC)


def headers(hall: str, camera: str, seconds: int) -> list[tuple[str, bytes]]:
    frame = FrameHeaders(
        hall=hall, camera=camera, captured_at=NINE + timedelta(seconds=seconds), live=True, sequence=seconds
    )
    return frame.pack()


def test_the_last_frame_of_a_camera_is_the_one_captured_last_whenever_it_came() -> None:
    records = [headers("E102", "front", 1), headers("E101", "back", 9), headers("E101", "back", 4)]
    assert last_frames(records) == (
        CameraStatus("E101", "back", NINE + timedelta(seconds=9)),
        CameraStatus("E102", "front", NINE + timedelta(seconds=1)),
    )


def test_what_is_no_frame_is_passed_over() -> None:
    assert last_frames([[("hall", b"E101")], []]) == ()


@pytest.mark.parametrize(
    ("unready", "unavailable", "ready"),
    [
        pytest.param((), "", True, id="all parts take work and the broker answers"),
        pytest.param(("sink-a",), "", False, id="a part does not"),
        pytest.param((), "Kafka does not answer", False, id="the broker does not"),
    ],
)
def test_a_site_is_ready_when_nothing_is_missing(unready: tuple[str, ...], unavailable: str, ready: bool) -> None:
    assert SiteStatus(up=True, parts=(), unready=unready, unavailable=unavailable).ready is ready
