"""The reports that people ask for by name. Their columns are a contract."""

import datetime
from collections.abc import Callable
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from schemas.ids import LIVE
from schemas.texts import written_plainly
from sinks.reports.table import Table, in_zone, minutes
from sinks.store.port import Store

__all__ = ["REPORTS", "Filters", "attendance", "coverage", "departures"]


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """What a report is about; None is everything. A run other than ``live`` is a replay.

    Its texts are written plainly here, for whatever door they come in by: a name written otherwise would match nothing.
    """

    date: datetime.date | None = None
    section: str | None = None
    hall: str | None = None
    student: str | None = None
    run: str = LIVE

    def __post_init__(self) -> None:
        for name in ("section", "hall", "student", "run"):
            if (text := getattr(self, name)) is not None:
                msgspec.structs.force_setattr(self, name, written_plainly(text))


LIVE_ROWS = Filters()
"""All there is of the run that professors and the registrar see."""

_COUNTED_REASONS: Final = """
    arrayStringConcat(arrayMap(
        each -> concat(if(each = '', 'no_frames', each), ' ', toString(countEqual(gaps_reason, each))),
        arraySort(each -> -toInt64(countEqual(gaps_reason, each)), arrayDistinct(gaps_reason))
    ), ', ')"""
_FLAGS = frozenset({"review", "final"})


def attendance(store: Store, zone: ZoneInfo, filters: Filters = LIVE_ROWS) -> Table:
    """Return the verdict of every student in every class hour, by date, period, section and student.

    Raises:
        UnavailableError: the store does not answer.
    """
    return _ask(
        store,
        zone,
        filters,
        f"""
        SELECT
            date, period, section, hall, student_id, name, verdict, arrived_at, departed_at,
            {minutes("seconds_present")} AS minutes_present, {minutes("seconds_covered")} AS minutes_covered,
            round(confidence, 3) AS confidence, review, source, final, version, reason
        FROM attendance{{by}}
        WHERE {{where}}
        ORDER BY date, period, section, student_id
        """,  # noqa: S608  nothing of a user
    )


def departures(store: Store, zone: ZoneInfo, filters: Filters = LIVE_ROWS) -> Table:
    """Return every departure, whatever the verdict, with the return if there was one.

    departed_at: the last sighting. gone_by: since when he was surely gone; he left between the two.

    Raises:
        UnavailableError: the store does not answer.
    """
    return _ask(
        store,
        zone,
        filters,
        """
        SELECT date, period, section, hall, student_id, name, departed_at, gone_by, returned_at
        FROM departures{by}
        WHERE {where}
        ORDER BY date, period, section, student_id, departed_at
        """,
    )


def coverage(store: Store, zone: ZoneInfo, filters: Filters = LIVE_ROWS) -> Table:
    """Return how much of every class hour the cameras showed. ``share`` is of the class hour, 0 to 1.

    repeated: frames that were the same picture as one before, and did not count. gap_reasons: why nobody could be
    seen, each with in how many gaps, the most frequent first: ``no_frames 9, dark 3``.

    With a student: the class hours that have a row of him.

    Raises:
        UnavailableError: the store does not answer.
    """
    return _ask(
        store,
        zone,
        filters,
        f"""
        SELECT
            date, period, section, hall, starts_at, ends_at, frames,
            {minutes("seconds_covered")} AS minutes_covered,
            {minutes("(toUInt32(ends_at) - toUInt32(starts_at))")} AS minutes_total,
            round(seconds_covered / (toUInt32(ends_at) - toUInt32(starts_at)), 3) AS share,
            length(gaps_start_at) AS gaps, {_COUNTED_REASONS} AS gap_reasons,
            round(unknown_faces, 2) AS unknown_faces, repeated, final, version
        FROM coverage
        WHERE {{where}}
        ORDER BY date, period, section
        """,  # noqa: S608  nothing of a user
        student="(section, date, period) IN (SELECT section, date, period FROM attendance_by_student "
        "WHERE run = %(run)s AND student_id = %(student)s)",
    )


REPORTS: Final[dict[str, Callable[[Store, ZoneInfo, Filters], Table]]] = {
    "attendance": attendance,
    "departures": departures,
    "coverage": coverage,
}


def _ask(store: Store, zone: ZoneInfo, filters: Filters, sql: str, student: str = "student_id = %(student)s") -> Table:
    wanted = {
        "run": "run = %(run)s",
        "date": "date = %(date)s",
        "section": "section = %(section)s",
        "hall": "hall = %(hall)s",
        "student": student,
    }
    given = {name: getattr(filters, name) for name in wanted if getattr(filters, name) is not None}
    where = " AND ".join(wanted[name] for name in given)
    by = "_by_student" if filters.student else ""  # where the rows of one student lie together
    return in_zone(store.query(sql.replace("{where}", where).replace("{by}", by), given), zone, _FLAGS)
