"""The verdict is the first that holds; lateness, leaving early and absence each need evidence."""

from datetime import timedelta

import pytest

from schemas.settings import Policy
from streams.judgement import verdict
from streams.judgement.timeline import AwayInterval, Hour, Stay

HOUR = Hour(0.0, 3000.0)
POLICY = Policy()


def a_stay(arrived=0.0, *, earliest=None, departed=None, latest=None):
    """A stay in minutes, without outages unless said."""
    left = None if departed is None else 60.0 * departed
    return Stay(
        arrived_at=60.0 * arrived,
        arrived_from=60.0 * (arrived if earliest is None else earliest),
        absences=() if left is None else (AwayInterval(left, None, left + 300),),
        departed_at=left,
        left_by=left if latest is None else 60.0 * latest,
        seconds=0.0,
    )


@pytest.mark.parametrize(
    ("stay", "expected", "review"),
    [
        pytest.param(a_stay(), "present", False, id="there from the start"),
        pytest.param(a_stay(10), "present", False, id="at the last moment in time"),
        pytest.param(a_stay(11), "late", False, id="later than that"),
        pytest.param(a_stay(11, departed=20), "late", False, id="late goes before left early"),
        pytest.param(a_stay(departed=34), "left_early", False, id="left before the last ten minutes"),
        pytest.param(a_stay(departed=39), "left_early", True, id="or sat on with the head down: nobody saw which"),
        pytest.param(a_stay(departed=41), "present", False, id="left within them"),
        pytest.param(a_stay(20, earliest=6), "present", True, id="may have come in time during an outage"),
        pytest.param(a_stay(20, earliest=12), "late", False, id="cannot have come in time, in spite of an outage"),
        pytest.param(a_stay(departed=30, latest=42), "present", True, id="may have stayed during an outage"),
        pytest.param(a_stay(departed=30, latest=38), "left_early", False, id="cannot have stayed, in spite of one"),
        pytest.param(a_stay(20, earliest=6, departed=30), "left_early", True, id="left early, whenever he came"),
    ],
)
def test_the_verdict_on_who_was_seen(stay, expected, review):
    ruling = verdict.seen(stay, HOUR, POLICY)
    assert (ruling.verdict, ruling.review) == (expected, review)
    assert bool(ruling.reason) == review


@pytest.mark.parametrize(
    ("p", "covered", "closed", "expected", "review"),
    [
        pytest.param(0.0, 1.0, True, "absent", False, id="not seen in an hour that was covered"),
        pytest.param(0.0, 0.5, True, "absent", False, id="half of it is enough"),
        pytest.param(0.0, 0.49, True, "unobserved", True, id="less is not: a person decides"),
        pytest.param(0.0, 0.0, True, "unobserved", True, id="a dead camera makes nobody absent"),
        pytest.param(0.0, 0.9, False, "unobserved", False, id="while the hour runs he may still come"),
        pytest.param(0.5, 1.0, True, "unobserved", True, id="perhaps seen: a person decides"),
        pytest.param(0.7, 0.4, False, "unobserved", True, id="also while the hour runs"),
        pytest.param(0.2, 1.0, True, "unobserved", True, id="somebody who may be he, if hardly: nobody is absent then"),
        pytest.param(0.19, 1.0, True, "absent", False, id="a very poor likeness is somebody else's"),
    ],
)
def test_the_verdict_on_who_was_not(p, covered, closed, expected, review):
    ruling = verdict.not_seen(p, covered, POLICY, closed=closed)
    assert (ruling.verdict, ruling.review) == (expected, review)


def test_of_a_single_photo_half_the_likeness_is_enough_for_doubt():
    assert verdict.not_seen(0.1, 1.0, POLICY, closed=True, photos=1).verdict == "unobserved"
    assert verdict.not_seen(0.1, 1.0, POLICY, closed=True, photos=2).verdict == "absent"


@pytest.mark.parametrize(
    ("stay", "claim"),
    [
        pytest.param(a_stay(departed=30), "left_early", id="left, but may be somebody who was not known"),
        pytest.param(a_stay(20), "late", id="late, the same"),
        pytest.param(a_stay(), "present", id="nothing is claimed of whoever was there all the time"),
    ],
)
def test_nothing_is_claimed_of_whoever_may_have_sat_elsewhere(stay, claim):
    assert verdict.seen(stay, HOUR, POLICY).verdict == claim
    ruling = verdict.seen(stay, HOUR, POLICY, elsewhere=True)
    assert (ruling.verdict, ruling.review) == ("present", claim != "present")
    assert ("sat elsewhere" in ruling.reason) == ruling.review


def test_a_site_sets_its_own_limits():
    strict = Policy(late_after=timedelta(0), left_early_before=timedelta(0), enough_coverage=0.9, review=0.3)
    assert verdict.seen(a_stay(1), HOUR, strict).verdict == "late"
    assert verdict.seen(a_stay(departed=49), HOUR, strict).verdict == "left_early"
    assert verdict.not_seen(0.0, 0.8, strict, closed=True).verdict == "unobserved"
    assert verdict.not_seen(0.3, 1.0, strict, closed=True).review


def test_who_is_too_like_somebody_else_is_named_with_him_and_nobody_guesses():
    ruling = verdict.not_seen(0.5, 1.0, POLICY, closed=True, rival="201912345")
    assert (ruling.verdict, ruling.review) == ("unobserved", True)
    assert "201912345" in ruling.reason
