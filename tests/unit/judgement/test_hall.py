"""All frames of an hour as one table, and the units that its scores are measured in."""

import numpy as np
import pytest

from streams.judgement.hall import Hall, units
from streams.judgement.matching import assign, prior


def hall_of(lecture, facts):
    return Hall.of(facts.observations, [person.student_id for person in lecture.people])


def test_the_units_are_median_and_spread_of_the_scores_between_different_people(lecture, calibration):
    room = lecture(size=30, every=60)
    center, spread = units(hall_of(room, room.film()), calibration)
    assert center == pytest.approx(0.873, abs=0.01)
    assert spread == pytest.approx(0.034, abs=0.005)


def test_the_faces_of_the_students_themselves_do_not_shift_a_small_hall(lecture, calibration):
    room = lecture(size=12, every=60)
    found = hall_of(room, room.film())
    center, _ = units(found, calibration)
    own = np.nanmax(found.cosines, axis=1, keepdims=True) == found.cosines
    assert center == pytest.approx(np.median(found.cosines[~own]), abs=0.002)


@pytest.mark.parametrize(
    ("size", "there"),
    [
        pytest.param(7, 7, id="a roster so small that matches are a large part"),
        pytest.param(12, 8, id="a hall so empty that its median is chance"),
    ],
)
def test_too_few_scores_are_measured_in_fixed_units(lecture, calibration, size, there):
    room = lecture(size=size, every=60, hidden=0)
    facts = room.film(dict.fromkeys(range(there, size), ()))
    assert units(hall_of(room, facts), calibration) == (calibration.center, calibration.spread)


def test_an_hour_without_faces_has_units_too(lecture, calibration):
    room = lecture(size=12, every=600)
    nobody = room.film(dict.fromkeys(range(12), ()))
    assert units(hall_of(room, nobody), calibration) == (calibration.center, calibration.spread)


def test_frames_that_compared_others_are_aligned_by_student(lecture):
    room = lecture(size=10, every=600, hidden=0)
    facts = room.film(candidates=[1, 2, 3], dark=[(10, 50)])
    facts = room.film(candidates=[2, 3, 4], dark=[(0, 10)], facts=facts)
    found = hall_of(room, facts)
    assert [np.flatnonzero(row).tolist() for row in found.compared] == [[1, 2, 3]] + [[2, 3, 4]] * 4
    assert np.isfinite(found.cosines).any(axis=0).tolist() == [False, True, True, True, True] + [False] * 5
    first = facts.observations[0]
    np.testing.assert_array_equal(found.cosines[:10, 1:4], first.cosines)


def test_names_are_those_of_each_frame_by_itself(lecture):
    room = lecture(size=9, every=300)
    hall, rng = hall_of(room, room.film()), np.random.default_rng(0)
    for often in (0.02, 0.1, 0.5):  # with nobody likely, some with one choice, and everybody contested
        llr = np.where(rng.random(hall.cosines.shape) < often, rng.normal(8, 2, hall.cosines.shape), -9.0)
        llr[rng.random(llr.shape) < 0.1] = np.nan
        others = rng.random(len(llr))
        gain = llr + prior(llr.shape[1]) - others[:, None]
        frame_by_frame = [assign(gain[hall.frame == frame]) for frame in range(len(hall.frames))]
        assert hall.names(llr, others).tolist() == np.concatenate(frame_by_frame).tolist()


def test_a_table_goes_on_with_later_frames_as_if_it_had_been_made_of_all(lecture):
    room = lecture(size=5, every=120)
    facts = room.film(cameras=("back", "front"), candidates=[0, 1, 2]).join(room.film(cameras=("window",)))
    frames, cameras = facts.observations, ["back", "front", "window"]
    parts = (Hall.of(part, room.names, cameras=cameras) for part in (frames[:7], frames[7:]))
    whole, joined = Hall.of(frames, room.names), next(parts).then(next(parts))
    for name in ("camera_of", "view_of", "times", "compared", "frame", "places", "has_look", "cosines"):
        np.testing.assert_array_equal(getattr(joined, name), getattr(whole, name))
    assert joined.frames == whole.frames
