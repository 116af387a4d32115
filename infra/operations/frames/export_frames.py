"""A stretch of a camera's frames out of Kafka into a directory, with what is needed to judge it again elsewhere.

``naul camera`` reads the directory. Nothing is written to a topic, nothing is committed.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from enrollment import loaded as reference
from enrollment.roster import write_rosters
from enrollment.timetable import write_timetable
from producers.kept import MANIFEST, ROSTER, TIMETABLE, UNFINISHED, KeptFrames
from producers.shots import file_name
from schemas.errors import BadMessageError, RefusedError
from schemas.frames import FrameHeaders
from schemas.messages import ClassHour, Roster
from schemas.settings import Settings
from schemas.translations import Text
from streams.replay import Log, Window

__all__ = ["Chosen", "ExportProgress", "ExportRequest", "Exported", "export"]

ExportProgress = Callable[[int, int, int], None]
"""Is told how many records were read, of how many, and how many frames of them are kept."""


class ExportRequest(NamedTuple):
    """What is to be kept. camera: None means the only one that the hall has in this time."""

    hall: str
    since: datetime
    until: datetime
    camera: str | None = None


class Exported(NamedTuple):
    """What was kept. hours: those of its timetable. students: of its roster. size: of the frames, bytes."""

    manifest: KeptFrames
    hours: int
    students: int
    size: int


class Chosen:
    """Takes the records of the topic ``frames``, and chooses which to keep. It holds no picture."""

    def __init__(self, request: ExportRequest) -> None:
        self._wish = request
        self._window = Window(request.since, request.until)
        self._cameras: dict[str, set[str]] = {}
        self._first: dict[datetime, bytes] = {}
        self._others: set[tuple[datetime, bytes]] = set()
        self.repeated = 0
        self.unreadable = 0

    def take(self, record: Any) -> str | None:
        """Return the name of the file that a record is to be kept in; None if it is not to be kept."""
        head = _head(record)
        if head is None:
            self.unreadable += 1  # of some camera and moment that nobody knows
            return None
        if not self._window.takes(head.hall, head.captured_at):
            return None
        self._cameras.setdefault(head.hall, set()).add(head.camera)
        if head.hall != self._wish.hall or self._meant() != {head.camera}:
            return None
        digest = sha256(record.value).digest()
        if (first := self._first.setdefault(head.captured_at, digest)) is digest:
            return file_name(head.captured_at)
        if digest == first or (head.captured_at, digest) in self._others:
            self.repeated += 1
        else:
            self._others.add((head.captured_at, digest))
        return None

    def __len__(self) -> int:
        return len(self._first)

    def files(self) -> dict[str, str]:
        """Return the SHA-256 by file, in the order of time."""
        return {file_name(moment): digest.hex() for moment, digest in sorted(self._first.items())}

    @property
    def others(self) -> int:
        """How many pictures are not kept, because another one of the same moment is."""
        return len(self._others)

    def camera(self) -> str:
        """Return which one's frames were chosen.

        Raises:
            RefusedError: nothing of it is there, or it is not clear which is meant.
        """
        request, cameras = self._wish, sorted(self._cameras.get(self._wish.hall, ()))
        if not cameras:
            names = ", ".join(sorted(self._cameras))
            others = Text("; there are some of {names}", names=names) if self._cameras else ""
            raise RefusedError(
                Text("no frames of the hall {hall!r} are kept of this time{others}", hall=request.hall, others=others),
                _KEPT,
            )
        if request.camera is None and len(cameras) > 1:
            raise RefusedError(
                Text(
                    "the hall {hall!r} has several cameras in this time: {cameras}",
                    hall=request.hall,
                    cameras=", ".join(cameras),
                ),
                Text("A directory is one camera's: add --camera, e.g. --camera {cameras}.", cameras=cameras[0]),
            )
        if request.camera not in (None, *cameras):
            raise RefusedError(
                Text(
                    "no frames of a camera {camera!r} of the hall {hall!r} are kept of this time",
                    camera=request.camera,
                    hall=request.hall,
                ),
                Text("There are some of: {cameras}.", cameras=", ".join(cameras)),
            )
        return request.camera or cameras[0]

    def _meant(self) -> set[str]:
        return {self._wish.camera} if self._wish.camera else self._cameras[self._wish.hall]


def _head(record: Any) -> FrameHeaders | None:
    try:
        return FrameHeaders.unpack(record.headers) if record.value else None
    except BadMessageError:
        return None


_KEPT = "Topics keep frames for as long as their retention says; see --from and --until."


def export(
    settings: Settings, request: ExportRequest, folder: Path, report: ExportProgress, *, now: Callable[[], datetime]
) -> Exported:
    """Write the frames of a stretch into a directory that is not there yet, or empty; the manifest last.

    Raises:
        RefusedError: nothing to keep, it is not clear what, or no place to write to. Nothing is left behind.
        UnavailableError: Kafka does not answer. Nothing is left behind.
    """
    hours, rosters = _known(settings, request)
    papers = {ROSTER: write_rosters(rosters)} if rosters else {}
    papers |= {TIMETABLE: write_timetable(hours, settings.zone)} if hours else {}
    chosen, size = Chosen(request), 0
    with Log(settings) as log, _fresh(folder) as write:
        offsets = log.since("frames", request.since)
        total = sum(end - start for start, end in offsets.values())
        for number, record in enumerate(log.read("frames", offsets), 1):
            if name := chosen.take(record):
                write(name, record.value)
                size += len(record.value)
            report(number, total, len(chosen))
        manifest = KeptFrames(
            hall=request.hall,
            camera=chosen.camera(),
            since=request.since,
            until=request.until,
            exported_at=now(),
            zone=settings.timezone,
            naul=version("naul"),
            frames=chosen.files(),
            papers={name: sha256(data).hexdigest() for name, data in papers.items()},
            repeated=chosen.repeated,
            others=chosen.others,
            unreadable=chosen.unreadable,
        )
        for name, data in papers.items():
            write(name, data)
        write(UNFINISHED, msgspec.json.format(msgspec.json.encode(manifest), indent=1))
    return Exported(manifest, len(hours), sum(len(each.students) for each in rosters), size)


def _known(settings: Settings, request: ExportRequest) -> tuple[list[ClassHour], list[Roster]]:
    """Return the class hours of the stretch, and who takes their sections."""
    hours = [
        each
        for each in reference.class_hours(settings)
        if request.hall in each.halls and each.starts_at < request.until and each.ends_at > request.since
    ]
    rosters = reference.rosters(settings)
    lists = {each.section: rosters.on(each.section, each.date) for each in hours}
    return hours, [each for _, each in sorted(lists.items()) if each.students]


@contextmanager
def _fresh(folder: Path) -> Iterator[Callable[[str, bytes], None]]:
    """Give a way to write files into a directory that is the user's alone; if that fails, none of it is left.

    Until the end, the unfinished manifest says to whoever looks that the directory is not whole.
    """
    was_there = folder.is_dir()

    def write(name: str, data: bytes) -> None:
        with os.fdopen(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)

    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise RefusedError(
                Text("{folder} is not empty", folder=folder),
                "Give a directory that is not there yet, or an empty one; delete what an interrupted export left.",
            )
        folder.chmod(0o700)  # pictures of people
        try:
            write(UNFINISHED, b"")
            yield write
            (folder / UNFINISHED).replace(folder / MANIFEST)
        except BaseException:
            for each in folder.iterdir():  # it was empty: all of it is ours
                each.unlink()
            if not was_there:
                folder.rmdir()
            raise
    except OSError as error:
        raise RefusedError(
            Text("{file}: {strerror}", file=error.filename or folder, strerror=error.strerror),
            "Give another directory.",
        ) from error
