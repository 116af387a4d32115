"""Verdicts, departures and coverage of class hours in parts, for whoever reads all of them."""

from schemas.settings import Settings
from sinks.row_pages import DepartureRow, RowsAsked, attendance_page, coverage_page, departure_page
from sinks.rows import AttendanceRow, CoverageRow
from sinks.store import open_for_reading

__all__ = ["list_attendance", "list_coverage", "list_departures"]


def list_attendance(settings: Settings, asked: RowsAsked, count: int) -> list[AttendanceRow]:
    """Return so many verdicts at most, by date, period, section and student.

    Raises:
        UnavailableError: the store does not answer; so do the others.
    """
    with open_for_reading(settings) as store:
        return attendance_page(store, asked, count)


def list_departures(settings: Settings, asked: RowsAsked, count: int) -> list[DepartureRow]:
    """Return so many departures at most, by date, period, section, student and time."""
    with open_for_reading(settings) as store:
        return departure_page(store, asked, count)


def list_coverage(settings: Settings, asked: RowsAsked, count: int) -> list[CoverageRow]:
    """Return how much was covered of so many class hours at most, by date, period and section."""
    with open_for_reading(settings) as store:
        return coverage_page(store, asked, count)
