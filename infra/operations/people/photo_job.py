"""Photos in bulk as a job: a process of its own enrols them, and notes what becomes of each (ADR 38).

``python -m infra.operations.people.photo_job HOME NAME``. Who is enrolled is noted when Kafka has it, and the same
photos change nothing: so going on is starting again. The photos go when nothing is left to be done.
"""

import os
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final
from uuid import uuid4

import msgspec
from msgspec.structs import replace as changed

from enrollment.photos import FoundPhotos
from enrollment.portrayals import Portrayal
from enrollment.replacing import Replaced
from infra.machine.jobs import (
    FILES,
    Asked,
    Job,
    JobReport,
    files_of,
    find_job,
    jobs,
    keep_job,
    serve,
    start_job,
    sweep_jobs,
)
from infra.machine.waiting_files import KEPT, drop, new_folder, sweep
from infra.operations.people.enroll_people import EnrollRequest, EnrollResult, enroll_people
from infra.operations.people.enrolment_check import EnrolmentCheck
from infra.operations.people.photo_intake import PhotoIntake
from schemas.errors import RefusedError, UnavailableError
from schemas.rosters import Rosters
from schemas.settings import Settings
from schemas.translations import Text

__all__ = [
    "PHOTOS",
    "PhotosAsked",
    "find_photos_job",
    "forget_photos",
    "keep_photos",
    "photo_jobs",
    "start_photos",
    "sweep_photos",
]

PHOTOS: Final = "photos"
"""The kind of these jobs, and, of the home's uploads, where photos are while they are taken."""
NICE = 10


class PhotosAsked(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is to be enrolled. files: how many came. by: as whom the enrolments stand on record.

    replace: enrolled photos that would be given up are meant to be.
    """

    files: int
    by: str
    replace: bool = False


def keep_photos(
    settings: Settings,
    sent: Iterable[tuple[str, IO[bytes]]],
    lists: Rosters,
    *,
    id_: str,
    account: str,
    by: str,
    now: datetime,
) -> Job:
    """Take photos and keep them for a job that nobody has begun; asked for twice by one id it is one.

    sent: names, and what is in them. lists: those that are loaded. Jobs that nobody came back to for twelve hours go.

    Raises:
        RefusedError: no roster is loaded, they are too many or too large, or a ZIP cannot be read; nothing is kept.
    """
    if not lists.sections:
        raise RefusedError(
            "no roster is loaded, so that nobody knows whose photos these are",
            "Load the rosters first, then the photos.",
        )
    sweep_photos(settings)
    folder = new_folder(settings, PHOTOS, uuid4().hex)
    try:
        (folder / FILES).mkdir(mode=0o700)
        intake = PhotoIntake(folder / FILES)
        for name, content in sent:
            intake.add(name, content)
        what = msgspec.Raw(msgspec.json.encode(PhotosAsked(files=intake.files, by=by)))
        asked = Asked(id=id_, kind=PHOTOS, work=__name__, by=account, at=now, what=what, waits=True)
        return keep_job(settings, f"{PHOTOS}-{id_}", asked, folder)
    except BaseException:
        drop(folder)  # nothing of it was begun
        raise


def start_photos(settings: Settings, job: Job, *, replace: bool = False) -> Job:
    """Have photos enrolled, or go on with it; what is under way, or done, is left as it is.

    replace: enrolled photos that would be given up are meant to be.
    """
    what: PhotosAsked = job.what(PhotosAsked)
    what = changed(what, replace=replace or what.replace)
    return start_job(settings, job.name, changed(job.asked, what=msgspec.Raw(msgspec.json.encode(what))))


def photo_jobs(settings: Settings) -> list[Job]:
    """Return the jobs of photos that are still told of, the latest first."""
    return jobs(settings, PHOTOS)


def find_photos_job(settings: Settings, name: str) -> Job | None:
    """Return the job of a name; None: there is none of photos, or no longer."""
    found = find_job(settings, name)
    return found if found and found.asked.kind == PHOTOS else None


def sweep_photos(settings: Settings) -> None:
    """Delete photos that nobody came back to, and what is told of such jobs."""
    sweep(settings, PHOTOS)
    sweep_jobs(settings, PHOTOS, KEPT)


def forget_photos(settings: Settings) -> None:
    """End all jobs of photos, and delete what there is of them: somebody on them was erased."""
    sweep(settings, PHOTOS, all_of_them=True)
    sweep_jobs(settings, PHOTOS, 0)


class _Notes:
    """Notes what is told meanwhile. Names are those within the folder."""

    def __init__(self, photos: Path, report: JobReport, *, replace: bool) -> None:
        self._photos, self._report, self._replace = photos, report, replace
        self._all = self._looked = 0

    def understood(self, found: FoundPhotos) -> None:
        unlisted = {each: self._names(found.people[each]) for each in found.unlisted}
        ignored = [
            {"name": self._name(each.path), "why": each.why, "values": dict(each.values)} for each in found.ignored
        ]
        self._report.note("understood", {"ignored": ignored, "unlisted": unlisted, "near": dict(found.near)})

    def begin(self, photos: int, engines: int) -> None:
        self._all = photos
        self._report(0, photos)

    def portrayed(self, portrayal: Portrayal) -> None:
        refused = [
            {"name": self._name(path), "cause": each.cause, "values": each.values}
            for path, each in portrayal.refused.items()
        ]
        said = {"student": portrayal.student_id, "taken": len(portrayal.taken), "refused": refused}
        self._report.note("looked", said)

    def written(self, students: Sequence[str]) -> None:
        self._report.note("written", {"students": list(students)})

    def overtaken(self, student: str) -> None:
        self._report.note("overtaken", {"student": student})

    def unplaced(self, student: str) -> None:
        self._report.note("unplaced", {"student": student})

    def replacing(self, those: Sequence[Replaced]) -> bool:
        told = [
            {
                "student": each.student_id,
                "before": each.before,
                "now": each.now,
                "unlike": [path.name for path in each.unlike],
                "like": each.like._asdict() if each.like else None,
                "odd": [path.name for path in each.odd],
            }
            for each in those
        ]
        self._report.note("replacing", {"people": told})
        return self._replace

    def advance(self, photos: int) -> None:
        self._looked += photos
        self._report(self._looked, self._all)

    def _name(self, path: Path) -> str:
        return str(path.relative_to(self._photos))

    def _names(self, paths: Sequence[Path]) -> list[str]:
        return [self._name(each) for each in paths]


def _work(settings: Settings, job: Job, report: JobReport) -> dict[str, Any]:
    """Enrol the photos of a job; return what came of it, as ``photo_progress`` tells it."""
    what: PhotosAsked = job.what(PhotosAsked)
    photos = files_of(settings, job.name)
    os.nice(NICE)
    report.note("started")
    request = EnrollRequest(
        photos=photos, consent_on_file=True, by=what.by, listed_only=True, consented_at=job.asked.at
    )
    try:
        result = enroll_people(settings, request, _Notes(photos, report, replace=what.replace), datetime.now(UTC))
    except UnavailableError as error:
        raise UnavailableError(Text("Kafka did not answer."), Text("Go on when it does.")) from error
    return _ended(result)


def _let_go(settings: Settings, job: Job, result: dict[str, Any]) -> None:
    """Delete the photos, unless a person is asked about them."""
    if not result["kept"]:
        drop(files_of(settings, job.name))


def _ended(result: EnrollResult) -> dict[str, Any]:
    return {
        "enrolled": result.enrolled,
        "replaced": result.replaced,
        "unchanged": result.unchanged,
        "without": {student: sorted(causes) for student, causes in result.without.items()},
        "kept": list(result.kept),
        "strays": [{"name": each.path.name, "student": each.student_id} for each in result.strays],
        "checks": [_checked(each) for each in result.checks],
    }


def _checked(check: EnrolmentCheck) -> dict[str, Any]:
    return {
        "engine": check.engine,
        "needs": [
            {"advice": msgspec.to_builtins(each), "photos": list(check.photos[each.student_id])} for each in check.needs
        ],
        "same": [msgspec.to_builtins(each) for each in check.same],
        "strangers": sorted(check.strangers),
        "alike": [{"pair": msgspec.to_builtins(each.pair), "sections": list(each.sections)} for each in check.alike],
    }


if __name__ == "__main__":
    serve(sys.argv[1:], _work, _let_go)
