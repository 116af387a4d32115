"""Counts in words that say how far they can be trusted."""

from collections.abc import Iterable

import msgspec
import numpy as np

__all__ = ["Error", "Interval", "error", "interval", "paired"]


class Interval(msgspec.Struct, frozen=True, kw_only=True):
    """A share of a count with its 95 % interval (Wilson). None of nothing."""

    count: int
    of: int
    share: float | None
    low: float | None
    high: float | None

    def __str__(self) -> str:
        if self.share is None:
            return "none"
        return f"{self.count} of {self.of} ({self.share:.1%}, 95 % interval {self.low:.1%} to {self.high:.1%})"


class Error(msgspec.Struct, frozen=True, kw_only=True):
    """How far times are off, in seconds. early, late: how many. median, p95: without the sign. None of nothing."""

    count: int
    early: int
    late: int
    median: float | None
    p95: float | None

    def __str__(self) -> str:
        if self.median is None:
            return "none"
        return f"{self.count}: median {self.median:.0f} s, 95 % within {self.p95:.0f} s"


def interval(count: int, of: int) -> Interval:
    """Return the share of a count."""
    from scipy.stats import binomtest  # takes a second: only who compares pays for it

    if not of:
        return Interval(count=count, of=of, share=None, low=None, high=None)
    found = binomtest(count, of).proportion_ci(0.95, "wilson")
    return Interval(count=count, of=of, share=count / of, low=float(found.low), high=float(found.high))


def paired(first: int, second: int) -> float:
    """Return the chance of a split at least as uneven if both were equally good: McNemar's test, exact.

    first, second: cases in which only the one, and only the other, is right.
    """
    from scipy.stats import binomtest

    return float(binomtest(first, first + second).pvalue) if first + second else 1.0


def error(seconds: Iterable[float]) -> Error:
    """Return how far times are off. seconds: negative is early."""
    off = np.array(list(seconds), dtype=float)
    size = np.abs(off)
    return Error(
        count=len(off),
        early=int((off < 0).sum()),
        late=int((off > 0).sum()),
        median=float(np.median(size)) if len(off) else None,
        p95=float(np.percentile(size, 95)) if len(off) else None,
    )
