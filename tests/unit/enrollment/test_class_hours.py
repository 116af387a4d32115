"""Which class hour and which student a person means."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from enrollment.class_hours import choose, describe, roster_of, student_of
from schemas.errors import RefusedError
from schemas.messages import ClassHour, Roster, Student
from schemas.rosters import Rosters

SEOUL = ZoneInfo("Asia/Seoul")
DAY = date(2026, 11, 23)


def seoul(hour: int, minute: int = 0, day: date = DAY) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=SEOUL).astimezone(UTC)


def class_hour(section: str, period: int, starts: datetime, day: date = DAY) -> ClassHour:
    return ClassHour(
        section=section,
        hall="E101",
        date=day,
        period=period,
        starts_at=starts,
        ends_at=starts + timedelta(minutes=50),
    )


FIRST = class_hour("A", 1, seoul(9))
SECOND = class_hour("A", 2, seoul(10))
TOMORROW = class_hour("A", 1, seoul(9, day=date(2026, 11, 24)), date(2026, 11, 24))
HOURS = [TOMORROW, SECOND, FIRST, class_hour("B", 3, seoul(11))]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param(seoul(9), FIRST, id="the first moment belongs to it"),
        pytest.param(seoul(9, 55), FIRST, id="in a break the last one"),
        pytest.param(seoul(10, 10), SECOND, id="the one that runs"),
        pytest.param(seoul(23), SECOND, id="in the evening the last of the day"),
    ],
)
def test_without_a_date_it_is_the_running_or_the_last_one_of_today(now: datetime, expected: ClassHour) -> None:
    assert choose(HOURS, "A", now=now, zone=SEOUL) == expected


def test_a_date_with_one_class_hour_needs_no_period() -> None:
    assert choose(HOURS, "A", now=seoul(12), zone=SEOUL, day=date(2026, 11, 24)) == TOMORROW


def test_a_period_alone_is_todays() -> None:
    assert choose(HOURS, "A", now=seoul(8), zone=SEOUL, period=2) == SECOND


@pytest.mark.parametrize(
    ("day", "period", "what"),
    [
        pytest.param(None, None, "no class hour that has begun on 2026-11-23", id="before the first"),
        pytest.param(None, 7, "no class hour 7 on 2026-11-23", id="unknown period"),
        pytest.param(DAY, None, "2 class hours on 2026-11-23", id="several that day"),
        pytest.param(date(2026, 11, 25), None, "no class hour on 2026-11-25", id="none that day"),
    ],
)
def test_an_unknown_class_hour_is_refused_with_those_that_exist(
    day: date | None, period: int | None, what: str
) -> None:
    with pytest.raises(RefusedError) as refused:
        choose(HOURS, "A", now=seoul(8), zone=SEOUL, day=day, period=period)
    assert refused.value.message == f"section A has {what}"
    assert refused.value.remedy == (
        "Name one with --date and --period; there are: 2026-11-23 period 1 (09:00-09:50, E101), "
        "2026-11-23 period 2 (10:00-10:50, E101), 2026-11-24 period 1 (09:00-09:50, E101)."
    )


def test_a_section_without_timetable_is_refused_with_the_nearest() -> None:
    hours = [class_hour("EA0017-1", 1, seoul(9))]
    with pytest.raises(RefusedError, match=r"section 'EA017-1' has no class hour; did you mean EA0017-1\?"):
        choose(hours, "EA017-1", now=seoul(9), zone=SEOUL)


KIM, LEE = Student(student_id="201912345", name="김민수"), Student(student_id="202054321", name="이서연")
MOVED = date(2026, 11, 24)
ROSTERS = Rosters(
    [
        Roster(section="A", students=(KIM, LEE)),
        Roster(section="A", students=(LEE,), since=MOVED, version=2),
        Roster(section="B", students=(Student(student_id="201912346", name="박하나"),)),
        Roster(section="B", students=(KIM,), since=MOVED, version=2),
        Roster(section="E", students=()),
    ]
)


def test_a_student_is_found_by_id() -> None:
    assert student_of("202054321", "A", ROSTERS, DAY) == LEE


def test_who_changed_the_section_is_found_on_the_roster_of_that_hour() -> None:
    assert student_of("201912345", "A", ROSTERS, DAY) == KIM
    assert student_of("201912345", "B", ROSTERS, MOVED) == KIM


def test_somebody_who_is_known_is_never_taken_for_another_one() -> None:
    with pytest.raises(RefusedError) as refused:
        student_of("201912345", "B", ROSTERS, DAY)
    assert refused.value.message == (
        "201912345 (김민수) is not on the roster of B on 2026-11-23, but on that of A until 2026-11-23, "
        "B from 2026-11-24 on"
    )


@pytest.mark.parametrize(
    ("turns", "said"),
    [
        ((True,), "A"),
        ((True, True), "A"),
        ((False, True), "A from 2026-11-02 on"),
        ((True, False), "A until 2026-11-01"),
        ((False, True, True, False), "A from 2026-11-02 until 2026-11-03"),
        ((True, False, True), "A until 2026-11-01, A from 2026-11-03 on"),
    ],
)
def test_from_and_until_when_somebody_is_on_another_roster(turns: tuple[bool, ...], said: str) -> None:
    history = [
        Roster(section="A", students=(KIM, LEE) if there else (LEE,), since=date(2026, 11, at) if at > 1 else None)
        for at, there in enumerate(turns, 1)
    ]
    with pytest.raises(RefusedError) as refused:
        student_of("201912345", "B", Rosters([*history, Roster(section="B", students=(LEE,))]), DAY)
    assert refused.value.message.endswith(f"is not on the roster of B on 2026-11-23, but on that of {said}")


def test_refusals_speak_korean_too() -> None:
    for ask in (
        lambda: student_of("201912345", "B", ROSTERS, DAY, "ko"),
        lambda: student_of("201912354", "A", ROSTERS, DAY, "ko"),
        lambda: roster_of("Q", ROSTERS, DAY, "ko"),
        lambda: choose(HOURS, "Q", now=seoul(8), zone=SEOUL, language="ko"),
        lambda: choose(HOURS, "A", now=seoul(8), zone=SEOUL, language="ko"),
        lambda: choose(HOURS, "A", now=seoul(8), zone=SEOUL, day=DAY, language="ko"),
        lambda: choose(HOURS, "A", now=seoul(8), zone=SEOUL, day=DAY, period=7, language="ko"),
    ):
        with pytest.raises(RefusedError) as refused:
            ask()
        assert re.search("[가-힣]{2}", refused.value.message)
        assert re.search("[가-힣]{2}", refused.value.remedy)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        pytest.param("201912354", "; did you mean 201912345 (김민수)?", id="mistyped"),
        pytest.param("이서연", "; did you mean 202054321 (이서연)?", id="a name instead"),
        pytest.param("zzzz", "", id="nobody near"),
    ],
)
def test_an_unknown_student_is_refused_with_the_nearest(text: str, hint: str) -> None:
    with pytest.raises(RefusedError) as refused:
        student_of(text, "A", ROSTERS, DAY)
    assert refused.value.message == f"no student {text!r} in section A{hint}"
    assert refused.value.remedy == "`naul roster show A --date 2026-11-23` lists everybody."


@pytest.mark.parametrize("section", ["E", "a-1", "Q"])
def test_a_section_without_students_is_refused_with_the_nearest(section: str) -> None:
    with pytest.raises(RefusedError, match=rf"section '{section}' has no roster"):
        roster_of(section, ROSTERS, DAY)


def test_a_class_hour_is_described_in_the_sites_zone() -> None:
    assert describe(FIRST, SEOUL) == "2026-11-23 period 1 (09:00-09:50, E101)"


def test_a_section_whose_first_roster_holds_later_has_none_on_that_day() -> None:
    first = Rosters([Roster(section="A", students=(KIM,), since=MOVED)])
    with pytest.raises(RefusedError) as refused:
        roster_of("A", first, DAY)
    assert refused.value.message == "section 'A' has no roster on 2026-11-23: its first one holds from 2026-11-24 on"
    assert "--from 2026-11-23" in refused.value.remedy
    with pytest.raises(RefusedError) as moved:
        student_of("201912345", "C", Rosters([*first.everything, Roster(section="C", students=(LEE,))]), DAY)
    assert moved.value.message.endswith("but on that of A from 2026-11-24 on")


@pytest.mark.parametrize(
    ("since", "said"),
    [
        (MOVED, "2026-11-23까지는 A, 2026-11-24부터는 B 명단에 있습니다"),
        (None, "2026-11-23까지는 A, 지금은 B 명단에 있습니다"),
    ],
)
def test_who_changed_the_section_is_told_in_korean_when_he_was_where(since: date | None, said: str) -> None:
    moved = [each for each in ROSTERS.everything if each.section == "A"] + [
        Roster(section="B", students=(KIM,), since=since),
        Roster(section="C", students=(LEE,)),
    ]
    with pytest.raises(RefusedError) as refused:
        student_of("201912345", "C", Rosters(moved), DAY, "ko")
    assert refused.value.message.endswith(said)
