"""Loading a term: what that would change is shown first, then it takes the place of what stood.

Verdicts stay as they are; what changes is what they cost. Whoever was shown the changes of a term that somebody else
replaced meanwhile is shown that one first.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

from enrollment.loaded import class_hours, terms
from enrollment.term import RULE_FIELDS, TermFault, TermFaultsError, read_term, section_table
from infra.machine.file_lock import held
from infra.operations.terms.rule_change import (
    StandingChange,
    StandingCount,
    TermSide,
    changed_standings,
    count_standings,
)
from infra.operations.terms.terms import counted_rows, hours_of_term, planned_hours
from schemas.cluster import send
from schemas.errors import RefusedError, StoreAwayError
from schemas.messages import ClassHour, Term, TermRule, encode
from schemas.settings import Settings
from schemas.texts import nearest
from schemas.translations import Text
from sinks.store import Store, open_for_reading

__all__ = [
    "PlannedTerm",
    "TermChangedMeanwhileError",
    "TermDifference",
    "apply_term",
    "load_term",
    "plan_term",
    "tag_of",
]

NONE: Final = "none"
"""The tag of a term that is not there."""


class TermDifference(NamedTuple):
    """A field that changes. section: whose own rule; empty: of the term. was, becomes: None: there is none.

    field: ``sections`` is that a section gets a rule of its own, or loses it.
    """

    section: str
    field: str
    was: Any
    becomes: Any


class PlannedTerm(NamedTuple):
    """What loading a term would do. stands: what it replaces. tag: names what stands.

    standings, counts: of students; None: the store is away, and nobody can tell.
    """

    term: Term
    stands: Term | None
    tag: str
    differences: tuple[TermDifference, ...]
    standings: tuple[StandingChange, ...] | None
    counts: tuple[StandingCount, ...]

    def fates(self, fate: str) -> list[StandingChange]:
        """Return those whose F appears, vanishes, or who stand otherwise (``other``)."""
        return [each for each in self.standings or () if each.fate == fate]


class TermChangedMeanwhileError(RefusedError):
    """Somebody loaded the term since it was looked at. stands: what he loaded; None: it is gone."""

    def __init__(self, stands: Term | None) -> None:
        self.stands = stands
        super().__init__(
            Text("{by} loaded this term meanwhile. Nothing of yours was applied.", by=(stands and stands.by) or "?"),
            Text("Look at what yours would change now, and apply that."),
        )


def tag_of(term: Term | None) -> str:
    """Return what names a term as it was loaded."""
    return NONE if term is None else sha256(encode(term)).hexdigest()[:32]


def plan_term(settings: Settings, term: Term, now: datetime) -> PlannedTerm:
    """Return what loading a term would do. now: aware.

    Raises:
        TermFaultsError: it has a rule for a section without class hours in the term.
        UnavailableError: the broker does not answer.
    """
    stands, timetable = terms(settings).get(term.term), class_hours(settings)
    _check(term, timetable)
    standings: tuple[StandingChange, ...] | None = None
    counts: tuple[StandingCount, ...] = ()
    try:
        with open_for_reading(settings) as store:
            before, after = (_side(store, each, timetable, now) for each in (stands, term))
        standings, counts = tuple(changed_standings(before, after)), tuple(count_standings(before, after))
    except StoreAwayError:
        pass
    return PlannedTerm(term, stands, tag_of(stands), tuple(_differences(stands, term)), standings, counts)


def apply_term(settings: Settings, term: Term, seen: str) -> None:
    """Put a term on record in place of what it was, if that is what was seen. seen: ``tag`` of its plan.

    Raises:
        TermChangedMeanwhileError: it is not.
        TermFaultsError: as ``plan_term``.
        UnavailableError: the broker does not answer, or did not take it.
    """
    with held(_lock(settings)):
        stands = terms(settings).get(term.term)
        if tag_of(stands) != seen:
            raise TermChangedMeanwhileError(stands)
        _check(term, class_hours(settings))
        _send(settings, term)


def load_term(settings: Settings, file: Path, by: str, now: datetime) -> Term:
    """Put the term of a file on record, in place of what it was before. now: aware.

    Raises:
        TermFaultsError: as ``read_term`` and ``plan_term``.
        SettingsError: the file is no TOML.
        UnavailableError: the broker does not answer.
    """
    term = read_term(file, now, by)
    _check(term, class_hours(settings), str(file))
    with held(_lock(settings)):
        _send(settings, term)
    return term


def _lock(settings: Settings) -> Path:
    return settings.home / "run" / "terms.lock"


def _send(settings: Settings, term: Term) -> None:
    send(settings, [(settings.topic("terms"), term.term.encode(), encode(term), None, None)])


def _check(term: Term, timetable: Iterable[ClassHour], file: str = "") -> None:
    meeting = hours_of_term(term, timetable)
    faults = []
    for section in sorted(term.sections.keys() - meeting):
        near = nearest(section, meeting)
        what = Text(
            "no class hour of {section} lies between {first} and {last}",
            section=section,
            first=term.first,
            last=term.last,
        )
        otherwise = Text("Load the timetable first, or correct the days.")
        remedy = Text("Did you mean {near}?", near=near) if near else otherwise
        faults.append(TermFault(section_table(section), "section", what, remedy))
    if faults:
        raise TermFaultsError(faults, file)


def _side(store: Store, term: Term | None, timetable: Sequence[ClassHour], now: datetime) -> TermSide:
    if term is None:
        return TermSide((), lambda section: TermRule(), {})
    hours = hours_of_term(term, timetable)
    planned = {name: planned_hours(each, now) for name, each in hours.items()}
    return TermSide(counted_rows(store, term, hours), term.rule_of, planned)


def _differences(was: Term | None, becomes: Term) -> Iterator[TermDifference]:
    """Yield what differs, field by field; of a section's own rule what it says beside the one above it."""
    for name in ("first", "last", "faculties"):
        before, after = (getattr(each, name, None) for each in (was, becomes))
        if before != after and (before or after):
            yield TermDifference("", name, *(_listed(each) for each in (before, after)))
    yield from _rule_differences("", was.rule if was else None, becomes.rule)
    old, new = was.sections if was else {}, becomes.sections
    for section in sorted(old.keys() | new.keys()):
        if (section in old) != (section in new):
            yield TermDifference(section, "sections", section in old, section in new)
        yield from _rule_differences(section, was.rule_of(section) if was else TermRule(), becomes.rule_of(section))


def _rule_differences(section: str, was: TermRule | None, becomes: TermRule) -> Iterator[TermDifference]:
    for name in RULE_FIELDS:
        before, after = (getattr(each, name, None) for each in (was, becomes))
        if before != after:
            yield TermDifference(section, name, before, after)


def _listed(value: Any) -> Any:
    return (
        ", ".join(f"{begin}: {name}" for begin, name in sorted(value.items())) if isinstance(value, Mapping) else value
    )
