"""What an enrolment gives up for other photos."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from enrollment.likeness import EnrolledFace, KnownFaces, Likeness
from enrollment.portrayals import PhotoFace, Portrayal
from enrollment.replacing import Replaced, Stray, replaced, strays
from schemas.messages import Enrollment, EnrollmentTemplate, PhotoQuality
from streams.faces.calibration import Calibration
from streams.faces.templates import Template

CALIBRATION = Calibration(center=0.5, spread=0.1, several=(1, 0, 0, -1.5), single=(1, 0, 0, -1.5))
"""A photo is unlike below 0.61, together they speak for another below 0.65; templates are one face above 0.79."""

QUALITY = PhotoQuality(width=80, sharpness=0.4, yaw=1, roll=2, bright=180, contrast=100, agreement=0.95)
NAMES = tuple(Path(f"{at}.jpg") for at in range(3))


def towards(cosine: float) -> np.ndarray:
    """A vector with this cosine to (1, 0), which is the enrolled student's."""
    return np.array([cosine, np.sqrt(1 - cosine**2)], np.float32)


def portrayal(*photos: float, agreement: float = 0.95) -> Portrayal:
    faces = {path: PhotoFace(towards(each), towards(each)) for path, each in zip(NAMES, photos, strict=False)}
    mean = np.mean([each.share for each in faces.values()], axis=0)
    quality = PhotoQuality(width=80, sharpness=0.4, yaw=1, roll=2, bright=180, contrast=100, agreement=agreement)
    return Portrayal(
        student_id="1001",
        engine="e",
        template=Template(mean / np.linalg.norm(mean), len(faces)),
        taken=dict.fromkeys(faces, quality),
        refused={},
        faces=faces,
    )


def given_up(made: Portrayal, *others: EnrolledFace, own: bool = True) -> Replaced | None:
    template = EnrollmentTemplate(engine="e", photos=2, sealed=b"", qualities=(QUALITY, QUALITY))
    stood = Enrollment(
        student_id="1001",
        version=1,
        enrolled_at=datetime(2026, 3, 9, tzinfo=UTC),
        consent_on_file=True,
        templates=(template,),
    )
    mine = [EnrolledFace("1001", towards(1), 2)] if own else []
    return replaced([made], stood, {"e": KnownFaces([*mine, *others], CALIBRATION)})


@pytest.mark.parametrize(
    ("made", "asked"),
    [
        pytest.param(portrayal(0.9, 0.95, 0.8), None, id="the same face"),
        pytest.param(portrayal(1, 1), None, id="the same photos"),
        pytest.param(portrayal(0.5, 0.64, 0.62), Replaced("1001", 2, 3, unlike=NAMES), id="all together"),
        pytest.param(portrayal(0.9, 0.95, 0.3), Replaced("1001", 2, 3, unlike=NAMES[2:]), id="one of them"),
        pytest.param(portrayal(0.9, 0.9, 0.9, agreement=0.5), Replaced("1001", 2, 3, odd=NAMES), id="they disagree"),
        pytest.param(portrayal(0.9), Replaced("1001", 2, 1), id="fewer"),
    ],
)
def test_another_face_in_place_of_the_enrolled_one_is_asked_for(made: Portrayal, asked: Replaced | None) -> None:
    assert given_up(made) == asked


def test_whose_face_it_is_rather_is_told_unless_the_student_is_as_like() -> None:
    other = EnrolledFace("1002", towards(0.1), 2)
    found = given_up(portrayal(0.1, 0.12), other)
    assert found
    assert isinstance(found.like, Likeness)
    assert (found.like.student_id, found.unlike) == ("1002", NAMES[:2])
    assert given_up(portrayal(0.999, 0.998), EnrolledFace("1002", towards(0.97), 2)) is None, "twins"


def test_a_template_that_the_key_does_not_open_is_given_up_unasked() -> None:
    assert given_up(portrayal(0.1, 0.1), own=False) is None


def test_a_photo_is_a_stray_only_if_somebody_else_has_its_face() -> None:
    made = portrayal(1, 0.1, 0.3)
    faces = {"e": KnownFaces([EnrolledFace("1001", towards(1), 2), EnrolledFace("1002", towards(0.1), 2)], CALIBRATION)}
    assert strays([made], NAMES[:2], faces) == [Stray(NAMES[1], "1002")]
    assert strays([made], NAMES, {"e": KnownFaces([], CALIBRATION)}) == []
