"""The numbers of a report's days: from the store, and while it is away as they were before, with their age."""

import threading
from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import NamedTuple

from infra.operations.reports.rates import (
    Dimension,
    HeatMap,
    RateLine,
    VerdictCounts,
    added_up,
    heat_map,
    lines_by,
    missing_hours,
)
from infra.operations.reports.report_period import ReportPeriod
from schemas.errors import StoreAwayError
from schemas.messages import ClassHour
from schemas.settings import Settings
from sinks.store import open_for_reading
from sinks.term_reports import HourTally, hour_tallies

__all__ = ["KeptNumbers", "TermNumbers"]

KEPT = 8
"""Periods whose numbers stay in memory: 2 MB of a term with 100 sections. No names are among them."""


class TermNumbers(NamedTuple):
    """What the closed class hours of some sections say. as_of: when the store said so."""

    period: ReportPeriod
    tallies: list[HourTally]
    missing: list[ClassHour]
    settings: Settings
    as_of: datetime

    @property
    def totals(self) -> VerdictCounts:
        """All of it, whatever a page shows."""
        return added_up(self.tallies, self.missing)

    @property
    def sections(self) -> list[str]:
        """The sections that have class hours here, sorted."""
        return sorted({each.section for each in self.tallies} | {each.section for each in self.missing})

    def by(self, dimension: Dimension) -> list[RateLine]:
        """Return the rates of a dimension."""
        return lines_by(dimension, self.tallies, self.missing, self.settings.zone, self.period.faculty_of)

    def map_of(self, down: Dimension, across: Dimension) -> HeatMap:
        """Return a heat map of two dimensions."""
        return heat_map(down, across, self.tallies, self.missing, self.settings.zone)


class KeptNumbers:
    """Asks the store, and keeps what it said for when it is away. Any thread may ask."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._kept: dict[tuple[date, date], tuple[list[HourTally], datetime]] = {}
        self._one_changes = threading.Lock()

    def of(
        self, period: ReportPeriod, timetable: Iterable[ClassHour], counts: Callable[[str], bool], now: datetime
    ) -> tuple[TermNumbers, bool]:
        """Return the numbers of a period, and whether the store said so now.

        timetable: every class hour there is. counts: whether a section is counted.

        Raises:
            StoreAwayError: it does not answer, and never said anything of these days.
        """
        days = period.first, period.last
        try:
            with open_for_reading(self._settings) as store:
                told, fresh = (hour_tallies(store, *days, None), now), True
        except StoreAwayError:
            if days not in self._kept:
                raise
            told, fresh = self._kept[days], False
        if fresh:
            self._keep(days, told)
        tallies, as_of = told
        over = [
            each
            for each in timetable
            if period.first <= each.date <= period.last
            and each.ends_at + self._settings.policy.grace <= as_of
            and counts(each.section)
        ]
        mine = [each for each in tallies if counts(each.section)]
        return TermNumbers(period, mine, missing_hours(over, mine), self._settings, as_of), fresh

    def _keep(self, days: tuple[date, date], told: tuple[list[HourTally], datetime]) -> None:
        with self._one_changes:
            self._kept.pop(days, None)
            self._kept[days] = told
            while len(self._kept) > KEPT:
                del self._kept[next(iter(self._kept))]
