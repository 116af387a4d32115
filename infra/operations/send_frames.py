"""Frames of a camera or a recording into Kafka: what is opened, what a person should know before, and the sending."""

from collections.abc import Callable, Collection
from contextlib import closing
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from typing import NamedTuple

from producers.camera import Sent, send
from producers.kept import TIMETABLE, Kept
from producers.sources import Source, open_source
from schemas.broker_clock import BrokerClock
from schemas.cluster import View
from schemas.errors import UnavailableError
from schemas.settings import Settings

__all__ = ["OpenedFrames", "SendRequest", "UnknownHall", "check_hall", "open_frames", "send_frames"]


class SendRequest(NamedTuple):
    """Whose frames are to be sent.

    source: a device number, an address, a video file or a directory. hall, camera: None is what exported frames say,
    and ``front``. every: one frame in this time; zero is all. starts_at: of a video file, aware.
    """

    source: str
    hall: str | None = None
    camera: str | None = None
    every: timedelta = timedelta(0)
    starts_at: datetime | None = None


class UnknownHall(NamedTuple):
    """The timetable does not know the hall: its frames are put aside. nearest: None if no timetable is loaded."""

    nearest: str | None


class OpenedFrames(NamedTuple):
    """A source that can be sent. hall: None if nobody said.

    changed: which papers beside kept frames are no longer what was exported. other_zone: of the times in their
    timetable, if it is not the site's. unknown_hall: None if the timetable knows it, or nobody can say.
    clock_skew: of a live source, how far this machine's clock is ahead of the broker's, if it is too far; else None.
    """

    source: Source
    hall: str | None
    camera: str
    changed: tuple[str, ...] = ()
    other_zone: str | None = None
    unknown_hall: UnknownHall | None = None
    clock_skew: timedelta | None = None


def open_frames(settings: Settings, request: SendRequest, say: Callable[[str], None]) -> OpenedFrames:
    """Open what is to be sent, and say whose frames it holds.

    say: is told when a live source breaks off.

    Raises:
        RefusedError: there is no such source, or it cannot be read.
    """
    source = open_source(request.source, every=request.every, starts_at=request.starts_at, say=say)
    hall, camera, changed, other_zone = request.hall, request.camera, tuple[str, ...](), None
    if isinstance(source, Kept):
        kept = source.manifest
        hall, camera, changed = hall or kept.hall, camera or kept.camera, tuple(source.changed_papers())
        other_zone = kept.zone if kept.zone != settings.timezone and TIMETABLE in kept.papers else None
    unknown = _check_hall(settings, hall) if hall is not None else None
    skew = _clock_skew(settings) if source.live else None
    return OpenedFrames(source, hall, camera or "front", changed, other_zone, unknown, skew)


def send_frames(
    settings: Settings,
    opened: OpenedFrames,
    hall: str,
    *,
    progress: Callable[[Sent], None],
    say: Callable[[str], None],
) -> Sent:
    """Send what was opened until it ends or Ctrl-C, as frames of this hall.

    progress: is called whenever the numbers changed. say: is told what a person should know meanwhile.
    """
    return send(settings, opened.source, hall, opened.camera, progress=progress, say=say)


def check_hall(hall: str, halls: Collection[str]) -> UnknownHall | None:
    """Return what is wrong with a hall, given those of the timetable; None if it is one of them."""
    if hall in halls:
        return None
    return UnknownHall(next(iter(get_close_matches(hall, sorted(halls), n=1, cutoff=0.0)), None))


def _clock_skew(settings: Settings) -> timedelta | None:
    try:
        skew = datetime.now(UTC) - BrokerClock(settings).now()
    except UnavailableError:
        return None  # sending says so, and waits
    return skew if abs(skew) > settings.clock_skew else None


def _check_hall(settings: Settings, hall: str) -> UnknownHall | None:
    try:
        view: View[None] = View(settings, "timetable", lambda _: None)
        with closing(view):
            view.catch_up()
    except UnavailableError:
        return None  # sending says so, and waits
    return check_hall(hall, {key.rpartition("|")[0] for key in view.items})
