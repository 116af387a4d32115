"""Counts in words that say how far they can be trusted."""

from collections.abc import Iterable

import msgspec
import numpy as np

from schemas.translations import say

__all__ = ["Error", "Interval", "error", "interval", "paired"]


class Interval(msgspec.Struct, frozen=True, kw_only=True):
    """A share of a count with its 95 % interval (Wilson). None of nothing."""

    count: int
    of: int
    share: float | None
    low: float | None
    high: float | None

    def __str__(self) -> str:
        return self.said("en")

    def said(self, language: str) -> str:
        """Return it in words of a language."""
        if self.share is None:
            return say(language, "none")
        return say(
            language,
            "{count} of {of} ({share:.1%}, 95 % interval {low:.1%} to {high:.1%})",
            count=self.count,
            of=self.of,
            share=self.share,
            low=self.low,
            high=self.high,
        )


class Error(msgspec.Struct, frozen=True, kw_only=True):
    """How far times are off, in seconds. early, late: how many. median, p95: without the sign. None of nothing."""

    count: int
    early: int
    late: int
    median: float | None
    p95: float | None

    def __str__(self) -> str:
        return self.said("en")

    def said(self, language: str) -> str:
        """Return it in words of a language."""
        if self.median is None:
            return say(language, "none")
        return say(
            language,
            "{count}: median {median:.0f} s, 95 % within {most:.0f} s",
            count=self.count,
            median=self.median,
            most=self.p95,
        )


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
