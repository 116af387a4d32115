"""What another rule, or other verdicts, would change for students of a term. Pure: numbers in, differences out."""

from collections.abc import Callable, Collection, Mapping
from typing import Literal, NamedTuple, TypeAlias

import msgspec

from enrollment.term import with_values
from infra.operations.terms.term_standing import PlannedHours, StandingWord, TermStanding, standing
from schemas.messages import Term, TermRule
from sinks.term_rows import TermCounts, TermRow

__all__ = [
    "Fate",
    "RuleChange",
    "StandingChange",
    "StandingCount",
    "TermSide",
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
    unit: Literal["hours", "minutes"] | None = None
    block_minutes: int | None = None
    appeal_days: int | None = None
    professor_corrects_days: int | None = None
    office_corrects_days: int | None = None

    @property
    def values(self) -> dict[str, int | str | bool]:
        """Return what it changes."""
        return {name: each for name, each in msgspec.structs.asdict(self).items() if each is not None}


def with_change(term: Term, change: RuleChange, of: Collection[str] = ()) -> Term:
    """Return a term under another rule: what is changed holds in every section, all else is as it was.

    of: these sections alone, which have a rule of their own then; none means all.

    Raises:
        TermFaultsError: a value is none that a rule can have.
    """
    if of:
        own = {name: with_values(term.rule_of(name), change.values) for name in of}
        return msgspec.structs.replace(term, sections={**term.sections, **own})
    sections = {name: with_values(rule, change.values) for name, rule in term.sections.items()}
    return msgspec.structs.replace(term, rule=with_values(term.rule, change.values), sections=sections)


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


class TermSide(NamedTuple):
    """A term as it is, or as it would be. rows: added up by its rules. planned: of every section in it.

    A student without a row missed nothing, and a section without class hours has no limit to reach.
    """

    rows: Collection[TermRow]
    rule_of: RuleOf
    planned: Mapping[str, PlannedHours]

    def of(self, section: str, counts: TermCounts) -> TermStanding:
        """Return how somebody stands."""
        return standing(self.rule_of(section), counts, self.planned.get(section, _NO_HOURS))


_NO_HOURS = PlannedHours(0, 0, 0.0)
_NOTHING = TermCounts()


def changed_standings(before: TermSide, after: TermSide) -> list[StandingChange]:
    """Return who would stand differently: F that appear first, then those that vanish, each by section and id."""
    was, would = ({(each.section, each.student_id): each for each in side.rows} for side in (before, after))
    found = []
    for section, student in was.keys() | would.keys():
        rows = [side.get((section, student)) for side in (was, would)]
        one, other = (
            side.of(section, row.counts if row else _NOTHING) for side, row in zip((before, after), rows, strict=True)
        )
        if (one.word, one.charged) != (other.word, other.charged):
            name = next(each.name for each in rows if each)
            found.append(StandingChange(section, student, name, one, other))
    order = {"appears": 0, "vanishes": 1, "other": 2}
    return sorted(found, key=lambda each: (order[each.fate], each.section, each.student_id))


def count_standings(before: TermSide, after: TermSide) -> list[StandingCount]:
    """Return how many stand so, as it is and as it would be."""
    words: tuple[StandingWord, ...] = ("failed", "last_hour", "at_risk", "ok")
    told = [[side.of(row.section, row.counts).word for row in side.rows] for side in (before, after)]
    return [StandingCount(word, told[0].count(word), told[1].count(word)) for word in words]
