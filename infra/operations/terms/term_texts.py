"""The rule of a term in words."""

from collections.abc import Iterator
from typing import Any, Final

from schemas.messages import TermRule
from schemas.translations import Text, Texts, say

__all__ = ["FIELD_TEXTS", "rule_in_words", "value_in_words"]

FIELD_TEXTS: Final[Texts] = {
    "term": "Name of the term",
    "first": "First day",
    "last": "Last day",
    "faculties": "Faculties",
    "section": "Section",
    "sections": "A rule of its own",
    "late_per_absence": "So many late are one absence",
    "left_early_per_absence": "So many left early are one absence",
    "counted_together": "Late and left early are added up",
    "whole_absences": "Only whole absences count",
    "late_absent_after": "Late by more than … minutes is an absence",
    "limit": "Limit, as a part of the class hours",
    "from_limit": "As much as the limit is an F",
    "unit": "Counted in",
    "block_minutes": "Minutes of a block",
    "official_leave_counts": "Official leave counts",
    "excused_counts": "Excused hours count",
    "appeal_days": "Days to contest",
    "professor_corrects_days": "Days in which those who teach correct",
    "office_corrects_days": "Until which day the registrar corrects",
}
"""What the fields of a term and of its rule are called on a page."""

_VALUES: Final[Texts] = {"True": "yes", "False": "no", "hours": "class hours", "minutes": "minutes"}


def value_in_words(language: str, value: Any) -> str:
    """Return the value of a field."""
    return say(language, _VALUES[str(value)]) if str(value) in _VALUES else str(value)


def rule_in_words(language: str, rule: TermRule) -> str:
    """Return what a rule says. language: ``ko`` or ``en``."""
    return "; ".join(each.said(language) for each in _parts(rule))


def _parts(rule: TermRule) -> Iterator[Text]:
    if rule.from_limit:
        yield Text("F from {part} of the class hours on", part=rule.limit)
    else:
        yield Text("F above {part} of the class hours", part=rule.limit)
    late, early = rule.late_per_absence, rule.left_early_per_absence
    if rule.unit == "minutes":
        yield Text("what is missed counts in blocks of {count} min", count=rule.block_minutes)
    elif rule.counted_together and late == early:
        yield (
            Text("late or left early {count} times is one absence", count=late)
            if late
            else Text("late and left early cost nothing")
        )
    else:
        yield Text("late {count} times is one absence", count=late) if late else Text("late costs nothing")
        yield (
            Text("left early {count} times is one absence", count=early) if early else Text("left early costs nothing")
        )
    if rule.unit == "hours" and not rule.whole_absences:
        yield Text("parts of an absence count")
    if rule.late_absent_after:
        yield Text("late by more than {count} min is an absence", count=rule.late_absent_after)
    yield Text("official leave counts") if rule.official_leave_counts else Text("official leave costs nothing")
    if rule.excused_counts:
        yield Text("excused hours count")
    if rule.appeal_days:
        yield Text("contested for {count} days", count=rule.appeal_days)
    if rule.professor_corrects_days:
        yield Text("corrected by those who teach for {count} days", count=rule.professor_corrects_days)
        yield (
            Text("then by the registrar until day {count}", count=rule.office_corrects_days)
            if rule.office_corrects_days
            else Text("then by the registrar")
        )
