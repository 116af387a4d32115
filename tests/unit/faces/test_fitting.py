"""Constants from faces whose people are known."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.errors import RefusedError
from streams.faces.calibration import Calibration, Constants
from streams.faces.cross_validation import cllr, error, least_cllr, proof
from streams.faces.fitting import (
    FEWEST_PEOPLE,
    PRIOR,
    Labelled,
    Pairs,
    Scored,
    calibration_from,
    constants_of,
    pairs_of,
    recalibrated,
    scored,
)
from streams.faces.scores import Units, hall_units

SIZE = 16


def heap(seed: int, people: int = 40, strangers: int = 6, minutes: int = 20, noise: float = 0.25) -> Labelled:
    """A hall on paper: everybody is a direction not far from all others, every look and template is off by chance."""
    rng = np.random.default_rng(seed)

    def off(count: int, by: float) -> np.ndarray:
        return by * rng.normal(size=(count, SIZE)) / math.sqrt(SIZE)

    names = [f"p{n:02d}" for n in range(people + strangers)]
    faces = np.eye(SIZE)[0] + off(len(names), 0.35)
    who = np.repeat(np.arange(len(names)), 2 * minutes)

    def enrolled(by: float) -> dict[str, np.ndarray]:
        vectors = (faces + off(len(names), by))[:people]
        return dict(zip(names, vectors / np.linalg.norm(vectors, axis=1, keepdims=True), strict=False))

    return Labelled(
        embeddings=(faces[who] + off(len(who), noise)).astype(np.float32),
        who=np.array(names)[who],
        group=np.tile(np.repeat(np.arange(minutes), 2), len(names)),
        several=enrolled(0.1),
        single=enrolled(0.16),
    )


def fitted(*halls: Labelled) -> Calibration:
    return calibration_from(
        [scored(each, each.several) for each in halls], [scored(each, each.single) for each in halls]
    )


def drawn(constants: Constants, count: int = 400_000) -> Pairs:
    """Pairs whose scores have exactly these ratios, each length apart: normal, of equal variance."""
    rng = np.random.default_rng(5)
    a, b, c, d = constants
    same = np.arange(count) % 2 == 0
    looks = np.array([1, 3, 7])[np.arange(count) // 2 % 3]
    length = np.log(looks)
    # Of normal scores m1 and m0 with variance v, LLR = (m1 - m0) / v s - (m1^2 - m0^2) / 2v.
    slope, shift, gap = a + b * length, c * length + d, 3.0
    middle = -shift / slope
    s = middle + np.where(same, gap, -gap) / 2 + rng.normal(size=count) * np.sqrt(gap / slope)
    return Pairs(s, looks, same, np.where(same, PRIOR, 1 - PRIOR) / (count / 2), people=count)


@pytest.mark.slow
@pytest.mark.parametrize("constants", [(3.0, 1.0, -4.0, -6.0), (5.0, 0.0, -2.0, -9.0), (2.0, 0.5, -1.0, -3.0)])
def test_constants_that_made_the_scores_are_found_again(constants):
    assert constants_of(drawn(constants)) == pytest.approx(constants, rel=0.1, abs=0.4)


def test_scores_that_speak_against_a_person_are_refused():
    pairs = drawn((3.0, 1.0, -4.0, -6.0))
    with pytest.raises(RefusedError, match="speak against"):
        constants_of(pairs._replace(s=-pairs.s))


def test_people_who_never_overlap_are_worth_what_so_many_can_show():
    """Without bounds the best fit would tell any two of them apart with certainty."""
    few, many = (heap(4, people=people, strangers=0, minutes=3, noise=0.02) for people in (30, 120))
    a, *_ = constants_of(pairs_of([scored(few, few.several)]))
    b, *_ = constants_of(pairs_of([scored(many, many.several)]))
    assert 1 < a < b < 30


@pytest.mark.slow
@settings(max_examples=10)
@given(st.randoms(use_true_random=False))
def test_neither_the_order_of_faces_nor_that_of_people_matters(random):
    hall = heap(3, people=30, strangers=2, minutes=4)
    order = list(range(len(hall.who)))
    random.shuffle(order)
    names = list(hall.several)
    random.shuffle(names)
    other = replace(
        hall,
        embeddings=hall.embeddings[order],
        who=hall.who[order],
        group=hall.group[order],
        several={name: hall.several[name] for name in names},
    )
    assert constants_of(pairs_of([scored(other, other.several)])) == constants_of(
        pairs_of([scored(hall, hall.several)])
    )


def test_more_looks_never_lower_the_evidence_of_a_true_student_on_average():
    halls = [heap(seed) for seed in (1, 2)]
    found = fitted(*halls)
    for photos, hall in ((2, scored(halls[0], halls[0].several)), (1, scored(halls[0], halls[0].single))):
        own = hall.who[:, None] == hall.roster
        mine = own.any(axis=1)
        llr = found.llr(hall.s[own], hall.looks[mine], photos)
        means = [llr[hall.looks[mine] == looks].mean() for looks in (1, 2, 3, 5, 7)]
        assert means == sorted(means)


def test_photographs_make_evidence_worth_more():
    found = fitted(heap(1), heap(2))
    hall = heap(3)
    several, single = scored(hall, hall.several), scored(hall, hall.single)
    costs = [
        cllr(found.llr(pairs.s, pairs.looks, photos), pairs)
        for pairs, photos in ((pairs_of([several]), 2), (pairs_of([single]), 1))
    ]
    assert costs[0] < costs[1] < 0.5


@pytest.mark.parametrize("people", [5, FEWEST_PEOPLE - 1])
def test_too_few_people_are_refused_with_how_many_are_missing(people):
    with pytest.raises(RefusedError, match=rf"{FEWEST_PEOPLE} are needed: {FEWEST_PEOPLE - people} are missing"):
        fitted(heap(1, people=people))


def test_people_who_were_seen_too_seldom_do_not_count():
    with pytest.raises(RefusedError, match="0 people are enrolled and were seen in 3 different minutes"):
        fitted(heap(1, minutes=2))


def test_every_person_weighs_the_same_however_often_he_was_seen():
    s = np.zeros((5, 2))
    who = np.array(["a", "a", "a", "a", "b"])
    pairs = pairs_of([Scored(s, np.ones(5, np.int64), who, np.array(["a", "b"]), Units(0, 1))])
    assert pairs.weight.sum() == pytest.approx(1)
    assert pairs.weight[pairs.same] == pytest.approx([PRIOR / 8] * 4 + [PRIOR / 2])


def test_pairs_of_some_people_leave_both_sides_of_the_others_out():
    hall = scored(heap(1, people=30), heap(1, people=30).several)
    some = {"p00", "p01", "p02"}
    pairs = pairs_of([hall], some)
    sets = np.isin(hall.who, list(some)).sum()
    assert len(pairs.s) == sets * 3


@pytest.mark.slow
def test_the_old_ratio_is_stretched_to_what_few_pictures_show():
    halls = [heap(seed, noise=0.6) for seed in (1, 2)]  # where people hardly overlap, any large factor fits
    right = fitted(*halls)
    wrong = Calibration(
        center=0.9,
        spread=0.03,
        several=tuple(each * 2 - (n == 3) for n, each in enumerate(right.several)),
        single=tuple(each * 2 - (n == 3) for n, each in enumerate(right.single)),
        most_looks=right.most_looks,
    )
    mended = recalibrated(
        wrong, [scored(each, each.several) for each in halls], [scored(each, each.single) for each in halls]
    )
    assert mended.several == pytest.approx(right.several, rel=0.1, abs=0.3)
    assert (mended.center, mended.spread) == (wrong.center, wrong.spread)


def test_matches_of_a_small_roster_do_not_move_the_units():
    rng = np.random.default_rng(0)
    others = rng.normal(0.87, 0.03, (1000, 10))
    mixed = np.where(np.arange(10) == rng.integers(10, size=(1000, 1)), 0.99, others)
    center, spread = hall_units(mixed, 10)
    wide = np.where(np.arange(40) == rng.integers(40, size=(1000, 1)), 0.99, rng.normal(0.87, 0.03, (1000, 40)))
    assert (center, spread) == pytest.approx(hall_units(wide, 40), abs=0.001)


def test_a_ratio_that_says_nothing_costs_a_bit_and_a_true_one_is_as_cheap_as_its_order_allows():
    pairs = drawn(constants := (3.0, 1.0, -4.0, -6.0))
    true = Calibration(center=0, spread=1, several=constants, single=constants).llr(pairs.s, pairs.looks, 2)
    assert cllr(np.zeros(len(true)), pairs) == pytest.approx(1)
    assert least_cllr(true, pairs) <= cllr(true, pairs) < least_cllr(true, pairs) + 0.01
    assert cllr(3 * true, pairs) > cllr(true, pairs) + 0.01
    assert least_cllr(3 * true, pairs) == pytest.approx(least_cllr(true, pairs))
    assert error(true, pairs) < 0.005 < error(true + 2, pairs)


@pytest.mark.slow
def test_what_is_told_of_people_outside_the_fit_is_as_often_true_as_it_says():
    halls = [heap(seed) for seed in range(6)]
    found = proof([scored(each, each.several) for each in halls], 2, 0.2)
    assert len(found.constants) == len(found.cllr) == 4
    assert sum(weight for _, _, weight in found.reliability) == pytest.approx(1, abs=0.001)
    assert sum(weight * abs(told - true) for told, true, weight in found.reliability) < 0.05
    shares = {looks: (students, strangers) for looks, students, _, strangers in found.accepted}
    assert shares[1][0] < shares[7][0]
    assert all(strangers < 0.03 for _, strangers in shares.values())
