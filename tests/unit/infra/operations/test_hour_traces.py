"""What rows say of a class hour that may be moved."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from infra.operations.reference.hour_traces import judged_traces

HOUR: dict[str, Any] = {"section": "A", "date": date(2026, 11, 23), "period": 1}
NINE = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("frames", "repeated", "row", "trace"),
    [
        (0, 0, {"verdict": "unobserved", "arrived_at": None}, "unobserved"),
        (3, 0, {"verdict": "unobserved", "arrived_at": None}, "frames"),
        (0, 3, {"verdict": "unobserved", "arrived_at": None}, "frames"),
        (3, 0, {"verdict": "absent", "arrived_at": None}, "verdicts"),
        (3, 0, {"verdict": "unobserved", "arrived_at": NINE}, "verdicts"),
    ],
)
def test_only_rows_of_people_whom_no_camera_looked_for_count_for_nothing(
    frames: int, repeated: int, row: dict[str, Any], trace: str
) -> None:
    covered = [{**HOUR, "frames": frames, "repeated": repeated}]
    assert judged_traces(covered, [{**HOUR, **row}]) == {"A|2026-11-23|1": trace}


def test_an_hour_without_a_row_has_left_nothing() -> None:
    assert judged_traces([], []) == {}
