"""How well constants hold for people whom they were not fitted to.

The people are divided into folds; each fold is told by the constants of the others. A pair counts only if both of its
people are in the fold. A face that is told by a roster counts if its own person is: the others are the crowd.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

from streams.faces.calibration import Calibration, Constants, Proof
from streams.faces.fitting import MOST_LOOKS, PRIOR, Pairs, Scored, constants_of, pairs_of

__all__ = ["FOLDS", "accepted_rates", "answers", "cllr", "error", "found_rates", "least_cllr", "proof"]

FOLDS = 4

ACCEPTED = 0.9
"""Probability from which a student counts as seen, as a site's policy has it if it says nothing."""

ALLOWED = (0.05, 0.01, 0.001)
"""Shares of strangers who may get a name."""

_BINS = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 1.0)

_MOST = 700.0


def proof(halls: Sequence[Scored], photos: int, stranger: float) -> Proof:
    """Return how well constants fitted to some of the people hold for the others.

    photos: behind the templates, which says which constants are fitted. stranger: how likely a face is nobody's of the
    roster before it is compared.
    """
    people = sorted({name for hall in halls for name in hall.who.tolist()})
    shuffled = np.random.default_rng(0).permutation(people)
    folds, told, fitted = [], [], []
    for number in range(FOLDS):
        mine = set(shuffled[number::FOLDS].tolist())
        constants = constants_of(pairs_of(halls, set(people) - mine))
        fitted.append(constants)
        pairs = pairs_of(halls, mine)
        llr = _llr(constants, pairs.s, pairs.looks, photos)
        folds.append((cllr(llr, pairs), least_cllr(llr, pairs), error(llr, pairs)))
        told += [each for hall in halls for each in answers(hall, mine, constants, photos, stranger)]
    looks, p, right, stray = (np.array(each) for each in zip(*told, strict=True))
    costs, least, errors = zip(*folds, strict=True)
    return Proof(
        constants=tuple(fitted),
        cllr=tuple(map(_round, costs)),
        least_cllr=tuple(map(_round, least)),
        error=tuple(map(_round, errors)),
        reliability=tuple(_reliability(p, right, stray, stranger)),
        found=tuple(found_rates(looks, p, right, stray)),
        accepted=tuple(accepted_rates(looks, p, right, stray)),
    )


def cllr(llr: NDArray[np.float64], pairs: Pairs) -> float:
    """Return the cost of log likelihood ratios, (P,), in bits: 0 is perfect, 1 says nothing."""
    wrong = np.where(pairs.same, -llr, llr)
    cost = np.logaddexp(0, wrong) / np.log(2)
    return float(sum(np.average(cost[kind], weights=pairs.weight[kind]) for kind in (pairs.same, ~pairs.same)) / 2)


def least_cllr(llr: NDArray[np.float64], pairs: Pairs) -> float:
    """Return the cost that is left if the ratios are replaced by the best ones of the same order."""
    order = np.argsort(llr, kind="stable")
    _, start, tie = np.unique(llr[order], return_index=True, return_inverse=True)
    same, weight = pairs.same[order], pairs.weight[order]
    total = np.add.reduceat(weight, start)
    share = isotonic_regression(np.add.reduceat(weight * same, start) / total, weights=total).x[tie]
    with np.errstate(divide="ignore"):
        best = np.log(share) - np.log1p(-share) - np.log(PRIOR / (1 - PRIOR))
    return cllr(np.clip(best, -_MOST, _MOST), pairs._replace(same=same, weight=weight))


def error(llr: NDArray[np.float64], pairs: Pairs) -> float:
    """Return the mean difference between told and true probability in ten bins, at the odds of the pairs' weights."""
    p = 1 / (1 + np.exp(-np.clip(llr + np.log(PRIOR / (1 - PRIOR)), -_MOST, _MOST)))
    which = np.minimum((p * 10).astype(int), 9)
    told, true = (np.bincount(which, pairs.weight * each, 10) for each in (p, pairs.same))
    return float(np.abs(told - true).sum() / pairs.weight.sum())


def _llr(constants: Constants, s: NDArray[np.float64], looks: NDArray[np.int64], photos: int) -> NDArray[np.float64]:
    calibration = Calibration(center=0, spread=1, several=constants, single=constants, most_looks=MOST_LOOKS)
    return calibration.llr(s, looks, photos)


def answers(
    hall: Scored, people: set[str], constants: Constants, photos: int, stranger: float
) -> Iterator[tuple[int, float, bool, bool]]:
    """Yield of each set of looks how many, p of the best name, whether it is right, and whether it was a stranger's.

    Everybody counts as a stranger too, with his own template left out: it is the crowd that he resembles.
    """
    rows = np.flatnonzero(np.isin(hall.who, list(people)))
    llr = _llr(constants, hall.s[rows], hall.looks[rows, None], photos)
    own = hall.who[rows, None] == hall.roster
    for stray, shown in ((True, np.where(own, -np.inf, llr)), (False, llr)):
        share = np.log((1 - stranger) / np.isfinite(shown).sum(axis=1))
        each = np.exp(shown + share[:, None] - np.log(stranger))
        p, best = each.max(axis=1) / (1 + each.sum(axis=1)), each.argmax(axis=1)
        right = own[np.arange(len(rows)), best] & (not stray)
        counts = own.any(axis=1) | stray
        told = zip(hall.looks[rows].tolist(), p.tolist(), right.tolist(), counts.tolist(), strict=True)
        yield from ((length, each, good, stray) for length, each, good, known in told if known)


def _reliability(
    p: NDArray[np.float64], right: NDArray[np.bool_], stray: NDArray[np.bool_], stranger: float
) -> Iterator[tuple[float, float, float]]:
    weight = np.where(stray, stranger / stray.sum(), (1 - stranger) / (~stray).sum())
    which = np.clip(np.searchsorted(_BINS, p, side="right") - 1, 0, len(_BINS) - 2)
    for number in range(len(_BINS) - 1):
        mine = which == number
        if mine.any():
            total = weight[mine].sum()
            told, true = (weight * p)[mine].sum() / total, (weight * right)[mine].sum() / total
            yield _round(told), _round(true), _round(total)


def found_rates(
    looks: NDArray[np.int64], p: NDArray[np.float64], right: NDArray[np.bool_], stray: NDArray[np.bool_]
) -> Iterator[tuple[int, float, float]]:
    """Yield looks, the share of strangers who may get a name, and the share of students who then get their own."""
    for length in np.unique(looks).tolist():
        mine = looks == length
        for allowed in ALLOWED:
            bar = np.quantile(p[mine & stray], 1 - allowed, method="higher")
            students = mine & ~stray
            yield length, allowed, _round(np.mean(right[students] & (p[students] > bar)))


def accepted_rates(
    looks: NDArray[np.int64], p: NDArray[np.float64], right: NDArray[np.bool_], stray: NDArray[np.bool_]
) -> Iterator[tuple[int, float, float, float]]:
    """Yield looks, and the shares of students rightly and wrongly named and of strangers named, at p of ACCEPTED."""
    sure = p >= ACCEPTED
    for length in np.unique(looks).tolist():
        students, strangers = (looks == length) & ~stray, (looks == length) & stray
        named, misnamed = np.mean((sure & right)[students]), np.mean((sure & ~right)[students])
        yield length, _round(named), _round(misnamed), _round(np.mean(sure[strangers]))


def _round(value: float | np.floating) -> float:
    return round(float(value), 4)
