"""``naul camera``: frames of a camera or a recording into Kafka."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.table import Table

from infra.cli.shared.console import console, error_console, frames_bar
from infra.cli.shared.options import DurationParam, MomentParam, NameParam, in_zone, with_settings
from infra.cli.shared.signals import interrupted_by_sigterm
from producers.kept import TIMETABLE
from schemas.settings import Settings

if TYPE_CHECKING:
    from infra.operations.camera_profiles import ProfileSummary
    from infra.operations.send_frames import OpenedFrames
    from producers.camera import Sent

__all__ = ["command"]


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
    "--every", type=DurationParam(), default="0s", metavar="5s", help="Send one frame in this time; else all."
)
@click.option(
    "--starts-at", type=MomentParam(), help="When a video file began (the site's zone unless it has an offset)."
)
@with_settings
def send_(
    settings: Settings, source: str, hall: str | None, camera: str | None, every: timedelta, starts_at: datetime | None
) -> int:
    """Send the frames of SOURCE to Kafka.

    SOURCE is a device number, an address like rtsp://host/stream, a video file with --starts-at, or a directory of
    JPEGs named by capture time in UTC (20261123T000010.000Z.jpg), or one that `naul frames export` wrote: its frames
    are held to their hashes. A recording is sent whole, and sending it again does no harm. A live camera is opened
    again when it breaks off; Ctrl-C ends it.

    \b
    Examples:
      naul camera 0 --hall E101 --camera front --every 5s
      naul camera lecture.mp4 --hall E101 --camera front --every 5s --starts-at 2026-11-23T09:00:00
      naul camera recordings/2026-11-23 --hall E101 --camera front
      naul camera kept
      naul camera profile --hall E101 --camera front     (see naul camera profile --help)
    """  # noqa: D301  click wants the character
    from infra.operations.send_frames import SendRequest, open_frames, send_frames
    from producers.sources import is_video_file

    if starts_at is not None and (source.isdigit() or "://" in source or Path(source).expanduser().is_dir()):
        raise click.UsageError("--starts-at belongs to a video file; every other source knows its times itself.")
    if starts_at is None and is_video_file(source):
        raise click.UsageError(f"When did {source} begin? Add --starts-at, e.g. --starts-at 2026-11-23T09:00:00.")
    if starts_at is not None:
        starts_at = in_zone(settings, starts_at)
    opened = open_frames(settings, SendRequest(source, hall, camera, every, starts_at), _say)
    _warn_of_change(settings, opened)
    if opened.hall is None:
        raise click.UsageError("Which hall? Add --hall, as the timetable calls it, e.g. --hall E101.")
    _warn_of_unknown(opened)
    if opened.clock_skew is not None:
        seconds = opened.clock_skew.total_seconds()
        _say(
            f"Warning: this machine's clock is {abs(seconds):.0f} s {'ahead of' if seconds > 0 else 'behind'} Kafka's; "
            "its frames are refused until it is right (NTP)."
        )
    interrupted_by_sigterm()
    shots = opened.source
    with _progress(shots.name, shots.total) as progress:
        result = send_frames(settings, opened, opened.hall, progress=progress, say=_say)
    _report(result, live=shots.live)
    status = 0 if result.whole or (shots.live and not result.refused) else 1
    if shots.live:
        # Everything is acknowledged. A capture that still waits for its camera cannot be interrupted, and would abort
        # the process that ends around it.
        console.file.flush()
        os._exit(status)
    return status


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
    from infra.operations.camera_profiles import clear_profile, current_profile, learn_profile

    if since is not None:
        since = in_zone(settings, since)
    if what == "clear":
        clear_profile(settings, hall, camera)
        click.echo(f"{hall}/{camera}: no profile; every frame is looked at whole.")
        return
    if what == "show":
        console.print(_profile(current_profile(settings, hall, camera)))
        return
    console.print(_profile(learn_profile(settings, hall, camera, since)))
    click.echo("Workers look by it from the next frame on.")


def _say(text: str) -> None:
    error_console.print(text)


def _warn_of_change(settings: Settings, opened: OpenedFrames) -> None:
    for each in opened.changed:
        _say(f"Warning: {each}.")
    if opened.other_zone:
        _say(f"Warning: its {TIMETABLE} has times of {opened.other_zone}; this site's are {settings.timezone}.")


def _warn_of_unknown(opened: OpenedFrames) -> None:
    if opened.unknown_hall is None:
        return
    if (near := opened.unknown_hall.nearest) is None:
        _say("Warning: no timetable is loaded yet; the frames are put aside until one is (`naul timetable load`).")
    else:
        _say(
            f"Warning: the timetable knows no hall {opened.hall!r}; the nearest is {near!r}. Its frames are put aside."
        )


def _profile(summary: ProfileSummary) -> Table:
    """Return a profile for a person to read, in pixels of the frames that it was learned from."""
    profile = summary.profile
    width, height = profile.width, profile.height
    found = Table(
        "from", "to", "faces, px wide", title=f"{profile.hall}/{profile.camera}, profile {summary.variant}",
        caption=f"{profile.frames} frames of {width}x{height}, {profile.faces} faces, "
        f"{profile.since:%Y-%m-%d %H:%M} to {profile.until:%Y-%m-%d %H:%M} UTC\n"
        f"{summary.work:.0%} of a frame's pixels, after scaling; "
        f"every {profile.whole_every}th frame whole",
    )  # fmt: skip
    for band in profile.bands:
        found.add_row(
            f"{band.x1 * width:.0f}, {band.y1 * height:.0f}",
            f"{band.x2 * width:.0f}, {band.y2 * height:.0f}",
            f"{band.narrowest * width:.0f} to {band.widest * width:.0f}",
        )
    return found


@contextmanager
def _progress(name: str, total: int | None) -> Iterator[Callable[[Sent], None]]:
    """A bar with counts and rate; without a terminal a line for every tenth of the frames."""
    if not console.is_terminal:
        yield _lines(total)
        return
    with frames_bar(console) as bar:
        task = bar.add_task(name, total=total, rate="")

        def show(sent: Sent) -> None:
            speed = bar.tasks[task].speed
            lost = f", {sent.dropped} dropped" if sent.dropped else ""
            rate = f"{speed:.1f} frames/s{lost}" if speed else lost
            bar.update(task, completed=sent.sent + len(sent.refused), rate=rate)

        yield show


def _lines(total: int | None) -> Callable[[Sent], None]:
    step = max(1, total // 10) if total else 100
    shown = 0

    def show(sent: Sent) -> None:
        nonlocal shown
        if sent.sent // step > shown:
            shown = sent.sent // step
            lost = f", {sent.dropped} dropped" if sent.dropped else ""
            click.echo(f"{sent.sent} of {total} frames" if total else f"{sent.sent} frames{lost}")

    return show


def _report(result: Sent, *, live: bool) -> None:
    for each in result.refused[:10]:
        _say(f"refused: {each.name}: {each.why}")
    if len(result.refused) > 10:
        _say(f"refused: {len(result.refused) - 10} more")
    if result.interrupted and result.total is not None:
        _say(f"Interrupted after {result.sent} of {result.total} frames. Send it again; what was sent does no harm.")
    for why, count in result.dropped_for:
        _say(f"dropped {count} while it waited: {why}")
    lost = f", dropped {result.dropped}" if live else f", not sent {result.unsent}" if result.unsent else ""
    click.echo(f"sent {result.sent}{lost}, refused {len(result.refused)}")
