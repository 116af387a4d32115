"""Deciding what is doubtful in a class hour, the least certain first. Silence decides nothing."""

from collections.abc import Mapping
from typing import NamedTuple, get_args
from uuid import uuid4

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from infra.desk.class_hour import PATH, hour_of
from infra.desk.in_time import require_now
from infra.desk.site import Desk, desk_of, page
from infra.desk.visitor import all_on_record, by_of, check_form, form_id, on_record
from infra.operations.accounts.access import may_see_pictures
from infra.operations.class_hours.decide_hour import (
    Decided,
    Decision,
    HourToDecide,
    MarkedMeanwhileError,
    Rest,
    StandingRow,
    decide,
    decide_rest_as_judged,
    hour_to_decide,
    take_back_rest,
    undoing,
)
from infra.operations.class_hours.hour_register import standing
from infra.operations.people.enrolment_state import enrolment_state
from infra.operations.terms.deadlines import correct_now
from schemas.messages import ClassHour, Verdict

__all__ = ["ROUTES"]

NOT_HIM = "not_him"
"""What is said of a student whose faces are somebody else's: he is absent, and a look-alike may be named."""

SHOWN = "v."
"""Before a student's id, in the name of a field: the verdict that was shown."""


class Done(NamedTuple):
    """What was decided last, as the page tells it. id: of the message. student: empty of all others as judged."""

    id: str
    student: str
    rows: tuple[StandingRow, ...]

    @property
    def sent(self) -> str:
        """What the form that undoes it sends."""
        return f"{self.id}.{self.student}" if self.student else self.id


def correctable(request: Request) -> ClassHour:
    """Return the class hour of a path, if the visitor may correct it.

    Raises:
        HTTPException: 404: there is none that he may see; 403: he may not correct it.
        RefusedError: he could before.
    """
    hour = hour_of(request)
    require_now(request, hour, correct_now)
    return hour


async def to_decide(request: Request) -> Response:
    """Show the cases, the one that is asked for or the first in full."""
    return await _cases(request, correctable(request))


async def _cases(
    request: Request,
    hour: ClassHour,
    error: MarkedMeanwhileError | None = None,
    typed: Mapping[str, str] | None = None,
) -> Response:
    """Show the cases. typed: what stands in the form of the one that somebody else decided meanwhile."""
    desk = desk_of(request)
    it = await run_in_threadpool(hour_to_decide, desk.settings, desk.register, hour.id)
    wanted = error.other.student_id if error else request.query_params.get("student", "")
    everybody = [*it.doubtful, *it.decided, *it.others]
    current = next((each for each in everybody if each.student_id == wanted), next(iter(it.doubtful), None))
    enrolled = None
    if current:
        await on_record(request, "see_student", hour, current.student_id)
        known = desk.settings, desk.register, hour, current.student_id, current.engine
        enrolled = await run_in_threadpool(enrolment_state, *known)
    return page(
        request,
        "decide.html",
        409 if error else 200,
        hour=hour,
        it=it,
        current=current,
        enrolled=enrolled,
        typed={"reason": "", "looks_like": _rival(current)} | dict(typed or {}),
        pictures=may_see_pictures(request.state.visitor.person, hour),
        names={each.student_id: each.name for each in everybody},
        done=_done(request, it),
        conflict=error.other if error else None,
        decision=uuid4().hex,
        rest=uuid4().hex,
    )


def _done(request: Request, it: HourToDecide) -> Done | None:
    """Return what a decision that was just made has done, as far as it still holds."""
    wanted, _, student = request.query_params.get("done", "").partition(".")
    rows = tuple(
        each
        for each in (*it.doubtful, *it.decided, *it.others)
        if each.mark and each.mark.batch == wanted and student in ("", each.student_id)
    )
    return Done(wanted, student, rows) if rows or (wanted and not student) else None


def _rival(row: StandingRow | None) -> str:
    """Return who, as the camera has it, may have been there instead: the first word of the doubt is his id."""
    named = [str(each.values.get("other", "")) for each in row.doubts if each.code == "too_alike"] if row else []
    return next((each.split()[0] for each in named if each), "")


async def decided(request: Request) -> Response:
    """Take a decision, or take one back, and go on with the next case when Kafka has it."""
    desk, hour, fields = desk_of(request), correctable(request), await check_form(request)
    student, said = fields.get("student", ""), fields.get("verdict", "")
    alike = fields.get("looks_like") if said == NOT_HIM else None
    said = "absent" if said == NOT_HIM else said
    if said and said not in get_args(Verdict):
        raise HTTPException(400)
    await on_record(request, "correct", hour, student, said or "taken back")
    decision = Decision(
        id=form_id(fields),
        class_hour=hour.id,
        student=student,
        verdict=said or None,  # type: ignore[arg-type]
        by=by_of(request),
        seen=fields.get("seen", ""),
        reason=fields.get("reason", ""),
        confirmed=fields.get("confirmed") == "1",
        looks_like=alike or None,
    )
    try:
        await run_in_threadpool(decide, desk.settings, desk.register, decision, desk.clock())
    except MarkedMeanwhileError as error:
        return await _cases(request, hour, error, fields)
    back = request.url.path.removesuffix("/decide")
    return RedirectResponse(f"{back}/decide?done={decision.id}.{student}", 303)


async def undo(request: Request) -> Response:
    """Put back what held before a decision, or before all others were confirmed."""
    desk, hour, fields = desk_of(request), correctable(request), await check_form(request)
    done, _, student = fields.get("done", "").partition(".")
    if not student:
        batches = await run_in_threadpool(desk.register.marks, hour.id)
        confirmed = {each.student_id for batch in batches if batch.id == done for each in batch.marks}
        await all_on_record(request, "correct", hour, dict.fromkeys(confirmed, "undone"))
        mine = Rest(id=done, class_hour=hour.id, by=by_of(request), seen={})
        await run_in_threadpool(take_back_rest, desk.settings, desk.register, mine, desk.clock())
        return RedirectResponse(request.url.path.removesuffix("/undo"), 303)
    await on_record(request, "correct", hour, student, "undone")
    try:
        await run_in_threadpool(_undo, desk, hour, (done, student, by_of(request)))
    except MarkedMeanwhileError as error:
        return await _cases(request, hour, error)
    return RedirectResponse(request.url.path.removesuffix("/undo"), 303)


def _undo(desk: Desk, hour: ClassHour, what: tuple[str, str, str]) -> None:
    done, student, by = what
    batches = desk.register.marks(hour.id)
    place = next((n for n, each in enumerate(batches) if each.id == done), None)
    mark = None if place is None else standing([batches[place]]).get(student)
    if mark is None:
        raise HTTPException(400)
    before = standing(batches[:place]).get(student)
    decision = undoing(Decided(mark, before), uuid4().hex, hour.id, by)
    decide(desk.settings, desk.register, decision, desk.clock())


async def rest(request: Request) -> Response:
    """Confirm whatever is in no doubt, as it was shown."""
    desk, hour, fields = desk_of(request), correctable(request), await check_form(request)
    seen = {name.removeprefix(SHOWN): value for name, value in fields.items() if name.startswith(SHOWN)}
    if not set(seen.values()) <= set(get_args(Verdict)):
        raise HTTPException(400)
    await all_on_record(request, "correct", hour, {each: f"{said} as judged" for each, said in seen.items()})
    wanted = Rest(id=form_id(fields), class_hour=hour.id, by=by_of(request), seen=seen)  # type: ignore[arg-type]
    await run_in_threadpool(decide_rest_as_judged, desk.settings, desk.register, wanted, desk.clock())
    return RedirectResponse(f"{request.url.path.removesuffix('/rest')}?done={wanted.id}", 303)


ROUTES = [
    Route(f"{PATH}/decide", to_decide, methods=["GET"]),
    Route(f"{PATH}/decide", decided, methods=["POST"]),
    Route(f"{PATH}/decide/undo", undo, methods=["POST"]),
    Route(f"{PATH}/decide/rest", rest, methods=["POST"]),
]
