"""Photos in bulk: they are sent at once, enrolled by a process of their own, and the page says how far that is."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from msgspec.structs import replace
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from infra.desk.site import desk_of, page, told_in_words
from infra.desk.timetable_page import settings_for
from infra.desk.visitor import by_of, check_form, check_upload, on_record
from infra.machine.waiting_files import drop
from infra.operations.accounts.access import may_enroll
from infra.operations.people.photo_jobs import (
    MOST_BYTES,
    PhotoIntake,
    PhotoJob,
    is_running,
    job_of,
    keep_job,
    start_job,
)
from infra.operations.people.photo_progress import progress_in
from schemas.errors import RefusedError, UnavailableError
from schemas.settings import Settings

__all__ = ["ROUTES"]

AGAIN = 3
"""Seconds until the page of a job that runs is asked for again."""


def _allowed(request: Request) -> None:
    if not may_enroll(request.state.visitor.person):
        raise HTTPException(403)


async def sent(request: Request) -> Response:
    """Take photos, and have them enrolled."""
    _allowed(request)
    async with check_upload(request, MOST_BYTES) as (fields, files):
        return await _taken(request, fields, files)


async def _taken(request: Request, fields: Mapping[str, str], files: list[UploadFile]) -> Response:
    if not files or fields.get("consent") != "1":
        return RedirectResponse(f"/people?done={'no_consent' if files else 'none'}", 303)
    desk = desk_of(request)
    if not desk.calendar.rosters.sections:
        raise RefusedError(
            "no roster is loaded, so that nobody knows whose photos these are",
            "Load the rosters first, then the photos.",
        )
    job = PhotoJob(id=uuid4().hex, account=request.state.visitor.person.account, by=by_of(request), at=desk.clock())
    await run_in_threadpool(_keep, desk.settings, job, files)
    with suppress(UnavailableError):  # the photos are here: its page says so, and begins it when Kafka is back
        await on_record(request, "enroll")
        await run_in_threadpool(start_job, desk.settings, job)
    return RedirectResponse(f"/people/photos/{job.id}", 303)


def _keep(settings: Settings, job: PhotoJob, files: list[UploadFile]) -> None:
    photos = keep_job(settings, job)
    intake = PhotoIntake(photos)
    try:
        for each in files:
            intake.add(each.filename or "photo", each.file)
        keep_job(settings, replace(job, files=intake.files))
    except BaseException:
        drop(photos.parent)  # nothing of it was begun
        raise


def _job(request: Request) -> tuple[PhotoJob, Path]:
    _allowed(request)
    found = job_of(desk_of(request).settings, request.path_params["job"])
    if found is None:
        raise HTTPException(404)
    return found


async def progress(request: Request) -> Response:
    """Show how far a job is, and what came of each file."""
    job, folder = _job(request)
    try:
        await on_record(request, "see_people")
    except UnavailableError as error:
        return page(request, "kept.html", 503, away=told_in_words(request, error), kept="photos", back="/people")
    it = await run_in_threadpool(progress_in, settings_for(request), folder)
    response = page(request, "photos.html", job=job, it=it, again=AGAIN)
    if it.state == "running":
        response.headers["refresh"] = str(AGAIN)
    return response


async def decided(request: Request) -> Response:
    """Go on with a job, replace what was asked about, or let it go."""
    (job, folder), fields = _job(request), await check_form(request)
    wanted, settings = fields.get("do", ""), desk_of(request).settings
    if wanted == "drop" and not is_running(folder):
        await run_in_threadpool(drop, folder)
        return RedirectResponse("/people", 303)
    if wanted in ("go_on", "replace"):
        await on_record(request, "enroll")
        await run_in_threadpool(lambda: start_job(settings, job, replace=wanted == "replace"))
    return RedirectResponse(f"/people/photos/{job.id}", 303)


ROUTES = [
    Route("/people/photos", sent, methods=["POST"]),
    Route("/people/photos/{job}", progress, methods=["GET"]),
    Route("/people/photos/{job}", decided, methods=["POST"]),
]
