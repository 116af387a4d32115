"""Where frames come from: a directory of JPEGs, a video file, kept frames (``kept``), or a live camera.

A recording (directory, file) ends and is sent whole; a live source goes on until it is stopped.
"""

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from producers.addresses import is_address, masked, read_address
from producers.jpeg import fit
from producers.kept import MOST_BYTES, Kept, read_manifest
from producers.live_camera import Live
from producers.shots import WHOLE, Refused, Shortfall, Shot, SourceError, Tell, Thinner, is_jpeg, moment_of
from producers.video_file import Video
from schemas.archives import read_at_most
from schemas.errors import RefusedError
from schemas.paths import on_disk
from schemas.picture_files import listed
from schemas.texts import nearest

__all__ = ["Folder", "Source", "is_video_file", "open_source"]

SCHEMES = (
    "rtsp", "rtsps", "http", "https", "rtmp", "rtmps", "rtmpe", "rtmpt", "rtp", "srtp", "srt", "udp", "udplite", "tcp",
    "tls", "hls", "mms", "mmsh", "mmst", "ftp",
)  # fmt: skip
"""Of addresses that we or the decoder read."""
USUAL = ("rtsp", "http", "https")
"""What cameras give, and so what somebody meant."""
PICTURES = (".jpg", ".jpeg", ".jpe", ".jfif", ".png")


class Source(Protocol):
    """Gives shots in the order they were taken.

    live: goes on for ever, so that frames may be shed. name: for messages. total: how many shots, if known.
    shortfall: of a recording that was read to its end, what it did not give.
    """

    live: bool
    name: str
    total: int | None
    shortfall: Shortfall

    def shots(self) -> Iterator[Shot | Refused]:
        """Yield what was captured; what the size ladder refuses is told, not hidden."""
        ...

    def moments(self) -> Sequence[datetime] | None:
        """Return when its frames were taken, as far as a recording can tell beforehand; None of a live source."""
        ...


class Folder:
    """A directory of JPEGs named by capture time. Files of other kinds are left alone."""

    live = False
    shortfall = WHOLE

    def __init__(self, path: Path, every: timedelta = timedelta(0), names_in: ZoneInfo | None = None) -> None:
        """Read the names, all of them before anything is sent. names_in: the zone whose clocks the names show.

        Raises:
            SourceError: no such directory, nothing in it, or a JPEG whose name is no capture time.
        """
        self.name = str(path)
        thinner = Thinner(every)
        named = sorted((moment_of(file.name, names_in), file) for file in _jpegs(path))
        self.files = tuple(each for each in named if thinner.keeps(each[0]))
        self.total: int | None = len(self.files)

    def moments(self) -> Sequence[datetime]:
        """Return the capture times, in their order."""
        return [moment for moment, _ in self.files]

    def shots(self) -> Iterator[Shot | Refused]:
        """Yield every file, its bytes as they are if they are not too many."""
        for captured_at, file in self.files:
            try:
                data = read_at_most(file, MOST_BYTES)
                if data is None:
                    yield Refused(file.name, f"it has more than {MOST_BYTES // 2**20} MB")
                else:
                    yield Shot(captured_at, fit(data), file.name)
            except RefusedError as error:
                yield Refused(file.name, str(error))
            except OSError as error:
                yield Refused(file.name, f"cannot be read: {error.strerror}")


def open_source(
    text: str,
    *,
    every: timedelta | None = None,
    starts_at: datetime | None = None,
    names_in: ZoneInfo | None = None,
    tell: Tell = lambda _text, **_values: None,
) -> Source:
    """Open what a person wrote: device number, address with ``://``, directory or video file.

    every: one frame in this time, zero is all; None leaves it to the source: all of a directory, and of what gives
    several frames a second one in ``CHOSEN``. starts_at: of a video file, aware; every other source knows its times.
    names_in: of a directory, the zone whose clocks its names show. tell: is told what a person should know.

    Raises:
        SourceError: there is no such thing, or it cannot be read.
    """
    if text.isdigit():
        return Live(int(text), every=every, tell=tell, clock=_now, sleep=time.sleep)
    if is_address(text):
        scheme = text.partition("://")[0].lower()
        if scheme not in SCHEMES:
            near = nearest(scheme, USUAL) or USUAL[0]
            raise SourceError("no_scheme", address=masked(text), near=near, known=", ".join(SCHEMES))
        try:
            read_address(text)
        except ValueError as error:
            if text.lower().startswith(("http", "rtsp")):
                raise SourceError("no_address", address=masked(text)) from error
        return Live(text, every=every, tell=tell, clock=_now, sleep=time.sleep)
    path = on_disk(Path(text).expanduser())
    if path.is_dir():
        manifest = read_manifest(path)
        chosen = every or timedelta(0)
        return Kept(path, manifest, chosen) if manifest else Folder(path, chosen, names_in)
    if not path.is_file():
        raise SourceError("no_source", source=masked(text))
    if path.suffix.lower() in PICTURES:
        raise SourceError("a_picture", path=path)
    if starts_at is None:
        raise SourceError("no_start", path=path)
    video = Video(path, starts_at, every)
    if video.thinning:
        rate, size, an_hour = video.thinning
        tell("thinned_hour" if an_hour else "thinned", name=video.name, rate=rate, size=size)
    return video


def is_video_file(text: str) -> bool:
    """Say whether a source needs to be told when it began."""
    path = on_disk(Path(text).expanduser())
    return not text.isdigit() and not is_address(text) and path.is_file() and path.suffix.lower() not in PICTURES


def _now() -> datetime:
    return datetime.now(UTC)


def _jpegs(path: Path) -> list[Path]:
    try:
        found = [file for file in listed(path) if is_jpeg(file)]
    except OSError as error:
        raise SourceError("unreadable", path=path, why=error.strerror) from error
    if not found:
        raise SourceError("no_jpeg", path=path)
    return found
