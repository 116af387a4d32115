"""``naul demo``: the whole path with real parts and real faces, and its result beside the truth."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from infra.cli.shared.console import console
from infra.cli.shared.options import PathParam
from schemas.errors import NaulError, RefusedError
from schemas.settings import Policy, load_settings
from schemas.translations import Text

if TYPE_CHECKING:
    from producers.simulated_hall import Recording
    from producers.simulated_hall.script import Script

__all__ = ["command"]

OURS = "demo"
"""A file of this name says that a directory was made by this command and may be emptied by it."""


@click.command()
@click.option(
    "--home",
    type=PathParam(),
    metavar="DIR",
    default=".naul-demo",
    show_default=True,
    help="Where it happens. Emptied first.",
)
@click.option("--script", default="demo", show_default=True, help="A script of a simulated hall: a name, or a file.")
@click.option(
    "--truth",
    type=PathParam(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write what the script says into FILE, for `naul evaluate`.",
)
@click.option("--live", is_flag=True, help="Play it as if it happened now, to watch on the desk; nothing is compared.")
@click.option(
    "--speed",
    type=click.FloatRange(1, 20),
    default=10.0,
    show_default=True,
    help="With --live: seconds of the lecture in one of yours.",
)
@click.pass_context
def command(ctx: click.Context, home: str, script: str, truth: Path | None, *, live: bool, speed: float) -> None:
    """Play a simulated lecture hall through Kafka, the workers and the store, and compare with its script.

    What was played stays in the home: start it again with `naul up --detach --home .naul-demo`, and look at it with
    `naul desk --home .naul-demo`.

    \b
    Examples:
      naul demo
      naul demo --live                (a page in your browser shows the hall while it is played)
      naul demo --truth truth.csv     (docs/replay.md goes on from there)
    """  # noqa: D301  click wants the character
    from infra.cli.shared.demo_tables import cast, tables
    from infra.operations.demo_comparison import compare
    from producers.simulated_hall import load_script

    story, place = load_script(script), Path(home).resolve()
    if truth is not None:
        _write_truth(story, truth, place)
    _fresh(place)
    if live:
        _play(story, place, speed)
        return
    recording = _draw(story, place)
    console.print(cast(story))
    try:
        _naul(place, "up", "--detach")
        _naul(place, "enroll", str(recording.photos_dir), "--consent-on-file")
        _naul(place, "roster", "load", str(recording.roster_csv))
        _naul(place, "timetable", "load", str(recording.timetable_csv))
        _naul(place, "camera", str(recording.frames_dir), "--hall", story.hall, "--camera", story.camera)
        _naul(place, "wait")
        said, departures = _report(place, "attendance"), _report(place, "departures")
    finally:
        _naul(place, "down")
    compared = compare(story, said, departures, Policy())
    console.print(tables(story, compared))
    ctx.exit(0 if all(each.verdict_right and each.departures_right for each in compared) else 1)


def _play(story: Script, place: Path, speed: float) -> None:
    """Play a script as if it happened now, until it ends or Ctrl-C; everything stays up while it is played."""
    from infra.cli.shared.demo_tables import cast
    from infra.operations.play_hall import play, prepare

    prepared = prepare(story, place / "hall", speed)
    console.print(cast(story))
    try:
        _naul(place, "up", "--detach")
        _naul(place, "enroll", str(prepared.photos_dir), "--consent-on-file")
        _naul(place, "roster", "load", str(prepared.roster_csv))
        _naul(place, "timetable", "load", str(prepared.timetable_csv))
        _naul(place, "desk")
        console.print(f"playing {speed:g} times as fast; Ctrl-C ends it")
        play(load_settings(place), prepared, speed)
    except KeyboardInterrupt:
        console.print("stopping")
    finally:
        _naul(place, "down")


def _write_truth(story: Script, file: Path, home: Path) -> None:
    from infra.operations.demo_comparison import truths
    from infra.operations.truth_csv import write_truth

    if file.resolve().is_relative_to(home):
        raise click.UsageError(Text("{home} is emptied first; choose a --truth outside of it", home=home))
    try:
        file.write_bytes(write_truth(truths(story, Policy())))
    except OSError as error:
        raise RefusedError(
            Text("cannot write {file}: {strerror}", file=file, strerror=error.strerror), "Choose another --truth."
        ) from error


def _fresh(home: Path) -> None:
    """Empty the demonstration's home, and nothing that is not one; give it a port of its own."""
    from infra.machine.lifecycle import is_up
    from infra.machine.ports import free_ports

    if home.exists() and any(home.iterdir()) and not (home / OURS).exists():
        raise click.UsageError(
            Text("{home} is not empty and was not made by `naul demo`; choose another --home", home=home)
        )
    if home.exists() and is_up(load_settings(home)):
        raise RefusedError(
            Text("{home} is up, and would be emptied", home=home),
            Text("Stop it first: naul down --home {home}", home=home),
        )
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    (home / OURS).touch()
    (home / "naul.toml").write_text(f"kafka_port = {free_ports(3)}\n", "utf-8")


def _draw(story: Script, place: Path) -> Recording:
    from producers.simulated_hall import write_recording

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bars:
        bar = bars.add_task("drawing the hall", total=None)
        return write_recording(
            story, place / "hall", progress=lambda done, total: bars.update(bar, completed=done, total=total)
        )


def _naul(home: Path, *arguments: str) -> None:
    console.print(f"[bold]$ naul {' '.join(arguments)}[/bold]", highlight=False, soft_wrap=True)
    done = subprocess.run(_line(home, *arguments), check=False)  # noqa: S603  the arguments are ours
    if done.returncode:
        raise NaulError(f"`naul {arguments[0]}` failed", f"The logs are in {home / 'log'}.")


def _report(home: Path, kind: str) -> list[dict[str, Any]]:
    line = _line(home, "report", kind, "--format", "json")
    done = subprocess.run(line, check=False, stdout=subprocess.PIPE)  # noqa: S603  the arguments are ours
    if done.returncode:
        raise NaulError(f"`naul report {kind}` failed", f"The logs are in {home / 'log'}.")
    return msgspec.json.decode(done.stdout, type=list[dict[str, Any]])


def _line(home: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "infra.cli.main", *arguments, "--home", str(home)]
