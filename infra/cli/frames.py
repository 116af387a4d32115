"""``naul frames``: frames kept for longer than Kafka keeps them."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.filesize import decimal

from infra.cli.shared.console import error_console, frames_bar
from infra.cli.shared.options import MomentParam, NameParam, PathParam, stretch, with_settings
from infra.cli.shared.signals import interrupted_by_sigterm
from producers.kept import PAPERS
from producers.shots import moment_of
from schemas.settings import Settings
from schemas.translations import Text, gettext_noop, joined, say

if TYPE_CHECKING:
    from infra.operations.frames.export_frames import Exported

__all__ = ["command"]


@click.group(epilog="Example: naul frames export --hall E101 --from 2026-11-23T09:00 --until 2026-11-23T09:50 kept")
def command() -> None:
    """Keep frames for longer than Kafka keeps them."""


@command.command()
@click.argument("directory", type=PathParam(path_type=Path))
@click.option("--hall", type=NameParam(), required=True, help="The hall, as the timetable calls it.")
@click.option("--camera", type=NameParam(), help="Which, if the hall has several.")
@click.option(
    "--from", "since", type=MomentParam(), required=True, help="Frames captured from then on (the site's zone)."
)
@click.option("--until", type=MomentParam(), required=True, help="Frames captured before then.")
@with_settings
def export(
    settings: Settings, directory: Path, hall: str, camera: str | None, since: datetime, until: datetime
) -> None:
    """Write the frames of a hall into DIRECTORY, so that a judged stretch can be kept for years, and shared.

    A file a frame, the bytes that the camera sent; the roster and the timetable of its class hours; and manifest.json,
    which says whose they are and holds the hash of each. `naul camera DIRECTORY` sends them again and checks each.
    No template and no verdict is in it. These are pictures and names of people, which `naul forget` does not reach.

    \b
    Examples:
      naul frames export --hall E101 --from 2026-11-23T09:00 --until 2026-11-23T09:50 kept
      naul camera kept
    """  # noqa: D301  click wants the character
    from infra.operations.frames import export_frames

    request = export_frames.ExportRequest(hall, *stretch(settings, since, until), camera)
    interrupted_by_sigterm()
    bar = frames_bar(error_console)
    task = bar.add_task(say(settings.language, "reading"), total=None, rate="")

    def report(read: int, total: int, kept: int) -> None:
        bar.start()  # not before there is something to read
        bar.update(task, completed=read, total=total, rate=f"{kept} kept")

    try:
        done = export_frames.export(settings, request, directory, report, now=lambda: datetime.now(UTC))
    finally:
        bar.stop()
    _tell(settings, done, directory)


def _tell(settings: Settings, done: Exported, directory: Path) -> None:
    tell = partial(say, settings.language)
    kept, names = done.manifest, list(done.manifest.frames)
    first, last = (f"{moment_of(name).astimezone(settings.zone):%Y-%m-%d %H:%M:%S}" for name in (names[0], names[-1]))
    whose = f"{kept.hall}/{kept.camera}"
    click.echo(
        tell(
            "{directory}: {count} frames of {whose}, from {first} to {last}, {size}",
            directory=directory,
            count=len(names),
            whose=whose,
            first=first,
            last=last,
            size=decimal(done.size),
        )
    )
    for count, what in (
        (kept.repeated, gettext_noop("{count} that were sent again, kept once")),
        (kept.others, gettext_noop("{count} not kept: another picture of the same moment came first")),
        (kept.unreadable, gettext_noop("{count} that are no frames or do not open, in the whole topic since then")),
    ):
        if count:
            click.echo(f"  {tell(what, count=count)}")
    counts = (
        Text("{file} (students: {count})", file=PAPERS[0], count=done.students),
        Text("{file} (class hours: {count})", file=PAPERS[1], count=done.hours),
    )
    papers = [told for name, told in zip(PAPERS, counts, strict=True) if name in kept.papers]
    if papers:
        click.echo(tell("  with {papers}", papers=joined(papers, "{one} and {other}")))
    if missing := [name for name in PAPERS if name not in kept.papers]:
        without = joined(missing, "{one} and {other}")
        click.echo(tell("  without {missing}: nothing of it is loaded for this stretch", missing=without))
    click.echo(tell("These are personal data, and `naul forget` does not reach them: delete the directory in time."))
    click.echo(tell("Send them again, to any site: naul camera {directory}", directory=directory))
