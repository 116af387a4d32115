"""What does not fit together across rosters, the timetable and who is enrolled."""

from datetime import UTC, date, datetime, timedelta

import msgspec

from enrollment.consistency import Loaded, Mismatch, mismatches
from schemas.messages import ClassHour, Roster, Student
from schemas.rosters import Rosters


def rosters(**sections: list[str]) -> Rosters:
    return Rosters(
        Roster(section=name.replace("_", "-"), students=tuple(Student(student_id=each, name="N") for each in ids))
        for name, ids in sections.items()
    )


def hour(section: str) -> ClassHour:
    at = datetime(2026, 3, 9, tzinfo=UTC)
    return ClassHour(
        section=section, hall="B12", date=date(2026, 3, 9), period=1, starts_at=at, ends_at=at + timedelta(minutes=50)
    )


def test_what_fits_is_not_told() -> None:
    assert mismatches(Loaded(rosters(CS2001_2=["2001"]), [hour("CS2001-2")], ["2001"])) == ()


def test_what_is_not_loaded_yet_fits_everything() -> None:
    assert mismatches(Loaded(Rosters(), [], ["2001"])) == ()
    assert mismatches(Loaded(rosters(A=["2001"]), [], [])) == ()


def test_a_section_that_is_written_in_two_ways() -> None:
    found = mismatches(Loaded(rosters(CS2001_2=["2001"]), [hour("CS2001-02")], ["2001"]))
    assert found == (
        Mismatch("no_roster", ("CS2001-02",), 1, (("CS2001-02", "CS2001-2"),)),
        Mismatch("no_hours", ("CS2001-2",), 1, (("CS2001-2", "CS2001-02"),)),
    )


def test_class_hours_before_the_first_roster_of_their_section() -> None:
    first = Roster(section="A", students=(Student(student_id="2001", name="N"),), since=date(2026, 3, 10))
    later = msgspec.structs.replace(hour("A"), date=date(2026, 3, 10), period=2)
    assert mismatches(Loaded(Rosters([first]), [hour("A"), later], ["2001"])) == (Mismatch("roster_later", ("A",), 1),)
    assert mismatches(Loaded(Rosters([first]), [later], ["2001"])) == ()


def test_what_a_section_may_be_is_looked_for_among_all_names() -> None:
    """Those that already fit something, too: the file that is loaded has a name twice, or the roster has."""
    hours = [hour(each) for each in ("CS2001-2", "CS2001-02", "ma1010-1", "MA1010-1", "PH2001-1")]
    found, idle = mismatches(Loaded(rosters(CS2001_2=["2001"], MA1010_1=["2001"], CS3001_1=["2001"]), hours, ["2001"]))
    assert found == Mismatch(
        "no_roster",
        ("CS2001-02", "PH2001-1", "ma1010-1"),
        5,
        (("CS2001-02", "CS2001-2"), ("ma1010-1", "MA1010-1")),
    )
    assert idle == Mismatch("no_hours", ("CS3001-1",), 3)


def test_halls_that_are_written_in_two_ways() -> None:
    hours = [hour("A"), msgspec.structs.replace(hour("A"), hall="b12", period=2)]
    (found,) = mismatches(Loaded(rosters(A=["2001"]), hours, ["2001"]))
    assert found == Mismatch("halls_alike", ("B12",), 2, (("B12", "b12"),))


def test_ids_that_a_program_changed_are_told_with_what_they_were() -> None:
    found = mismatches(Loaded(rosters(A=["0012345", "20DCS076"]), [hour("A")], ["12345", "20dcs076", "20999999"]))
    assert found == (
        Mismatch("ids_unknown", ("12345", "20999999", "20dcs076"), 3, (("12345", "0012345"), ("20dcs076", "20DCS076"))),
        Mismatch("not_enrolled", ("0012345", "20DCS076"), 2, (("0012345", "12345"), ("20DCS076", "20dcs076"))),
    )


def test_an_id_that_merely_looks_like_another_one_is_another_person() -> None:
    (found, _) = mismatches(Loaded(rosters(A=["201912345"]), [hour("A")], ["201912346"]))
    assert found.near == ()


def test_an_id_that_is_shorter_or_longer_than_all_of_the_rosters_is_told_with_the_one_that_was_meant() -> None:
    ids = [f"2021000{each}" for each in range(10, 22)]
    (found,) = mismatches(Loaded(rosters(A=ids), [hour("A")], [*ids, "20210010", "2021000111", "77"]))
    assert found.names == ("2021000111", "20210010", "77")
    assert found.near == (("2021000111", "202100011"), ("20210010", "202100010"))


def test_an_id_that_stands_on_rosters_in_two_ways() -> None:
    found = mismatches(
        Loaded(rosters(A=["20DCS076"], B=["20dcs076"]), [hour("A"), hour("B")], ["20DCS076", "20dcs076"])
    )
    assert found == (Mismatch("ids_alike", ("20DCS076",), 2, (("20DCS076", "20dcs076"),)),)
