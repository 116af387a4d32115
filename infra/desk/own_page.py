"""A student's own page: what he counts as in a term, why, what he asked, and all that is kept of him as a file."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any, get_args
from uuid import uuid4

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from infra.desk.class_hour import PATH, named_hour
from infra.desk.health_page import ago
from infra.desk.in_time import until_of
from infra.desk.last_known import of_students
from infra.desk.site import desk_of, page, told_in_words
from infra.desk.visitor import check_form, form_id, on_record
from infra.operations.accounts.access import own_student
from infra.operations.appeals.appeals import (
    AppealOvertakenError,
    AppealRequest,
    ask,
    check_askable,
    kind_of,
    own_row,
    withdraw,
)
from infra.operations.appeals.kept_of import kept_of
from infra.operations.appeals.own_term import own_term
from infra.operations.class_hours.own_hours import own_hours
from infra.operations.terms.term_texts import rule_in_words
from schemas.errors import NaulError, RefusedError
from schemas.messages import ClassHour, Verdict
from schemas.settings import Settings

__all__ = ["ROUTES"]

HOME = "/me"


def student_of(request: Request) -> str:
    """Return whose page it is: nothing in the request says so but the session.

    Raises:
        HTTPException: 404: the visitor is no student.
    """
    found = own_student(request.state.visitor.person)
    if not found:
        raise HTTPException(404)
    return found


def own_hour(request: Request) -> ClassHour:
    """Return the class hour of a path, if the visitor takes it.

    Raises:
        HTTPException: 404: there is none, or he does not.
    """
    student, hour = student_of(request), named_hour(request)
    if hour is None or not own_hours(desk_of(request).calendar, student, [hour]):
        raise HTTPException(404)
    return hour


async def mine(request: Request) -> Response:
    """Show the term that is asked for, else the current one."""
    desk, student = desk_of(request), student_of(request)
    await on_record(request, "see_student", student=student)
    known = await run_in_threadpool(desk.appeals.now)
    wanted = request.query_params.get("term", "")
    it = await run_in_threadpool(own_term, desk.settings, desk.calendar, known, student, wanted, desk.clock())
    kept, name = of_students(desk), f"{student}|{it.term.term if it.term else ''}"
    shown = kept.last(name, it) if it.trouble else kept.keep(name, it)
    it = shown.value._replace(appeals=it.appeals, trouble=it.trouble)
    rules = {
        each.section: rule_in_words(request.state.language, it.term.rule_of(each.section))
        for each in it.sections if it.term
    }  # fmt: skip
    hours = {line.hour.id: line.hour for each in it.sections for line in (*each.past, *each.coming)}
    return page(
        request,
        "me.html",
        it=it,
        rules=rules,
        hours=hours,
        then=ago(request.state.language, desk.clock(), shown.at) if shown.at else "",
        student=student,
        done=request.query_params.get("done", ""),
    )


async def appeal(request: Request) -> Response:
    """Show the form by which he contests, or asks beforehand to be excused."""
    hour = own_hour(request)
    await on_record(request, "see_student", hour, student_of(request))
    return await _form(request, hour)


async def _form(
    request: Request, hour: ClassHour, error: RefusedError | None = None, typed: Mapping[str, str] | None = None
) -> Response:
    """Show the form. error: why what was typed was not taken."""
    desk, student, now = desk_of(request), student_of(request), desk_of(request).clock()
    kind = kind_of(hour, now)
    row = await run_in_threadpool(own_row, desk.settings, hour, student) if kind == "contest" else None
    known = await run_in_threadpool(desk.appeals.now)
    refused: NaulError | None = None
    try:
        check_askable(hour, row, known.of(student, hour.id), until_of(request, hour), now)
    except RefusedError as why_not:
        refused = why_not
    zone = desk.settings.zone
    usual = {name: f"{at.astimezone(zone):%H:%M}" for name, at in (("from", hour.starts_at), ("until", hour.ends_at))}
    status = 409 if isinstance(error, AppealOvertakenError) else 400 if error else 200
    return page(
        request,
        "appeal.html",
        status,
        hour=hour,
        kind=kind,
        row=row,
        until=until_of(request, hour).appeal,
        refused=told_in_words(request, refused) if refused else None,
        error=told_in_words(request, error) if error else None,
        typed=usual | {"reason": "", "wished": ""} | dict(typed or {}),
        id=uuid4().hex,
        student=student,
    )


async def asked(request: Request) -> Response:
    """Take what he asks, and go to his page when Kafka has it."""
    desk, hour, fields = desk_of(request), own_hour(request), await check_form(request)
    wished = fields.get("wished", "")
    if wished and wished not in get_args(Verdict):
        raise HTTPException(400)
    wanted: dict[str, Any] = {
        "id": form_id(fields),
        "class_hour": hour.id,
        "student": student_of(request),
        "seen": fields.get("seen", ""),
        "wished": wished or None,
        "starts_at": _moment(fields.get("from", ""), hour, hour.starts_at, desk.settings),
        "ends_at": _moment(fields.get("until", ""), hour, hour.ends_at, desk.settings),
        "reason": fields.get("reason", ""),
    }
    await on_record(request, "appeal", hour, student_of(request), kind_of(hour, desk.clock()) or "")
    until, now = until_of(request, hour), desk.clock()
    try:
        await run_in_threadpool(ask, desk.settings, desk.registers, AppealRequest(**wanted), until, now)
    except RefusedError as error:
        return await _form(request, hour, error, fields)
    return RedirectResponse(f"{HOME}?done={wanted['id']}#asked", 303)


def _moment(text: str, hour: ClassHour, usual: datetime, settings: Settings) -> datetime:
    """Return a time of the day as a moment of a class hour, which may go over midnight; no time is the usual one.

    Times of a form have no seconds: that of an end is that end.
    """
    zone = settings.zone
    try:
        of_day = time.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        return usual
    if of_day == usual.astimezone(zone).time().replace(second=0, microsecond=0):
        return usual
    first = hour.starts_at.astimezone(zone)
    moment = datetime.combine(first.date(), of_day, zone)
    over_midnight = hour.ends_at.astimezone(zone).date() > first.date() and moment < first
    return moment + timedelta(days=over_midnight)


async def withdrawn(request: Request) -> Response:
    """Take back what he asked."""
    desk, student, fields = desk_of(request), student_of(request), await check_form(request)
    known = await run_in_threadpool(desk.appeals.now)
    state = known.by_id.get(fields.get("appeal", ""))
    if state is None or state.asked.student_id != student:
        raise HTTPException(400)  # whether another one's exists is nobody's business
    await on_record(request, "appeal_withdraw", desk.calendar.hour(state.asked.class_hour), student)
    await run_in_threadpool(withdraw, desk.registers, state.id, student, desk.clock())
    return RedirectResponse(f"{HOME}?done=withdrawn#asked", 303)


async def record(request: Request) -> Response:
    """Send all that is kept of him, as one file."""
    desk, student = desk_of(request), student_of(request)
    await on_record(request, "export", student=student, detail="own record")
    made = await run_in_threadpool(
        kept_of, desk.settings, desk.calendar, desk.registers, student, desk.clock(), request.state.language
    )
    name = f"naul-my-record-{desk.today}.json"
    return Response(
        made, media_type="application/json", headers={"content-disposition": f'attachment; filename="{name}"'}
    )


ROUTES = [
    Route(HOME, mine, methods=["GET"]),
    Route(f"{HOME}/record", record, methods=["GET"]),
    Route(f"{HOME}/withdraw", withdrawn, methods=["POST"]),
    Route(f"{PATH}/appeal", appeal, methods=["GET"]),
    Route(f"{PATH}/appeal", asked, methods=["POST"]),
]
