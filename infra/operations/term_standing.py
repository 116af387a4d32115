"""How a student stands in a section by the rule of the term: what is charged as absence, and how much is left before F.

Pure, of numbers that the store adds up. A verdict says what happened; what it costs is said by the rule, which differs
from university to university and may change in mid-term without touching a verdict (ADR 34). Fractions, since a third
of 15 hours is 5, and 5 is not above it.
"""

from datetime import datetime, time, timedelta
from fractions import Fraction
from typing import NamedTuple
from zoneinfo import ZoneInfo

from schemas.messages import ClassHour, TermRule

__all__ = ["Planned", "Standing", "TermCounts", "correctable_until", "standing"]


class TermCounts(NamedTuple):
    """A student's closed class hours in a section, added up.

    absent to unobserved: how many hours are that. too_late: how many of those late began after so long that the rule
    charges an absence. The same in minutes: how long those hours were; late_minutes and left_early_minutes: how much of
    them was missed, those too late left out.
    """

    absent: int = 0
    late: int = 0
    too_late: int = 0
    left_early: int = 0
    official_leave: int = 0
    excused: int = 0
    unobserved: int = 0
    absent_minutes: float = 0
    too_late_minutes: float = 0
    late_minutes: float = 0
    left_early_minutes: float = 0
    official_leave_minutes: float = 0
    excused_minutes: float = 0


class Planned(NamedTuple):
    """The class hours of a section in a term: how many are over, how many there are, and how long they all are."""

    over: int
    hours: int
    minutes: float


class Standing(NamedTuple):
    """How a student stands. Amounts are class hours, or minutes where the rule counts those.

    charged: as absence. limit: what it is measured against: charged above it (or from it on) is an F. rate: charged, of
    all that is planned. left: how many class hours he can miss until then; no more than are still to come.
    failed: he is beyond it. at_risk: he will be, if he goes on as until now.
    """

    charged: Fraction
    limit: Fraction
    rate: Fraction
    left: int
    failed: bool
    at_risk: bool


def standing(rule: TermRule, counts: TermCounts, planned: Planned) -> Standing:
    """Return how a student stands. Hours in which nobody could see him are charged neither now nor in the forecast."""
    whole = Fraction(planned.minutes if rule.unit == "minutes" else planned.hours).limit_denominator(1000)
    limit = Fraction(rule.limit) * whole
    charged = _minutes(rule, counts) if rule.unit == "minutes" else _hours(rule, counts)
    coming = max(planned.hours - planned.over, 0)
    one = whole / planned.hours if planned.hours else Fraction(1)

    def beyond(amount: Fraction) -> bool:
        return amount > limit or (rule.from_limit and amount == limit and whole > 0)

    judged = planned.over - counts.unobserved
    return Standing(
        charged=charged,
        limit=limit,
        rate=charged / whole if whole else Fraction(0),
        left=next((missed for missed in range(coming) if beyond(charged + (missed + 1) * one)), coming)
        if not beyond(charged)
        else 0,
        failed=beyond(charged),
        at_risk=not beyond(charged) and judged > 0 and beyond(charged + charged / judged * coming),
    )


def correctable_until(rule: TermRule, hour: ClassHour, zone: ZoneInfo, *, office: bool) -> datetime | None:
    """Return until when a class hour may be corrected: by the professor, or by the office; None: always.

    Days end at midnight in the site's zone: one day is until the end of the day after.
    """
    days = rule.office_corrects_days if office else rule.professor_corrects_days
    if days is None:
        return None
    return datetime.combine(hour.date + timedelta(days=days + 1), time.min, zone)


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
    return Fraction(minutes).limit_denominator(1000)
