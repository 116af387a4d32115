"""Rosters with their dates, and what is known of one student: consent, photos, who looks like him."""

from datetime import date
from functools import partial
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from enrollment.advice import sentences
from enrollment.input_files import MOST_BYTES
from infra.desk.site import desk_of, page, told_in_words
from infra.desk.timetable_page import mismatches_for, settings_for, uploaded
from infra.desk.visitor import by_of, check_form, on_record
from infra.operations.accounts.access import may_enroll, may_see_people
from infra.operations.people.enrolment_texts import hard_to_tell, same_face
from infra.operations.people.people_check import check_people
from infra.operations.people.photo_job import PhotosAsked, photo_jobs
from infra.operations.people.photo_progress import state_of
from infra.operations.people.record_consent import say_consent
from infra.operations.people.student_record import (
    SectionPeople,
    find_students,
    section_people,
    stays_of,
    student_record,
)
from schemas.errors import RefusedError, UnavailableError
from schemas.rosters import Rosters
from schemas.settings import Settings
from schemas.texts import written_plainly

__all__ = ["ROUTES"]


def _allowed(request: Request) -> None:
    if not may_see_people(request.state.visitor.person):
        raise HTTPException(403)


async def people(request: Request) -> Response:
    """Show the sections, and whom a search finds."""
    _allowed(request)
    desk, settings, wanted = desk_of(request), settings_for(request), request.query_params.get("find", "").strip()
    lists = desk.calendar.rosters
    sections, away = await run_in_threadpool(_sections, settings, lists, desk.today)
    found = find_students(lists, written_plainly(wanted)) if wanted else []
    if wanted:
        await on_record(request, "see_people")
    return page(
        request,
        "people.html",
        sections=sections,
        students=len({each.student_id for roster in lists.everything for each in roster.students}),
        away=away,
        wanted=wanted,
        found=found,
        jobs=[
            (each, each.what(PhotosAsked).files, state_of(each))
            for each in await run_in_threadpool(photo_jobs, settings)
        ],
        mismatches=[] if away else await run_in_threadpool(mismatches_for, settings),
        done=request.query_params.get("done", ""),
        most=MOST_BYTES // 2**20,
    )


def _sections(settings: Settings, lists: Rosters, today: date) -> tuple[list[SectionPeople], bool]:
    """Return the sections, and whether nobody knows who is enrolled, for Kafka is away."""
    try:
        return section_people(settings, lists, today), False
    except UnavailableError:
        return [
            SectionPeople(each, len(roster.students), roster.since, -1)
            for each in lists.sections
            for roster in [lists.on(each, today)]
        ], True


async def section(request: Request) -> Response:
    """Show who takes a section, from when until when."""
    _allowed(request)
    desk, name = desk_of(request), request.query_params.get("section", "")
    loaded = desk.calendar.rosters.history(name)
    if not loaded:
        raise HTTPException(404)
    await on_record(request, "see_people", detail=name)
    stays = stays_of(loaded)
    return page(
        request,
        "section.html",
        name=name,
        loaded=loaded,
        now=[each for each in stays if each.on(desk.today)],
        coming=[each for each in stays if each.since and each.since > desk.today],
        left=[each for each in stays if each.until and each.until < desk.today],
    )


async def student(request: Request) -> Response:
    """Show what is known of a student."""
    _allowed(request)
    wanted = written_plainly(request.query_params.get("student", ""))
    await on_record(request, "see_student", student=wanted)
    settings, now = settings_for(request), desk_of(request).clock()
    found = await run_in_threadpool(student_record, settings, wanted, now)
    if found is None:
        raise HTTPException(404)
    advice = [said for each in found.advice for said in sentences(settings, each)]
    return page(request, "student.html", it=found, advice=advice)


async def consent(request: Request) -> Response:
    """Put consent on record, or that it was taken back."""
    person = request.state.visitor.person
    if not may_enroll(person):
        raise HTTPException(403)
    fields, desk = await check_form(request), desk_of(request)
    wanted, said = written_plainly(fields.get("student", "")), fields.get("consent", "")
    if said not in ("given", "taken back"):
        raise HTTPException(400)
    if fields.get("sure") == "1":
        await on_record(request, "consent", student=wanted, detail=f"consent {said}")
        given, by = said == "given", by_of(request)
        await run_in_threadpool(partial(say_consent, desk.settings, wanted, given=given, by=by, now=desk.clock()))
    return RedirectResponse(f"/people/student?{urlencode({'student': wanted})}", 303)


async def check(request: Request) -> Response:
    """Show whose photos should be better, and who looks like whom."""
    _allowed(request)
    await on_record(request, "see_people")
    settings, refused, found = settings_for(request), None, None
    try:
        found = await run_in_threadpool(check_people, settings, desk_of(request).clock())
    except RefusedError as error:
        refused = told_in_words(request, error)
    checked = found.check if found else None
    return page(
        request,
        "people_check.html",
        refused=refused,
        it=checked,
        same=[(each, same_face(each, checked.strangers)) for each in checked.same] if checked else [],
        alike=[(each.pair, hard_to_tell(each.pair, each.sections)) for each in checked.alike] if checked else [],
        needs=[(each.student_id, sentences(settings, each)) for each in checked.needs] if checked else [],
        elsewhere=found.elsewhere if found else 0,
    )


async def rosters_uploaded(request: Request) -> Response:
    """Take rosters."""
    return await uploaded(request, "rosters")


ROUTES = [
    Route("/people", people, methods=["GET"]),
    Route("/people/section", section, methods=["GET"]),
    Route("/people/student", student, methods=["GET"]),
    Route("/people/consent", consent, methods=["POST"]),
    Route("/people/check", check, methods=["GET"]),
    Route("/people/load", rosters_uploaded, methods=["POST"]),
]
