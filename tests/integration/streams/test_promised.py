"""A campus is played through the real workers, and held to the plan: `make bench PART=promised`, once and short."""

import pytest

from infra.operations.site.site_plan import Load
from tests.benchmarks.campus import STUDENTS
from tests.benchmarks.promised import PLANNED, Line, lines, measured
from tests.conftest import Broker

HALLS = 5


def test_what_halls_send_is_judged_and_stored_across_kills_and_compared_with_the_plan(broker: Broker) -> None:
    load = Load(HALLS, 60.0, HALLS * STUDENTS, STUDENTS, classes=1)
    found = measured(broker, load, minutes=20, judge_every=300)
    assert found.played.messages == HALLS * 20
    assert found.played.judgements >= HALLS * 3
    assert found.final == HALLS * STUDENTS, "everybody has a final row, by whoever came back after the kill"
    assert found.stored == found.played.faces
    compared = {each.what: each for each in lines(load, PLANNED, found)}
    assert all(each.promised > 0 and each.found > 0 for each in compared.values())
    # Bytes are the same on any machine. In the log are rows of a class hour, too, which 20 frames do not outweigh.
    assert 0.7 < compared["sightings, MB in the broker"].ratio < 1.3
    assert 0.5 < compared["facts, MB on the worker's disk"].ratio < 2


@pytest.mark.parametrize(("found", "wrong"), [(4.9, True), (5.1, False), (13, False), (13.1, True)])
def test_the_plan_is_wrong_where_twice_or_far_too_little_was_promised(found: float, wrong: bool) -> None:
    assert Line("cores", 10, found).wrong is wrong
