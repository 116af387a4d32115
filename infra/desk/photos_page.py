"""Photos in bulk: they are sent at once, enrolled by a process of their own, and the page says how far that is."""

from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from uuid import uuid4

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from infra.desk.health_page import ago
from infra.desk.site import desk_of, page, told_in_words
from infra.desk.timetable_page import settings_for
from infra.desk.visitor import by_of, check_form, check_upload, on_record
from infra.machine.jobs import Job, cancel_job, delete_job, job_notes
from infra.operations.accounts.access import may_enroll
from infra.operations.people.photo_intake import MOST_BYTES
from infra.operations.people.photo_job import PhotosAsked, find_photos_job, keep_photos, start_photos
from infra.operations.people.photo_progress import progress_of
from schemas.errors import UnavailableError

__all__ = ["ROUTES"]


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
    opened = [(each.filename or "photo", each.file) for each in files]
    account, by = request.state.visitor.person.account, by_of(request)
    keep = partial(keep_photos, id_=uuid4().hex, account=account, by=by, now=desk.clock())
    job = await run_in_threadpool(keep, desk.settings, opened, desk.calendar.rosters)
    with suppress(UnavailableError):  # the photos are here: its page says so, and begins it when Kafka is back
        await on_record(request, "enroll")
        await run_in_threadpool(start_photos, desk.settings, job)
    return RedirectResponse(f"/people/photos/{job.name}", 303)


async def _job(request: Request) -> Job:
    _allowed(request)
    found = await run_in_threadpool(find_photos_job, desk_of(request).settings, request.path_params["job"])
    if found is None:
        raise HTTPException(404)
    return found


async def progress(request: Request) -> Response:
    """Show how far a job is, and what came of each file."""
    job, desk = await _job(request), desk_of(request)
    try:
        await on_record(request, "see_people")
    except UnavailableError as error:
        return page(request, "kept.html", 503, away=told_in_words(request, error), kept="photos", back="/people")
    it = await run_in_threadpool(lambda: progress_of(settings_for(request), job, job_notes(desk.settings, job.name)))
    return page(
        request,
        "photos.html",
        job=job,
        files=job.what(PhotosAsked).files,
        it=it,
        ago=partial(ago, request.state.language, desk.clock()),
    )


async def decided(request: Request) -> Response:
    """Cancel a job, go on with it, replace what was asked about, or delete it with its photos."""
    job, fields, settings = await _job(request), await check_form(request), desk_of(request).settings
    what = fields.get("what", "")
    if what == "delete":
        await run_in_threadpool(delete_job, settings, job.name)
        return RedirectResponse("/people", 303)
    if what not in ("cancel", "resume", "replace"):
        raise HTTPException(400)
    if what == "cancel":
        await run_in_threadpool(cancel_job, settings, job.name)
    else:
        await on_record(request, "enroll")
        await run_in_threadpool(partial(start_photos, settings, job, replace=what == "replace"))
    return RedirectResponse(f"/people/photos/{job.name}", 303)


ROUTES = [
    Route("/people/photos", sent, methods=["POST"]),
    Route("/people/photos/{job}", progress, methods=["GET"]),
    Route("/people/photos/{job}", decided, methods=["POST"]),
]
