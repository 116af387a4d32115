"""What frames cannot say: what came after the last of them, and of whom nobody knew when they were looked at."""

import pytest


@pytest.mark.parametrize("until", [12, 24.5, 50])
def test_after_its_last_frame_a_recording_covers_as_much_as_one_frame_does(lecture, until):
    hall = lecture(size=4, every=20)
    judged = hall.judge(hall.film({}, dark=[(until, 60)]))
    assert judged.seconds_covered == pytest.approx(until * 60, abs=20)
    assert len(judged.gaps) == (2 if until < 50 else 1)  # the first frame is a second late


def test_who_was_enrolled_after_the_frames_were_looked_at_is_told_what_mends_it(lecture):
    hall = lecture(size=4, every=20)
    judged = hall.judge(hall.film({}, candidates=[0, 1, 2]))
    late = judged.students[hall.names[3]]
    assert (late.verdict, late.review) == ("unobserved", True)
    assert late.reason == "on the roster or enrolled only after the frames were looked at: send them again"


def test_who_came_when_the_recording_was_over_is_not_absent(lecture):
    """Just less than half of the hour is in it; a minute more for the last frame made it half."""
    hall = lecture(size=4, every=20)
    judged = hall.judge(hall.film({0: [(26, 60)]}, dark=[(24.5, 60)]))
    assert judged.students[hall.names[0]].verdict == "unobserved"
