"""Whether confidence is the chance of being right. Pure: verdicts in, a value out."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

import msgspec

from sinks.runs.statistics import Interval, interval

__all__ = ["Bin", "Reliability", "calibration"]

BINS: Final = 10
"""Of equal width: the usual definition of the expected calibration error."""


class Bin(msgspec.Struct, frozen=True, kw_only=True):
    """Verdicts whose confidence is from low to high: how sure they are on average, and how many are right."""

    low: float
    high: float
    confidence: float | None
    right: Interval


class Reliability(msgspec.Struct, frozen=True, kw_only=True):
    """Whether confidence is the chance of being right.

    error: expected calibration error, the mean distance between the two; None without verdicts.
    """

    bins: tuple[Bin, ...]
    error: float | None


def calibration(verdicts: Iterable[tuple[float, bool]]) -> Reliability:
    """Return the calibration of verdicts: how sure each claims to be, 0 to 1, and whether it is right."""
    claimed = list(verdicts)
    edges = [number / BINS for number in range(BINS + 1)]
    bins = tuple(
        _bin(low, high, [each for each in claimed if low <= each[0] < high or each[0] == high == 1])
        for low, high in pairwise(edges)
    )
    off = [
        each.right.of * abs(each.confidence - each.right.share)
        for each in bins
        if each.confidence is not None and each.right.share is not None
    ]
    return Reliability(bins=bins, error=sum(off) / len(claimed) if claimed else None)


def _bin(low: float, high: float, verdicts: Sequence[tuple[float, bool]]) -> Bin:
    return Bin(
        low=low,
        high=high,
        confidence=sum(sure for sure, _ in verdicts) / len(verdicts) if verdicts else None,
        right=interval(sum(right for _, right in verdicts), len(verdicts)),
    )
