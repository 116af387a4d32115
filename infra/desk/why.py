"""Why a student counts as what he counts in a class hour: the evidence, in sentences."""

from base64 import b64encode

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.desk.class_hour import PATH, named_hour
from infra.desk.in_time import may_now, until_of
from infra.desk.site import desk_of, page
from infra.desk.visitor import on_record
from infra.operations.accounts.access import may_see_hour, may_see_pictures, may_see_student_hour, own_student
from infra.operations.class_hours.evidence_texts import sentences
from infra.operations.class_hours.hour_evidence import hour_evidence, naming_nobody_else
from infra.operations.class_hours.looks import looks_of
from infra.operations.people.enrolment_state import enrolment_state
from infra.operations.terms.deadlines import correct_now, may_contest
from schemas.messages import ClassHour

__all__ = ["ROUTES"]


def _asked(request: Request) -> tuple[ClassHour, str]:
    """Return the class hour and the student that are asked for, if the visitor may see them."""
    hour, student = named_hour(request), request.query_params.get("student", "")
    if hour is None or not may_see_student_hour(request.state.visitor.person, hour, student):
        raise HTTPException(404)
    return hour, student


async def why(request: Request) -> Response:
    """Show the evidence."""
    desk, (hour, student) = desk_of(request), _asked(request)
    person = request.state.visitor.person
    await on_record(request, "see_student", hour, student)
    now = desk.clock()
    found = await run_in_threadpool(hour_evidence, desk.settings, desk.register, hour.id, student, now)
    if not may_see_hour(person, hour):
        found = naming_nobody_else(found)
    known = desk.settings, desk.register, hour, student, found.engine
    enrolled = await run_in_threadpool(enrolment_state, *known)
    said = sentences(found, request.state.language, desk.settings.zone)
    return page(
        request,
        "why.html",
        hour=hour,
        it=found,
        sentences=said,
        enrolled=enrolled,
        may_correct=may_now(request, hour, correct_now),
        contest=student == own_student(person)
        and may_contest(hour, final=found.row.final, until=until_of(request, hour), now=now),
        sees_hour=may_see_hour(person, hour),
        pictures=may_see_pictures(person, hour),
    )


async def looks(request: Request) -> Response:
    """Show the faces that a verdict rests on, as far as their frames are kept."""
    desk, (hour, student) = desk_of(request), _asked(request)
    if not may_see_pictures(request.state.visitor.person, hour):
        raise HTTPException(403)
    await on_record(request, "see_picture", hour, student)
    found = await run_in_threadpool(looks_of, desk.settings, desk.looks, desk.frames, hour, student)
    shown = [(each, b64encode(each.jpeg).decode()) for each in found.looks]
    return page(request, "looks.html", looks=shown, gone=found.gone)


ROUTES = [Route(f"{PATH}/why", why), Route(f"{PATH}/looks", looks)]
