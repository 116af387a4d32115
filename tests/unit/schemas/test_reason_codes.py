import pytest

from schemas.dead_letters import REASONS, reason_code


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("9,000,000 bytes, more than the 4,194,304 of the largest frame", "too_large"),
        ("zero bytes, not a JPEG", "not_a_picture"),
        ("truncated JPEG: its last scans are missing", "damaged_picture"),
        ("frame of an unknown version: b'frame/2', this reader knows b'frame/1'\n  Upgrade", "unknown_version"),
        ("frame header 'hall' is missing\n  Send frames with `naul camera`.", "headers"),
        ("the clock of camera E101/front is 300 s ahead of the broker's", "clock"),
        ("frame of E101/front was captured at 2026-11-29T00:00:00+00:00, 300 s after the broker received it", "clock"),
        ("hall 'E101' is not in the timetable", "hall"),
        ("malformed attendance/1: Object missing required field `hall`", "malformed"),
        ("a sealed embedding does not open: no such key", "seal"),
        ("'x' is not a class hour", "content"),
        ("201900001 김나얼", "other"),
        ("hours of yore\nhall 'E101' is not in the timetable", "other"),
    ],
)
def test_a_reason_is_of_a_kind_and_says_nothing_of_the_message(reason: str, code: str) -> None:
    assert reason_code(reason) == code
    assert code in REASONS
