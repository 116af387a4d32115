"""The first page: a person's class hours of a day, and of its week."""

from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.desk.site import day_asked, desk_of, page
from infra.operations.access import may_see_hour
from infra.operations.hour_totals import HourTotals, hour_totals
from schemas.errors import UnavailableError
from schemas.messages import ClassHour

__all__ = ["ROUTES"]

When: TypeAlias = Literal["past", "now", "coming"]
Line: TypeAlias = tuple[ClassHour, HourTotals | None, When]


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
    trouble, totals = False, dict[str, HourTotals]()
    try:
        sections = {each.section for each in mine}
        totals = await run_in_threadpool(
            hour_totals, desk.settings, sections, monday - timedelta(days=1), monday + timedelta(days=7)
        )
    except UnavailableError:
        trouble = True
    now = desk.clock()
    lines: list[Line] = [(each, totals.get(each.id), when(each, now)) for each in mine]
    hours = [each for each in lines if each[0].date == shown or (shown == desk.today and each[2] == "now")]
    days = {each.date for each in desk.calendar.timetable.everything if may_see_hour(person, each)} if not hours else ()
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
        trouble=trouble,
    )


ROUTES = [Route("/", today)]
