"""The process that does a job of ``photo_jobs``: one job of a home at a time, and all else goes first."""

import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from enrollment.photos import FoundPhotos
from enrollment.portrayals import Portrayal
from enrollment.replacing import Replaced
from infra.machine.file_lock import held
from infra.machine.waiting_files import drop
from infra.operations.people.enroll_people import EnrollRequest, EnrollResult, enroll_people
from infra.operations.people.enrolment_check import EnrolmentCheck
from infra.operations.people.photo_jobs import job_of, note, photos_of
from schemas.errors import NaulError, UnavailableError
from schemas.settings import Settings
from schemas.translations import Text

__all__ = ["main"]

NICE = 10


class _Notes:
    """Notes what is told meanwhile. Names are those within the folder."""

    def __init__(self, folder: Path, *, replace: bool) -> None:
        self._folder, self._replace = folder, replace
        self._photos = photos_of(folder)

    def understood(self, found: FoundPhotos) -> None:
        unlisted = {each: self._names(found.people[each]) for each in found.unlisted}
        ignored = [
            {"name": self._name(each.path), "why": each.why, "values": dict(each.values)} for each in found.ignored
        ]
        note(self._folder, "understood", {"ignored": ignored, "unlisted": unlisted, "near": dict(found.near)})

    def begin(self, photos: int, engines: int) -> None:
        note(self._folder, "began", {"photos": photos})

    def portrayed(self, portrayal: Portrayal) -> None:
        refused = [
            {"name": self._name(path), "cause": each.cause, "values": each.values}
            for path, each in portrayal.refused.items()
        ]
        note(
            self._folder, "looked", {"student": portrayal.student_id, "taken": len(portrayal.taken), "refused": refused}
        )

    def written(self, students: Sequence[str]) -> None:
        note(self._folder, "written", {"students": list(students)})

    def overtaken(self, student: str) -> None:
        note(self._folder, "overtaken", {"student": student})

    def unplaced(self, student: str) -> None:
        note(self._folder, "unplaced", {"student": student})

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
        note(self._folder, "replacing", {"people": told})
        return self._replace

    def advance(self, photos: int) -> None:
        note(self._folder, "advanced", {"photos": photos})

    def _name(self, path: Path) -> str:
        return str(path.relative_to(self._photos))

    def _names(self, paths: Sequence[Path]) -> list[str]:
        return [self._name(each) for each in paths]


def main(folder: Path, name: str, settings: Settings, *, replace: bool) -> None:
    """Do a job, and note how it ended."""
    found = job_of(settings, name)
    if found is None:
        return
    job, _ = found
    os.nice(NICE)
    with held(settings.home / "uploads" / "one-at-a-time.lock"):  # one job of a home at a time
        note(folder, "started")
        request = EnrollRequest(photos=photos_of(folder), consent_on_file=True, by=job.by, listed_only=True)
        try:
            result = enroll_people(settings, request, _Notes(folder, replace=replace), datetime.now(UTC))
        except NaulError as error:
            away = isinstance(error, UnavailableError)
            note(folder, "failed", {"away": away, "what": _kept(error.message), "remedy": _kept(error.remedy)})
            return
        note(folder, "ended", _ended(result))
        if not result.kept:
            drop(photos_of(folder))


def _kept(text: str) -> list[Any]:
    """Return a text as it is said later, by another process."""
    return [text.text, text.values] if isinstance(text, Text) else [text, {}]


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
    told = msgspec.json.decode(sys.stdin.buffer.read(), type=Settings, dec_hook=lambda kind, value: kind(value))
    main(Path(sys.argv[1]), sys.argv[2], told, replace="replace" in sys.argv[3:])
