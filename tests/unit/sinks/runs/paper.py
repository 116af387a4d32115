"""Runs that fit on a page: a section on a Monday at nine, in Seoul."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from schemas.runs import Inputs, Manifest
from schemas.settings import Policy
from sinks.runs.rows import HourKey, RunHour, RunRows, StudentHour, StudentKey

DAY = date(2026, 3, 9)
NINE = datetime(2026, 3, 9, 0, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return NINE + timedelta(minutes=minutes)


def told(student: str, verdict: str = "present", **other: Any) -> StudentHour:
    there = verdict in ("present", "late", "left_early")
    row = StudentHour(
        section="EA", date=DAY, period=1, student_id=student, hall="E101", name=f"student {student}", verdict=verdict,
        arrived_at=at(0) if there else None, departed_at=at(30) if verdict == "left_early" else None,
        absences_departed_at=[at(30)] if verdict == "left_early" else [],
        absences_returned_at=[None] if verdict == "left_early" else [],
        confidence=0.95, review=0, source="camera", reason="", looks=20,
        p=0.95 if there else 0.1,
    )  # fmt: skip
    return row._replace(**other)


def hour(seconds: float = 3000, **other: Any) -> RunHour:
    row = RunHour(
        section="EA", date=DAY, period=1, hall="E101", starts_at=at(0), ends_at=at(50), frames=250,
        seconds_covered=seconds, unknown_faces=0.5, engine="centerface-dlib@1",
    )  # fmt: skip
    return row._replace(**other)


def run(
    name: str, *rows: StudentHour, hours: tuple[RunHour, ...] = (hour(),), manifest: Manifest | None = None
) -> RunRows:
    attendance: Mapping[StudentKey, StudentHour] = {row[:4]: row for row in rows}
    coverage: Mapping[HourKey, RunHour] = {row[:3]: row for row in hours}
    return RunRows(name, attendance, coverage, manifest)


def manifest(name: str, **other: Any) -> Manifest:
    values: dict[str, Any] = {
        "run": name, "kind": "frames", "why": "another engine looks", "since": at(0), "until": at(50),
        "offsets": {0: (0, 250)}, "engine": "centerface-dlib@1", "arithmetic": "float", "weights": {"net.onnx": "ab"},
        "policy": Policy(), "policy_version": Policy().version, "calibration": "cd",
        "inputs": Inputs(timetable="1", rosters="2", enrollments="3", marks="4", profiles="5"), "code": "0.1.0 ef",
        "workers": 1, "created_at": at(100), "finished_at": at(110), "frames": 250, "seconds": 10.0,
        "core_seconds": 20.0, "result": "ff",
    }  # fmt: skip
    return Manifest(**values | other)
