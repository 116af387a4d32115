"""Frames of a camera or a recording into Kafka: what is opened, what a person should know before, and the sending."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from enrollment.loaded import class_hours, enrollments, rosters
from infra.machine.catch_up import StageProgress
from infra.machine.lag import Cluster, Offsets
from infra.operations.frames.follow_frames import LETTERS, Fate, follow_frames
from infra.operations.frames.frame_texts import refused, span, told
from infra.operations.frames.recording_check import (
    HallHours,
    halls,
    hours_of,
    objection,
    strays,
    unfinished,
    unrecognised,
)
from producers.camera import Sent, send
from producers.kept import TIMETABLE, Kept
from producers.live_camera import Live
from producers.shots import SourceError
from producers.sources import Folder, Source, open_source
from schemas.broker_clock import BrokerClock
from schemas.errors import ForbiddenError, RefusedError, UnavailableError
from schemas.frame_seals import frame_sealer, seals_frames
from schemas.messages import ClassHour
from schemas.settings import Settings
from schemas.texts import nearest
from schemas.translations import gettext_noop, say

__all__ = [
    "CheckedFrames",
    "OpenedFrames",
    "SendRequest",
    "check_frames",
    "ends_early",
    "fate_of",
    "open_frames",
    "send_frames",
]

SOON = timedelta(days=1)
"""A live camera is told of the class hours that begin within this time, and of the one that runs."""


class SendRequest(NamedTuple):
    """Whose frames are to be sent.

    source: a device number, an address, a video file or a directory. hall, camera: None is what exported frames say,
    and ``front``. every: one frame in this time; zero is all; None leaves it to the source. starts_at: of a video file,
    aware. names_in: the zone whose clocks the names of a directory's files show.
    """

    source: str
    hall: str | None = None
    camera: str | None = None
    every: timedelta | None = None
    starts_at: datetime | None = None
    names_in: ZoneInfo | None = None


class OpenedFrames(NamedTuple):
    """A source that can be sent. hall: None if nobody said. warnings: what a person should know of it."""

    source: Source
    hall: str | None
    camera: str
    names_in: ZoneInfo | None
    warnings: tuple[str, ...] = ()


class CheckedFrames(NamedTuple):
    """What the timetable, the rosters and the clock say of a source.

    warnings: what to warn of. unrecognised: sections in whose class hours nobody can be recognised. strays: frames
    whose names seem to be of another time zone. hours: the timetable, as far as it is known.
    """

    warnings: tuple[str, ...] = ()
    unrecognised: tuple[str, ...] = ()
    strays: int = 0
    hours: tuple[ClassHour, ...] = ()


def open_frames(settings: Settings, request: SendRequest, tell: Callable[[str], None]) -> OpenedFrames:
    """Open what is to be sent, and say whose frames it holds.

    tell: is told what a person should know, now and while it is sent.

    Raises:
        RefusedError: there is no such source, or it cannot be read.
    """

    def tell_of(code: str, **values: Any) -> None:
        again = (
            [say(settings.language, "Trying again in {pause:.0f} s.", pause=values["pause"])]
            if "pause" in values
            else []
        )
        tell(" ".join([told(settings, code, **values), *again]))

    try:
        source = open_source(
            request.source, every=request.every, starts_at=request.starts_at, names_in=request.names_in, tell=tell_of
        )
    except SourceError as error:
        raise refused(settings, error) from error
    hall, camera, warnings = request.hall, request.camera, list[str]()
    if isinstance(source, Kept):
        kept = source.manifest
        hall, camera = hall or kept.hall, camera or kept.camera
        warnings += [say(settings.language, "Warning: {what}.", what=each) for each in source.changed_papers()]
        if kept.zone != settings.timezone and TIMETABLE in kept.papers:
            zones = {"other": kept.zone, "zone": settings.timezone}
            warnings.append(
                say(
                    settings.language,
                    "Warning: its {paper} has times of {other}; this site's are {zone}.",
                    paper=TIMETABLE,
                    **zones,
                )
            )
    return OpenedFrames(source, hall, camera or "front", request.names_in, tuple(warnings))


def check_frames(settings: Settings, opened: OpenedFrames, hall: str) -> CheckedFrames:
    """Hold a source against the timetable, the rosters and the broker's clock, and return what to warn of.

    While Kafka is away nothing can be checked: sending says so, and waits.

    Raises:
        RefusedError: none of a recording's frames would count, so it should not be sent; or there is no such device, or
            no key to seal them with where they must be sealed.
    """
    unsealed = _unsealed(settings)
    if isinstance(opened.source, Live):
        try:
            opened.source.check()
        except SourceError as error:
            raise refused(settings, error) from error
    try:
        now = BrokerClock(settings).now()
        hours, known, enrolled = class_hours(settings), rosters(settings), enrollments(settings)
    except ForbiddenError:  # a camera reads nothing
        unknown = say(
            settings.language,
            "{user} may only send frames: they are not held against the timetable and the rosters.",
            user=settings.kafka_user,
        )
        return CheckedFrames((*unsealed, unknown, *_clock_warnings(settings, datetime.now(UTC) - now)))
    except UnavailableError:
        return CheckedFrames(unsealed)
    moments, strayed = opened.source.moments(), 0
    if moments is None:
        soon = [each for each in hours if hall in each.halls and each.starts_at - SOON < now < each.ends_at]
        warnings = _live_warnings(settings, hours, hall, datetime.now(UTC) - now)
    else:
        _refuse_uncounted(settings, opened, hall, hours, now)
        known_end = opened.source.total is not None
        soon, warnings = hours_of(hours, hall, moments)[: None if known_end else 1], []
        if isinstance(opened.source, Folder) and (strayed := strays(HallHours(hours, hall), moments)):
            zone = settings.timezone if opened.names_in is None else "UTC"
            numbers = {"strays": strayed, "count": len(moments)}
            warnings.append(told(settings, "warn_strays", hall=hall, zone=zone, **numbers))
    missing = unrecognised(soon, known, enrolled)
    warnings += [
        told(
            settings,
            each.text,
            section=each.section,
            near=say(settings.language, "; the nearest is {near}", near=each.near) if each.near else "",
        )
        for each in missing
    ]
    return CheckedFrames((*unsealed, *warnings), tuple(each.section for each in missing), strayed, tuple(hours))


def _unsealed(settings: Settings) -> tuple[str, ...]:
    """Warn of frames that should be sealed and are not, for there is no key; where they must be, that is refused."""
    if frame_sealer(settings) or not seals_frames(settings):
        return ()
    return (
        say(
            settings.language,
            "Warning: the frames are not sealed: whoever may read the topic sees the pictures. Copy frames-key.pub of "
            'a machine that runs workers into {home} (`naul key frames new` makes one), or set frames = "plain".',
            home=settings.home,
        ),
    )


def _refuse_uncounted(
    settings: Settings, opened: OpenedFrames, hall: str, hours: Sequence[ClassHour], now: datetime
) -> None:
    """Refuse a recording none of whose frames would count. now: of the broker."""
    moments = opened.source.moments() or ()
    otherwise = []
    if isinstance(opened.source, Folder) and opened.names_in is None:
        otherwise = [each.astimezone(UTC).replace(tzinfo=settings.zone) for each in moments]
    found = objection(hours, hall, moments, latest=now + settings.clock_skew, otherwise=otherwise)
    if found:
        count = say(settings.language, " of {count}", count=len(moments)) if opened.source.total is not None else ""
        near = _meant(settings, found.near)
        values = {"hall": hall, "near": near, "count": count, "site_zone": settings.timezone}
        text = told(settings, found.text, span=span(settings, found.apart), **values)
        raise RefusedError(text, told(settings, found.remedy, **values))


def send_frames(
    settings: Settings,
    opened: OpenedFrames,
    hall: str,
    *,
    progress: Callable[[Sent], None],
    tell: Callable[[str], None],
) -> tuple[Sent, Offsets]:
    """Send what was opened until it ends or Ctrl-C, as frames of this hall; return too where dead letters ended before.

    progress: is called whenever the numbers changed. tell: is told what a person should know meanwhile.
    """
    try:
        with Cluster(settings) as cluster:
            since: Offsets = cluster.ends([LETTERS])
    except UnavailableError:
        since = {}  # sending says so, and waits; or it is a camera's user, who follows nothing
    return send(settings, opened.source, hall, opened.camera, progress=progress, say=tell), since


def fate_of(settings: Settings, sent: Sent, hall: str, since: Offsets, report: StageProgress) -> Fate:
    """Wait until the frames of a recording are looked at, and say what became of them.

    since: where dead letters ended before the first was sent. report: is told how far it is.

    Raises:
        UnavailableError: the broker does not answer.
    """
    hours = HallHours(class_hours(settings), hall)
    return follow_frames(settings, sent.arrivals, hours, since=since, report=report)


def ends_early(settings: Settings, sent: Sent, hours: Sequence[ClassHour], hall: str) -> list[str]:
    """Say which class hours go on after a recording that was sent whole: it may be filmed so, or copied in part."""
    if sent.interrupted or not sent.arrivals:
        return []
    moments = sorted(each.captured_at for each in sent.arrivals)
    return [
        told(
            settings,
            "ends_early",
            span=span(settings, each.ends_at - moments[-1]),
            section=each.section,
            ends_at=f"{each.ends_at.astimezone(settings.zone):%H:%M}",
        )
        for each in unfinished(hours, hall, moments)
    ]


def _live_warnings(settings: Settings, hours: Sequence[ClassHour], hall: str, skew: timedelta) -> list[str]:
    """Say why a live camera's frames would be put aside: it is sent all the same, for that can be mended meanwhile."""
    tell = partial(say, settings.language)
    warnings = []
    if not hours:
        warnings.append(
            tell("Warning: no timetable is loaded yet; the frames are put aside until one is (`naul timetable load`).")
        )
    elif hall not in (known := halls(hours)):
        warnings.append(
            tell(
                "Warning: the timetable knows no hall {hall!r}{near}. Its frames are put aside.",
                hall=hall,
                near=_meant(settings, nearest(hall, known)),
            )
        )
    return [*warnings, *_clock_warnings(settings, skew)]


def _clock_warnings(settings: Settings, skew: timedelta) -> list[str]:
    """Say by how much this machine's clock is wrong, if its frames are refused for that."""
    if abs(skew) > settings.clock_skew:
        text = (
            gettext_noop(
                "Warning: this machine's clock is {seconds:.0f} s ahead of Kafka's; its frames are "
                "refused until it is right (NTP)."
            )
            if skew > timedelta(0)
            else gettext_noop(
                "Warning: this machine's clock is {seconds:.0f} s behind Kafka's; its frames are "
                "refused until it is right (NTP)."
            )
        )
        return [say(settings.language, text, seconds=abs(skew).total_seconds())]
    return []


def _meant(settings: Settings, hall: str | None) -> str:
    return say(settings.language, "; did you mean {near!r}?", near=hall) if hall else ""
