"""A kiosk with a real Kafka and real faces: who is named, who is not, and what is written."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from enrollment.loaded import mark_batches
from enrollment.portrayals import record
from infra.operations.kiosk.kiosk import Kiosk, MarkedAtKiosk, NamedAtKiosk, NotNamed
from infra.operations.kiosk.kiosk_challenge import TimedLook, issue
from producers.marks import mark_batch, send_marks
from producers.simulated_hall.actors import people_of
from schemas.cluster import send
from schemas.errors import RefusedError, UnavailableError
from schemas.messages import ClassHour, Enrollment, EnrollmentTemplate, HallDay, Roster, Student, encode
from schemas.settings import Settings
from streams.faces.engines import DEFAULT, Engine, load_engine
from streams.faces.pictures import Image, read_photo
from streams.faces.template_cipher import TemplateCipher, template_context
from streams.faces.templates import blend, study
from streams.faces.unfit_pictures import Unfit
from streams.faces.values import Floats

NINE = datetime(2026, 3, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
MINE, OTHERS, STRANGER = range(1, 7), range(11, 14), 40
"""People of ORL: on the roster of the hall, on that of another hall, and nobody's."""


def hour(section: str, hall: str, period: int) -> ClassHour:
    starts = NINE + (period - 1) * 60 * MINUTE
    return ClassHour(
        section=section, hall=hall, date=date(2026, 3, 9), period=period, starts_at=starts, ends_at=starts + 50 * MINUTE
    )


FIRST, SECOND, ELSEWHERE = hour("CS2001-2", "B12", 1), hour("CS2001-2", "B12", 2), hour("EA0017-1", "E101", 1)


def student_of(person: int) -> str:
    return f"2021000{person:02}"


@cache
def engine() -> Engine:
    return load_engine(DEFAULT)


def picture(person: int, number: int) -> Image:
    image = read_photo(people_of("orl").pictures(f"s{person}")[number - 1])
    return np.asarray(cv2.resize(image, None, fx=1.7, fy=1.7, interpolation=cv2.INTER_CUBIC), np.uint8)


def photo(person: int, number: int = 8) -> bytes:
    """A picture that was not enrolled, as a browser sends it."""
    framed = cv2.copyMakeBorder(picture(person, number), 33, 33, 82, 82, cv2.BORDER_REPLICATE)
    return cv2.imencode(".jpg", framed)[1].tobytes()


@cache
def template(person: int) -> Floats:
    return blend([study(engine(), picture(person, number)).share for number in (1, 2, 3)]).vector


def enrol(site: Settings, *people: int) -> None:
    cipher, moment = TemplateCipher.create(site.key_file), NINE - timedelta(days=9)
    send(site, [record(site, enrolment(cipher, person, moment)) for person in people])


def enrolment(cipher: TemplateCipher, person: int, moment: datetime) -> Enrollment:
    student = student_of(person)
    sealed = cipher.seal(template(person), template_context(student, engine().id))
    known = EnrollmentTemplate(engine=engine().id, photos=3, sealed=sealed)
    return Enrollment(student_id=student, version=1, enrolled_at=moment, consent_on_file=True, templates=(known,))


@pytest.fixture
def kiosk(site: Settings) -> Iterator[Kiosk]:
    """A site with two halls, and its kiosks."""
    enrol(site, *MINE, *OTHERS)
    for section, hall, people, hours in (
        ("CS2001-2", "B12", MINE, (FIRST, SECOND)),
        ("EA0017-1", "E101", OTHERS, (ELSEWHERE,)),
    ):
        students = tuple(Student(student_id=student_of(each), name=f"학생 {each}") for each in people)
        day, roster = HallDay(hall=hall, date=NINE.date(), hours=hours), Roster(section=section, students=students)
        send(site, [
            (site.topic("timetable"), f"{hall}|{day.date}".encode(), encode(day), None, None),
            (site.topic("rosters"), section.encode(), encode(roster), None, None),
        ])  # fmt: skip
    opened = Kiosk(site)
    opened.prepare(NINE)
    yield opened
    opened.close()


def named(kiosk: Kiosk, person: int, now: datetime = NINE, hall: str = "B12") -> NamedAtKiosk:
    said = kiosk.identify(hall, photo(person), now)
    assert isinstance(said, NamedAtKiosk), said
    return said


def test_a_student_of_the_hour_is_named_and_marked_once(kiosk: Kiosk, site: Settings) -> None:
    before = {each: each.stat().st_size for each in site.home.rglob("*")}
    said = named(kiosk, 3)
    assert (said.student.student_id, said.student.name, said.hour, said.marked) == (
        student_of(3),
        "학생 3",
        FIRST,
        None,
    )
    assert said.probability >= 0.9
    assert mark_batches(site) == {}  # nothing before he confirms
    assert kiosk.mark("B12", said, NINE, turned=True) == MarkedAtKiosk(said.student, FIRST, "present", fresh=True)
    again = kiosk.mark("B12", said, NINE + 30 * MINUTE)
    assert again == MarkedAtKiosk(said.student, FIRST, "present", fresh=False)
    (batch,) = mark_batches(site).values()
    assert (batch.class_hour, batch.kind, batch.by, batch.at) == (FIRST.id, "mark", "kiosk B12", NINE)
    assert batch.reason == f"face recognised, probability {said.probability:.3f}, head turned when asked"
    assert [(each.student_id, each.verdict) for each in batch.marks] == [(student_of(3), "present")]
    assert {each: each.stat().st_size for each in site.home.rglob("*")} == before  # no photo, nor anything else


def test_a_stranger_is_not_named_nor_who_takes_another_course(kiosk: Kiosk) -> None:
    for person, causes in ((STRANGER, {"stranger"}), *((each, {"stranger", "not_on_roster"}) for each in OTHERS)):
        said = kiosk.identify("B12", photo(person), NINE)
        assert isinstance(said, NotNamed)
        assert said.reason.cause in causes
    assert named(kiosk, 12, hall="E101").student.student_id == student_of(12)


def test_who_comes_late_is_late_and_who_comes_early_comes_for_the_next_hour(kiosk: Kiosk) -> None:
    late = NINE + 11 * MINUTE
    assert kiosk.mark("B12", named(kiosk, 1, late), late).verdict == "late"
    early = NINE - 14 * MINUTE
    assert kiosk.mark("B12", named(kiosk, 2, early), early).verdict == "present"
    between = NINE + 47 * MINUTE
    assert named(kiosk, 1, between).hour == SECOND  # the first is said
    assert named(kiosk, 4, between).hour == FIRST
    marked = named(kiosk, 2, NINE + 20 * MINUTE)
    assert (marked.hour, marked.marked) == (FIRST, "present")


def test_what_a_professor_said_stays(kiosk: Kiosk, site: Settings) -> None:
    said = named(kiosk, 5)
    batch = mark_batch(FIRST, {student_of(5): "absent"}, batch_id="1", kind="rollcall", by="prof", at=NINE + MINUTE)
    send_marks(site, batch)
    found = kiosk.mark("B12", said, NINE + 2 * MINUTE)
    assert (found.verdict, found.fresh, found.by_person) == ("absent", False, True)
    assert [*mark_batches(site).values()] == [batch]


@pytest.mark.parametrize(
    ("hall", "minute", "cause"), [("B12", -16, "no_hour"), ("B12", 111, "no_hour"), ("C1", 0, "no_hour")]
)
def test_without_a_class_hour_nobody_is_looked_for(kiosk: Kiosk, hall: str, minute: int, cause: str) -> None:
    assert kiosk.identify(hall, photo(1), NINE + minute * MINUTE) == NotNamed(Unfit(cause, {"hall": hall}))


def test_a_photo_that_cannot_be_used_names_nobody(kiosk: Kiosk) -> None:
    said = [kiosk.identify("B12", data, NINE) for data in (b"", b"%PDF-1.7", photo(1)[:2000])]
    assert [each.reason.cause for each in said if isinstance(each, NotNamed)] == ["empty", "format", "truncated"]


def test_an_hour_that_is_over_takes_no_mark(kiosk: Kiosk) -> None:
    said = named(kiosk, 1, NINE + 49 * MINUTE)
    with pytest.raises(RefusedError, match="is over"):
        kiosk.mark("B12", said, NINE + 50 * MINUTE)


def test_who_is_enrolled_or_erased_meanwhile_is_known_at_the_next_photo(kiosk: Kiosk, site: Settings) -> None:
    named(kiosk, 3)
    send(site, [(site.topic("enrollments"), student_of(3).encode(), None, None, None)])
    assert isinstance(kiosk.identify("B12", photo(3), NINE), NotNamed)
    enrol(site, 3)
    assert named(kiosk, 3).student.student_id == student_of(3)


def test_a_photo_must_show_the_face_that_turned(kiosk: Kiosk) -> None:
    mine, other = (kiosk.look("B12", photo(each, 9), NINE).face for each in (3, STRANGER))
    assert mine
    assert other
    assert isinstance(kiosk.identify("B12", photo(3), NINE, turned=mine.embedding), NamedAtKiosk)
    assert kiosk.identify("B12", photo(3), NINE, turned=other.embedding) == NotNamed(Unfit("other_face", {}))


def test_a_picture_that_stays_as_it_is_has_not_turned(kiosk: Kiosk) -> None:
    challenge, seen = issue(NINE), kiosk.look("B12", photo(3), NINE)
    looks = [TimedLook(NINE + timedelta(milliseconds=200) * number, seen) for number in range(40)]
    assert kiosk.judge_turn("B12", challenge, looks, looks[-1].at).state == "turn"


def test_the_requests_of_2019(kiosk: Kiosk, site: Settings) -> None:
    assert [each.student_id for each in kiosk.roster("B12", "CS2001-2", NINE)] == [student_of(each) for each in MINE]
    found = kiosk.mark_student("B12", "CS2001-2", student_of(6), NINE)
    assert (found.student.name, found.hour, found.verdict) == ("학생 6", FIRST, "present")
    (batch,) = mark_batches(site).values()
    assert (batch.by, batch.at, batch.reason) == ("kiosk B12", NINE, "")
    with pytest.raises(RefusedError, match=f"did you mean {student_of(6)}"):
        kiosk.mark_student("B12", "CS2001-2", f"0{student_of(6)}", NINE)
    for asked in (
        lambda: kiosk.roster("B12", "EA0017-1", NINE),
        lambda: kiosk.mark_student("E101", "CS2001-2", "1", NINE),
    ):
        with pytest.raises(RefusedError, match="has no class hour in"):
            asked()


def test_a_site_whose_key_is_elsewhere_says_so(kiosk: Kiosk, site: Settings, tmp_path: Path) -> None:
    named(kiosk, 1)
    site.key_file.rename(tmp_path / "key")
    other = Kiosk(site)
    with pytest.raises(UnavailableError, match="key"):
        other.identify("B12", photo(1), NINE)
    other.close()
