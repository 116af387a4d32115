"""What another rule, or other verdicts, would change for students of a term. Pure: numbers in, differences out."""

from collections.abc import Callable, Iterable, Mapping
from typing import Literal, NamedTuple, TypeAlias

import msgspec

from infra.operations.terms.term_standing import PlannedHours, StandingWord, TermStanding, standing
from schemas.messages import Term, TermRule
from sinks.term_rows import TermRow

__all__ = [
    "Fate",
    "RuleChange",
    "StandingChange",
    "StandingCount",
    "changed_standings",
    "count_standings",
    "with_change",
]


class RuleChange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What of a rule is to be another one; None: as it is, a section's own included. Fields of ``TermRule``."""

    late_per_absence: int | None = None
    left_early_per_absence: int | None = None
    late_absent_after: int | None = None
    limit: str | None = None
    from_limit: bool | None = None
    whole_absences: bool | None = None
    counted_together: bool | None = None
    official_leave_counts: bool | None = None
    excused_counts: bool | None = None

    @property
    def values(self) -> dict[str, int | str | bool]:
        """Return what it changes."""
        return {name: each for name, each in msgspec.structs.asdict(self).items() if each is not None}


def with_change(term: Term, change: RuleChange) -> Term:
    """Return a term under another rule: what is changed holds in every section, all else is as it was.

    Raises:
        msgspec.ValidationError: a value is none that a rule can have.
    """

    def changed(rule: TermRule) -> TermRule:
        return msgspec.convert(msgspec.structs.asdict(rule) | change.values, TermRule)

    sections = {name: changed(rule) for name, rule in term.sections.items()}
    return msgspec.structs.replace(term, rule=changed(term.rule), sections=sections)


Fate: TypeAlias = Literal["appears", "vanishes", "other"]
"""Of an F: ``appears``, ``vanishes``; ``other``: he stands differently, and F is neither before nor after, or both."""


class StandingChange(NamedTuple):
    """A student who would stand differently in a section, by what was charged or how that is called."""

    section: str
    student_id: str
    name: str
    before: TermStanding
    after: TermStanding

    @property
    def fate(self) -> Fate:
        """What becomes of his F."""
        was, is_ = (each.word == "failed" for each in (self.before, self.after))
        return "other" if was == is_ else "vanishes" if was else "appears"


class StandingCount(NamedTuple):
    """How many students and sections stand so, before and after."""

    word: StandingWord
    before: int
    after: int


RuleOf: TypeAlias = Callable[[str], TermRule]
"""The rule of a section."""


def changed_standings(
    before: Iterable[TermRow],
    after: Iterable[TermRow],
    rules: tuple[RuleOf, RuleOf],
    planned: Mapping[str, PlannedHours],
) -> list[StandingChange]:
    """Return who would stand differently: F that appear first, then those that vanish, each by section and id.

    before, after: the same students, added up as it is and as it would be. rules: as it is, as it would be. planned: of
    every section.
    """
    other = {(each.section, each.student_id): each for each in after}
    found = []
    for row in before:
        now = other.get((row.section, row.student_id))
        if now is None:
            continue
        hours = planned[row.section]
        was, would = (
            standing(rules[0](row.section), row.counts, hours),
            standing(rules[1](row.section), now.counts, hours),
        )
        if (was.word, was.charged) != (would.word, would.charged):
            found.append(StandingChange(row.section, row.student_id, row.name, was, would))
    order = {"appears": 0, "vanishes": 1, "other": 2}
    return sorted(found, key=lambda each: (order[each.fate], each.section, each.student_id))


def count_standings(
    before: Iterable[TermRow],
    after: Iterable[TermRow],
    rules: tuple[RuleOf, RuleOf],
    planned: Mapping[str, PlannedHours],
) -> list[StandingCount]:
    """Return how many stand so, as it is and as it would be. Arguments as of ``changed_standings``."""
    words: tuple[StandingWord, ...] = ("failed", "last_hour", "at_risk", "ok")
    told = [
        [standing(rule(row.section), row.counts, planned[row.section]).word for row in rows]
        for rule, rows in zip(rules, (before, after), strict=True)
    ]
    return [StandingCount(word, told[0].count(word), told[1].count(word)) for word in words]
