"""A calibration from faces whose people are known.

What is compared is what a hall compares: the mean of all looks of one to fifteen minutes with every template of a
roster, in units of the hall. Logistic regression on these pairs gives the log likelihood ratio of one look, and what
more minutes add to it.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from schemas.errors import RefusedError
from schemas.translations import Text
from streams.faces.calibration import Calibration, Constants
from streams.faces.scores import Units, hall_units, mean_look
from streams.faces.values import Floats

__all__ = [
    "DECIMALS",
    "FEWEST_LOOKS",
    "FEWEST_PEOPLE",
    "MOST_LOOKS",
    "PRIOR",
    "Labelled",
    "Pairs",
    "Scored",
    "calibration_from",
    "constants_of",
    "pairs_of",
    "recalibrated",
    "scored",
]

LENGTHS = (1, 2, 3, 5, 7, 15)
"""Minutes whose looks are averaged: as many as a frame, a late arrival and half an hour with a bent head give."""

MOST_LOOKS = max(LENGTHS)

DRAWS = 4
"""Sets of each length that are drawn of each person in each hall."""

PRIOR = 0.02
"""Part of the weight that pairs of the same person have: about a candidate's share in a roster of forty. Constants are
best where they are used."""

FEWEST_PEOPLE = 30
"""With fewer, another choice of people gives other constants."""

FEWEST_LOOKS = 3
"""Different minutes, or pictures, in which each of them must be seen: of fewer nobody knows what more looks add."""

DECIMALS = 2
"""Of a score: far finer than halls differ among themselves, and few enough that what was fitted can be kept."""

DOUBT = 0.1
"""So many people who contradict are reckoned with besides those who were seen.

Where people hardly overlap, the best fit would be without bounds, and worth more than they can show (Morrison and Poh
2018, shrunk likelihood ratios).
"""


@dataclass(frozen=True, eq=False, repr=False)
class Labelled:
    """F faces of one hall, or of one heap of pictures, whose people are known, and who is enrolled there.

    embeddings: (F, d), raw. who: (F,), names; strangers too. group: (F,), looks of one group (a minute, a picture) are
    one look. several, single: by name, templates (d,) of two photographs or more, and of one.
    """

    embeddings: Floats
    who: NDArray[np.str_]
    group: NDArray[np.int64]
    several: Mapping[str, Floats]
    single: Mapping[str, Floats]


@dataclass(frozen=True, eq=False, repr=False)
class Scored:
    """K sets of looks against a roster of M. s: (K, M), in units. looks: (K,), different. who: (K,). roster: (M,)."""

    s: NDArray[np.float64]
    looks: NDArray[np.int64]
    who: NDArray[np.str_]
    roster: NDArray[np.str_]
    units: Units


class Pairs(NamedTuple):
    """P pairs of a set of looks and a template. s, looks, same (whether of one person), weight: (P,); weights sum to 1.

    Every person weighs the same, with each number of looks, and pairs of the same person weigh PRIOR together.
    people: who were seen and enrolled.
    """

    s: NDArray[np.float64]
    looks: NDArray[np.int64]
    same: NDArray[np.bool_]
    weight: NDArray[np.float64]
    people: int


def scored(hall: Labelled, templates: Mapping[str, Floats]) -> Scored:
    """Compare sets of looks of everybody with the templates of a roster. The order of faces does not matter."""
    roster = np.array(sorted(templates), np.str_)
    gallery = np.array([templates[name] for name in roster.tolist()], np.float64)
    units = hall_units(_unit(hall.embeddings) @ gallery.T, len(roster))
    if not units.spread > 0:
        raise RefusedError("all faces are equally like all templates", "Give pictures of different people.")
    sets = list(_sets(hall))
    means = np.array([mean_look(hall.embeddings[faces].astype(np.float64)) for _, _, faces in sets])
    return Scored(
        s=np.round((_unit(means) @ gallery.T - units.center) / units.spread, DECIMALS),
        looks=np.array([length for _, length, _ in sets], np.int64),
        who=np.array([name for name, _, _ in sets], np.str_),
        roster=roster,
        units=units,
    )


def pairs_of(halls: Sequence[Scored], people: Collection[str] | None = None) -> Pairs:
    """Return all pairs in these halls; with people, only those where both sides are among them."""
    parts, number = [], {name: n for n, name in enumerate(sorted({*np.concatenate([each.who for each in halls])}))}
    for hall in halls:
        rows, columns = _among(hall.who, people), _among(hall.roster, people)
        s, who = hall.s[np.ix_(rows, columns)], hall.who[rows, None]
        looks = np.broadcast_to(hall.looks[rows, None], s.shape)
        person = np.array([number[name] for name in hall.who[rows].tolist()], np.int64)
        key = np.broadcast_to(person[:, None] * (max(LENGTHS) + 1), s.shape) + looks
        parts.append((s.ravel(), looks.ravel(), (who == hall.roster[columns]).ravel(), key.ravel()))
    s, looks, same, key = (np.concatenate(each) for each in zip(*parts, strict=True))
    weight = np.zeros(len(s))
    for kind, total in ((same, PRIOR), (~same, 1 - PRIOR)):
        share = 1 / np.bincount(key[kind], minlength=1)[key[kind]]
        weight[kind] = total * share / share.sum()
    return Pairs(s, looks, same, weight, len(np.unique(key[same] // (max(LENGTHS) + 1))))


def constants_of(pairs: Pairs) -> Constants:
    """Return a, b, c, d of the log likelihood ratio (``Calibration.llr``).

    Raises:
        RefusedError: no such ratio fits: a higher score would be worth less.
    """
    length = np.log(np.minimum(pairs.looks, MOST_LOOKS))
    fitted = _logistic(np.stack([pairs.s, pairs.s * length, length, np.ones_like(length)], axis=1), pairs)
    a, b, c, d = (round(float(each), 3) for each in fitted)
    if min(a, a + b * np.log(MOST_LOOKS)) <= 0:
        raise RefusedError(
            Text("a higher score would speak against a person (a = {a}, b = {b})", a=a, b=b),
            "Check that the pictures are labelled.",
        )
    return a, b, c, d


def calibration_from(several: Sequence[Scored], single: Sequence[Scored]) -> Calibration:
    """Return the calibration that fits halls, scored with templates of several photographs and with those of one.

    Raises:
        RefusedError: there are too few people, or nothing fits them.
    """
    for halls in (several, single):
        _refuse_too_few(halls)
    return Calibration(
        center=round(float(np.median([each.units.center for each in several])), 4),
        spread=round(float(np.median([each.units.spread for each in several])), 4),
        several=constants_of(pairs_of(several)),
        single=constants_of(pairs_of(single)),
        most_looks=MOST_LOOKS,
    )


def recalibrated(old: Calibration, several: Sequence[Scored], single: Sequence[Scored]) -> Calibration:
    """Return a calibration stretched and shifted, by one factor and one term, to fit a few pictures of each person.

    They do not tell what more looks are worth, nor how faces score in a hall: both stay as they were.

    Raises:
        RefusedError: there are too few people, or the old ratio says nothing of them.
    """
    _refuse_too_few([*several, *single], looks=1)
    kinds = [(pairs_of(halls), photos) for halls, photos in ((several, 2), (single, 1)) if halls]
    llr = np.concatenate([old.llr(pairs.s, pairs.looks, photos) for pairs, photos in kinds])
    same = np.concatenate([pairs.same for pairs, _ in kinds])
    weight = np.concatenate([pairs.weight for pairs, _ in kinds]) / len(kinds)
    together = Pairs(llr, np.ones(len(llr), np.int64), same, weight, max(pairs.people for pairs, _ in kinds))
    factor, term = _logistic(np.stack([llr, np.ones_like(llr)], axis=1), together).tolist()
    if factor <= 0:
        raise RefusedError("the old constants say the opposite of these pictures", "Check that they are labelled.")
    return Calibration(
        center=old.center,
        spread=old.spread,
        several=_moved(old.several, factor, term),
        single=_moved(old.single, factor, term),
        most_looks=old.most_looks,
    )


def _moved(constants: Constants, factor: float, term: float) -> Constants:
    a, b, c, d = (factor * each for each in constants)
    return round(a, 3), round(b, 3), round(c, 3), round(d + term, 3)


def _refuse_too_few(halls: Sequence[Scored], looks: int = FEWEST_LOOKS) -> None:
    found = {
        name for hall in halls for name in hall.who[np.isin(hall.who, hall.roster) & (hall.looks >= looks)].tolist()
    }
    if len(found) < FEWEST_PEOPLE:
        raise RefusedError(
            Text(
                "{count} people are enrolled and were seen in {looks} different minutes or pictures, "
                "{needed} are needed: {missing} are missing",
                count=len(found),
                looks=looks,
                needed=FEWEST_PEOPLE,
                missing=FEWEST_PEOPLE - len(found),
            ),
            "Give more people, or more halls.",
        )


def _logistic(columns: NDArray[np.float64], pairs: Pairs) -> NDArray[np.float64]:
    """Return the weights of columns, (P, k), whose sum is the log likelihood ratio: the odds less those of PRIOR."""
    odds, people = np.log(PRIOR / (1 - PRIOR)), max(pairs.people, 1)
    true = np.where(pairs.same, 1 - DOUBT / (2 * people), DOUBT / (2 * people**2))

    def cost(found: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        told = columns @ found + odds
        return float(pairs.weight @ (np.logaddexp(0, told) - true * told)), columns.T @ (
            pairs.weight * (expit(told) - true)
        )

    def curve(found: NDArray[np.float64]) -> NDArray[np.float64]:
        p = expit(columns @ found + odds)
        bend: NDArray[np.float64] = (columns * (pairs.weight * p * (1 - p))[:, None]).T @ columns
        return bend

    start = np.zeros(columns.shape[1])
    best: NDArray[np.float64] = minimize(cost, start, jac=True, hess=curve, method="trust-exact").x
    return best


def _sets(hall: Labelled) -> Iterator[tuple[str, int, NDArray[np.intp]]]:
    """Draw faces of each person, with the number of groups: one at random, or all of so many groups."""
    order = np.lexsort((*hall.embeddings.T[:3], hall.group))
    for name in np.unique(hall.who).tolist():
        mine = order[hall.who[order] == name]
        rng = np.random.default_rng(crc32(name.encode()))
        groups = np.unique(hall.group[mine])
        for length in LENGTHS:
            for _ in range(DRAWS * (length <= len(groups))):
                if length == 1:
                    yield name, 1, rng.permutation(mine)[:1]
                else:
                    yield name, length, mine[np.isin(hall.group[mine], rng.permutation(groups)[:length])]


def _among(names: NDArray[np.str_], people: Collection[str] | None) -> NDArray[np.intp]:
    return np.arange(len(names)) if people is None else np.flatnonzero(np.isin(names, list(people)))


def _unit(vectors: NDArray[np.floating]) -> NDArray[np.float64]:
    result: NDArray[np.float64] = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return result
