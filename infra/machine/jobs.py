"""Long work in a process of its own, which outlives whoever asked for it: how far it is stands in files of the home.

A folder ``HOME/jobs/NAME`` has what was asked, what it needs, how far it is, notes, and a log. Its lock is handed to
the process when that is started, and the kernel lets go of it when it ends, however it ends. So whoever looks later
knows, by the files alone, whether somebody is at work, or was killed: no process has to be alive for that, nor to be
the one that asked.
"""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any, Literal, TypeAlias

import msgspec

from infra.machine.file_lock import held
from schemas.errors import NaulError, RefusedError
from schemas.messages import Moment
from schemas.settings import Settings, load_settings
from schemas.translations import Text
from schemas.unreadable import UNREADABLE

__all__ = [
    "Asked",
    "Job",
    "JobNote",
    "JobProgress",
    "JobReport",
    "JobWord",
    "cancel_job",
    "delete_job",
    "files_of",
    "find_job",
    "job_notes",
    "jobs",
    "keep_job",
    "serve",
    "start_job",
    "sweep_jobs",
]

JobWord: TypeAlias = Literal["kept", "started", "running", "done", "failed", "cancelled", "given_up"]
"""``kept``: nobody has begun it; ``started``: it has not said anything yet; ``given_up``: it ended without a word, as
when it is killed."""

ENDED: frozenset[JobWord] = frozenset({"done", "failed", "cancelled", "given_up"})
FILES = "files"
"""Of a job's folder: what it needs."""


class KeptText(msgspec.Struct, frozen=True):
    """A text that is said later, as a file keeps it."""

    text: str
    values: dict[str, "KeptText | str | int | float"] = {}

    def whole(self) -> Text:
        """Return it as it was."""
        values = {name: each.whole() if isinstance(each, KeptText) else each for name, each in self.values.items()}
        return Text(self.text, **values)


class JobProgress(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a job said last, and when. done, total: of its own unit. result: what it has to show; its kind knows."""

    word: JobWord
    at: Moment
    done: int = 0
    total: int = 0
    message: KeptText | None = None
    remedy: KeptText | None = None
    result: msgspec.Raw = msgspec.Raw(b"null")


class JobNote(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something that happened in a job; its kind knows what. Notes stay when it is gone on with."""

    what: str
    values: dict[str, Any] = {}


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked. id: of the form; the same one asks once. work: the module that does it. what: its kind knows.

    waits: for others of its kind that are at work, instead of being refused.
    """

    id: str
    kind: str
    work: str
    by: str
    at: Moment
    what: msgspec.Raw
    waits: bool = False


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A job as it stands. cancelling: it was told to end, and has not yet."""

    name: str
    asked: Asked
    word: JobWord
    progress: JobProgress | None
    cancelling: bool = False

    @property
    def ended(self) -> bool:
        """Whether nobody is at work, or will be unless somebody asks."""
        return self.word in ENDED or self.word == "kept"

    @property
    def why(self) -> tuple[str, str]:
        """What went wrong, and the remedy; empty if nothing did."""
        if self.word != "failed" or self.progress is None:
            return "", ""
        message, remedy = self.progress.message, self.progress.remedy
        return (message.whole() if message else "", remedy.whole() if remedy else "")

    def what(self, kind: type[Any]) -> Any:
        """Return what was asked, as its kind knows it."""
        return msgspec.json.decode(self.asked.what, type=kind)


class JobFiles:
    """The folder of a job."""

    def __init__(self, settings: Settings, name: str) -> None:
        self.name = name
        self.folder = settings.home / "jobs" / name

    def write(self, name: str, said: Any) -> None:
        """Write a file; it appears whole."""
        _write(self.folder / name, said)

    def read(self) -> Job | None:
        """Return the job as it stands; None: there is none, or its folder is just being made or deleted."""
        try:
            asked = msgspec.json.decode((self.folder / "asked.json").read_bytes(), type=Asked)
            held = self.held()
            progress = self._progress()  # read after the lock was asked: what ended has said its last word
        except (OSError, *UNREADABLE):
            return None
        told = (self.folder / "cancel").exists()
        if held:
            word: JobWord = "running" if progress and progress.word not in ENDED else "started"
            return Job(name=self.name, asked=asked, word=word, progress=progress, cancelling=told)
        if progress and progress.word in ENDED:
            word = progress.word
        elif told:
            word = "cancelled"
        else:
            word = "given_up" if (self.folder / "log").exists() else "kept"
        return Job(name=self.name, asked=asked, word=word, progress=progress)

    def _progress(self) -> JobProgress | None:
        try:
            return msgspec.json.decode((self.folder / "progress.json").read_bytes(), type=JobProgress)
        except FileNotFoundError:
            return None

    def held(self) -> bool:
        """Whether a process is at work."""
        with suppress(BlockingIOError), self._lock(fcntl.LOCK_SH | fcntl.LOCK_NB):  # who only looks is in nobody's way
            return False
        return True

    def lock(self) -> AbstractContextManager[int]:
        """Hold the lock and give its descriptor; whoever inherits that goes on holding it."""
        return self._lock(fcntl.LOCK_EX)

    @contextmanager
    def _lock(self, how: int) -> Iterator[int]:
        descriptor = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, how)
            yield descriptor
        finally:
            os.close(descriptor)


def jobs(settings: Settings, *kinds: str) -> list[Job]:
    """Return the jobs of a home, of some kinds or all, the latest first."""
    names = [each.name for each in (settings.home / "jobs").glob("[!.]*") if each.is_dir()]
    found = [job for name in names if (job := JobFiles(settings, name).read())]
    wanted = [each for each in found if not kinds or each.asked.kind in kinds]
    return sorted(wanted, key=lambda each: (each.asked.at, each.name), reverse=True)


def find_job(settings: Settings, name: str) -> Job | None:
    """Return the job of a name; None: there is none."""
    return next((each for each in jobs(settings) if each.name == name), None)


def files_of(settings: Settings, name: str) -> Path:
    """Return the folder of what a job needs."""
    return JobFiles(settings, name).folder / FILES


def job_notes(settings: Settings, name: str) -> Iterator[JobNote]:
    """Yield what a job noted; of a line that was cut off nothing."""
    try:
        lines = (JobFiles(settings, name).folder / "notes.jsonl").read_bytes().split(b"\n")
    except FileNotFoundError:
        return
    for line in lines:
        with suppress(*UNREADABLE):
            yield msgspec.json.decode(line, type=JobNote)


def keep_job(settings: Settings, name: str, asked: Asked, folder: Path) -> Job:
    """Keep a job that nobody has begun, with what it needs; asked for twice by one name, it is one.

    folder: of this home, with what it needs in ``files``; it becomes the job's at once and whole.
    """
    files = JobFiles(settings, name)
    with held(settings.home / "jobs" / ".lock"):
        if files.folder.is_dir():
            shutil.rmtree(folder)
        else:
            _write(folder / "asked.json", asked)
            folder.replace(files.folder)
    return _found(files)


def _write(file: Path, said: Any) -> None:
    fresh = file.with_name(f"{file.name}.new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as opened:
        opened.write(msgspec.json.encode(said))
    fresh.replace(file)


def _found(files: JobFiles) -> Job:
    found = files.read()
    if found is None:
        raise RefusedError(Text("{name} was deleted meanwhile", name=files.name), "Start it again.")
    return found


def start_job(settings: Settings, name: str, asked: Asked) -> Job:
    """Begin a job, or go on with one that ended, in a process of its own; asked for twice by one id, it is one.

    name: a file's. Of each kind one is at work at a time, so that nobody fills a machine by clicking.

    Raises:
        RefusedError: there is another one of this name, or one of this kind is at work.
    """
    with held(settings.home / "jobs" / ".lock"):
        known = jobs(settings)
        if again := next(
            (each for each in known if each.asked.id == asked.id and not _goes_on(each, name, asked)), None
        ):
            return again
        busy = next((each for each in known if each.asked.kind == asked.kind and not each.ended), None)
        if busy and not asked.waits:
            raise RefusedError(
                Text("{name} is under way; of this kind one is done at a time", name=busy.name),
                "Wait until it is finished, or cancel it.",
            )
        files = JobFiles(settings, name)
        if (there := files.read()) and there.asked.id != asked.id:
            raise RefusedError(Text("there is a run {run}", run=name), "Choose another name, or delete that one.")
        files.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for each in ("cancel", "progress.json"):
            (files.folder / each).unlink(missing_ok=True)
        files.write("asked.json", asked)
        _launch(settings, files, asked.work)
    return _found(files)


def _goes_on(job: Job, name: str, asked: Asked) -> bool:
    """Whether this is the job to go on with: it ended before it was done, or something else is asked of it now."""
    return job.name == name and job.ended and (job.word != "done" or bytes(job.asked.what) != bytes(asked.what))


def _launch(settings: Settings, files: JobFiles, work: str) -> None:
    with files.lock() as lock, (files.folder / "log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603  the arguments are ours
            [sys.executable, "-m", work, str(settings.home), files.name],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            pass_fds=(lock,),
        )
    (files.folder / "pid").write_text(str(process.pid), "ascii")
    threading.Thread(target=process.wait, name=f"job-{files.name}", daemon=True).start()  # else it stays a zombie


def cancel_job(settings: Settings, name: str) -> None:
    """Tell a job to end; one that has ended is left as it is."""
    files = JobFiles(settings, name)
    job = files.read()
    if job is None or job.ended:
        return
    (files.folder / "cancel").touch(mode=0o600)
    with suppress(FileNotFoundError, ProcessLookupError, ValueError):
        pid = int((files.folder / "pid").read_text("ascii"))
        if files.held():  # so it lives, and the number is its own
            os.kill(pid, signal.SIGTERM)


def delete_job(settings: Settings, name: str) -> None:
    """Delete what is kept of a job.

    Raises:
        RefusedError: it is under way.
    """
    files = JobFiles(settings, name)
    if files.folder.is_dir() and files.held():
        raise RefusedError(Text("{name} is under way", name=name), "Cancel it first.")
    _delete(files.folder)


def _delete(folder: Path) -> None:
    """Delete a job's folder: it is gone at once, so that whoever is still at work in it leaves nothing there."""
    gone = folder.with_name(f".gone-{folder.name}")
    with suppress(OSError):
        folder.replace(gone)
    shutil.rmtree(gone, ignore_errors=True)


def sweep_jobs(settings: Settings, kind: str, unheard: float) -> None:
    """End and delete the jobs of a kind of which nothing was heard for some seconds; 0: all of them."""
    for each in jobs(settings, kind):
        folder = JobFiles(settings, each.name).folder
        with suppress(FileNotFoundError):
            if not unheard or (each.ended and time.time() - folder.stat().st_mtime > unheard):
                cancel_job(settings, each.name)
                _delete(folder)
    for gone in (settings.home / "jobs").glob(".gone-*"):  # whoever deleted it was killed
        shutil.rmtree(gone, ignore_errors=True)


class JobReport:
    """How a job says how far it is, and what happened."""

    def __init__(self, files: JobFiles) -> None:
        self._files = files

    def __call__(self, done: int, total: int) -> None:
        """Say how far it is: done, and of how many."""
        self._files.write("progress.json", JobProgress(word="running", at=_now(), done=done, total=total))

    def note(self, what: str, values: Mapping[str, Any] | None = None) -> None:
        """Note what happened. A line is there as a whole or not."""
        line = msgspec.json.encode(JobNote(what, dict(values or {})), enc_hook=str) + b"\n"
        notes = self._files.folder / "notes.jsonl"
        descriptor = os.open(notes, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "ab", buffering=0) as file:
            file.write(line)


def serve(
    arguments: list[str],
    work: Callable[[Settings, Job, JobReport], Any],
    after: Callable[[Settings, Job, Any], None] = lambda *_: None,
) -> None:
    """Do a job in this process: ``HOME NAME``. What ``work`` returns is its result; what it raises, why it failed.

    after: is done when the result is on file.
    """
    home, name = arguments
    signal.signal(signal.SIGTERM, _end)
    settings = load_settings(Path(home), os.environ)
    files = JobFiles(settings, name)
    (files.folder / "pid").write_text(str(os.getpid()), "ascii")
    job = files.read()
    if job is None:
        return

    report = JobReport(files)
    turn = held(settings.home / "jobs" / f".{job.asked.kind}.lock") if job.asked.waits else nullcontext()
    try:
        with turn:
            report(0, 0)
            found = work(settings, job, report)
            result = msgspec.Raw(msgspec.json.encode(found))
            files.write("progress.json", JobProgress(word="done", at=_now(), result=result))
            after(settings, job, found)
    except NaulError as error:
        _fail(files, error.message, error.remedy)
    except KeyboardInterrupt:  # cancelled; the folder says so
        return
    except Exception:
        traceback.print_exc()
        _fail(files, Text("something unexpected happened"), Text("The log has it: {file}", file=files.folder / "log"))
        raise


def _fail(files: JobFiles, message: str, remedy: str) -> None:
    said = JobProgress(word="failed", at=_now(), message=_kept(message), remedy=_kept(remedy))
    with suppress(FileNotFoundError):  # it was deleted meanwhile
        files.write("progress.json", said)


def _kept(text: str) -> KeptText:
    if not isinstance(text, Text) or not text.values:
        return KeptText(str(text))
    return KeptText(text.text, {name: _kept_value(each) for name, each in text.values.items()})


def _kept_value(value: object) -> KeptText | str | int | float:
    if isinstance(value, Text):
        return _kept(value)
    return value if isinstance(value, int | float) else str(value)


def _end(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _now() -> datetime:
    return datetime.now(UTC)
