"""What a person who decides is told of a student's enrolment."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from infra.operations.people.enrolment_state import state_of
from schemas.messages import Enrollment, EnrollmentTemplate, EnrollmentVersion, PhotoQuality
from streams.faces.calibration import calibration_of
from tests.unit.streams.paper import NINE, class_hour

HOUR, ENGINE = class_hour(1), "centerface-dlib@1-530a2c1e"
BEFORE = NINE - timedelta(days=9)
GOOD = PhotoQuality(width=120, sharpness=0.5, yaw=2, roll=1, bright=180, contrast=90, agreement=0.97)


def enrolled(*photos: PhotoQuality, at: datetime = BEFORE, **changes: Any) -> Enrollment:
    template = EnrollmentTemplate(engine=ENGINE, photos=len(photos), sealed=b"", qualities=photos)
    plain = Enrollment(student_id="1", version=1, enrolled_at=at, consent_on_file=True, templates=(template,))
    return replace(plain, **changes)


def state(found: Enrollment, engine: str = ENGINE) -> Any:
    return state_of(found, HOUR, engine, calibration_of("centerface-dlib"))


def test_good_photos_are_no_reason_for_doubt() -> None:
    said = state(enrolled(GOOD, GOOD))
    assert (said.photos, said.engine, said.since, said.doubtful) == (2, "centerface-dlib", BEFORE, False)


@pytest.mark.parametrize(
    ("found", "told"),
    [
        pytest.param(enrolled(GOOD), {"photos": 1}, id="one photo"),
        pytest.param(
            enrolled(GOOD, GOOD, replace(GOOD, agreement=0.5)), {"odd": (3,), "poor": False}, id="another person's?"
        ),
        pytest.param(
            enrolled(replace(GOOD, bright=50), replace(GOOD, yaw=40)),
            {"flaws": ((1, ("dark",)), (2, ("turned",))), "poor": True},
            id="flaws",
        ),
    ],
)
def test_what_may_be_the_reason_is_told(found: Enrollment, told: dict[str, Any]) -> None:
    said = state(found)
    assert {name: getattr(said, name) for name in told} == told
    assert said.doubtful


def test_late_is_told_and_is_no_fault_of_the_photos() -> None:
    said = state(enrolled(GOOD, GOOD, at=NINE + timedelta(hours=1)))
    assert (said.late, said.renewed, said.doubtful) == (True, False, False)


def test_who_is_enrolled_for_another_engine_only_could_not_be_known() -> None:
    said = state(enrolled(GOOD, GOOD), "sface@1-00")
    assert (said.photos, said.engine, said.engines, said.doubtful) == (None, "sface", ("centerface-dlib",), True)


def test_who_was_enrolled_anew_since_was_judged_by_what_was_there_before() -> None:
    first = EnrollmentVersion(version=1, enrolled_at=BEFORE, engines=(ENGINE,), photos=1)
    later = NINE + timedelta(days=1)
    said = state(enrolled(GOOD, GOOD, at=later, history=(first, replace(first, version=2, enrolled_at=later))))
    assert (said.since, said.enrolled_at, said.renewed, said.late) == (BEFORE, later, True, False)
