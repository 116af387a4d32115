"""A recording is held against the timetable and the clock before it is sent."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.operations.frames.recording_check import (
    HallHours,
    Objection,
    halls,
    hours_of,
    objection,
    strays,
    unfinished,
    unrecognised,
)
from schemas.messages import ClassHour, Roster, Student
from schemas.rosters import Rosters

NINE = datetime(2026, 3, 9, 0, 0, tzinfo=UTC)
"""In Seoul, where the hall is."""
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def class_hour(after: timedelta, hall: str = "B12", lasts: timedelta = 50 * MINUTE) -> ClassHour:
    starts_at = NINE + after
    return ClassHour(
        section="CS2001-2", hall=hall, date=date(2026, 3, 9), period=1, starts_at=starts_at, ends_at=starts_at + lasts
    )


TIMETABLE = (class_hour(timedelta(0)), class_hour(HOUR), class_hour(timedelta(days=2)), class_hour(-HOUR, "B13"))


UNKNOWN = Objection("unknown_hall", "unknown_hall_remedy", "B12")


def frames(after: timedelta, count: int = 60) -> list[datetime]:
    return [NINE + after + timedelta(seconds=10 * n) for n in range(count)]


def shown_as_local(moments: Sequence[datetime]) -> list[datetime]:
    """The same frames, if their names were the clock on the wall."""
    return [each.replace(tzinfo=ZoneInfo("Asia/Seoul")).astimezone(UTC) for each in moments]


@pytest.mark.parametrize(
    ("hall", "moments", "expected"),
    [
        pytest.param("B12", frames(timedelta(0)), None, id="in a class hour"),
        pytest.param("B12", frames(-9 * MINUTE), None, id="one in a class hour is enough"),
        pytest.param("B22", frames(timedelta(0)), UNKNOWN, id="no hall"),
        pytest.param("b12", frames(timedelta(0)), UNKNOWN, id="another case"),
        pytest.param(
            "B12", frames(-HOUR), Objection("begins_later", "outside_remedy", apart=HOUR - timedelta(seconds=590)),
            id="before",
        ),
        pytest.param(
            "B12", frames(3 * HOUR), Objection("ended_earlier", "outside_remedy", apart=70 * MINUTE), id="after"
        ),
        pytest.param(
            "B12", frames(50 * MINUTE, 60), Objection("ended_earlier", "outside_remedy"), id="the end is no part of it"
        ),
        pytest.param(
            "B12", frames(9 * HOUR), Objection("ended_earlier", "local_names_remedy", apart=430 * MINUTE),
            id="names that would fit if they were local",
        ),
        pytest.param(
            "B12", [NINE - HOUR, NINE + 4 * HOUR], Objection("begins_later", "outside_remedy", apart=HOUR),
            id="around all class hours",
        ),
    ],
)  # fmt: skip
def test_a_recording_none_of_whose_frames_counts_is_objected_to(
    hall: str, moments: list[datetime], expected: Objection | None
) -> None:
    assert objection(TIMETABLE, hall, moments, otherwise=shown_as_local(moments)) == expected


def test_without_a_timetable_nothing_is_sent() -> None:
    assert objection((), "B12", frames(timedelta(0))) == Objection("no_timetable", "no_timetable_remedy")


def test_frames_that_have_not_come_yet_do_not_count() -> None:
    moments = frames(timedelta(0))
    assert objection(TIMETABLE, "B12", moments, latest=moments[0]) is None
    early = objection(TIMETABLE, "B12", moments, latest=NINE - 5 * HOUR)
    assert early == Objection("future", "future_remedy", apart=5 * HOUR)
    shifted = objection(
        TIMETABLE, "B12", frames(timedelta(days=2)), latest=NINE + 2 * HOUR, otherwise=frames(timedelta(0))
    )
    assert shifted == Objection("future", "local_names_remedy", apart=timedelta(days=2) - 2 * HOUR)


def test_every_hall_of_a_timetable_is_known() -> None:
    assert halls(TIMETABLE) == {"B12", "B13"}


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(1, 20), st.sampled_from(["B12", "B13"]))), st.integers(-5, 80)
)
def test_a_moment_is_in_class_if_it_is_in_an_hour_of_the_hall(hours: list[tuple[int, int, str]], at: int) -> None:
    timetable = [class_hour(start * MINUTE, hall, length * MINUTE) for start, length, hall in hours]
    moment = NINE + at * MINUTE
    assert (moment in HallHours(timetable, "B12")) == any(moment in each and each.hall == "B12" for each in timetable)


ROSTERS = Rosters(
    [
        Roster(section="CS2001-2", students=(Student(student_id="1", name="Kim"), Student(student_id="2", name="Lee"))),
        Roster(section="CS2001-3", students=(Student(student_id="3", name="Park"),), since=date(2026, 3, 1)),
        Roster(section="CS2001-4", students=(Student(student_id="1", name="Kim"),), since=date(2026, 3, 10)),
        Roster(section="CS2001-9", students=()),
    ]
)


def of_section(section: str, after: timedelta = timedelta(0)) -> ClassHour:
    return msgspec.structs.replace(class_hour(after), section=section)


@pytest.mark.parametrize(
    ("sections", "expected"),
    [
        pytest.param(["CS2001-2"], [], id="one who is enrolled is enough"),
        pytest.param(["CS2001-02"], [("CS2001-02", "warn_no_roster", "CS2001-2")], id="written otherwise"),
        pytest.param(["MA1"], [("MA1", "warn_no_roster", "")], id="like no other"),
        pytest.param(["CS2001-9"], [("CS2001-9", "warn_no_roster", "CS2001-2")], id="a roster of nobody"),
        pytest.param(["CS2001-3"], [("CS2001-3", "warn_none_enrolled", "")], id="nobody is enrolled"),
        pytest.param(["CS2001-4"], [("CS2001-4", "warn_roster_later", "")], id="a first roster that holds later"),
        pytest.param(
            ["MA1", "CS2001-2", "MA1", "CS2001-3"],
            [("CS2001-3", "warn_none_enrolled", ""), ("MA1", "warn_no_roster", "")],
            id="each once",
        ),
    ],
)
def test_sections_of_whose_students_nobody_can_be_recognised_are_told(
    sections: list[str], expected: list[tuple[str, str, str]]
) -> None:
    assert list(unrecognised(map(of_section, sections), ROSTERS, {"1"})) == expected


def test_frames_belong_to_the_class_hours_of_their_hall_that_they_fall_into() -> None:
    found = hours_of(TIMETABLE, "B12", [*frames(timedelta(0)), NINE + 2 * HOUR])
    assert found == [TIMETABLE[0]]


LOCAL = 9 * HOUR
"""By which names that show the clock of the hall are late."""


@pytest.mark.parametrize(
    ("moments", "expected"),
    [
        pytest.param(frames(timedelta(0)), 0, id="all in a class hour"),
        pytest.param(frames(timedelta(0), 30) + frames(LOCAL, 30), 30, id="half of them by the clock of the hall"),
        pytest.param(frames(timedelta(0), 90) + frames(LOCAL, 31), 31, id="a fourth"),
        pytest.param(frames(timedelta(0), 90) + frames(LOCAL, 20), 0, id="a few"),
        pytest.param(frames(-9 * MINUTE, 400), 0, id="begins before the hour and ends after it"),
        pytest.param(frames(-3 * HOUR, 1440), 0, id="runs on for hours around it"),
        pytest.param([NINE + n * 20 * MINUTE for n in range(-9, 9)], 0, id="runs on, with a frame in 20 minutes"),
        pytest.param(frames(timedelta(0), 30) + frames(40 * HOUR, 30), 30, id="another night"),
        pytest.param(frames(timedelta(0), 30) + frames(timedelta(days=20), 30), 0, id="no zone is so far away"),
        pytest.param(frames(timedelta(0), 1), 0, id="one frame"),
    ],
)
def test_frames_that_seem_to_be_named_by_another_clock_stray(moments: list[datetime], expected: int) -> None:
    assert strays(HallHours(TIMETABLE, "B12"), moments) == expected


@pytest.mark.parametrize(
    ("moments", "expected"),
    [
        pytest.param(frames(timedelta(0), 240), [TIMETABLE[0]], id="ten minutes before the end"),
        pytest.param(frames(timedelta(0), 296), [], id="less than a minute before the end"),
        pytest.param(frames(timedelta(0), 400), [TIMETABLE[1]], id="within the next one"),
        pytest.param(frames(timedelta(0), 320), [], id="in a break"),
        pytest.param([NINE, NINE + 25 * MINUTE], [], id="its frames are that far apart"),
        pytest.param([NINE], [TIMETABLE[0]], id="one frame"),
    ],
)
def test_a_class_hour_that_goes_on_after_the_last_frame_is_told(
    moments: list[datetime], expected: list[ClassHour]
) -> None:
    assert unfinished(TIMETABLE, "B12", moments) == expected
