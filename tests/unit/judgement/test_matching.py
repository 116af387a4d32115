"""Within a frame: one face one student, and nobody rather than a poor match."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from streams.judgement.matching import NOBODY, against, assign, candidate_faces, likely_visitors, names, prior

gains = st.integers(0, 4).flatmap(
    lambda n: st.integers(0, 4).flatmap(lambda m: arrays(np.float64, (n, m), elements=st.floats(-9, 9)))
)


def brute_force(gain):
    """The greatest sum of gains over all ways to give faces a student or nobody."""
    n, m = gain.shape
    padded = np.hstack([gain, np.zeros((n, n))])
    return max(sum(padded[face, pick] for face, pick in enumerate(way)) for way in permutations(range(m + n), n))


@given(gains)
def test_the_assignment_is_the_best_of_all(gain):
    student = assign(gain)
    total = sum(gain[face, pick] for face, pick in enumerate(student) if pick != NOBODY)
    assert total == pytest.approx(brute_force(gain))


@given(gains)
def test_nobody_is_named_twice_or_against_the_odds(gain):
    student = assign(gain)
    named = student[student != NOBODY]
    assert len(set(named)) == len(named)
    assert all(gain[face, pick] > 0 for face, pick in enumerate(student) if pick != NOBODY)


def test_a_student_who_was_not_compared_is_not_named():
    assert assign(np.array([[np.nan, 1.0], [np.nan, np.nan]])).tolist() == [1, NOBODY]


def test_two_faces_alike_one_student_goes_to_the_nearer_and_the_other_is_nobody(calibration):
    cosines = np.array([[0.97, 0.85], [0.98, 0.86]])
    found = names(cosines, np.array([2, 2]), calibration, center=0.872, spread=0.034)
    assert found.student.tolist() == [NOBODY, 0]


def test_a_face_like_nobody_is_nobody(calibration):
    found = names(np.full((1, 30), 0.89), np.full(30, 2), calibration, center=0.872, spread=0.034)
    assert found.student.tolist() == [NOBODY]


def test_one_photo_is_weaker_evidence_than_two(calibration):
    found = names(np.array([[0.99, 0.99]]), np.array([1, 2]), calibration, center=0.872, spread=0.034)
    assert found.llr[0, 0] < found.llr[0, 1]
    assert found.student.tolist() == [1]


def test_the_larger_the_roster_the_likelier_a_chance_match():
    assert prior(12) > prior(40) > prior(120)
    assert prior(4) == pytest.approx(0)


def test_only_looks_that_may_be_a_candidates_are_kept():
    assert candidate_faces(np.array([[-9.0, -1.9], [-9.0, -2.1]])).tolist() == [True, False]
    assert candidate_faces(np.zeros((2, 0))).tolist() == [False, False]
    assert candidate_faces(np.zeros((0, 3))).tolist() == []


frames = st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(0, 3)).flatmap(
    lambda shape: st.tuples(
        arrays(np.float64, shape[:2], elements=st.floats(-9, 9)),
        arrays(np.float64, (shape[0], shape[2]), elements=st.floats(-30, 30) | st.just(np.nan)),
        st.integers(1, 20_000),
    )
)


@given(frames)
def test_visitors_never_add_a_name(frame):
    gain, visitors, count = frame
    with_them = gain - against(visitors, count)[:, None]
    assert np.sum(assign(with_them) != NOBODY) <= np.sum(assign(gain) != NOBODY)
    for one, other in zip(with_them, gain, strict=True):
        assert assign(one[None])[0] in (NOBODY, assign(other[None])[0])


@given(frames, st.floats(0, 30))
def test_the_more_a_face_is_like_a_visitor_the_less_it_is_a_students(frame, more):
    _, visitors, count = frame
    assert (against(visitors + more, count) >= against(visitors, count)).all()


def test_the_prior_of_nobody_is_shared_and_does_not_grow():
    everyone = np.zeros((1, 500))
    assert against(everyone, 500) == pytest.approx(0), "alike to all of them as to anybody: nothing is said"
    assert against(np.full((1, 500), -50.0), 500) == 0, "like none of them: as likely a stranger as before"
    assert against(np.zeros((1, 0)), 0) == 0


def test_a_face_that_fits_a_visitor_clearly_better_is_not_the_students(calibration):
    cosines, photos = np.array([[0.955, 0.87]]), np.array([2, 2])
    alone = names(cosines, photos, calibration, center=0.872, spread=0.034)
    others = against(calibration.llr((np.array([[0.99]]) - 0.872) / 0.034, 1, 2), 100)
    beside = names(cosines, photos, calibration, center=0.872, spread=0.034, others=others)
    assert (alone.student.tolist(), beside.student.tolist()) == ([0], [NOBODY])


def test_the_more_visitors_the_more_alike_one_must_be_to_be_named():
    llr = np.array([np.nan, 4.0, 6.0, 9.0])
    assert likely_visitors(llr, 10).tolist() == [False, True, True, True]
    assert likely_visitors(llr, 1000).tolist() == [False, False, True, True]
    assert likely_visitors(llr, 20_000).tolist() == [False, False, False, True]
