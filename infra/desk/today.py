"""The first page: a person's class hours of a day, and of its week."""

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Literal, TypeAlias

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.desk.site import day_asked, desk_of, page
from infra.desk.visitor import on_record
from infra.operations.accounts.access import may_see_hour
from infra.operations.class_hours.hour_totals import HourTotals, hour_totals
from infra.operations.class_hours.own_hours import OwnVerdict, own_hours, own_verdicts
from schemas.errors import UnavailableError
from schemas.messages import ClassHour

__all__ = ["ROUTES"]

When: TypeAlias = Literal["past", "now", "coming"]
Line: TypeAlias = tuple[ClassHour, HourTotals | None, When]
OwnLine: TypeAlias = tuple[ClassHour, OwnVerdict | None, When]
"""Of a student's own."""


def when(hour: ClassHour, now: datetime) -> When:
    """Return whether a class hour is over, runs, or is to come."""
    return "now" if now in hour else "past" if hour.ends_at <= now else "coming"


async def today(request: Request) -> Response:
    """Show the day that is asked for, else today."""
    desk, person = desk_of(request), request.state.visitor.person
    shown = day_asked(request, "day", desk.today)
    monday = shown - timedelta(days=shown.weekday())
    week = desk.calendar.between(monday, monday + timedelta(days=6))
    mine = [each for each in week if may_see_hour(person, each)]
    student = person.student_id if person.has("student") else ""
    takes = own_hours(desk.calendar, student, week) if student else []
    trouble, totals, verdicts = False, dict[str, HourTotals](), dict[str, OwnVerdict]()
    if takes:
        await on_record(request, "see_student", student=student)
    try:
        sections = {each.section for each in mine}
        totals = await run_in_threadpool(
            hour_totals, desk.settings, sections, monday - timedelta(days=1), monday + timedelta(days=7)
        )
        if takes:
            verdicts = await run_in_threadpool(own_verdicts, desk.settings, student, takes[0].date, takes[-1].date)
    except UnavailableError:
        trouble = True
    now = desk.clock()

    def is_shown(hour: ClassHour) -> bool:
        return hour.date == shown or (shown == desk.today and now in hour)

    lines: list[Line] = [(each, totals.get(each.id), when(each, now)) for each in mine]
    hours = [each for each in lines if is_shown(each[0])]
    own: list[OwnLine] = [(each, verdicts.get(each.id), when(each, now)) for each in takes]
    own_today = [each for each in own if is_shown(each[0])]
    days = set[date]()
    if not (hours or own_today):
        everything = desk.calendar.timetable.everything
        days = {each.date for each in everything if may_see_hour(person, each)}
        days |= {each.date for each in own_hours(desk.calendar, student, everything)} if student else set()
    return page(
        request,
        "today.html",
        shown=shown,
        before=shown - timedelta(days=1),
        after=shown + timedelta(days=1),
        hours=hours,
        last=max((each for each in days if each < shown), default=None),
        next=min((each for each in days if each > shown), default=None),
        week=lines,
        own_today=own_today,
        own=own,
        asked=Counter(each.asked.class_hour for each in desk.appeals.known.to_answer(person)),
        student=student,
        trouble=trouble,
    )


ROUTES = [Route("/", today)]
