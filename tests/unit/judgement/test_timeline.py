"""Covered time, and who was away in it. Times are minutes of a class hour of 50."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.judgement.timeline import FrameCoverage, Hour, stay

HOUR = Hour(0.0, 3000.0)
DEPARTURE = 300.0


def frames(*spans, every=20.0):
    return np.concatenate([np.arange(60 * start, 60 * end, every) for start, end in spans] or [np.zeros(0)])


def coverage(*spans, every=20.0):
    return FrameCoverage(HOUR, frames(*spans, every=every), 60.0)


def minutes(values):
    return [tuple(None if each is None else each / 60 for each in (one.left_at, one.back_at)) for one in values]


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        pytest.param([], [], id="nothing without frames"),
        pytest.param([0.0], [(0, 60)], id="a frame stands for a minute at most"),
        pytest.param([0.0, 20.0, 40.0], [(0, 100)], id="frames join"),
        pytest.param([0.0, 60.0], [(0, 120)], id="a minute apart leaves no gap"),
        pytest.param([0.0, 90.0], [(0, 60), (90, 150)], id="further apart leaves one"),
        pytest.param([2980.0], [(2980, 3000)], id="the hour's end is the end"),
    ],
)
def test_what_frames_stand_for(times, expected):
    assert FrameCoverage(HOUR, np.array(times), 60.0).intervals == tuple(expected)


@given(st.lists(st.floats(0, 2999), max_size=30).map(sorted))
def test_covered_time_and_gaps_are_disjoint_sorted_and_together_the_hour(times):
    covered = FrameCoverage(HOUR, np.array(times), 60.0)
    parts = sorted([*covered.intervals, *covered.gaps])
    edges = [edge for part in parts for edge in part]
    assert edges == sorted(edges)
    assert (edges[0], edges[-1]) == (0.0, 3000.0)
    assert edges[1:-1:2] == edges[2::2]
    assert covered.seconds == pytest.approx(covered.between(0, 3000))
    assert covered.seconds + sum(end - start for start, end in covered.gaps) == pytest.approx(3000)


def test_two_cameras_cover_what_either_covers():
    both = FrameCoverage(HOUR, np.union1d(frames((0, 20)), frames((10, 30)) + 7), 60.0)
    assert both.intervals[0][0] == 0
    assert both.seconds == pytest.approx(1800 + 60, abs=30)


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        pytest.param((), (), id="nothing"),
        pytest.param(((0.0, 3000.0),), ((0, 600), (1200, 1800)), id="everything"),
        pytest.param(((300.0, 1500.0),), ((300, 600), (1200, 1500)), id="a part of each"),
        pytest.param(((600.0, 1200.0),), (), id="what only touches"),
    ],
)
def test_what_another_hall_did_not_show_is_not_covered(only, expected):
    covered = FrameCoverage(HOUR, frames((0, 10), (20, 30), every=60.0), 60.0, only=only)
    assert covered.intervals == expected
    assert covered.seconds == sum(b - a for a, b in expected)


def test_frames_every_minute_cover_everything():
    assert coverage((0, 50), every=60.0).seconds == 3000


def judged(sightings, covered):
    return stay(sightings, covered, DEPARTURE)


@pytest.mark.parametrize(
    ("seen", "covered", "expected"),
    [
        pytest.param([(0, 50)], [(0, 50)], [], id="there all the time"),
        pytest.param([(0, 20), (24, 50)], [(0, 50)], [], id="a short break is no departure"),
        pytest.param(
            [(0, 20), (26, 50)], [(0, 50)], [(20, 26)], id="six covered minutes away is, and the return ends it"
        ),
        pytest.param([(0, 20)], [(0, 50)], [(20, None)], id="who does not come back departed at the last sighting"),
        pytest.param([(0, 20), (26, 40)], [(0, 50)], [(20, 26), (40, None)], id="every departure is kept"),
        pytest.param([(0, 46)], [(0, 50)], [], id="the last four minutes are no evidence"),
        pytest.param([(0, 20), (40, 50)], [(0, 20), (40, 50)], [], id="an outage makes nobody depart"),
        pytest.param([(0, 20)], [(0, 20)], [], id="not even one without end"),
        pytest.param([(0, 20)], [(0, 20), (46, 50)], [], id="four minutes after an outage are too few"),
        pytest.param(
            [(0, 20)], [(0, 20), (40, 50)], [(20, None)], id="ten are enough, and the last sighting is the time"
        ),
        pytest.param([(0, 20), (44.4, 50)], [(0, 20), (40, 50)], [], id="the frame that shows him is no absence"),
        pytest.param([(0, 17), (43, 50)], [(0, 20), (40, 50)], [(17, 43)], id="both sides of an outage add up"),
    ],
)
def test_departures_and_returns(seen, covered, expected):
    sightings = frames(*seen)
    found = minutes(judged(sightings, coverage(*covered)).absences)
    assert [tuple(None if each is None else round(each, 0) for each in pair) for pair in found] == expected


@pytest.mark.parametrize(
    ("seen", "covered", "gone_by"),
    [
        pytest.param([(0, 20)], [(0, 50)], 25, id="surely gone after five minutes: a head is not bent for longer"),
        pytest.param([(0, 20), (24.9, 25), (31, 50)], [(0, 50)], 30, id="dated from the last sighting"),
        pytest.param([(0, 20), (25.2, 50)], [(0, 50)], 25, id="and before the return"),
        pytest.param([(0, 20)], [(0, 22), (40, 50)], 42.3, id="an outage proves nothing"),
        pytest.param([(0, 44.5)], [(0, 50)], 49.5, id="nor does the hour's end"),
    ],
)
def test_a_departure_is_an_interval(seen, covered, gone_by):
    (*_, last) = judged(frames(*seen), coverage(*covered)).absences
    assert last.gone_by / 60 == pytest.approx(gone_by, abs=0.4)


@given(
    st.lists(st.floats(0, 2999), min_size=1, max_size=40).map(sorted),
    st.lists(st.floats(0, 2999), min_size=1, max_size=40).map(sorted),
)
def test_he_left_after_his_last_sighting_and_before_he_was_surely_gone(sightings, times):
    covered = FrameCoverage(HOUR, np.union1d(sightings, times), 60.0)
    for each in judged(np.array(sightings), covered).absences:
        assert each.left_at < each.gone_by <= (each.back_at or HOUR.ends_at)
        assert covered.unseen(each.left_at, each.gone_by) <= DEPARTURE + 1e-6


@pytest.mark.parametrize("every", [5.0, 10.0, 20.0, 30.0, 60.0])
def test_the_interval_of_the_frames_does_not_decide_who_departs(every):
    covered = coverage((0, 50), every=every)
    assert not judged(frames((0, 20), (24.5, 50), every=every), covered).absences
    assert len(judged(frames((0, 20), (27, 50), every=every), covered).absences) == 1


def test_the_time_present_is_covered_time_without_the_absences():
    found = judged(frames((10, 20), (30, 40)), coverage((0, 50)))
    assert found.seconds / 60 == pytest.approx(20, abs=1)
    dark = judged(frames((0, 20), (40, 50)), coverage((0, 20), (40, 50)))
    assert dark.seconds / 60 == pytest.approx(31, abs=1)


@pytest.mark.parametrize(
    ("seen_from", "covered", "may_have_come"),
    [
        pytest.param(11, [(0, 50)], 11, id="with full coverage the first sighting is the arrival"),
        pytest.param(12, [(11.5, 50)], 0, id="dark from the start: any time"),
        pytest.param(18, [(12, 50)], 18, id="unseen for six covered minutes since: he came then"),
        pytest.param(20.5, [(0, 5), (20, 50)], 6, id="an outage just before: he may have come in it"),
        pytest.param(20.5, [(0, 2), (5, 6), (20, 50)], 0 + 3, id="two outages: as long as he may have sat unseen"),
        pytest.param(11, [(0, 5), (6.5, 50)], 11, id="a gap of half a minute hides nobody"),
    ],
)
def test_how_early_he_may_have_come(seen_from, covered, may_have_come):
    found = judged(frames((seen_from, 50)), coverage(*covered))
    assert found.arrived_at / 60 == pytest.approx(seen_from)
    assert found.arrived_from / 60 == pytest.approx(may_have_come, abs=0.7)


@pytest.mark.parametrize(
    ("covered", "may_have_left"),
    [
        pytest.param([(0, 50)], 30, id="with full coverage the last sighting is the departure"),
        pytest.param([(0, 30), (42, 50)], 42, id="an outage just after: he may have left in it"),
        pytest.param([(0, 37), (42, 50)], 30, id="unseen for seven covered minutes before it: he had left"),
    ],
)
def test_how_late_he_may_have_left(covered, may_have_left):
    found = judged(frames((0, 30)), coverage(*covered))
    assert found.left_by is not None
    assert found.left_by / 60 == pytest.approx(may_have_left, abs=0.5)
