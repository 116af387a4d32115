"""Where frames come from: a directory of JPEGs, a video file, kept frames (``kept``), or a live camera (``live``).

A recording (directory, file) ends and is sent whole; a live source goes on until it is stopped.
"""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from producers.jpeg import encode, fit
from producers.kept import Kept, read_manifest
from producers.live_camera import Live, masked, open_capture
from producers.shots import Refused, Shot, Thinner, is_jpeg, moment_of
from schemas.errors import RefusedError

__all__ = ["Folder", "Source", "Video", "is_video_file", "open_source"]

PICTURES = (".jpg", ".jpeg", ".png")


class Source(Protocol):
    """Gives shots in the order they were taken.

    live: goes on for ever, so that frames may be shed. name: for messages. total: how many shots, if known.
    """

    live: bool
    name: str
    total: int | None

    def shots(self) -> Iterator[Shot | Refused]:
        """Yield what was captured; what the size ladder refuses is told, not hidden."""
        ...


class Folder:
    """A directory of JPEGs named by capture time. Files of other kinds are left alone."""

    live = False

    def __init__(self, path: Path, every: timedelta = timedelta(0)) -> None:
        """Read the names, all of them before anything is sent.

        Raises:
            RefusedError: no such directory, nothing in it, or a JPEG whose name is no capture time.
        """
        self.name = str(path)
        thinner = Thinner(every)
        named = sorted((_moment(file), file) for file in _jpegs(path))
        self.files = tuple(each for each in named if thinner.keeps(each[0]))
        self.total: int | None = len(self.files)

    def shots(self) -> Iterator[Shot | Refused]:
        """Yield every file, its bytes as they are if they are not too many."""
        for captured_at, file in self.files:
            try:
                yield Shot(captured_at, fit(file.read_bytes()), file.name)
            except RefusedError as error:
                yield Refused(file.name, str(error))
            except OSError as error:
                yield Refused(file.name, f"cannot be read: {error.strerror}")


class Video:
    """A video file that began at a known moment."""

    live = False

    def __init__(self, path: Path, starts_at: datetime, every: timedelta = timedelta(0)) -> None:
        """Look into the file.

        Raises:
            RefusedError: it is no video that can be read.
        """
        self.name = str(path)
        self._starts_at = starts_at
        self._every = every
        video = open_capture(self.name)
        frames = int(video.get(cv2.CAP_PROP_FRAME_COUNT)) if video.isOpened() else 0
        rate = video.get(cv2.CAP_PROP_FPS) if video.isOpened() else 0
        video.release()
        if frames <= 0 or not 0 < rate < 1000:
            raise RefusedError(f"{path} is no video that can be read", "Give an MP4, AVI or MKV file; play it to see.")
        self._step = max(timedelta(seconds=1 / rate), every)
        self.total: int | None = max(1, round(frames / rate / self._step.total_seconds()))

    def shots(self) -> Iterator[Shot | Refused]:
        """Yield the frames that are due; the others are not even decoded."""
        video = open_capture(self.name)
        thinner = Thinner(self._every)
        try:
            while video.grab():
                captured_at = self._starts_at + timedelta(milliseconds=video.get(cv2.CAP_PROP_POS_MSEC))
                if thinner.keeps(captured_at):
                    read, image = video.retrieve()
                    name = f"{Path(self.name).name} at {captured_at.isoformat()}"
                    try:
                        yield Shot(captured_at, encode(np.asarray(image)), name) if read else Refused(name, "damaged")
                    except RefusedError as error:
                        yield Refused(name, str(error))
        finally:
            video.release()


def open_source(
    text: str,
    *,
    every: timedelta = timedelta(0),
    starts_at: datetime | None = None,
    say: Callable[[str], None] = print,
) -> Source:
    """Open what a person wrote: device number, address with ``://``, directory or video file.

    starts_at: of a video file, aware; every other source knows its times itself.
    say: is told when a live source breaks off.

    Raises:
        RefusedError: there is no such thing, or it cannot be read.
    """
    if text.isdigit():
        return Live(int(text), every=every, say=say, clock=_now, sleep=time.sleep)
    if "://" in text:
        return Live(text, every=every, say=say, clock=_now, sleep=time.sleep)
    path = Path(text).expanduser()
    if path.is_dir():
        manifest = read_manifest(path)
        return Kept(path, manifest, every) if manifest else Folder(path, every)
    if not path.is_file():
        raise RefusedError(
            f"{masked(text)}: no such file or directory",
            "Give a device number, an address like rtsp://host/stream, a video file or a directory of JPEGs.",
        )
    if path.suffix.lower() in PICTURES:
        raise RefusedError(f"{path} is a picture", "Give the directory that it is in.")
    if starts_at is None:
        raise RefusedError(f"{path}: when did it begin?", "Add --starts-at, e.g. --starts-at 2026-11-23T09:00:00.")
    return Video(path, starts_at, every)


def is_video_file(text: str) -> bool:
    """Say whether a source needs to be told when it began."""
    path = Path(text).expanduser()
    return not text.isdigit() and "://" not in text and path.is_file() and path.suffix.lower() not in PICTURES


def _now() -> datetime:
    return datetime.now(UTC)


def _jpegs(path: Path) -> list[Path]:
    try:
        found = [file for file in path.iterdir() if is_jpeg(file)]
    except OSError as error:
        raise RefusedError(f"{path}: {error.strerror}", "Give a directory that can be read.") from error
    if not found:
        raise RefusedError(
            f"{path} holds no JPEG", "Put frames there, named by their capture time in UTC: 20261123T000010.000Z.jpg."
        )
    return found


def _moment(file: Path) -> datetime:
    try:
        return moment_of(file.name)
    except RefusedError as error:
        raise RefusedError(f"{file.parent}: {error.message}", error.remedy) from error
