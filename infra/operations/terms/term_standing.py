"""How a student stands in a section by the rule of the term: what is charged as absence, and how much is left before F.

Pure, of numbers that the store adds up. A verdict says what happened; what it costs is said by the rule, which differs
from university to university and may change in mid-term without touching a verdict (ADR 34). Fractions, since a third
of 15 hours is 5, and 5 is not above it.
"""

from fractions import Fraction
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias

from schemas.messages import TermRule
from sinks.term_rows import TermCounts

__all__ = ["PlannedHours", "StandingWord", "TermStanding", "standing"]

StandingWord: TypeAlias = Literal["ok", "at_risk", "last_hour", "failed"]
"""``failed``: beyond the limit; ``last_hour``: one absence more is; ``at_risk``: at the end, going on as until now."""


class PlannedHours(NamedTuple):
    """The class hours of a section in a term: how many are over, how many there are, and how long they all are."""

    over: int
    hours: int
    minutes: float


class TermStanding(NamedTuple):
    """How a student stands. Amounts are class hours, or minutes where the rule counts those.

    charged: as absence. limit: what it is measured against. rate: charged, of all that is planned.
    left: how many class hours he can miss before he fails; no more than are to come.
    """

    charged: Fraction
    limit: Fraction
    rate: Fraction
    left: int
    word: StandingWord

    @property
    def used(self) -> Fraction:
        """How much of the limit is used up; of a limit of nothing: what is charged."""
        return self.charged / self.limit if self.limit else self.charged


@lru_cache(maxsize=2**12)  # most students of a term missed the same as somebody else
def standing(rule: TermRule, counts: TermCounts, planned: PlannedHours) -> TermStanding:
    """Return how a student stands. Hours in which nobody could see him are charged neither now nor in the forecast."""
    by_minutes = rule.unit == "minutes"
    whole = Fraction(planned.minutes if by_minutes else planned.hours)
    limit, charged = Fraction(rule.limit) * whole, _minutes(rule, counts) if by_minutes else _hours(rule, counts)
    coming, judged = max(planned.hours - planned.over, 0), planned.over - counts.unobserved

    def beyond(amount: Fraction) -> bool:
        return amount >= limit if rule.from_limit and amount else amount > limit

    left = sum(not beyond(charged + missed * whole / planned.hours) for missed in range(1, coming + 1))
    word: StandingWord = "ok"
    if beyond(charged):
        word = "failed"
    elif coming and not left:
        word = "last_hour"
    elif judged > 0 and beyond(charged + charged / judged * coming):
        word = "at_risk"
    return TermStanding(charged, limit, charged / whole if whole else Fraction(0), left, word)


def _hours(rule: TermRule, counts: TermCounts) -> Fraction:
    """Return what is charged in class hours."""
    parts = [
        _part(counts.late - counts.too_late, rule.late_per_absence),
        _part(counts.left_early, rule.left_early_per_absence),
    ]
    if rule.counted_together:
        parts = [sum(parts, Fraction(0))]
    if rule.whole_absences:
        parts = [Fraction(each // 1) for each in parts]
    leave = counts.official_leave * rule.official_leave_counts + counts.excused * rule.excused_counts
    return counts.absent + counts.too_late + leave + sum(parts, Fraction(0))


def _part(count: int, per_absence: int) -> Fraction:
    return Fraction(count, per_absence) if per_absence else Fraction(0)


def _minutes(rule: TermRule, counts: TermCounts) -> Fraction:
    """Return what is charged in minutes."""
    minutes = counts.absent_minutes + counts.too_late_minutes + counts.late_minutes + counts.left_early_minutes
    minutes += counts.official_leave_minutes * rule.official_leave_counts + counts.excused_minutes * rule.excused_counts
    return Fraction(minutes)
