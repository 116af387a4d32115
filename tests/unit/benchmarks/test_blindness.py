"""What the benchmark of blindness counts."""

from datetime import timedelta

from producers.simulated_hall import Expected
from producers.simulated_hall.composed import STARTS_AT, compose
from schemas.messages import Absence
from streams.judgement.judge import StudentJudgement
from streams.judgement.timeline import AwayInterval
from tests.benchmarks.blindness import FLICKERING, Wrong, emptied, found, mishaps, wronged
from tests.benchmarks.halls import Case

LEFT = STARTS_AT + timedelta(minutes=20)
PRESENT = Case(Expected(verdict="present"), StudentJudgement("present"), None)
LEAVES = Expected(verdict="left_early", absences=(Absence(departed_at=LEFT),))


def told(truth: Expected, verdict: str, *left_at: float) -> Case:
    absences = tuple(AwayInterval(LEFT.timestamp() + each, None, 0) for each in left_at)
    return Case(truth, StudentJudgement(verdict, absences=absences), None)  # type: ignore[arg-type]


def test_only_what_is_not_said_without_the_mishap_is_wrong_because_of_it() -> None:
    absent = told(Expected(verdict="present"), "absent")
    assert wronged(absent, PRESENT) == Wrong(1, 0, 0)
    assert wronged(absent, absent) == Wrong(0, 0, 0)
    assert wronged(told(Expected(verdict="present"), "late"), PRESENT) == Wrong(0, 1, 0)


def test_a_departure_is_wrong_if_it_is_neither_real_nor_told_anyhow() -> None:
    gone = told(Expected(verdict="present"), "present", 0.0)
    assert wronged(gone, PRESENT) == Wrong(0, 0, 1)
    assert wronged(gone, told(Expected(verdict="present"), "present", 60.0)) == Wrong(0, 0, 0)
    assert wronged(told(LEAVES, "left_early", 60.0), PRESENT) == Wrong(0, 0, 0)


def test_departures_are_found_where_they_are() -> None:
    assert found([told(LEAVES, "left_early", 60.0), told(LEAVES, "left_early", 600.0), PRESENT]) == (1, 2)


def test_flickering_is_dark_in_every_other_frame() -> None:
    script = compose(2, "orl", students=20, every=timedelta(seconds=20))
    dark = mishaps(FLICKERING, script, 20, 5)
    hidden = [any(each in one.when for one in dark) for each in script.moments()][58:78]
    assert hidden == [False, False] + [True, False] * 7 + [True] + [False] * 3


def test_an_emptied_hall_is_empty() -> None:
    script = emptied(compose(2, "orl", students=20, every=timedelta(seconds=20)))
    last = max(stay.ends_at for each in script.seated for stay in each.here)
    assert last == STARTS_AT + timedelta(minutes=35)
