"""Whether a frame is looked at by its camera's profile, or whole."""

from datetime import timedelta

import pytest

from schemas.frames import FrameHeaders
from schemas.messages import Band, Face, Profile
from streams.recognise.profile_selection import ProfileSelector
from tests.unit.streams.paper import NINE, observation

PROFILE = Profile(
    hall="E101", camera="front", since=NINE, until=NINE, frames=60, faces=300, width=1280, height=720, whole_every=6,
    bands=(Band(x1=0.05, y1=0.1, x2=0.9, y2=0.4, narrowest=0.02, widest=0.04),),
)  # fmt: skip
WITHIN, OUTSIDE = (100.0, 100.0, 140.0, 150.0), (600.0, 500.0, 640.0, 550.0)


def head(sequence: int, minutes: float = 0, camera: str = "front") -> FrameHeaders:
    at = NINE + timedelta(minutes=minutes)
    return FrameHeaders(hall="E101", camera=camera, captured_at=at, live=True, sequence=sequence)


def face(box: tuple[float, float, float, float], student: str | None = "201912345") -> Face:
    return Face(box=box, score=0.9, student=student)


def test_without_a_profile_every_frame_is_looked_at_whole() -> None:
    assert ProfileSelector().profile(head(1), None) is None


def test_every_sixth_frame_is_looked_at_whole_and_the_same_ones_again() -> None:
    whole = [n for n in range(20) if ProfileSelector().profile(head(n), PROFILE) is None]
    assert whole == [0, 6, 12, 18]


@pytest.mark.parametrize(
    ("seen", "by_profile"),
    [
        pytest.param(face(WITHIN), True, id="a student where the profile has faces"),
        pytest.param(face(OUTSIDE), False, id="a student where it has none"),
        pytest.param(face(OUTSIDE, None), True, id="a lecturer, who is nobody's name"),
    ],
)
def test_after_a_student_was_seen_elsewhere_frames_are_looked_at_whole(seen: Face, by_profile: bool) -> None:
    attention = ProfileSelector()
    attention.saw(observation(0, faces=(seen,)), PROFILE)
    for minutes in (-1, 1, 4.9):
        assert (attention.profile(head(1, minutes), PROFILE) is PROFILE) is by_profile
    assert attention.profile(head(1, 5.1), PROFILE) is PROFILE
    assert attention.profile(head(1, 1, camera="back"), PROFILE) is PROFILE


def test_as_long_as_he_is_seen_there() -> None:
    attention = ProfileSelector()
    for minutes in (4, 0, 8):
        attention.saw(observation(minutes, faces=(face(OUTSIDE),)), PROFILE)
    assert attention.profile(head(1, 12), PROFILE) is None
