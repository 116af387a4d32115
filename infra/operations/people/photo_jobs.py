"""Photos that were sent to the desk in bulk: a process of their own enrols them, and notes what becomes of each.

A job is a folder of the home: what it is about, the photos, and a line for everything that happened. Whoever holds its
lock is at work; a line that says who is enrolled is written when Kafka has it. So a page shows how far it is whatever
becomes of the desk, and a job that was cut off is gone on with. The photos go when nothing is left to be done.
"""

import fcntl
import os
import subprocess
import sys
import threading
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final, Literal, TypeAlias

import msgspec

from infra.machine.waiting_files import folder_of, new_folder, sweep
from schemas.errors import RefusedError
from schemas.messages import Moment
from schemas.settings import Settings
from schemas.translations import Text

__all__ = [
    "FOLDER",
    "JobNote",
    "JobState",
    "PhotoIntake",
    "PhotoJob",
    "is_running",
    "job_notes",
    "job_of",
    "keep_job",
    "note",
    "photo_jobs",
    "photos_of",
    "start_job",
]

FOLDER: Final = "photos"
"""Of the home's uploads."""

MOST_FILES = 20_000
MOST_BYTES = 4 * 2**30
"""Of all files of a job, unpacked."""

_ABOUT, _NOTES, _LOCK, _PHOTOS = "job.json", "notes.jsonl", "running.lock", "photos"
_PIECE = 2**20

JobState: TypeAlias = Literal["running", "done", "asks", "stopped"]
"""stopped: something was away, or the machine; what is left can be gone on with. asks: whether to replace photos."""


class PhotoJob(msgspec.Struct, frozen=True, kw_only=True):
    """What a job is about. account, by: who sent the photos. at: when. files: how many came."""

    id: str
    account: str
    by: str
    at: Moment
    files: int = 0


class JobNote(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something that happened in a job.

    what: ``began``, ``understood``, ``looked`` (at a person's photos), ``written``, ``unplaced``, ``overtaken``,
    ``replacing``, ``ended``, ``failed``. values: of it, as ``photo_worker`` writes them.
    """

    what: str
    values: dict[str, Any] = {}


def keep_job(settings: Settings, job: PhotoJob) -> Path:
    """Make the folder of a job, and return where its photos go; what nobody came back to goes."""
    sweep(settings, FOLDER)
    folder = new_folder(settings, FOLDER, job.id)
    (folder / _PHOTOS).mkdir(mode=0o700, exist_ok=True)
    _private(folder / _ABOUT).write_bytes(msgspec.json.encode(job))
    return folder / _PHOTOS


class PhotoIntake:
    """Takes the photos of a job as they come."""

    def __init__(self, photos: Path) -> None:
        """photos: the folder of ``keep_job``."""
        self._photos = photos
        self._left = MOST_BYTES
        self.files = 0

    def add(self, name: str, content: IO[bytes]) -> None:
        """Take a file that was sent, or all that a ZIP holds.

        Raises:
            RefusedError: they are too many or too large, or the ZIP cannot be read.
        """
        if not name.casefold().endswith(".zip"):
            self._take(name, content)
            return
        try:
            with zipfile.ZipFile(content) as packed:
                for each in packed.infolist():
                    if not each.is_dir():
                        with packed.open(each) as inner:
                            self._take(_name_in(each), inner)
        except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError) as error:
            raise RefusedError(
                Text("{file} cannot be unpacked ({detail})", file=name, detail=error),
                "Pack it again as a ZIP without a password, or send the photos themselves.",
            ) from error

    def _take(self, name: str, content: IO[bytes]) -> None:
        self.files += 1
        if self.files > MOST_FILES:
            raise RefusedError(Text("these are more than {most} photos", most=MOST_FILES), "Send them in parts.")
        place = _place(self._photos, name)
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _private(place).open("wb") as file:
            while piece := content.read(_PIECE):
                self._left -= len(piece)
                if self._left < 0:
                    raise RefusedError(
                        Text("these photos have more than {most} GB", most=MOST_BYTES // 2**30), "Send them in parts."
                    )
                file.write(piece)


def _place(photos: Path, name: str) -> Path:
    """Return where a file of this name goes: in no other folder, and over no other file."""
    parts = PurePosixPath(name.replace("\\", "/").replace("\0", "")).parts
    safe = [each.encode()[:200].decode("utf-8", "ignore") for each in parts if each not in ("/", "..", ".")]
    place = photos.joinpath(*(safe or ["photo"]))
    for parent in reversed(place.parents):
        if parent.is_file():
            return _place(photos, "_".join(safe))
    stem, suffix, number = place.stem, place.suffix, 2
    while place.exists():
        place = place.with_name(f"{stem}_{number}{suffix}")
        number += 1
    return place


def _name_in(info: zipfile.ZipInfo) -> str:
    """Return a name within a ZIP: Windows in Korea writes CP949, and says nothing of it."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("cp949")
    except UnicodeError:
        return info.filename


def start_job(settings: Settings, job: PhotoJob, *, replace: bool = False) -> None:
    """Have a process of its own do a job, or go on with it; if one does already, nothing happens.

    replace: enrolled photos that would be given up are meant to be.
    """
    folder = folder_of(settings, FOLDER, job.id)
    if folder is None:
        raise RefusedError("these photos are no longer here", "Send them again.")
    lock = os.open(_private(folder / _LOCK), os.O_RDWR)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return
    try:  # whoever inherits the lock holds it until he ends, however that happens
        line = [sys.executable, "-m", "infra.operations.people.photo_worker", str(folder), job.id]
        with _private(folder / "log").open("ab") as log:
            process = subprocess.Popen(  # noqa: S603  the arguments are ours
                [*line, "replace"] if replace else line, stdin=subprocess.PIPE, stdout=log, stderr=log, pass_fds=(lock,)
            )
        if process.stdin:
            with process.stdin as given:
                given.write(msgspec.json.encode(settings, enc_hook=str))
        threading.Thread(target=process.wait, name="photos", daemon=True).start()  # no zombie stays
    finally:
        os.close(lock)


def is_running(folder: Path) -> bool:
    """Whether a process does the job of a folder."""
    try:
        lock = os.open(folder / _LOCK, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def photos_of(folder: Path) -> Path:
    """Return where the photos of a job's folder are."""
    return folder / _PHOTOS


def job_of(settings: Settings, name: str) -> tuple[PhotoJob, Path] | None:
    """Return a job and its folder; None: there is none of this id, or no longer."""
    folder = folder_of(settings, FOLDER, name)
    try:
        return (msgspec.json.decode((folder / _ABOUT).read_bytes(), type=PhotoJob), folder) if folder else None
    except FileNotFoundError:
        return None


def photo_jobs(settings: Settings) -> list[PhotoJob]:
    """Return the jobs that are still told of, the latest first."""
    above = settings.home / "uploads" / FOLDER
    names = [each.name for each in above.iterdir()] if above.is_dir() else []
    found = [job for each in names if (job := job_of(settings, each))]
    return sorted((each for each, _ in found), key=lambda each: each.at, reverse=True)


def note(folder: Path, what: str, values: Mapping[str, Any] | None = None) -> None:
    """Note what happened. A line is there as a whole or not."""
    line = msgspec.json.encode(JobNote(what, dict(values or {})), enc_hook=str) + b"\n"
    with _private(folder / _NOTES).open("ab", buffering=0) as file:
        file.write(line)
    os.utime(folder)  # it is not forgotten: nobody sweeps it away


def job_notes(folder: Path) -> Iterator[JobNote]:
    """Yield what happened; of a line that was cut off nothing."""
    try:
        lines = (folder / _NOTES).read_bytes().split(b"\n")
    except FileNotFoundError:
        return
    for line in lines:
        try:
            yield msgspec.json.decode(line, type=JobNote)
        except msgspec.MsgspecError:
            continue


def _private(file: Path) -> Path:
    file.touch(mode=0o600)
    return file
