"""``naul demo``: the whole path with real parts and real faces, and its result beside the truth."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click
import msgspec
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from infra.cli.shared.console import console
from infra.cli.shared.errors import site_language
from infra.cli.shared.options import PathParam
from infra.cli.up import bring_up
from schemas.errors import NaulError, RefusedError
from schemas.settings import Policy, load_settings
from schemas.translations import Text, say

if TYPE_CHECKING:
    from infra.operations.simulation.play_hall import PreparedHall
    from producers.simulated_hall import Recording
    from producers.simulated_hall.script import Script

__all__ = ["command"]

Tell = Callable[..., str]

PROFESSOR, CONTESTING = "kim", "202011236"
"""With --term: the account of whoever teaches, and that of a student, which is his id."""

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
@click.option("--script", help="A script of a simulated hall: a name, or a file.  [default: demo; with --term: term]")
@click.option(
    "--truth",
    type=PathParam(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write what the script says into FILE, for `naul evaluate`.",
)
@click.option("--live", is_flag=True, help="Play it as if it happened now, to watch on the desk; nothing is compared.")
@click.option(
    "--term",
    "of_term",
    is_flag=True,
    help="Bring along what an office has of a term, and load nothing: docs/first-term.md goes on from there.",
)
@click.option(
    "--speed",
    type=click.FloatRange(1, 60),
    default=10.0,
    show_default=True,
    help="With --live: seconds of the lecture in one of yours, until it has caught up with the clock.",
)
@click.option(
    "--me",
    type=PathParam(exists=True, path_type=Path),
    metavar="PHOTO",
    help="With --live: a photo of you, or a folder of them. You take the course, too, and can try the kiosk.",
)
@click.pass_context
def command(
    ctx: click.Context,
    home: str,
    script: str | None,
    truth: Path | None,
    *,
    live: bool,
    of_term: bool,
    speed: float,
    me: Path | None,
) -> None:
    """Play a simulated lecture hall through Kafka, the workers and the store, and compare with its script.

    What was played stays in the home: `naul desk --home .naul-demo` shows it in a browser.

    \b
    Examples:
      naul demo
      naul demo --live                (docs/first-lecture-hall.md leads through it)
      naul demo --term                (docs/first-term.md leads through it)
      naul demo --truth truth.csv     (docs/replay.md goes on from there)
    """  # noqa: D301  click wants the character
    from infra.cli.shared.demo_tables import cast, tables
    from infra.operations.runs.demo_comparison import compare
    from producers.simulated_hall import load_script

    story, place = load_script(script or ("term" if of_term else "demo")), Path(home).resolve()
    language = site_language(sys.argv[1:], os.environ)
    tell = partial(say, language)
    if truth is not None:
        _write_truth(story, truth, place)
    _fresh(place, language)
    if of_term:
        _prepare_term(story, place, tell)
        return
    if live:
        _play(story, place, speed, me, tell=tell)
        console.print(_again(home, tell), soft_wrap=True)
        return
    recording = _draw(story, place, tell)
    console.print(cast(story, tell))
    try:
        _open_site(place, recording)
        _naul(place, "camera", str(recording.frames_dir), "--hall", story.hall, "--camera", story.camera)
        _naul(place, "wait")
        said, departures = _report(place, "attendance"), _report(place, "departures")
    finally:
        _close_site(place)
    compared = compare(story, said, departures, Policy())
    console.print(tables(story, compared, tell))
    console.print(_again(home, tell), soft_wrap=True)
    ctx.exit(0 if all(each.verdict_right and each.departures_right for each in compared) else 1)


def _play(story: Script, place: Path, speed: float, me: Path | None, *, tell: Tell) -> None:
    """Play a script as if it happened now; everything stays up until Ctrl-C, SIGTERM, or the terminal goes away."""
    from infra.cli.shared.demo_tables import presence
    from infra.operations.simulation.play_hall import play, prepare

    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, _interrupt)
    prepared = prepare(story, place / "hall", speed, me)
    try:
        _open_site(place, prepared)
        console.print(presence(prepared.script, tell))
        _naul(place, "desk")
        console.print(tell("Open this address in a browser. Ctrl-C stops everything."))
        if not play(load_settings(place), prepared, speed).interrupted:
            console.print(tell("The lecture is over. The pages stay until Ctrl-C."))
            while True:
                signal.pause()
    except KeyboardInterrupt:
        pass
    finally:
        console.print(tell("stopping"))
        _close_site(place)


def _prepare_term(story: Script, place: Path, tell: Tell) -> None:
    """Write what an office has of a term, and start an empty site in which three people have accounts."""
    from infra.operations.simulation.term_papers import write_term_papers

    student = next(each for each in story.students if each.student_id == CONTESTING)
    with _drawing(tell) as progress:
        papers = write_term_papers(story, place / "papers", datetime.now(UTC), professor=PROFESSOR, progress=progress)
    console.print("$ naul up --detach", style="bold")
    bring_up(load_settings(place), detached=True)
    _naul(place, "user", "add", PROFESSOR, "--role", "professor", "--person", "김나래")
    _naul(place, "user", "add", CONTESTING, "--role", "student", "--student", CONTESTING, "--person", student.name)
    for line in sorted({papers.photos, papers.rosters, papers.timetable, papers.term, papers.teachers, papers.frames}):
        console.print(str(line), soft_wrap=True)
    _naul(place, "desk")
    console.print(tell("Open this address in a browser. `naul down --home {home}` stops everything.", home=place))


def _interrupt(*_: Any) -> NoReturn:
    raise KeyboardInterrupt


def _again(home: str, tell: Tell) -> str:
    """Return how one looks at what was played. Whoever typed ``make`` has no ``naul`` on his PATH, perhaps."""
    naul = "naul" if shutil.which("naul") else ".venv/bin/naul"
    return tell("See it in a browser: {command}", command=f"{naul} desk --home {shlex.quote(home)}")


def _open_site(place: Path, papers: Recording | PreparedHall) -> None:
    """Start a site, and load what an office brings along."""
    console.print("$ naul up --detach", style="bold")
    bring_up(load_settings(place), detached=True)
    _naul(place, "roster", "load", str(papers.roster_csv))
    _naul(place, "timetable", "load", str(papers.timetable_csv))
    _naul(place, "enroll", str(papers.photos_dir), "--consent-on-file")


def _close_site(place: Path) -> None:
    """Stop a site, as `naul down` would; whoever started it has to, for its parent alone sees its supervisor end."""
    from infra.machine.lifecycle import stop

    console.print("$ naul down", style="bold")
    stop(load_settings(place))


def _write_truth(story: Script, file: Path, home: Path) -> None:
    from infra.operations.runs.demo_comparison import truths
    from infra.operations.runs.truth_csv import write_truth

    if file.resolve().is_relative_to(home):
        raise click.UsageError(Text("{home} is emptied first; choose a --truth outside of it", home=home))
    try:
        file.write_bytes(write_truth(truths(story, Policy())))
    except OSError as error:
        raise RefusedError(
            Text("cannot write {file}: {strerror}", file=file, strerror=error.strerror), "Choose another --truth."
        ) from error


def _fresh(home: Path, language: str) -> None:
    """Empty the demonstration's home, and nothing that is not one; give it a port of its own, and the language."""
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
    home.mkdir(mode=0o700, parents=True)
    (home / OURS).touch()
    (home / "naul.toml").write_text(f'kafka_port = {free_ports(3)}\nlanguage = "{language}"\n', "utf-8")


def _draw(story: Script, place: Path, tell: Tell) -> Recording:
    from producers.simulated_hall import write_recording

    with _drawing(tell) as progress:
        return write_recording(story, place / "hall", progress=progress)


@contextmanager
def _drawing(tell: Tell) -> Iterator[Callable[[int, int], None]]:
    """Show how far the drawing of a hall is."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bars:
        bar = bars.add_task(tell("drawing the hall"), total=None)
        yield lambda done, total: bars.update(bar, completed=done, total=total)


def _naul(home: Path, *arguments: str) -> None:
    console.print(f"$ naul {' '.join(arguments)}", style="bold", soft_wrap=True)
    done = subprocess.run(_line(home, *arguments), check=False)  # noqa: S603  the arguments are ours
    if done.returncode:
        raise _failed(home, arguments[0])


def _report(home: Path, kind: str) -> list[dict[str, Any]]:
    line = _line(home, "report", kind, "--format", "json")
    done = subprocess.run(line, check=False, stdout=subprocess.PIPE)  # noqa: S603  the arguments are ours
    if done.returncode:
        raise _failed(home, f"report {kind}")
    return msgspec.json.decode(done.stdout, type=list[dict[str, Any]])


def _failed(home: Path, command: str) -> NaulError:
    return NaulError(
        Text("`naul {command}` failed", command=command), Text("The logs are in {logs}.", logs=home / "log")
    )


def _line(home: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "infra.cli.main", *arguments, "--home", str(home)]
