"""The days that a report is about: a term, or from one day to another."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import NamedTuple

from infra.operations.terms.terms import meant_term
from schemas.errors import RefusedError
from schemas.messages import Term
from schemas.texts import written_plainly
from schemas.translations import Text
from sinks.rows import FIRST_DAY, LAST_DAY

__all__ = ["ReportPeriod", "period_asked", "term_of"]

USUAL = timedelta(weeks=4)
"""What is shown where there is no term, and nobody says more."""


class ReportPeriod(NamedTuple):
    """Days, the last included. term: whose they are; None: somebody named the days."""

    first: date
    last: date
    term: Term | None = None

    @property
    def name(self) -> str:
        """What it is called in a file name and on record."""
        return self.term.term if self.term else f"{self.first} {self.last}"

    def faculty_of(self, section: str) -> str:
        """Return the faculty of a section; empty: nobody says."""
        return self.term.faculty_of(section) if self.term else ""


def period_asked(
    terms: Mapping[str, Term], today: date, term: str = "", first: date | None = None, last: date | None = None
) -> ReportPeriod:
    """Return the days that are asked for: a term by its name, or days; else the term of today, or the last one begun.

    Raises:
        RefusedError: there is no such term, or the days end before they begin.
    """
    if name := written_plainly(term):
        found = meant_term(terms, name)
        return ReportPeriod(found.first, found.last, found)
    if first or last:
        until = _storable(last or max(today, first or today))
        since = _storable(first or max(until, FIRST_DAY + USUAL) - USUAL)
        if until < since:
            raise RefusedError("the last day is before the first", "Exchange the two days.")
        return ReportPeriod(since, until)
    begun = [each for each in terms.values() if each.first <= today]
    if begun:
        found = max(begun, key=lambda each: (today <= each.last, each.first, each.term))
        return ReportPeriod(found.first, found.last, found)
    return ReportPeriod(today - USUAL, today)


def _storable(day: date) -> date:
    """Return a day, or the nearest that a row can have."""
    return min(max(day, FIRST_DAY), LAST_DAY)


def term_of(period: ReportPeriod) -> Term:
    """Return the term of a period.

    Raises:
        RefusedError: it is of none, so nothing says what absence costs.
    """
    if period.term is None:
        raise RefusedError(
            Text("these are days of no term, so no rule says what absence costs"),
            "Choose a term; `naul term load FILE` loads one.",
        )
    return period.term
