"""What became of the last frames of a camera: waiting, looked at, or passed over; further back is not guessed."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import msgspec

from infra.operations.site.site_status import cameras_of
from schemas.frames import FrameHeaders

NINE = datetime(2026, 3, 9, tzinfo=UTC)


def frame(offset: int) -> SimpleNamespace:
    at = NINE + timedelta(seconds=offset)
    head = FrameHeaders(hall="E101", camera="front", captured_at=at, live=True, sequence=offset, sent_at=at)
    return SimpleNamespace(
        headers=head.pack(), timestamp=at.timestamp() * 1000, offset=offset, partition=0, value=b"\xff\xd8"
    )


def seen(second: int) -> SimpleNamespace:
    at = NINE + timedelta(seconds=second)
    return SimpleNamespace(value=msgspec.json.encode({"hall": "E101", "camera": "front", "captured_at": at}))


def test_frames_are_waiting_looked_at_or_passed_over() -> None:
    tick = SimpleNamespace(value=b'{"schema":"tick/1","hall":"E101"}')
    [camera] = cameras_of([frame(n) for n in range(10)], [seen(3), tick, seen(5)], {0: 7})
    assert (camera.recent, camera.waiting, camera.passed_over) == (10, 3, 2)  # 4 and 6; before 3 nothing is known


def test_without_any_sighting_nothing_is_called_passed_over() -> None:
    [camera] = cameras_of([frame(n) for n in range(4)], [SimpleNamespace(value=None)], {0: 4})
    assert (camera.waiting, camera.passed_over) == (0, 0)
    assert cameras_of([], [], {}) == ()
