"""Why a report holds nothing."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from infra.operations.site.nothing_stored import NoRows, Observed, SiteKnowledge, why_nothing_of
from schemas.messages import ClassHour, Roster, Student
from schemas.rosters import Rosters
from schemas.settings import Settings
from sinks.reports import Filters

NINE = datetime(2026, 3, 9, 0, 0, tzinfo=UTC)
NOW = NINE + timedelta(hours=5)
ROSTERS = Rosters([Roster(section="CS2001-2", students=(Student(student_id="202100001", name="김하나"),))])


def hour(section: str, days: int = 0, hall: str = "B12") -> ClassHour:
    at = NINE + timedelta(days=days)
    return ClassHour(
        section=section, hall=hall, date=at.date(), period=1, starts_at=at, ends_at=at + timedelta(minutes=50)
    )


def why(
    wanted: Filters,
    *hours: ClassHour,
    name: str = "attendance",
    letters: dict[tuple[str, str], int] | None = None,
    rosters: Rosters = ROSTERS,
    language: str = "en",
    **more: Any,
) -> list[str]:
    known = SiteKnowledge(rosters, hours or (hour("CS2001-2"),), Counter(letters or {}), NOW, **more)
    return why_nothing_of(Settings(language=language), name, wanted, known).reasons  # type: ignore[arg-type]


def test_without_a_timetable_that_is_the_reason() -> None:
    known = SiteKnowledge(Rosters(), (), Counter(), NOW)
    assert why_nothing_of(Settings(), "attendance", Filters(), known) == NoRows(
        ["Nothing is stored yet: no timetable is loaded. Load one with `naul timetable load FILE`."]
    )


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        pytest.param(
            Filters(section="CS2001-02"), "There is no section CS2001-02; CS2001-02 looks like CS2001-2.", id="section"
        ),
        pytest.param(Filters(hall="B21"), "The timetable knows no hall B21; B21 looks like B12.", id="hall"),
        pytest.param(
            Filters(student="0202100001"), "0202100001 is on no roster; 0202100001 looks like 202100001.", id="student"
        ),
        pytest.param(
            Filters(date=date(2026, 3, 10)),
            "There is no such class hour; the nearest are CS2001-2 2026-03-09 period 1 (09:00-09:50, B12).",
            id="date",
        ),
    ],
)
def test_what_of_the_question_is_not_known_is_told_with_what_may_be_meant(wanted: Filters, said: str) -> None:
    (line,) = why(wanted)
    assert line.startswith(said)


def test_a_section_without_a_roster_has_nobody_who_could_have_a_row() -> None:
    (line,) = why(Filters(section="EA0017-1"), hour("EA0017-1"))
    assert line.startswith("No roster for EA0017-1 of the timetable: nobody is looked for there")


def test_an_hour_before_the_first_roster_of_its_section() -> None:
    first = Roster(section="A", students=(Student(student_id="202100001", name="N"),), since=date(2026, 3, 10))
    (line,) = why(Filters(section="A"), hour("A"), rosters=Rosters([first]))
    assert line.startswith("Class hours of A are before the date from which the first roster holds")


def test_an_hour_that_is_still_to_come() -> None:
    assert why(Filters(), hour("CS2001-2", days=1)) == [
        "The class hour has not begun: CS2001-2 2026-03-10 period 1 (09:00-09:50, B12)."
    ]


def test_frames_that_were_put_aside_are_the_reason_with_theirs() -> None:
    lines = why(Filters(), letters={("B12", "truncated JPEG"): 20, ("E101", "other"): 5})
    assert [line.partition(". Mend")[0] for line in lines] == [
        "Frames of this hall were put aside (20): truncated JPEG"
    ]


def test_a_student_whose_section_has_no_such_class_hour() -> None:
    (line,) = why(Filters(student="202100001", hall="E101"), hour("CS2001-2"), hour("EA0017-1", hall="E101"))
    assert line.startswith("202100001 is on the roster of CS2001-2, and there is no such class hour of it. `naul")


def test_an_hour_that_nobody_has_judged_yet() -> None:
    (line,) = why(Filters())
    assert line.startswith("Nothing is judged yet of the class hours that have begun (1)")


@pytest.mark.parametrize(
    ("observed", "said"),
    [
        (Observed(), "Nothing is judged yet of the class hours that have begun (1)"),
        (Observed(2, 0.0, 0, 50),
         "Nobody was seen, so nothing is known of who left. Judged class hours like this: "
         "2; cameras covered 0% of their time."),
        (Observed(1, 1.0, 0, 5), "Nobody was seen, so nothing is known of who left."),
        (Observed(1, 0.12, 4, 5), "Nobody is known to have left. Judged class hours like this: 1; cameras covered 12% "
         "of their time and saw 4 of the 5 who were to be there. Who left while nothing was covered is not known"),
        (Observed(1, 1.0, 5, 5), "Nobody is known to have left. Judged class hours like this: 1; cameras covered 100% "
         "of their time and saw 5 of the 5 who were to be there."),
    ],
)  # fmt: skip
def test_that_nobody_left_is_said_with_how_much_was_seen(observed: Observed, said: str) -> None:
    (line,) = why(Filters(), name="departures", observed=observed)
    assert line.startswith(said)
    (korean,) = why(Filters(), name="departures", observed=observed, language="ko")
    assert f"{observed.share:.0%}" in korean or not observed.hours


def test_a_student_who_left_the_roster_is_told_where_his_rows_are() -> None:
    for language in ("en", "ko"):
        (line,) = why(Filters(student="202100001"), withdrawn=("CS2001-2",), language=language)
        assert "202100001" in line
        assert "CS2001-2" in line
        assert "`naul report query withdrawn`" in line


def test_a_section_with_a_roster_and_no_class_hour() -> None:
    (line,) = why(Filters(section="CS2001-2"), hour("CS2001-02"))
    assert line.startswith("No class hour for CS2001-2, which has a roster; CS2001-2 looks like CS2001-02. Load a")


def test_an_hour_still_to_come_without_a_roster_says_both() -> None:
    yet, roster = why(Filters(section="EA0017-1"), hour("EA0017-1", days=1))
    assert yet.startswith("The class hour has not begun")
    assert roster.startswith("No roster for EA0017-1")


def test_it_is_said_in_the_language_of_the_site() -> None:
    assert why(Filters(section="CS2001-02"), language="ko") == [
        "CS2001-02 분반이 없습니다 (CS2001-02: 혹시 CS2001-2인가요?). "
        "`naul timetable show`로 분반 목록을 볼 수 있습니다."
    ]


@pytest.mark.parametrize(
    ("wanted", "stored", "exists"),
    [
        pytest.param(Filters(section="CS2001-02"), (), False, id="no section"),
        pytest.param(Filters(hall="b12"), (), False, id="no hall"),
        pytest.param(Filters(student="299999999"), (), False, id="no student"),
        pytest.param(Filters(section="CS2001-2", student="299999999"), (), False, id="one of two"),
        pytest.param(Filters(section="CS2001-2", date=date(2026, 3, 10)), (), True, id="an empty day"),
        pytest.param(Filters(section="OLD-1", date=date(2026, 3, 10)), ("OLD-1",), True, id="removed, with rows"),
        pytest.param(Filters(hall="B12", student="202100001"), (), True, id="nothing judged yet"),
        pytest.param(Filters(), (), True, id="everything"),
    ],
)
def test_a_name_that_nobody_knows_is_told_from_one_without_rows(
    wanted: Filters, stored: tuple[str, ...], exists: bool
) -> None:
    known = SiteKnowledge(ROSTERS, (hour("CS2001-2"),), Counter(), NOW, stored=stored)
    found = why_nothing_of(Settings(), "attendance", wanted, known)
    assert (found.exists, len(found.reasons)) == (exists, 1)
    assert not exists or "There is no section" not in found.reasons[0]


def test_where_no_timetable_is_loaded_a_name_is_known_from_a_roster_alone() -> None:
    known = SiteKnowledge(ROSTERS, (), Counter(), NOW)
    for section, exists in (("CS2001-2", True), ("CS9", False)):
        assert why_nothing_of(Settings(), "attendance", Filters(section=section), known).exists is exists
