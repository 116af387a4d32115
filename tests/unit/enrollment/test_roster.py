"""Rosters are applied whole or not at all."""

import pytest
from hypothesis import given
from hypothesis import settings as example_settings
from hypothesis import strategies as st

from enrollment.roster import RosterChange, changes, read_rosters, records, write_rosters
from schemas.errors import RefusedError
from schemas.messages import Roster, Student, decode
from schemas.settings import Settings


def roster(section: str, *students: str) -> Roster:
    return Roster(section=section, students=tuple(Student(student_id=each, name=f"N{each}") for each in students))


def csv(*lines: str) -> bytes:
    return "\n".join(["section,student_id,name", *lines]).encode()


def test_a_file_becomes_a_roster_for_each_section_sorted_by_id() -> None:
    rosters, read_as = read_rosters(csv("B,2002,N2002", "A,1001,N1001", "B,2001,N2001"), "roster.csv")
    assert rosters == (roster("A", "1001"), roster("B", "2001", "2002"))
    assert read_as == "UTF-8, LF line ends"


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


def test_what_changes_is_said_for_each_section() -> None:
    current = {"A": roster("A", "1001", "1002"), "C": roster("C", "1001")}
    assert changes([roster("A", "1002", "1003"), roster("B", "1001")], current) == (
        RosterChange("A", 2, ("1003",), ("1001",)),
        RosterChange("B", 1, ("1001",), ()),
    )


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
