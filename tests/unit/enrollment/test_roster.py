"""Rosters are applied whole or not at all."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as example_settings
from hypothesis import strategies as st

from enrollment.roster import RosterChange, RosterLoad, plan, read_rosters, records, removal, write_rosters
from schemas.errors import RefusedError
from schemas.messages import ClassHour, Roster, Student, decode
from schemas.rosters import Rosters
from schemas.settings import Settings


def roster(section: str, *students: str) -> Roster:
    return Roster(section=section, students=tuple(Student(student_id=each, name=f"N{each}") for each in students))


def csv(*lines: str) -> bytes:
    return "\n".join(["section,student_id,name", *lines]).encode()


def test_a_file_becomes_a_roster_for_each_section_sorted_by_id() -> None:
    rosters, read_as = read_rosters(csv("B,2002,N2002", "A,1001,N1001", "B,2001,N2001"), "roster.csv")
    assert rosters == (roster("A", "1001"), roster("B", "2001", "2002"))
    assert read_as == "UTF-8, LF line ends"


@pytest.mark.parametrize("dash", "\u00ad\u2010\u2013\u2014\u2212\ufe63\uff0d")
def test_dashes_of_a_word_processor_make_no_other_section_and_no_other_student(dash: str) -> None:
    lines = csv(f"CS2001{dash}2,2019{dash}1,Kim\u2013Lee", "CS2001-2,20192,Park")
    (found,), _ = read_rosters(lines, "roster.csv")
    assert found.section == "CS2001-2"
    assert [(each.student_id, each.name) for each in found.students] == [("2019-1", "Kim\u2013Lee"), ("20192", "Park")]


def test_one_student_may_take_several_sections() -> None:
    rosters, _ = read_rosters(csv("A,1001,N1001", "B,1001,N1001"), "roster.csv")
    assert rosters == (roster("A", "1001"), roster("B", "1001"))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        pytest.param(
            "A,1001,Kim",
            "roster.csv, line 3: student 1001 is in A already, by line 2; remove one of the two lines",
            id="twice in a section",
        ),
        pytest.param(
            "A,2.01912E+08,Kim",
            "roster.csv, line 3: '2.01912E+08' is what a spreadsheet or a data frame made of a student id; "
            "write ids as text, like 201912345: give the column the format Text, or read it with dtype=str",
            id="a number that a spreadsheet shortened",
        ),
        pytest.param(
            "A|1,1002,Kim", "roster.csv, line 3: 'A|1' is no section; write it like EA0017-1", id="section with a bar"
        ),
        pytest.param(
            "A,1002,", "roster.csv, line 3: student 1002 has no name; write one in the column name", id="no name"
        ),
    ],
)
def test_a_bad_line_is_refused_with_file_line_and_remedy(line: str, message: str) -> None:
    with pytest.raises(RefusedError) as refused:
        read_rosters(csv("A,1001,Kim", line), "roster.csv")
    assert refused.value.message == message
    assert refused.value.remedy == "Nothing of roster.csv was applied."


def test_all_problems_are_said_together() -> None:
    with pytest.raises(RefusedError) as refused:
        read_rosters(csv("A,1,Kim", "A,1001,", "A,1001,Kim", "A,1001"), "roster.csv")
    assert [line.split(":")[0] for line in refused.value.message.splitlines()] == [
        "roster.csv, line 2",
        "roster.csv, line 3",
        "roster.csv, line 5",
    ]


def test_a_file_without_students_is_refused() -> None:
    with pytest.raises(RefusedError, match=r"roster\.csv: names no student; write a line for each student"):
        read_rosters(csv(), "roster.csv")


MONDAY, TODAY, LATER = date(2026, 3, 9), date(2026, 3, 16), date(2026, 3, 23)
LOAD = RosterLoad("kim", datetime(2026, 3, 16, 1, tzinfo=UTC), TODAY)


def one(student: str) -> Student:
    return Student(student_id=student, name=f"N{student}")


def test_the_first_roster_of_a_section_holds_from_always() -> None:
    found = plan([roster("A", "1001")], Rosters(), LOAD)
    assert found.changes == (RosterChange("A", 1, (one("1001"),), ()),)
    assert (found.rosters[0].since, found.rosters[0].version, found.rosters[0].by) == (None, 1, "kim")
    assert not found.takes_away


def test_the_first_one_holds_from_the_date_that_is_named_and_before_it_there_is_none() -> None:
    found = plan([roster("A", "1001")], Rosters(), LOAD._replace(since=LATER))
    assert found.changes == (RosterChange("A", 1, (one("1001"),), (), since=LATER),)
    stands = Rosters(found.rosters)
    assert [len(stands.on("A", day).students) for day in (TODAY, LATER)] == [0, 1]
    earlier = plan([roster("A", "1001")], stands, LOAD._replace(since=MONDAY))
    assert (earlier.rosters[0].since, earlier.rosters[0].version, earlier.stale) == (MONDAY, 2, found.rosters)
    assert plan([roster("A", "1001")], stands, LOAD).rosters[0].since == TODAY, "without a date it holds from today"


def test_a_later_one_holds_from_its_date_on_and_says_what_changes() -> None:
    stands = Rosters([roster("A", "1001", "1002"), roster("C", "1001")])
    found = plan([roster("A", "1002", "1003")], stands, LOAD)
    assert found.changes == (RosterChange("A", 2, (one("1003"),), (one("1001"),), since=TODAY),)
    assert found.takes_away
    after = Rosters([*stands.everything, *found.rosters])
    ids = {day: [each.student_id for each in after.on("A", day).students] for day in (MONDAY, TODAY, LATER)}
    assert ids == {MONDAY: ["1001", "1002"], TODAY: ["1002", "1003"], LATER: ["1002", "1003"]}
    assert after.on("A", LATER).version == 2


def test_one_that_holds_earlier_replaces_those_that_would_hold_later() -> None:
    later = msgspec.structs.replace(roster("A", "1001", "1009"), since=LATER, version=3)
    found = plan([roster("A", "1001")], Rosters([roster("A", "1001"), later]), LOAD)
    assert found.stale == (later,)
    assert (found.changes[0].gone, found.changes[0].not_joining) == ((), (one("1009"),))
    assert found.takes_away
    assert found.changes[0].replaced == (LATER,)
    assert found.rosters[0].version == 4
    written = {key.decode(): value for _, key, value, _, _ in records(Settings(), found.rosters, found.stale)}
    assert written.keys() == {"A|2026-03-16", "A|2026-03-23"}
    assert written["A|2026-03-23"] is None


def test_what_changes_is_told_against_the_roster_of_that_date() -> None:
    later = msgspec.structs.replace(roster("A", "1002", "1004"), since=LATER, version=2)
    stands = Rosters([roster("A", "1001", "1002", "1003"), later])
    change = plan([roster("A", "1001", "1002", "1005")], stands, LOAD).changes[0]
    assert change == RosterChange(
        "A", 3, new=(one("1005"),), gone=(one("1003"),), since=TODAY, replaced=(LATER,), not_joining=(one("1004"),),
        not_leaving=(one("1001"),),
    )  # fmt: skip
    assert change.lost == (one("1003"), one("1004"))
    same = plan([roster("A", "1001", "1002", "1003")], stands, LOAD)
    assert same.stale == (later,), "it is as on that date, and what was to come is not to come"
    assert len(same.rosters) == 1


def test_the_same_roster_again_changes_nothing_and_another_name_does() -> None:
    stands = Rosters([roster("A", "1001")])
    assert plan([roster("A", "1001")], stands, LOAD).rosters == ()
    renamed = Roster(section="A", students=(Student(student_id="1001", name="Lee"),))
    found = plan([renamed], stands, LOAD)
    assert (found.changes[0].renamed, found.takes_away) == (renamed.students, False)
    assert len(found.rosters) == 1


@example_settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from("ABC"), st.sets(st.sampled_from(["1001", "1002", "1003"]), min_size=1), min_size=1)
)
def test_only_the_named_sections_are_written(wanted: dict[str, set[str]]) -> None:
    lines = [f"{section},{student},N{student}" for section, students in wanted.items() for student in students]
    rosters, _ = read_rosters(csv(*lines), "roster.csv")
    written = {key.decode(): decode(value, Roster) for _, key, value, _, _ in records(Settings(prefix="site"), rosters)}
    assert {key: {each.student_id for each in value.students} for key, value in written.items()} == wanted


def test_rosters_are_written_as_they_are_read() -> None:
    rosters, _ = read_rosters(
        csv('"A, evening",1001,"O""Neill, Kim"', "자료-1,1001,김하늘", "자료-1,1002,=1+1"), "roster.csv"
    )
    assert read_rosters(write_rosters(rosters), "roster.csv") == (rosters, "UTF-8, LF line ends")


NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)


def class_hour(section: str, begins: timedelta, hall: str = "B12") -> ClassHour:
    at = NOON + begins
    return ClassHour(
        section=section, hall=hall, date=at.date(), period=1, starts_at=at, ends_at=at + timedelta(minutes=50)
    )


def test_a_roster_without_class_hours_is_removed_whole() -> None:
    first = roster("A", "1001")
    later = msgspec.structs.replace(first, since=date(2026, 3, 16), version=2)
    stands = Rosters([first, later, roster("B", "1001")])
    assert removal("A", None, stands, [class_hour("B", -timedelta(days=1))], NOON) == ((first, later), (), ())
    assert removal("A", date(2026, 3, 2), stands, [], NOON).stale == (later,)
    assert removal("A", date(2026, 3, 17), stands, [], NOON).stale == ()
    assert removal("C", None, stands, [], NOON).stale == ()


def test_a_roster_of_class_hours_that_have_begun_stays_and_those_to_come_are_told() -> None:
    first = roster("A", "1001")
    later = msgspec.structs.replace(first, since=date(2026, 3, 11), version=2)
    stands = Rosters([first, later])
    past, running, coming = (class_hour("A", timedelta(days=days)) for days in (-7, 0, 7))
    whole = removal("A", None, stands, [past, running, coming], NOON)
    assert (whole.begun, whole.bare) == ((past, running), (past, running, coming))
    assert removal("A", date(2026, 3, 11), stands, [past, running, coming], NOON) == ((later,), (), ())
    assert removal("A", None, stands, [coming], NOON) == ((first, later), (), (coming,))
    shared = class_hour("B", -timedelta(minutes=30))
    soon = class_hour("A", timedelta(minutes=10))
    assert removal("A", None, stands, [soon, shared], NOON).begun == (soon,), "its students are looked for already"
    elsewhere = msgspec.structs.replace(shared, hall="C1")
    assert removal("A", None, stands, [soon, elsewhere], NOON).begun == ()
