"""What students contest or ask beforehand, for whoever answers: the one that waits longest first."""

from collections.abc import Mapping
from typing import Any, get_args
from uuid import uuid4

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from infra.desk.site import desk_of, page, told_in_words
from infra.desk.visitor import by_of, check_form, form_id, on_record
from infra.operations.accounts.access import DeskUser, may_answer_appeal
from infra.operations.appeals.appeal_register import KnownAppeals
from infra.operations.appeals.appeal_state import AppealState, contested_counts, upholding
from infra.operations.appeals.appeals import AnsweredMeanwhileError, AppealAnswer, answer_appeal, own_row
from infra.operations.class_hours.decide_hour import MarkedMeanwhileError
from infra.operations.class_hours.hour_register import standing
from schemas.errors import RefusedError
from schemas.ids import split_class_hour
from schemas.messages import Verdict

__all__ = ["ROUTES"]

HOME = "/appeals"
ANSWERED = 50
"""Answered ones that are shown, the latest."""
REFUSE = "refuse"
"""What the form says where the student is not right."""


def answering(request: Request) -> DeskUser:
    """Return the visitor, if he answers appeals of any section.

    Raises:
        HTTPException: 403: he does not.
    """
    person: DeskUser = request.state.visitor.person
    if not (person.has("professor") or person.has("registrar")):
        raise HTTPException(403)
    return person


async def appeals(request: Request) -> Response:
    """Show what waits, the one that is asked for or the first in full."""
    return await _appeals(request, request.query_params.get("appeal", ""))


async def _appeals(
    request: Request, wanted: str, error: RefusedError | None = None, typed: Mapping[str, str] | None = None
) -> Response:
    """Show the page. error: why an answer was not taken; typed: what it said."""
    desk, person = desk_of(request), answering(request)
    known = await run_in_threadpool(desk.appeals.now)
    waiting = known.to_answer(person)
    chosen = known.by_id.get(wanted)
    if chosen and not may_answer_appeal(person, chosen.section):
        raise HTTPException(404)
    current = chosen or next(iter(waiting), None)
    status = 409 if isinstance(error, AnsweredMeanwhileError | MarkedMeanwhileError) else 400 if error else 200
    return page(
        request,
        "appeals.html",
        status,
        waiting_here=[_named(request, each) for each in waiting],
        answered=[_named(request, each) for each in _ended(known, person)[:ANSWERED]],
        counts=contested_counts(each for each in known.by_id.values() if may_answer_appeal(person, each.section)),
        current=await _case(request, current) if current else None,
        error=told_in_words(request, error) if error else None,
        typed={"reason": ""} | dict(typed or {}),
        done=known.by_id.get(request.query_params.get("done", "")),
        answer=uuid4().hex,
    )


def _ended(known: KnownAppeals, person: DeskUser) -> list[AppealState]:
    """Return what was answered of what the visitor may answer, the latest first."""
    mine = [each for each in known.by_id.values() if each.answer and may_answer_appeal(person, each.section)]
    return sorted(mine, key=lambda each: (each.answer.at if each.answer else each.asked.at, each.id), reverse=True)


def _named(request: Request, state: AppealState) -> dict[str, Any]:
    """Return an appeal with its class hour, as far as the timetable has it, and the name of its student."""
    calendar, of = desk_of(request).calendar, state.asked
    section, day, period = split_class_hour(of.class_hour)
    students = calendar.rosters.on(section, day).students
    name = next((each.name for each in students if each.student_id == of.student_id), "")
    return {
        "it": state,
        "section": section,
        "date": day,
        "period": period,
        "hour": calendar.hour(of.class_hour),
        "name": name,
    }


async def _case(request: Request, state: AppealState) -> dict[str, Any]:
    """Return an appeal in full: what its student counts as now, and which mark of him stands."""
    desk, student, found = desk_of(request), state.asked.student_id, _named(request, state)
    hour = found["hour"]
    await on_record(request, "see_student", hour, student)
    row = await run_in_threadpool(own_row, desk.settings, hour, student) if hour else None
    marks = standing(await run_in_threadpool(desk.register.marks, state.asked.class_hour))
    return found | {"row": row, "mark": marks.get(student), "upholding": upholding(state.asked)}


async def answered(request: Request) -> Response:
    """Take an answer, and go on with the next when Kafka has it."""
    desk, person, fields = desk_of(request), answering(request), await check_form(request)
    known = await run_in_threadpool(desk.appeals.now)
    state, said = known.by_id.get(fields.get("appeal", "")), fields.get("verdict", "")
    if state is None or said not in (*get_args(Verdict), REFUSE):
        raise HTTPException(400)
    if not may_answer_appeal(person, state.section):
        raise HTTPException(403)
    verdict = None if said == REFUSE else said
    given = AppealAnswer(
        id=form_id(fields),
        appeal=state.id,
        verdict=verdict,  # type: ignore[arg-type]
        by=by_of(request),
        reason=fields.get("reason", ""),
        seen=fields.get("seen", ""),
    )
    hour = desk.calendar.hour(state.asked.class_hour)
    await on_record(request, "appeal_answer", hour, state.asked.student_id, verdict or "refused")
    try:
        await run_in_threadpool(answer_appeal, desk.settings, desk.registers, given, desk.clock())
    except RefusedError as error:
        return await _appeals(request, state.id, error, fields)
    return RedirectResponse(f"{HOME}?done={state.id}", 303)


ROUTES = [Route(HOME, appeals, methods=["GET"]), Route(HOME, answered, methods=["POST"])]
