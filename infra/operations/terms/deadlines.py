"""Until when a class hour may be contested and corrected, and by whom. Pure: of terms, the class hour and the time.

Every limit is midnight at the end of a day, in the site's zone. Without a term that has the day, nothing is limited.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from infra.operations.accounts.access import DeskUser, may_call_roll, may_correct
from schemas.errors import RefusedError
from schemas.messages import ClassHour, Term
from schemas.translations import Text

__all__ = ["Deadlines", "call_roll_now", "correct_now", "deadlines_of", "last_day", "may_contest", "over", "term_of"]


class Deadlines(NamedTuple):
    """The first moments that are too late; None: there is none.

    appeal: for a student who contests. teachers: for those who teach. office: for the registrar, who begins when
    teachers is over.
    """

    appeal: datetime | None = None
    teachers: datetime | None = None
    office: datetime | None = None


def term_of(terms: Iterable[Term], day: date) -> Term | None:
    """Return the term of a day; of terms that overlap the one that began last."""
    here = [each for each in terms if each.first <= day <= each.last]
    return max(here, key=lambda each: (each.first, each.term), default=None)


def deadlines_of(terms: Iterable[Term], hour: ClassHour, zone: ZoneInfo) -> Deadlines:
    """Return the limits of a class hour, by the rule of its section, else of its term."""
    term = term_of(terms, hour.date)
    if term is None:
        return Deadlines()
    rule = term.rule_of(hour.section)
    days = rule.appeal_days, rule.professor_corrects_days, rule.office_corrects_days
    return Deadlines(*(_midnight(hour.date, each, zone) for each in days))


def _midnight(day: date, days: int, zone: ZoneInfo) -> datetime | None:
    """Return when so many days after a day are over; None: never, for 0 days and past the calendar."""
    try:
        return datetime.combine(day + timedelta(days=days + 1), time.min, zone) if days else None
    except OverflowError:
        return None


def over(limit: datetime | None, now: datetime) -> bool:
    """Whether a limit has passed."""
    return limit is not None and now >= limit


def last_day(limit: datetime) -> date:
    """Return the day at whose end a limit of ``deadlines_of`` is, which is midnight in the site's zone."""
    return limit.date() - timedelta(days=1)


def correct_now(user: DeskUser, hour: ClassHour, until: Deadlines, now: datetime) -> bool:
    """Return whether the user may correct a class hour: who teaches it, and when their time is over, the registrar.

    now: aware.

    Raises:
        RefusedError: he could have before; the text says until when, and who still can.
    """
    if user.has("registrar") and over(until.teachers, now):
        return _in_time(until.office, until, now)
    return may_correct(user, hour) and _in_time(until.teachers, until, now)


def may_contest(hour: ClassHour, *, final: bool, until: Deadlines, now: datetime) -> bool:
    """Return whether it is the time to contest a class hour: judged to its end, over, and not for too long."""
    return final and now >= hour.ends_at and not over(until.appeal, now)


def call_roll_now(user: DeskUser, hour: ClassHour, until: Deadlines, now: datetime) -> bool:
    """Return whether the user may call the roll of a class hour.

    Raises:
        RefusedError: as ``correct_now``.
    """
    return may_call_roll(user, hour) and _in_time(until.teachers, until, now)


def _in_time(limit: datetime | None, until: Deadlines, now: datetime) -> bool:
    """Return True before a limit.

    Raises:
        RefusedError: after it.
    """
    if limit is None or now < limit:
        return True
    remedy: str
    if over(until.office, now):
        remedy = Text("Nobody corrects it any more. Appeals that came in time are still answered.")
    elif until.office is None:
        remedy = Text("The registrar still can.")
    else:
        remedy = Text("The registrar still can, until midnight of {day}.", day=last_day(until.office))
    raise RefusedError(Text("this class hour could be corrected until midnight of {day}", day=last_day(limit)), remedy)
