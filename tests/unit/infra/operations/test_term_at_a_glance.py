"""What the pages of a term show, as pure functions: weeks, stays on a roster, how far a job of photos is."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
from msgspec.structs import replace

from infra.machine.jobs import Asked, Job, JobNote
from infra.operations.people.photo_intake import PhotoIntake
from infra.operations.people.photo_progress import progress_of
from infra.operations.people.student_record import find_students, stays_of
from infra.operations.reference.timetable_weeks import days_without, sections_of, weeks_of
from schemas.messages import ClassHour, Roster, Student
from schemas.rosters import Rosters
from schemas.settings import Settings

KIM, LEE = Student(student_id="2001", name="김나얼"), Student(student_id="2002", name="이하나")
NINE = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = ClassHour(
    section="A", hall="E1", date=date(2026, 3, 2), period=1, starts_at=NINE, ends_at=NINE + timedelta(hours=1)
)


def on(day: int, section: str = "A", hall: str = "E1") -> ClassHour:
    later = timedelta(days=day)
    return replace(
        HOUR, section=section, hall=hall, date=HOUR.date + later, starts_at=NINE + later, ends_at=HOUR.ends_at + later
    )


def test_weeks_sections_and_days_on_which_nobody_meets() -> None:
    hours = [on(0), on(0, "B", "E2"), on(2), on(7), on(14), on(16), on(21), on(23)]
    assert [(f"{each.monday:%m-%d}", each.hours, each.sections, each.halls) for each in weeks_of(hours)] == [
        ("03-02", 3, 2, 2), ("03-09", 1, 1, 1), ("03-16", 2, 1, 1), ("03-23", 2, 1, 1),
    ]  # fmt: skip
    assert [(each.section, each.hours, each.halls) for each in sections_of(hours)] == [
        ("A", 7, ("E1",)),
        ("B", 1, ("E2",)),
    ]
    assert days_without(hours) == [date(2026, 3, 11)], "a Wednesday that others have"
    assert days_without([]) == []


def test_who_is_on_a_roster_from_when_until_when() -> None:
    first = Roster(section="A", students=(KIM,))
    later = Roster(section="A", students=(LEE,), since=date(2026, 3, 10))
    again = Roster(section="A", students=(KIM, LEE), since=date(2026, 4, 1))
    stays = stays_of([first, later, again])
    assert [(each.student_id, each.since, each.until) for each in stays] == [
        ("2001", None, date(2026, 3, 9)),
        ("2001", date(2026, 4, 1), None),
        ("2002", date(2026, 3, 10), None),
    ]


def test_a_search_takes_a_part_of_a_name_or_an_id_and_an_exact_id_alone() -> None:
    lists = Rosters([Roster(section="A", students=(KIM, LEE, Student(student_id="20011", name="박")))])
    assert find_students(lists, "2001") == [("2001", "김나얼")]
    assert find_students(lists, "나얼") == [("2001", "김나얼")]
    assert [each for each, _ in find_students(lists, "200")] == ["2001", "20011", "2002"]


def test_a_job_that_was_cut_off_says_who_is_on_record_and_no_more(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, language="en")
    asked = Asked(id="a1", kind="photos", work="", by="kim", at=NINE, what=msgspec.Raw(b"{}"))
    job = Job(name="photos-a1", asked=asked, word="running", progress=None)
    refused = {"name": "2002.jpg", "cause": "no_face", "values": {}}
    notes = [
        JobNote("started"),
        JobNote("written", {"students": ["2001"]}),
        JobNote("looked", {"student": "2002", "taken": 0, "refused": [refused]}),
    ]
    found = progress_of(settings, job, notes)
    assert (found.state, found.enrolled, [name for name, _ in found.refused]) == ("running", ("2001",), ["2002.jpg"])
    for word in ("given_up", "failed", "cancelled", "kept"):
        assert progress_of(settings, replace(job, word=word), notes).state == "stopped"
    gone_on = progress_of(settings, job, [*notes, JobNote("started")])
    assert (gone_on.refused, gone_on.enrolled) == ((), ("2001",))
    assert progress_of(settings, job, []).enrolled == ()


def test_photos_that_are_sent_stay_in_their_folder_and_over_no_other(tmp_path: Path) -> None:
    import io

    intake = PhotoIntake(tmp_path / "photos")
    for name in (
        "../../etc/2001.jpg",
        "2001.jpg",
        "2001.jpg",
        "C:\\fakepath\\2002.jpg",
        "\0",
        "2001.jpg/x.jpg",
        "나" * 300 + ".jpg",
    ):
        intake.add(name, io.BytesIO(b"x"))
    assert intake.files == 7
    found = sorted(
        str(each.relative_to(tmp_path / "photos")) for each in (tmp_path / "photos").rglob("*") if each.is_file()
    )
    assert len(found) == 7
    assert {"2001.jpg", "2001_2.jpg", "etc/2001.jpg", "photo"} <= set(found)
    assert [each.name for each in tmp_path.iterdir()] == ["photos"]
