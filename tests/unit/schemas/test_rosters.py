"""Which roster holds on which date."""

from datetime import date

from schemas.messages import Roster, Student
from schemas.rosters import NO_ROSTER, Rosters, roster_key

FIRST, SECOND = date(2026, 3, 9), date(2026, 3, 16)


def roster(name: str, since: date | None = None, section: str = "A") -> Roster:
    return Roster(section=section, students=(Student(student_id="2001", name=name),), since=since)


def test_each_holds_from_its_date_until_the_next_one() -> None:
    rosters = Rosters([roster("third", SECOND), roster("first"), roster("second", FIRST)])
    days = [date(2026, 3, 8), FIRST, date(2026, 3, 15), SECOND, date(2026, 12, 1)]
    assert [rosters.on("A", day).students[0].name for day in days] == ["first", "second", "second", "third", "third"]
    assert rosters.students["2001"].name == "third"


def test_before_a_first_one_that_has_a_date_there_is_none() -> None:
    only = Rosters([roster("only", SECOND)])
    assert (only.on("A", FIRST), only.on("A", SECOND).students[0].name) == (NO_ROSTER, "only")


def test_a_section_without_one_has_nobody() -> None:
    assert Rosters([roster("x")]).on("B", FIRST) is NO_ROSTER


def test_each_stands_under_a_key_of_its_own() -> None:
    assert [roster_key(roster("x")), roster_key(roster("x", FIRST))] == ["A", "A|2026-03-09"]
