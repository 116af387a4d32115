"""What is told of enrolled people, without a door that tells it."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from enrollment.portrayals import Portrayal
from infra.operations.people.enroll_people import EnrollRequest
from infra.operations.people.enrolment_check import EnrolmentCheck, check_enrolment
from schemas.errors import RefusedError
from schemas.messages import Enrollment, EnrollmentTemplate, PhotoQuality, Roster, Student
from schemas.settings import Settings
from streams.faces.calibration import Calibration
from streams.faces.template_cipher import TemplateCipher, template_context
from streams.faces.unfit_pictures import Unfit

CALIBRATION = Calibration(center=0.5, spread=0.1, several=(1, 0, 0, 0), single=(1, 0, 0, 0))
GOOD = PhotoQuality(width=90, sharpness=0.4, yaw=3, roll=2, bright=180, contrast=120, agreement=0.9)
CIPHER = TemplateCipher(bytes(32))


def enrolled(student: str, cosine: float, photos: int = 2, cipher: TemplateCipher = CIPHER) -> Enrollment:
    """Somebody whose template has this cosine to (1, 0)."""
    vector = np.array([cosine, np.sqrt(1 - cosine**2)], np.float32)
    sealed = cipher.seal(vector, template_context(student, "e@1"))
    template = EnrollmentTemplate(engine="e@1", photos=photos, sealed=sealed, qualities=(GOOD,) * photos)
    return Enrollment(
        student_id=student,
        version=1,
        enrolled_at=datetime(2026, 3, 9, tzinfo=UTC),
        consent_on_file=True,
        templates=(template,),
    )


def check(*people: Enrollment, rosters: tuple[Roster, ...] = (), also: tuple[str, ...] = ()) -> EnrolmentCheck:
    everybody = {each.student_id: each for each in people}
    about = dict.fromkeys(sorted({*everybody, *also}), ())
    return check_enrolment(Settings(), ("e@1", CALIBRATION), about, everybody, rosters, CIPHER)


def roster(section: str, *students: str) -> Roster:
    return Roster(section=section, students=tuple(Student(student_id=each, name="x") for each in students))


def test_whoever_has_no_template_is_unusable_and_whoever_has_one_photo_needs_another() -> None:
    found = check(enrolled("1001", 1.0), enrolled("1002", 0.0, photos=1), also=("1003",))
    assert found.unusable == ("1003",)
    assert [each.student_id for each in found.needs] == ["1002"]
    assert (found.single, found.disagreeing, found.poor) == (1, 0, 0)


def test_one_face_under_two_ids_is_the_same_and_no_look_alike() -> None:
    found = check(enrolled("1001", 1.0), enrolled("1002", 0.99))
    assert [(each.one, each.other) for each in found.same] == [("1001", "1002")]
    assert found.alike == ()


@pytest.mark.parametrize(
    ("rosters", "sections", "apart"),
    [
        pytest.param((roster("A", "1001", "1002"),), [("A",)], 0, id="those of one section are named with it"),
        pytest.param((roster("A", "1001"), roster("B", "1002")), [], 1, id="those of two sections are counted"),
        pytest.param((), [], 1, id="without rosters they are counted"),
    ],
)
def test_look_alikes_matter_where_they_sit_together(
    rosters: tuple[Roster, ...], sections: list[tuple[str, ...]], apart: int
) -> None:
    found = check(enrolled("1001", 1.0), enrolled("1002", 0.77), rosters=rosters)
    assert [each.sections for each in found.alike] == sections
    assert (found.alike_apart, found.with_rosters) == (apart, bool(rosters))


def test_a_template_of_another_key_is_told() -> None:
    found = check(enrolled("1001", 1.0, cipher=TemplateCipher(bytes([1] * 32))))
    assert found.closed == ("1001",)


def test_a_refused_photo_is_a_row_of_the_report() -> None:
    refused = {Path("a/1.jpg"): Unfit("faces", {"count": 2})}
    troubled = Portrayal(student_id="1001", engine="e@1", template=None, taken={}, refused=refused)
    said = {
        "en": "2 faces of similar size were found. Cut it so that one person is in it",
        "ko": "크기가 비슷한 얼굴이 2개 있습니다. 한 사람만 남도록 자르세요",
    }
    for language in ("en", "ko"):
        settings = Settings(language=language)
        found = check_enrolment(settings, ("e@1", CALIBRATION), {"1001": ()}, {}, (), CIPHER, [troubled])
        assert [row[:4] for row in found.report.rows] == [("1001", "e@1", "1.jpg", said[language])]


def test_nobody_is_enrolled_without_consent() -> None:
    with pytest.raises(RefusedError, match="Personal Information Protection Act"):
        EnrollRequest(photos=Path("photos"), consent_on_file=False)
