"""Photos in bulk: they are sent at once, enrolled by a process of their own, and its report says what came of each."""

from typing import Final, Literal

import msgspec

from infra.desk.api.calls import Answered, ApiCall, Endpoint, forbidden, refused_parameter
from infra.desk.api.paging import ApiPage, PageQuery, paged
from infra.desk.api.problems import not_found
from infra.desk.api.shown_jobs import ApiJob, api_job
from infra.desk.api.uploads import Upload
from infra.machine.jobs import Job, cancel_job, delete_job, job_notes
from infra.operations.accounts.access import may_enroll
from infra.operations.people.photo_job import PhotosAsked, find_photos_job, keep_photos, photo_jobs, start_photos
from infra.operations.people.photo_progress import PhotoState, progress_of
from schemas.translations import Text

__all__ = [
    "ENDPOINTS",
    "ApiPhotoCounts",
    "ApiPhotoJob",
    "ApiPhotoJobDeleted",
    "ApiPhotoRemark",
    "ApiPhotoReport",
    "ApiRefusedPhoto",
]

SCOPE: Final = "enrolment:write"
FORM: Final = {
    "type": "object",
    "required": ["photos", "consent"],
    "properties": {
        "photos": {
            "type": "array",
            "minItems": 1,
            "items": {"type": "string", "format": "binary"},
            "description": "Photos, or ZIPs of them, named by the student id or in folders called so.",
        },
        "consent": {
            "type": "string",
            "enum": ["1"],
            "description": "You hold the written consent of everybody on these photos.",
        },
    },
}


class PhotoJobBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be done with a job. replace: the enrolled photos that it asks about are to be replaced."""

    do: Literal["cancel", "resume", "replace"]


class ApiPhotoJob(msgspec.Struct, frozen=True, kw_only=True):
    """A job of photos. files: how many came. Its name is in ``job``."""

    files: int
    job: ApiJob


class ApiPhotoCounts(msgspec.Struct, frozen=True, kw_only=True):
    """People. without: who has no photo that can be used."""

    enrolled: int
    replaced: int
    unchanged: int
    without: int


class ApiRefusedPhoto(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was not taken, why, and what to do about it, in your language."""

    file: str
    why: str


class ApiPhotoRemark(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be looked at. about: a student's id, two of them, or a file. what: in your language."""

    about: str
    what: str


class ApiPhotoReport(msgspec.Struct, frozen=True, kw_only=True):
    """What came of photos so far. enrolled: ids that are on record. counts: null until the job is done.

    state: ``asks``: whether the photos in ``asks`` are to be replaced; ``stopped``: it can be gone on with.
    """

    files: int
    state: PhotoState
    job: ApiJob
    enrolled: tuple[str, ...]
    counts: ApiPhotoCounts | None
    refused: tuple[ApiRefusedPhoto, ...]
    remarks: tuple[ApiPhotoRemark, ...]
    asks: tuple[ApiPhotoRemark, ...]
    todo: tuple[str, ...]


class ApiPhotoJobDeleted(msgspec.Struct, frozen=True, kw_only=True):
    """A job that is deleted with its photos; whoever it enrolled stays enrolled."""

    name: str


def _allowed(call: ApiCall) -> None:
    if not (call.holder.reaches_everything and may_enroll(call.person)):
        raise forbidden()


def _shown(call: ApiCall, job: Job) -> ApiPhotoJob:
    return ApiPhotoJob(files=job.what(PhotosAsked).files, job=api_job(call, job))


def photo_jobs_list(call: ApiCall) -> ApiPage[ApiPhotoJob]:
    """List the jobs of photos that are still told of."""
    _allowed(call)
    found = [_shown(call, each) for each in photo_jobs(call.desk.settings)]
    return paged(found, call.query, call.list_name, lambda each: (each.job.name,), tuple[str])


def photos_sent(call: ApiCall) -> Answered:
    """Send photos, and have them enrolled by a process of their own.

    Only who is on a roster is enrolled. Ask for the job until it has ended; its report says what came of each file.
    Sent twice by one `Idempotency-Key` it is one job.
    """
    _allowed(call)
    sent: Upload = call.body
    if sent.fields.get("consent") != "1":
        raise refused_parameter("consent", Text("say 1 when you hold the written consent of everybody on these photos"))
    if not sent.files:
        raise refused_parameter("photos", Text("there is no file in it"))
    call.on_record("enroll")
    job = keep_photos(
        call.desk.settings,
        sent.files,
        call.desk.calendar.rosters,
        id_=call.request_id("", "photos"),
        account=call.person.account,
        by=call.by,
        now=call.now,
    )
    return Answered(_shown(call, start_photos(call.desk.settings, job)), f"/api/v1/photo-jobs/{job.name}")


def _job(call: ApiCall) -> Job:
    _allowed(call)
    found = find_photos_job(call.desk.settings, call.path["photo_job"])
    if found is None:
        raise not_found()
    return found


def photo_report(call: ApiCall) -> ApiPhotoReport:
    """Show how far a job is, and what came of each file and person."""
    job = _job(call)
    call.on_record("see_people")
    settings = msgspec.structs.replace(call.desk.settings, language=call.language)
    it = progress_of(settings, job, job_notes(settings, job.name))

    def remarks(of: tuple[tuple[str, str], ...]) -> tuple[ApiPhotoRemark, ...]:
        return tuple(ApiPhotoRemark(about=about, what=what) for about, what in of)

    return ApiPhotoReport(
        files=job.what(PhotosAsked).files,
        state=it.state,
        job=api_job(call, job),
        enrolled=it.enrolled,
        counts=ApiPhotoCounts(**it.counts) if it.counts else None,
        refused=tuple(ApiRefusedPhoto(file=file, why=why) for file, why in it.refused),
        remarks=remarks(it.remarks),
        asks=remarks(it.asks),
        todo=it.todo,
    )


def photo_job_changed(call: ApiCall) -> ApiPhotoJob:
    """Cancel a job, go on with one that ended before it was done, or have it replace the photos that it asks about."""
    job, body = _job(call), call.body
    call.on_record("enroll")
    if body.do == "cancel":
        cancel_job(call.desk.settings, job.name)
    else:
        start_photos(call.desk.settings, job, replace=body.do == "replace")
    return _shown(call, _job(call))


def photo_job_deleted(call: ApiCall) -> ApiPhotoJobDeleted:
    """Delete a job that is not under way, with its photos; whoever it enrolled stays enrolled."""
    job = _job(call)
    delete_job(call.desk.settings, job.name)
    return ApiPhotoJobDeleted(name=job.name)


ONE: Final = "/photo-jobs/{photo_job}"

ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    Endpoint("GET", "/photo-jobs", SCOPE, photo_jobs_list, ApiPage[ApiPhotoJob], PageQuery),
    Endpoint("POST", "/photo-jobs", SCOPE, photos_sent, ApiPhotoJob, status=202, form=FORM),
    Endpoint("GET", ONE, SCOPE, photo_report, ApiPhotoReport),
    Endpoint("POST", ONE, SCOPE, photo_job_changed, ApiPhotoJob, body=PhotoJobBody),
    Endpoint("DELETE", ONE, SCOPE, photo_job_deleted, ApiPhotoJobDeleted),
)
