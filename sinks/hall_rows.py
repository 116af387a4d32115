"""What the store holds of a hall as it is now: the latest class hour, and those that run with it."""

from collections.abc import Collection, Iterator

from schemas.ids import LIVE
from sinks.rows import AttendanceRow, CoverageRow
from sinks.store import Store

__all__ = ["rows_of_hall", "rows_of_halls"]

HERE = """
coverage_rows FINAL
WHERE run = %(run)s AND (hall = %(hall)s OR concat(section, '|', toString(date), '|', toString(period)) IN %(also)s)
"""

COVERAGE = f"""
SELECT {", ".join(CoverageRow._fields)} FROM {HERE} AND ends_at > (SELECT max(starts_at) FROM {HERE})
"""  # noqa: S608  ours

ATTENDANCE = f"""
SELECT {", ".join(AttendanceRow._fields)} FROM attendance_rows FINAL
WHERE run = %(run)s AND (date, section, period) IN %(hours)s
"""  # noqa: S608  ours


def rows_of_hall(store: Store, hall: str, also: Collection[str] = ()) -> Iterator[AttendanceRow | CoverageRow]:
    """Yield the rows of the latest class hour of a hall and of those that run with it.

    also: ids of class hours that meet in it, whatever hall keeps their facts.

    Raises:
        UnavailableError: the store does not answer.
    """
    asked = {"run": LIVE, "hall": hall, "also": [*also] or [""]}
    covered = [CoverageRow._make(row) for row in store.query(COVERAGE, asked).rows]
    yield from covered
    if covered:
        hours = [(each.date, each.section, each.period) for each in covered]
        found = store.query(ATTENDANCE, {"run": LIVE, "hours": hours})
        yield from map(AttendanceRow._make, found.rows)


ALL_COVERAGE = f"""
SELECT {", ".join(CoverageRow._fields)} FROM coverage_rows FINAL
WHERE run = %(run)s AND (hall, date) IN (SELECT hall, max(date) FROM coverage_rows WHERE run = %(run)s GROUP BY hall)
"""  # noqa: S608  ours


def rows_of_halls(store: Store) -> Iterator[AttendanceRow | CoverageRow]:
    """Yield the rows of the latest class hours of every hall.

    Raises:
        UnavailableError: the store does not answer.
    """
    days = [CoverageRow._make(row) for row in store.query(ALL_COVERAGE, {"run": LIVE}).rows]
    latest: dict[str, CoverageRow] = {}
    for each in sorted(days, key=lambda row: row.starts_at):
        latest[each.hall] = each
    covered = [each for each in days if each.ends_at > latest[each.hall].starts_at]
    yield from covered
    if covered:
        hours = [(each.date, each.section, each.period) for each in covered]
        found = store.query(ATTENDANCE, {"run": LIVE, "hours": hours})
        yield from map(AttendanceRow._make, found.rows)
