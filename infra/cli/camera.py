"""``naul camera``: frames of a camera or a recording into Kafka."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click
from rich.table import Table

from infra.cli.shared.console import console, error_console, frames_bar, progress_bars, reporting, tell_reasons
from infra.cli.shared.options import DurationParam, MomentParam, NameParam, ZoneParam, in_zone, with_settings
from infra.cli.shared.signals import interrupted_by_sigterm
from producers.addresses import is_address
from schemas.errors import ForbiddenError, RefusedError, UnavailableError
from schemas.paths import on_disk
from schemas.settings import Settings
from schemas.translations import Text, gettext_noop, say, say_as

if TYPE_CHECKING:
    from infra.machine.lag import Offsets
    from infra.operations.frames.camera_profiles import ProfileSummary
    from infra.operations.frames.follow_frames import Fate
    from infra.operations.frames.send_frames import SendRequest
    from producers.camera import Sent

__all__ = ["account", "command"]

SHOWN = 10
"""Refused frames that are named."""


class Camera(click.Group):
    """A group whose first word may be a source: then frames of it are sent."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, args if args[:1] and args[0] in self.commands else ["send", *args])


@click.group(cls=Camera)
def command() -> None:
    """Send frames of a camera or a recording; learn where a camera's faces are."""


@command.command("send")
@click.argument("source")
@click.option("--hall", type=NameParam(), help="The hall, as the timetable calls it; exported frames know theirs.")
@click.option(
    "--camera", type=NameParam(), help="Tells cameras of a hall apart: front, unless exported frames know theirs."
)
@click.option(
    "--every", type=DurationParam(), metavar="5s",
    help="Send one frame in this time, 0s all. Else all of a directory, and one in 5s of what has over 1 a second.",
)  # fmt: skip
@click.option(
    "--starts-at", type=MomentParam(), help="When a video file began (the site's zone unless it has an offset)."
)
@click.option("--names-in", type=ZoneParam(), help="The time zone of a directory's file names, if that is not UTC.")
@click.option("--no-wait", is_flag=True, help="Do not wait until the frames of a recording are looked at.")
@click.option(
    "--metrics-port", type=click.IntRange(1024, 65535),
    help="Serve /metrics, /health/live and /health/ready of this camera on this port of metrics_host.",
)  # fmt: skip
@with_settings
def send_(settings: Settings, source: str, hall: str | None, camera: str | None, no_wait: bool, **options: Any) -> int:
    """Send the frames of SOURCE to Kafka, and say what became of them.

    SOURCE is a device number, an address like rtsp://USER:PASSWORD@host/stream or that of a snapshot, a video file with
    --starts-at, or a directory of JPEGs named by capture time in UTC (20261123T000010.000Z.jpg) or, with --names-in, by
    the clock on the wall (2026-11-23 09-00-10.jpg); or one that `naul frames export` wrote: its frames are held to
    their hashes. A recording is held against the timetable, sent whole, and followed until it is looked at; the exit
    status is 0 if nothing of it is missing, refused or put aside, and its names are not of another time zone. Sending
    it again does no harm. A live camera is opened again when it breaks off; Ctrl-C ends it.

    \b
    Examples:
      naul camera 0 --hall E101 --camera front --every 5s
      naul camera lecture.mp4 --hall E101 --camera front --every 5s --starts-at 2026-11-23T09:00:00
      naul camera recordings/2026-11-23 --hall E101 --camera front --names-in Asia/Seoul
      naul camera kept
      naul camera profile --hall E101 --camera front     (see naul camera profile --help)
    """  # noqa: D301  click wants the character
    from infra.operations.frames.send_frames import check_frames, ends_early, open_frames, send_frames

    port = options.pop("metrics_port")
    opened = open_frames(settings, _request(settings, source, hall, camera, **options), _tell)
    for warning in opened.warnings:
        _tell(warning)
    if opened.hall is None:
        raise click.UsageError("Which hall? Add --hall, as the timetable calls it, e.g. --hall E101.")
    checked = check_frames(settings, opened, opened.hall)
    for warning in checked.warnings:
        _tell(warning)
    interrupted_by_sigterm()
    shots = opened.source
    if port is not None:
        _serve_metrics(settings, f"camera-{opened.hall}-{opened.camera}", port, options["every"])
    with _progress(settings, shots.name, shots.total) as progress:
        tell = _logged(settings, opened.hall, opened.camera) if settings.log_format == "json" else _tell
        result, since = send_frames(settings, opened, opened.hall, progress=progress, tell=tell)
    _report(settings, result)
    if shots.live:
        console.print(account(settings, result, None, checked.unrecognised, live=True), soft_wrap=True)
        # Everything is acknowledged. A capture that still waits for its camera cannot be interrupted, and would abort
        # the process that ends around it.
        console.file.flush()
        os._exit(1 if result.refused else 0)
    for line in ends_early(settings, result, checked.hours, opened.hall):
        _tell(line)
    fate = None if no_wait or result.interrupted or not result.sent else _fate(settings, result, opened.hall, since)
    console.print(account(settings, result, fate, checked.unrecognised, live=False), soft_wrap=True)
    return 0 if result.whole and not (fate and fate.aside) and not checked.strays else 1


def _serve_metrics(settings: Settings, name: str, port: int, every: timedelta | None) -> None:
    """Tell of this camera over HTTP from now on. every: one frame in this time is asked for.

    Raises:
        RefusedError: the port is taken.
    """
    from infra.machine.metrics_server import serve_metrics
    from schemas.pulse import PULSE

    if serve_metrics(settings, name, port) is None:
        raise RefusedError(
            Text("port {port} of {host} cannot be had", port=port, host=settings.metrics_host),
            "Give another --metrics-port.",
        )
    PULSE.longest_turn = 3 * every.total_seconds() if every else 0
    PULSE.ready()


@command.command()
@click.option("--hall", type=NameParam(), required=True, help="The hall, as the timetable calls it.")
@click.option("--camera", type=NameParam(), default="front", show_default=True, help="Tells cameras of a hall apart.")
@click.option(
    "--since", type=MomentParam(), help="Learn from frames captured since then: when the camera was last moved."
)
@click.option("--show", "what", flag_value="show", help="Only show the profile that holds.")
@click.option("--clear", "what", flag_value="clear", help="Remove it: every frame is looked at whole.")
@with_settings
def profile(settings: Settings, hall: str, camera: str, since: datetime | None, what: str | None) -> None:
    """Learn from a camera's own sightings where its faces are and how large.

    From then on the workers look only there, at the scale that each part of the picture needs, and at whole frames once
    a minute or every sixth frame, whichever is less often. Learn again when the camera was moved, with --since.

    \b
    Examples:
      naul camera profile --hall E101 --camera front
      naul camera profile --hall E101 --camera front --show
    """  # noqa: D301
    from infra.operations.frames.camera_profiles import clear_profile, current_profile, learn_profile

    if since is not None:
        since = in_zone(settings, since)
    if what == "clear":
        clear_profile(settings, hall, camera)
        click.echo(
            say(
                settings.language,
                "{hall}/{camera}: no profile; every frame is looked at whole.",
                hall=hall,
                camera=camera,
            )
        )
        return
    if what == "show":
        console.print(_profile(settings, current_profile(settings, hall, camera)))
        return
    console.print(_profile(settings, learn_profile(settings, hall, camera, since)))
    click.echo(say(settings.language, "Workers look by it from the next frame on."))


def _request(
    settings: Settings,
    source: str,
    hall: str | None,
    camera: str | None,
    every: timedelta | None,
    starts_at: datetime | None,
    names_in: ZoneInfo | None,
) -> SendRequest:
    """Return what is asked for.

    Raises:
        UsageError: the options do not belong to this source.
    """
    from infra.operations.frames.send_frames import SendRequest
    from producers.sources import is_video_file

    folder = not source.isdigit() and not is_address(source) and on_disk(Path(source).expanduser()).is_dir()
    if starts_at is not None and not is_video_file(source) and (folder or source.isdigit() or is_address(source)):
        raise click.UsageError("--starts-at belongs to a video file; every other source knows its times itself.")
    if starts_at is None and is_video_file(source):
        raise click.UsageError(
            Text("When did {source} begin? Add --starts-at, e.g. --starts-at 2026-11-23T09:00:00.", source=source)
        )
    if names_in is not None and not folder:
        raise click.UsageError("--names-in belongs to a directory of JPEGs, whose names are times.")
    if starts_at is not None:
        starts_at = in_zone(settings, starts_at)
    return SendRequest(source, hall, camera, every, starts_at, names_in)


def _tell(text: str) -> None:
    error_console.print(text, soft_wrap=True)


def _logged(settings: Settings, hall: str, camera: str) -> Callable[[str], None]:
    """Return what tells of a camera that is being sent by lines of its log."""
    from infra.machine.logs import log_to_stderr

    log_to_stderr(settings, "camera", f"{hall}/{camera}")
    return logging.getLogger("naul").warning


def _fate(settings: Settings, result: Sent, hall: str, since: Offsets) -> Fate | None:
    """Wait until the frames are looked at, and tell why some were put aside, or why nobody knows."""
    from infra.operations.frames.send_frames import fate_of

    try:
        with progress_bars() as bars:
            fate = fate_of(settings, result, hall, since, reporting(settings, bars))
    except ForbiddenError:
        _tell(
            say(
                settings.language,
                "{user} may only send frames; what became of them is told where somebody may ask (`naul status`).",
                user=settings.kafka_user,
            )
        )
    except UnavailableError:
        _tell(
            say(settings.language, "Kafka does not tell what became of the frames; `naul wait` does when it is back.")
        )
        return None
    tell_reasons(settings, fate.aside)
    if fate.nobody:
        _tell(
            say(
                settings.language,
                "Nobody works at recognise: the frames wait in Kafka. Start it with `naul up`, then `naul wait`.",
            )
        )
    return fate


def _profile(settings: Settings, summary: ProfileSummary) -> Table:
    """Return a profile for a person to read, in pixels of the frames that it was learned from."""
    profile = summary.profile
    width, height = profile.width, profile.height
    tell = partial(say, settings.language)
    title = tell("{whose}, profile {variant}", whose=f"{profile.hall}/{profile.camera}", variant=summary.variant)
    learned = tell(
        "{frames} frames of {width}x{height}, {faces} faces, {since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M} UTC",
        frames=profile.frames, width=width, height=height, faces=profile.faces, since=profile.since,
        until=profile.until,
    )  # fmt: skip
    work = tell(
        "{share:.0%} of a frame's pixels, after scaling; every {every}th frame whole",
        share=summary.work,
        every=profile.whole_every,
    )
    columns = (
        say_as(settings.language, "corner", "from"),
        say_as(settings.language, "corner", "to"),
        tell("faces, px wide"),
    )
    found = Table(*columns, title=title, caption=f"{learned}\n{work}")
    for band in profile.bands:
        found.add_row(
            f"{band.x1 * width:.0f}, {band.y1 * height:.0f}",
            f"{band.x2 * width:.0f}, {band.y2 * height:.0f}",
            f"{band.narrowest * width:.0f}–{band.widest * width:.0f}",
        )
    return found


@contextmanager
def _progress(settings: Settings, name: str, total: int | None) -> Iterator[Callable[[Sent], None]]:
    """A bar with counts and rate; without a terminal a line for every tenth of the frames."""
    if not console.is_terminal:
        yield _lines(settings, total)
        return
    with frames_bar(console) as bar:
        task = bar.add_task(name, total=total, rate="")

        def show(sent: Sent) -> None:
            speed = bar.tasks[task].speed
            lost = f", {say(settings.language, 'dropped {count}', count=sent.dropped)}" if sent.dropped else ""
            bar.update(task, completed=sent.sent + len(sent.refused), rate=f"{speed:.1f}/s{lost}" if speed else lost)

        yield show


def _lines(settings: Settings, total: int | None) -> Callable[[Sent], None]:
    step = max(1, total // 10) if total else 100
    shown = 0

    def show(sent: Sent) -> None:
        nonlocal shown
        if sent.sent // step > shown:
            shown = sent.sent // step
            text = (
                gettext_noop("{done} of {total} frames")
                if total
                else gettext_noop("{done} frames, {dropped} dropped")
                if sent.dropped
                else gettext_noop("{done} frames")
            )
            click.echo(say(settings.language, text, done=sent.sent, total=total, dropped=sent.dropped))

    return show


def _report(settings: Settings, result: Sent) -> None:
    """Tell what is not as it should be of what was sent."""
    tell = partial(say, settings.language)
    for each in result.refused[:SHOWN]:
        _tell(tell("refused: {name}: {why}", name=each.name, why=each.why))
    if len(result.refused) > SHOWN:
        _tell(tell("refused: {count} more", count=len(result.refused) - SHOWN))
    if result.interrupted and result.total is not None:
        _tell(
            tell(
                "Interrupted after {done} of {total} frames. Send it again; what was sent does no harm.",
                done=result.sent,
                total=result.total,
            )
        )
    for why, count in result.dropped_for:
        _tell(tell("dropped {count} while it waited: {why}", count=count, why=why))
    lacks = result.shortfall
    if lacks.missing:
        numbers = {"came": lacks.promised - lacks.missing, "total": lacks.promised}
        ends_at = _clock_time(settings, lacks.ends_at)
        _tell(
            tell(
                "The recording should have {total:,} frames, sent or not, and has {came:,}: it ends "
                "at {ends_at}. Copy it again from where it was made, if there is more of it."
                if lacks.ends_at
                else "The recording should have {total:,} frames, sent or not, and has {came:,}: it is "
                "damaged. Copy it again from where it was made.",
                ends_at=ends_at,
                **numbers,
            )
        )
    if lacks.breaks_off:
        _tell(
            tell(
                "The file of the recording breaks off in the middle of a frame, at {ends_at}; it "
                "does not say how long it should be. Copy it again from where it was made, if there "
                "is more of it.",
                ends_at=_clock_time(settings, lacks.ends_at),
            )
        )
    if lacks.more_after:
        _tell(
            tell(
                "Another recording begins in the same file after {after}, and was not sent: nobody "
                "knows when it began. Send it as a file of its own, with its own --starts-at.",
                after=_clock_time(settings, lacks.more_after),
            )
        )
    if lacks.undated:
        _tell(tell("{count} frames have no time of their own, and were not sent.", count=lacks.undated))


def _clock_time(settings: Settings, moment: datetime | None) -> str:
    return f"{moment.astimezone(settings.zone):%H:%M:%S}" if moment else ""


def account(
    settings: Settings, result: Sent, fate: Fate | None, unrecognised: Sequence[str] = (), *, live: bool
) -> str:
    """Return the last line: what became of the frames.

    fate: None if nobody followed them. unrecognised: sections in whose class hours nobody can be recognised.
    """
    aside = sum(count for _, count in fate.aside) if fate else 0
    parts = [
        (gettext_noop("sent {count}"), result.sent, True),
        (gettext_noop("dropped {count}"), result.dropped, live),
        (gettext_noop("not sent {count}"), result.unsent, False),
        (gettext_noop("refused {count}"), len(result.refused), True),
        (gettext_noop("looked at {count}"), fate.looked_at if fate else 0, fate is not None),
        (gettext_noop("put aside {count}"), aside, fate is not None),
        (gettext_noop("not looked at yet {count}"), fate.waiting if fate else 0, False),
        (gettext_noop("outside of class hours {count}"), fate.outside if fate else 0, False),
        (gettext_noop("missing from the recording {count}"), result.shortfall.due, False),
        (
            gettext_noop("a part of the recording is missing"),
            int(result.shortfall.missing > 0 and not result.shortfall.due),
            False,
        ),
        (gettext_noop("the recording breaks off"), int(result.shortfall.breaks_off), False),
        (gettext_noop("another recording in the file not sent"), int(result.shortfall.more_after is not None), False),
    ]
    said = [say(settings.language, text, count=count) for text, count, always in parts if count or always]
    said += (
        [say(settings.language, "nobody can be recognised in {sections}", sections=", ".join(unrecognised))]
        if unrecognised
        else []
    )
    return ", ".join(said)
