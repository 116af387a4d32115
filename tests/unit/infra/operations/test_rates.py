"""Class hours added up: every class apart, nothing left out, and what is missing is not zero."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from infra.operations.reports.rates import (
    COUNTED,
    Dimension,
    VerdictCounts,
    added_up,
    heat_map,
    lines_by,
    missing_hours,
)
from schemas.messages import ClassHour, Term
from sinks.term_reports import HourTally

SEOUL = ZoneInfo("Asia/Seoul")
MONDAY = date(2026, 3, 2)
NONE = dict.fromkeys(COUNTED, 0)


def tally(section: str, days: int, hour: int = 0, hall: str = "E101", **counts: int) -> HourTally:
    """hour: UTC; nine hours later in Seoul."""
    day = MONDAY + timedelta(days=days)
    start = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
    return HourTally(section=section, date=day, period=1, hall=hall, starts_at=start, **(NONE | counts))


def planned(section: str, days: int) -> ClassHour:
    day = MONDAY + timedelta(days=days)
    start = datetime(day.year, day.month, day.day, 1, tzinfo=UTC)
    return ClassHour(
        section=section, hall="E101", date=day, period=1, starts_at=start, ends_at=start + timedelta(minutes=50)
    )


TALLIES = [
    tally("EA1", 0, present=7, late=1, left_early=1, absent=1, unobserved=2, excused=3, official_leave=4),
    tally("EA1", 7, unobserved=10),
    tally("CS1", 1, hour=6, hall="B12", present=3, absent=1),
    tally("CS1", 14, excused=4),
]
MISSING = [planned("CS1", 21), planned("ME1", 0)]


def test_every_row_is_in_one_class_and_the_rate_is_of_those_who_could_be_decided() -> None:
    all_ = added_up(TALLIES, MISSING)
    assert all_ == VerdictCounts(4, 10, 1, 1, 2, 7, 4, 12, 2)
    assert all_.rows == 37
    assert all_.attended == 12
    assert all_.rate == 12 / 14
    assert sum(all_.share(each) for each in COUNTED) == pytest.approx(1)
    assert added_up([tally("EA1", 0, unobserved=3)]).rate is None, "nobody is absent because nobody saw"


@pytest.mark.parametrize(
    ("by", "keys"),
    [
        ("section", ["CS1", "EA1", "ME1"]),
        ("week", [MONDAY, date(2026, 3, 9), date(2026, 3, 16), date(2026, 3, 23)]),
        ("weekday", [1, 2]),
        ("hour", [9, 10, 15]),
        ("hall", ["B12", "E101"]),
        ("faculty", ["", "Electronics"]),
    ],
)
def test_whatever_it_is_added_up_by_the_sum_is_the_whole(by: Dimension, keys: list[object]) -> None:
    term = Term(
        term="t", first=MONDAY, last=MONDAY, faculties={"E": "nobody", "EA": "Electronics"}, loaded_at=datetime.now(UTC)
    )
    lines = lines_by(by, TALLIES, MISSING, SEOUL, term.faculty_of)
    assert [each.key for each in lines] == keys
    whole = [sum(column) for column in zip(*(each.counts for each in lines), strict=True)]
    assert tuple(whole) == added_up(TALLIES, MISSING)


def test_a_map_tells_no_class_hour_from_one_without_record_and_from_one_that_nobody_saw() -> None:
    found = heat_map("section", "week", TALLIES, MISSING, SEOUL)
    weeks = [MONDAY + timedelta(weeks=each) for each in range(4)]
    assert found.rows == ["CS1", "EA1", "ME1"]
    assert found.columns == weeks
    levels = {
        (row, weeks.index(column)): found.cells[row, column].level
        for row in found.rows
        for column in found.columns
        if (row, column) in found.cells
    }
    assert levels == {
        ("EA1", 0): "4", ("EA1", 1): "unobserved", ("CS1", 0): "2", ("CS1", 2): "free", ("CS1", 3): "missing",
        ("ME1", 0): "missing",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("present", "level"), [(0, "0"), (49, "0"), (50, "1"), (79, "2"), (94, "4"), (95, "5"), (100, "5")]
)
def test_a_colour_begins_where_the_legend_says(present: int, level: str) -> None:
    assert added_up([tally("EA1", 0, present=present, absent=100 - present)]).level == level


def test_weeks_without_a_class_hour_are_columns_all_the_same() -> None:
    gap = [tally("EA1", 0, present=1), tally("EA1", 21, present=1)]
    found = heat_map("section", "week", gap, [], SEOUL)
    assert len(found.columns) == 4
    assert len(found.cells) == 2
    assert heat_map("section", "week", [], [], SEOUL).columns == []


def test_what_the_timetable_has_and_the_store_has_not_is_missing() -> None:
    assert missing_hours([planned("EA1", 0), planned("EA1", 1)], TALLIES) == [planned("EA1", 1)]
