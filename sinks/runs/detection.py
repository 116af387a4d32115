"""How well p tells those who were there from those who were not, wherever one accepts. Pure: numbers in, a value out.

p is the probability that a student was seen in a class hour. Where more than some p is called present, so many of the
absent are falsely so, and so many of the present are missed: the detection error trade-off (DET). It is that of the
product, not of a network: whoever is not enrolled, or was never seen, has p 0 and counts.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
import numpy as np

from sinks.runs.statistics import Interval, interval

__all__ = ["Detection", "Identified", "Point", "detection"]

RATES: Final = (0.0, 0.001, 0.01, 0.1)
"""False rates at which identification is told."""


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """What comes out where p above a bound is called present. above: None calls everybody present.

    false_presences: of the absent. missed: of those who were there.
    """

    above: float | None
    false_presences: int
    missed: int


class Identified(msgspec.Struct, frozen=True, kw_only=True):
    """How many of those who were there are called present where at most such a share of the absent is.

    false_presences: how many of the absent that are; fewer than allowed where several of them have the same p.
    """

    at: float
    above: float | None
    false_presences: int
    identified: Interval


class Detection(msgspec.Struct, frozen=True, kw_only=True):
    """The trade-off. present, absent: how many were there, and were not; unscored: rows of before p was kept.

    told_false, told_missed: what the verdicts themselves amount to, of all of these.
    points: every number of false presences that can be had, with the fewest missed; none without both kinds of student.
    rates: as many as so few absent students can show: the smallest after none at all is one of them.
    """

    present: int
    absent: int
    unscored: int
    told_false: int
    told_missed: int
    points: tuple[Point, ...]
    rates: tuple[Identified, ...]


def detection(cases: Iterable[tuple[bool, bool, float | None]]) -> Detection:
    """Return the trade-off of verdicts: whether the student was there, whether he was called present, and p."""
    listed = list(cases)
    scored = [(there, told, p) for there, told, p in listed if p is not None]
    genuine = np.sort([p for there, _, p in scored if there])
    strange = np.sort([p for there, _, p in scored if not there])
    points = tuple(_points(genuine, strange)) if len(genuine) and len(strange) else ()
    return Detection(
        present=len(genuine),
        absent=len(strange),
        unscored=len(listed) - len(scored),
        told_false=sum(told and not there for there, told, _ in scored),
        told_missed=sum(there and not told for there, told, _ in scored),
        points=points,
        rates=tuple(_rates(points, len(genuine), len(strange))),
    )


def _points(genuine: np.ndarray, strange: np.ndarray) -> Iterable[Point]:
    for above in np.unique(strange)[::-1]:
        yield Point(
            above=float(above),
            false_presences=int(len(strange) - np.searchsorted(strange, above, "right")),
            missed=int(np.searchsorted(genuine, above, "right")),
        )
    yield Point(above=None, false_presences=len(strange), missed=0)


def _rates(points: Sequence[Point], present: int, absent: int) -> Iterable[Identified]:
    if not points:
        return
    for rate in RATES:
        allowed = int(rate * absent + 1e-9)  # 0.1 of 30 is 3, whatever floats say
        if rate and not allowed:
            continue
        best = max((each for each in points if each.false_presences <= allowed), key=lambda each: each.false_presences)
        yield Identified(
            at=rate,
            above=best.above,
            false_presences=best.false_presences,
            identified=interval(present - best.missed, present),
        )
