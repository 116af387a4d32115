"""What a replay was made of, written down and read again."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from schemas.runs import Inputs, Manifest, MissingFrames
from schemas.settings import Policy

NINE = datetime(2026, 3, 9, 0, 0, tzinfo=UTC)


def manifest(**other: Any) -> Manifest:
    values: dict[str, Any] = {
        "run": "stricter",
        "kind": "frames",
        "why": "another engine looks at the frames",
        "since": NINE,
        "until": NINE + timedelta(hours=1),
        "offsets": {0: (3, 90), 5: (0, 0)},
        "engine": "test@1",
        "arithmetic": "float",
        "weights": {"a.onnx": "00"},
        "policy": Policy(late_after=timedelta(minutes=5)),
        "policy_version": Policy().version,
        "calibration": "ab",
        "inputs": Inputs(timetable="1", rosters="2", enrollments="3", marks="4", profiles="5"),
        "code": "0.1.0 ff",
        "workers": 2,
        "created_at": NINE + timedelta(days=7),
    }
    return Manifest(**(values | other))


def test_what_is_written_is_read_again() -> None:
    written = manifest(gaps={"EA0017-1|2026-03-09|1": MissingFrames(deleted=4)}, finished_at=NINE + timedelta(days=8))
    assert msgspec.json.decode(msgspec.json.encode(written), type=Manifest) == written


@pytest.mark.parametrize("name", ["live", "", "a/b", "..", "a\n", "x" * 61])
def test_no_replay_has_such_a_name(name: str) -> None:
    with pytest.raises(ValueError, match="no name of a replay"):
        manifest(run=name)


def test_a_replay_ends_after_it_starts() -> None:
    with pytest.raises(ValueError, match="must end after it starts"):
        manifest(until=NINE)
