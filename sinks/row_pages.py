"""Rows of the live run in parts: those that follow a key, in the order of the key. No part is read twice."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, NamedTuple

from schemas.ids import LIVE
from sinks.rows import AttendanceRow, CoverageRow
from sinks.store.port import Parameters, Store

__all__ = [
    "ATTENDANCE_KEY",
    "DEPARTURE_KEY",
    "HOUR_KEY",
    "DepartureRow",
    "RowsAsked",
    "attendance_page",
    "coverage_page",
    "departure_page",
]


class RowsAsked(NamedTuple):
    """Which rows. first, last: days, both included. sections: None: all. hall, student: empty: all.

    period: of one class hour; below 0: all. after: the key of the last row that was read; empty: from the first on.
    """

    first: date
    last: date
    sections: Collection[str] | None = None
    hall: str = ""
    student: str = ""
    period: int = -1
    after: tuple[Any, ...] = ()


class DepartureRow(NamedTuple):
    """``departures``."""

    section: str
    date: date
    period: int
    hall: str
    student_id: str
    name: str
    departed_at: datetime
    gone_by: datetime | None
    returned_at: datetime | None


HOUR_KEY = ("date", "period", "section")
ATTENDANCE_KEY = (*HOUR_KEY, "student_id")
DEPARTURE_KEY = (*ATTENDANCE_KEY, "toUnixTimestamp(departed_at)")
"""By which the rows of each are told apart, and ordered."""


def attendance_page(store: Store, asked: RowsAsked, count: int) -> list[AttendanceRow]:
    """Return so many rows at most.

    Raises:
        UnavailableError: the store does not answer.
    """
    return [
        AttendanceRow._make(row)
        for row in _rows(store, "attendance", AttendanceRow._fields, ATTENDANCE_KEY, asked, count)
    ]


def departure_page(store: Store, asked: RowsAsked, count: int) -> list[DepartureRow]:
    """Return so many departures at most.

    Raises:
        UnavailableError: the store does not answer.
    """
    return [
        DepartureRow._make(row) for row in _rows(store, "departures", DepartureRow._fields, DEPARTURE_KEY, asked, count)
    ]


def coverage_page(store: Store, asked: RowsAsked, count: int) -> list[CoverageRow]:
    """Return how much was covered of so many class hours at most.

    Raises:
        UnavailableError: the store does not answer.
    """
    return [CoverageRow._make(row) for row in _rows(store, "coverage", CoverageRow._fields, HOUR_KEY, asked, count)]


def _rows(
    store: Store, view: str, columns: Collection[str], key: tuple[str, ...], asked: RowsAsked, count: int
) -> list[tuple[Any, ...]]:
    if asked.sections is not None and not asked.sections:
        return []
    values: dict[str, Any] = {"run": LIVE, "first": asked.first, "last": asked.last, "count": count}
    where = ["run = %(run)s", "date >= %(first)s", "date <= %(last)s"]
    if asked.sections is not None:
        values["sections"] = sorted(asked.sections)
        where.append("section IN %(sections)s")
    for name, value, is_asked in (
        ("hall", asked.hall, asked.hall),
        ("student_id", asked.student, asked.student),
        ("period", asked.period, asked.period >= 0),
    ):
        if is_asked:
            values[name] = value
            where.append(f"{name} = %({name})s")
    if asked.after:
        values |= {f"after{n}": each for n, each in enumerate(asked.after)}
        where.append(_follows(key))
    given: Parameters = values
    if asked.student:
        view = f"{view}_by_student"
    found = store.query(
        f"SELECT {', '.join(columns)} FROM {view} WHERE {' AND '.join(where)} "  # noqa: S608  nothing of a user
        f"ORDER BY {', '.join(key)} LIMIT %(count)s",
        given,
    )
    return found.rows


def _follows(key: tuple[str, ...]) -> str:
    """Return the condition that a row comes after a key: the first column that differs is greater."""
    said = []
    for place, column in enumerate(key):
        same = [f"{before} = %(after{n})s" for n, before in enumerate(key[:place])]
        said.append(" AND ".join([*same, f"{column} > %(after{place})s"]))
    return f"({' OR '.join(f'({each})' for each in said)})"
