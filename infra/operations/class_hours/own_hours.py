"""A student's own class hours: those of whose roster he is, and what he counts as in them."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from infra.operations.class_hours.site_calendar import SiteCalendar
from schemas.ids import LIVE, class_hour_id
from schemas.messages import ClassHour, Verdict
from schemas.settings import Settings
from sinks.store import open_for_reading

__all__ = ["OwnVerdict", "own_hours", "own_verdicts"]

ASKED = """
SELECT section, date, period, verdict, final
FROM attendance_by_student
WHERE run = %(run)s AND date >= %(first)s AND date <= %(last)s AND student_id = %(student)s
"""


class OwnVerdict(NamedTuple):
    """What he counts as. final: the class hour was judged to its end."""

    verdict: Verdict
    final: bool


def own_hours(calendar: SiteCalendar, student: str, hours: Iterable[ClassHour]) -> list[ClassHour]:
    """Return those class hours that a student (an id) takes, as the roster of each date says."""
    known = calendar.rosters
    his = {
        (each.section, each.since)
        for each in known.everything
        if any(student == one.student_id for one in each.students)
    }

    def on(hour: ClassHour) -> bool:
        roster = known.on(hour.section, hour.date)
        return (roster.section, roster.since) in his

    return [each for each in hours if on(each)]


def own_verdicts(settings: Settings, student: str, first: date, last: date) -> dict[str, OwnVerdict]:
    """Return what the store says of a student (an id) in the class hours of some days, by id. last: included.

    Raises:
        UnavailableError: the store does not answer.
    """
    with open_for_reading(settings) as store:
        rows = store.query(ASKED, {"run": LIVE, "first": first, "last": last, "student": student}).rows
    return {class_hour_id(*row[:3]): OwnVerdict(row[3], bool(row[4])) for row in rows}
