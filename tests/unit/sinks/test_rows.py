"""From messages to rows."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from msgspec.structs import replace

from schemas.errors import BadMessageError
from schemas.messages import Absence, Attendance, CameraVerdict, Coverage, Observation
from sinks.rows import attendance_row, coverage_row, sighting_rows

KST = timezone(timedelta(hours=9))


def test_a_verdict_becomes_a_row(verdict: Attendance) -> None:
    row = attendance_row(verdict)
    assert (row.section, row.date, row.period, row.student_id) == ("EA0017-1", date(2026, 3, 9), 1, "201912345")
    assert (row.name, row.verdict, row.final, row.version) == ("최민서", "present", 1, 451)


def test_what_the_camera_says_and_why_it_is_in_doubt_is_a_column_whatever_a_person_marked(verdict: Attendance) -> None:
    judged = CameraVerdict(verdict="unobserved", confidence=0.4, review=True, reason="somebody like him was seen")
    marked = replace(verdict, source="kim", verdict="late", judged=judged, doubts=("like_him", "one_photo"))
    row = attendance_row(marked)
    assert (row.verdict, row.camera_verdict, row.doubts) == ("late", "unobserved", ["like_him", "one_photo"])
    assert attendance_row(verdict).camera_verdict == "present"
    assert attendance_row(replace(marked, judged=None)).camera_verdict == "", "of an older Naul"


def test_departures_are_columns_of_the_row(verdict: Attendance) -> None:
    left, back = datetime(2026, 3, 9, 0, 20, tzinfo=UTC), datetime(2026, 3, 9, 0, 29, tzinfo=UTC)
    gone = left + timedelta(minutes=20)
    row = attendance_row(
        replace(
            verdict,
            absences=(
                Absence(departed_at=left, returned_at=back),
                Absence(departed_at=gone, gone_by=gone + timedelta(minutes=5)),
            ),
        )
    )
    assert row.absences_departed_at == [left, gone]
    assert row.absences_returned_at == [back, None]


def test_times_are_whole_seconds_of_utc_and_never_later_than_they_were(verdict: Attendance) -> None:
    arrived = datetime(2026, 3, 9, 9, 0, 15, 999_999, KST)
    assert attendance_row(replace(verdict, arrived_at=arrived)).arrived_at == datetime(2026, 3, 9, 0, 0, 15, tzinfo=UTC)


def test_coverage_becomes_a_row_with_its_gaps(coverage: Coverage) -> None:
    row = coverage_row(coverage)
    assert row.gaps_start_at == [datetime(2026, 3, 9, 0, 0, tzinfo=UTC)]
    assert row.gaps_end_at == [datetime(2026, 3, 9, 0, 0, 10, tzinfo=UTC)]
    assert (row.frames, row.unknown_faces, row.final) == (150, 1.2, 1)


def test_every_face_is_a_row_and_neither_its_look_nor_its_cosines_are_in_it(observation: Observation) -> None:
    rows = list(sighting_rows(observation, "live"))
    assert [(row.face, row.student_id, row.x1) for row in rows] == [(0, "201912345", 100.5), (1, "", 700.0)]
    assert not any(isinstance(value, bytes) for row in rows for value in row)


def test_two_frames_of_a_second_keep_their_own_rows(observation: Observation) -> None:
    later = replace(observation, captured_at=observation.captured_at + timedelta(milliseconds=200))
    first, second = next(sighting_rows(observation, "live")), next(sighting_rows(later, "live"))
    assert first.captured_at == second.captured_at
    assert (first.captured_us, second.captured_us) == (0, 200_000)


def test_a_face_seen_while_no_class_is_on_belongs_to_no_class_hour(observation: Observation) -> None:
    row = next(sighting_rows(replace(observation, class_hour=None), "live"))
    assert (row.section, row.date, row.period) == ("", date(2026, 3, 9), 0)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"date": date(1066, 10, 14)}, id="a date before all columns"),
        pytest.param({"arrived_at": datetime(2300, 1, 1, tzinfo=UTC)}, id="a time after all columns"),
        pytest.param({"period": -1}, id="a negative period"),
        pytest.param({"period": 70_000}, id="a period that is none"),
        pytest.param({"version": 2**64}, id="a version that no column holds"),
    ],
)
def test_what_no_column_can_hold_is_a_bad_message(verdict: Attendance, change: dict[str, Any]) -> None:
    with pytest.raises(BadMessageError, match="cannot be stored"):
        attendance_row(replace(verdict, **change))


def test_a_class_hour_that_is_none_is_a_bad_message(observation: Observation) -> None:
    with pytest.raises(BadMessageError, match="EA0017"):
        list(sighting_rows(replace(observation, class_hour="EA0017"), "live"))
