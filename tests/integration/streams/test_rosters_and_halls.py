"""Rosters that change, sections that share a hall, and a section in two halls: ``attend`` on a real Kafka."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from schemas.messages import Mark, MarkBatch, Roster, Tick
from schemas.settings import Settings
from tests.integration.streams.paper_hall import HOUR, OVER, SOURCES, Hall, told


@pytest.fixture
def hall(site: Settings) -> Hall:
    made = Hall(site)
    made.prepare()
    return made


def without(hall: Hall, student: str, version: int) -> Roster:
    return Roster(
        section=HOUR.section,
        students=tuple(each for each in hall.students if each.student_id != student),
        since=HOUR.date,
        version=version,
        loaded_at=datetime(2026, 3, 16, 1, tzinfo=UTC),
        by="registrar",
    )


def test_who_is_no_longer_on_the_roster_of_an_hour_is_withdrawn_with_his_history(hall: Hall, worker: Any) -> None:
    attend = worker("attend").start()
    hall.tell(*hall.observations[:30])
    attend.until(SOURCES)
    gone = hall.lecture.names[2]
    before = hall.rows()[gone]
    hall.take(without(hall, gone, 2))
    attend.kill()  # who had a row is known to whoever takes over
    attend.start()
    hall.tell(*hall.observations[30:], OVER)
    attend.until(SOURCES)
    row = hall.rows()[gone]
    assert (row.withdrawn, row.final, row.version > before.version) == (True, True, True)
    assert row.reason == f"no longer on the roster of {HOUR.section}, loaded 2026-03-16 10:00 by registrar"
    assert {each.student_id for each in hall.rows().values() if not each.withdrawn} == {*hall.lecture.names} - {gone}


def test_a_roster_that_is_corrected_after_the_hour_closed_and_once_more(hall: Hall, worker: Any) -> None:
    attend = worker("attend").start()
    hall.tell(*hall.observations, OVER)
    attend.until(SOURCES)
    gone, before = hall.lecture.names[1], hall.rows()
    hall.take(without(hall, gone, 2))
    hall.tell(msgspec.structs.replace(OVER, at=OVER.at.replace(microsecond=1)))
    attend.until(SOURCES)
    row = hall.rows()[gone]
    assert (row.withdrawn, row.verdict, row.arrived_at) == (True, before[gone].verdict, before[gone].arrived_at)
    hall.take(msgspec.structs.replace(without(hall, "", 3), students=hall.students))
    hall.tell(msgspec.structs.replace(OVER, at=OVER.at.replace(microsecond=2)))
    attend.until(SOURCES)
    again = hall.rows()
    assert again[gone].version > row.version
    assert {name: (each.verdict, each.withdrawn) for name, each in again.items()} == {
        name: (each.verdict, False) for name, each in before.items()
    }


@pytest.mark.parametrize("closed", [True, False])
def test_a_mark_that_comes_with_the_roster_stays_in_the_row_that_is_withdrawn(
    hall: Hall, worker: Any, closed: bool
) -> None:
    attend = worker("attend").start()
    hall.tell(*hall.observations[: None if closed else 30], *([OVER] if closed else []))
    attend.until(SOURCES)
    gone, before = hall.lecture.names[1], hall.rows()
    hall.take(without(hall, gone, 2))
    hall.tell(mark("first", gone), name="marks")
    attend.until(SOURCES)
    row = hall.rows()[gone]
    assert (row.withdrawn, row.verdict, row.source, row.review) == (True, "late", "kim", False)
    assert row.reason.startswith("no longer on the roster")
    hall.tell(mark("second", hall.lecture.names[3]), name="marks")  # the hour is judged again, without him
    attend.until(SOURCES)
    again = hall.rows()[gone]
    assert (again.withdrawn, again.verdict, again.source) == (True, "late", "kim")
    assert again.arrived_at == (before[gone].arrived_at if closed else None)
    hall.take(msgspec.structs.replace(without(hall, "", 3), students=hall.students))
    hall.tell(msgspec.structs.replace(OVER, at=OVER.at.replace(microsecond=2)))
    attend.until(SOURCES)
    back = hall.rows()[gone]
    assert (back.withdrawn, back.verdict, back.source, back.reason) == (False, "late", "kim", "병원")
    assert back.version > again.version >= row.version, "what says nothing new keeps the version at which it was told"


def mark(name: str, student: str) -> MarkBatch:
    return MarkBatch(
        id=name, class_hour=HOUR.id, hall="E101", kind="mark", by="kim", at=HOUR.ends_at, reason="병원",
        marks=(Mark(student_id=student, verdict="late"),),
    )  # fmt: skip


def test_when_the_facts_are_gone_a_mark_stays_in_the_row_that_is_withdrawn(hall: Hall, worker: Any) -> None:
    attend = worker("attend").start()
    gone, name = hall.lecture.names[1], hall.lecture.names[2]
    later = [Tick(hall="E101", at=OVER.at.replace(year=OVER.at.year + years), complete=True) for years in (0, 1, 2)]
    hall.tell(*hall.observations, OVER)
    attend.until(SOURCES)
    hall.take(without(hall, name, 2))  # withdrawn while there are facts, and put back when they are gone
    hall.tell(*later)
    attend.until(SOURCES)
    before = hall.rows()
    hall.take(without(hall, gone, 3))
    hall.tell(mark("first", gone), name="marks")
    attend.until(SOURCES)
    rows = hall.rows()
    assert (rows[gone].withdrawn, rows[gone].verdict, rows[gone].source) == (True, "late", "kim")
    assert (rows[name].withdrawn, rows[name].verdict) == (False, before[name].verdict)
    assert before[name].withdrawn
    assert rows[name].reason == ""
    hall.take(msgspec.structs.replace(without(hall, "", 4), students=hall.students))
    hall.tell(*(msgspec.structs.replace(later[-1], at=later[-1].at.replace(microsecond=each)) for each in (1, 2)))
    attend.until(SOURCES)
    back = hall.rows()[gone]
    assert (back.withdrawn, back.verdict, back.source, back.reason) == (False, "late", "kim", "병원")


def test_the_roster_of_another_date_says_nothing_of_this_hour(hall: Hall, worker: Any) -> None:
    hall.take(msgspec.structs.replace(without(hall, hall.lecture.names[0], 2), since=HOUR.date.replace(day=28)))
    attend = worker("attend").start()
    hall.tell(*hall.observations, OVER)
    attend.until(SOURCES)
    assert told(hall.rows()) == hall.expected(hall.observations)


def test_when_the_facts_are_gone_a_roster_still_withdraws_and_adds(hall: Hall, worker: Any) -> None:
    attend = worker("attend").start()
    later = [Tick(hall="E101", at=OVER.at.replace(year=OVER.at.year + years), complete=True) for years in (0, 1, 2)]
    hall.tell(*hall.observations, *later)
    attend.until(SOURCES)
    before, gone = hall.rows(), hall.lecture.names[0]
    marks = MarkBatch(
        id="late", class_hour=HOUR.id, hall="E101", kind="mark", by="kim", at=HOUR.ends_at, reason="병원",
        marks=(Mark(student_id=hall.lecture.names[3], verdict="present"),),
    )  # fmt: skip
    hall.tell(marks, name="marks")
    attend.until(SOURCES)
    fresh = msgspec.structs.replace(hall.students[0], student_id="20301234")
    roster = without(hall, gone, 2)
    hall.take(msgspec.structs.replace(roster, students=(*roster.students, fresh)))
    hall.tell(*(msgspec.structs.replace(later[-1], at=later[-1].at.replace(microsecond=each)) for each in (1, 2)))
    attend.until(SOURCES)
    rows = hall.rows()
    assert (rows[gone].withdrawn, rows[gone].verdict) == (True, before[gone].verdict)
    assert (rows["20301234"].verdict, rows["20301234"].withdrawn) == ("unobserved", False)
    assert (rows[hall.lecture.names[3]].verdict, rows[hall.lecture.names[3]].source) == ("present", "kim")
    assert rows[hall.lecture.names[1]].verdict == before[hall.lecture.names[1]].verdict


def test_an_hour_that_no_camera_showed_has_rows_that_say_so(hall: Hall, worker: Any) -> None:
    attend = worker("attend").start()
    hall.tell(OVER)
    attend.until(SOURCES)
    assert {(row.verdict, row.final, row.reason) for row in hall.rows().values()} == {
        ("unobserved", True, "no camera showed this class hour")
    }
    assert len(hall.rows()) == 8


def test_two_sections_that_share_a_hall_are_judged_by_the_same_frames(hall: Hall, worker: Any) -> None:
    """The lower four of the roster take another section, which has an hour of its own at the same time."""
    other = msgspec.structs.replace(HOUR, section="EA0017-2", period=7)
    hall.meet(HOUR, other)
    hall.take(
        Roster(section=HOUR.section, students=hall.students[:4]), Roster(section="EA0017-2", students=hall.students[4:])
    )
    attend = worker("attend").start()
    hall.tell(*hall.observations)
    hall.tell(*(msgspec.structs.replace(each, class_hour=other.id) for each in hall.observations), OVER)
    attend.until(SOURCES)
    whole = hall.expected(hall.observations)
    first = told(hall.rows())
    hall.hour = other
    second = told(hall.rows())
    assert (sorted(first), sorted(second)) == (hall.lecture.names[:4], hall.lecture.names[4:])
    assert first | second == whole


def test_in_an_exam_of_two_halls_nobody_is_absent_for_a_hall_that_no_camera_showed(hall: Hall, worker: Any) -> None:
    exam = msgspec.structs.replace(HOUR, also_in=("E102",))
    hall.meet(exam)
    attend = worker("attend").start()
    hall.tell(*hall.observations, OVER)
    attend.until(SOURCES)
    absent = hall.lecture.names[3]
    assert hall.rows()[absent].verdict == "unobserved"
    elsewhere = [
        msgspec.structs.replace(each, hall="E102", candidates=each.candidates, faces=()) for each in hall.observations
    ]
    hall.tell(*elsewhere, msgspec.structs.replace(OVER, at=OVER.at.replace(microsecond=1)))
    attend.until(SOURCES)
    verdicts = {name: row.verdict for name, row in hall.rows().items()}
    assert verdicts[absent] == "absent"
    assert {name: each for name, each in verdicts.items() if name != absent} == {
        name: each[0] for name, each in hall.expected(hall.observations).items() if name != absent
    }
