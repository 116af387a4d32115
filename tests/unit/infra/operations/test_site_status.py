"""How a site is, as far as it is a decision."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from infra.operations.site.site_status import CameraStatus, SiteStatus, cameras_of, last_frames
from schemas.frames import FrameHeaders

NINE = datetime(2026, 3, 9, tzinfo=UTC)


def record(
    hall: str, camera: str, seconds: int, *, skew: float = 0, live: bool = True, value: bytes = b"\xff\xd8"
) -> SimpleNamespace:
    """A frame that the broker got at nine."""
    frame = FrameHeaders(
        hall=hall, camera=camera, captured_at=NINE + timedelta(seconds=seconds), live=live, sequence=seconds,
        sent_at=NINE + timedelta(seconds=skew),
    )  # fmt: skip
    return SimpleNamespace(headers=frame.pack(), timestamp=NINE.timestamp() * 1000, value=value)


def test_the_last_frame_of_a_camera_is_the_one_captured_last_whenever_it_came() -> None:
    records = [record("E102", "front", 1), record("E101", "back", 9), record("E101", "back", 4)]
    assert last_frames(records) == (
        CameraStatus("E101", "back", NINE + timedelta(seconds=9)),
        CameraStatus("E102", "front", NINE + timedelta(seconds=1)),
    )


def test_what_is_no_frame_is_passed_over() -> None:
    assert last_frames([SimpleNamespace(headers=each, timestamp=0) for each in ([("hall", b"E101")], [])]) == ()


def test_a_live_camera_whose_clock_is_wrong_is_refused_and_a_recording_never_is() -> None:
    records = [
        record("E101", "behind", 1, skew=-300),
        record("E101", "file", 1, skew=-300, live=False),
        record("E101", "right", 1, skew=-2),
    ]
    found = {each.camera: each for each in last_frames(records)}
    assert found["behind"].clock_skew == timedelta(minutes=-5)
    assert {name: each.is_refused(timedelta(minutes=2)) for name, each in found.items()} == {
        "behind": True,
        "file": False,
        "right": False,
    }


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


@pytest.mark.parametrize("value", [b"", b"{", b"\xff", b'{"hall":"E101","x":' + b"[" * 50_000])
def test_a_sighting_that_cannot_be_read_is_passed_over(value: bytes) -> None:
    """The page of the engineers, who would have found it, was not there as long as it lay in the topic."""
    frame = record("E101", "front", 1)
    frame.offset, frame.partition = 0, 0
    assert [each.camera for each in cameras_of([frame], [SimpleNamespace(value=value)], {})] == ["front"]
