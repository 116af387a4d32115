"""Present and absent told apart by p, at every bound: counted by hand, and by law."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinks.runs.detection import Detection, Point, detection

# There:     0.9  0.8  0.8  0.6  0.2        (of 0.6 the verdict was absent, of 0.2 too)
# Not there: 0.7  0.3  0.1  0.1             (of 0.7 the verdict was present)
THERE = [(True, p > 0.65, p) for p in (0.9, 0.8, 0.8, 0.6, 0.2)]
AWAY = [(False, p > 0.65, p) for p in (0.7, 0.3, 0.1, 0.1)]


@pytest.fixture
def found() -> Detection:
    return detection([*THERE, *AWAY, (True, True, None), (False, True, None)])


def test_every_number_of_false_presences_comes_with_the_fewest_missed(found: Detection) -> None:
    assert found.points == (
        Point(above=0.7, false_presences=0, missed=2),  # 0.6 and 0.2
        Point(above=0.3, false_presences=1, missed=1),  # 0.7 is in; 0.2 is missed
        Point(above=0.1, false_presences=2, missed=0),
        Point(above=None, false_presences=4, missed=0),  # both of 0.1 at once: three cannot be had
    )


def test_what_the_verdicts_amount_to_is_counted_of_the_same_students(found: Detection) -> None:
    assert (found.present, found.absent, found.unscored) == (5, 4, 2)
    assert (found.told_false, found.told_missed) == (1, 2)


def test_identification_is_told_at_the_rates_that_so_few_absent_students_can_show(found: Detection) -> None:
    # Of four absent students a tenth is nobody, so only the rate of none can be told: 3 of 5 above 0.7.
    [none] = found.rates
    assert (none.at, none.above, none.false_presences) == (0.0, 0.7, 0)
    assert (none.identified.count, none.identified.of) == (3, 5)


def test_at_a_tenth_of_thirty_three_may_be_taken_for_present() -> None:
    # p of the absent is 0.00 to 0.29, of those there 0.28 and 0.265: above 0.29 nobody is identified; above 0.26 three
    # of the absent are called present (0.27, 0.28, 0.29), and both who were there.
    away = [(False, False, number / 100) for number in range(30)]
    found = detection([*away, (True, True, 0.28), (True, True, 0.265)])
    assert [(each.at, each.false_presences, each.above, each.identified.count) for each in found.rates] == [
        (0.0, 0, 0.29, 0), (0.1, 3, 0.26, 2),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("absent", "rates"), [(9, [0.0]), (10, [0.0, 0.1]), (100, [0.0, 0.01, 0.1]), (1000, [0.0, 0.001, 0.01, 0.1])]
)
def test_the_smallest_rate_is_one_of_all_absent_students(absent: int, rates: list[float]) -> None:
    found = detection([*((False, False, number / absent) for number in range(absent)), (True, True, 1.0)])
    assert [each.at for each in found.rates] == rates
    assert [each.false_presences for each in found.rates] == [int(rate * absent) for rate in rates]


def test_absent_students_who_share_a_p_are_called_present_together_or_not_at_all() -> None:
    found = detection([*((False, False, 0.5) for _ in range(20)), (True, True, 0.5), (True, True, 0.6)])
    assert [(each.false_presences, each.identified.count) for each in found.rates] == [(0, 1), (0, 1)]


@pytest.mark.parametrize("cases", [[], THERE, AWAY, [(True, True, None), (False, False, None)]])
def test_without_both_kinds_of_student_there_is_no_trade_off(cases: list[tuple[bool, bool, float | None]]) -> None:
    assert (detection(cases).points, detection(cases).rates) == ((), ())


cases = st.lists(st.tuples(st.booleans(), st.booleans(), st.none() | st.integers(0, 20).map(lambda n: n / 20)))


@given(cases, st.randoms(use_true_random=False))
def test_the_order_of_students_changes_nothing(listed: list[tuple[bool, bool, float | None]], chance: Random) -> None:
    mixed = list(listed)
    chance.shuffle(mixed)
    assert detection(mixed) == detection(listed)


@given(cases)
def test_every_point_is_what_its_bound_gives(listed: list[tuple[bool, bool, float | None]]) -> None:
    scored = [(there, p) for there, _, p in listed if p is not None]
    found = detection(listed)
    for each in found.points:
        bound = -1.0 if each.above is None else each.above
        assert each.false_presences == sum(p > bound for there, p in scored if not there)
        assert each.missed == sum(p <= bound for there, p in scored if there)
    counts = [(each.false_presences, -each.missed) for each in found.points]
    assert counts == sorted(counts)
    for rate in found.rates:
        assert rate.false_presences <= rate.at * found.absent
        assert rate.identified.of == found.present
