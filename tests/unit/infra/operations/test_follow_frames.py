"""Reasons why messages were put aside, grouped for a person."""

from infra.operations.frames.follow_frames import grouped


def test_reasons_that_differ_in_numbers_alone_are_one_and_names_are_not_numbers() -> None:
    reasons = [
        "truncated JPEG: 3,000 bytes without an end marker",
        "hall 'B12' is not in the timetable\n  Load its timetable.",
        "truncated JPEG: 812 bytes without an end marker",
        "frame of B12/front was captured at 2026-03-09T09:00:10+00:00, 32400 s after the broker received it",
        "truncated JPEG: 70 bytes without an end marker",
        "hall 'B13' is not in the timetable\n  Load its timetable.",
        "hall 'B12' is not in the timetable\n  Load another timetable.",
        "frame of B12/front was captured at 2026-03-09T09:00:20.250+00:00, 32390 s after the broker received it",
    ]
    assert grouped(reasons) == (
        (reasons[0], 3),
        (reasons[1], 2),
        (reasons[3], 2),
        (reasons[5], 1),
    )


def test_no_reasons_are_none() -> None:
    assert grouped([]) == ()
