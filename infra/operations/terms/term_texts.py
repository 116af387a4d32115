"""The rule of a term in words."""

from collections.abc import Iterator

from schemas.messages import TermRule
from schemas.translations import Text

__all__ = ["rule_in_words"]


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
