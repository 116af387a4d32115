"""``naul engine``: which engines there are, and engines of one's own."""

from datetime import UTC, datetime
from pathlib import Path

import click
import numpy as np
from rich import box
from rich.table import Table

from enrollment.class_hours import describe
from enrollment.loaded import class_hours
from infra.cli.shared.console import console, error_console
from infra.cli.shared.options import MomentParam, in_zone, with_settings
from infra.operations import choose_engine as choose_engine
from infra.operations import install_engine as install_engine
from infra.operations.engine_check import EngineCheck, check_engine, faults
from producers.marks import login_name
from schemas.errors import NaulError, RefusedError
from schemas.messages import EngineChoice
from schemas.settings import Settings
from streams.faces.calibration import calibration_of
from streams.faces.engine_file import read_engine_file
from streams.faces.engines import engine_id, load_engine, sources
from streams.reference.engine_schedule import EngineSchedule
from streams.reference.live_engine import engine_schedule_of

__all__ = ["command"]


@click.group(epilog="Example: naul engine test centerface-dlib")
def command() -> None:
    """List, test, add and choose engines: what finds faces and makes them comparable."""


@command.command("list", epilog="Example: naul engine list")
@with_settings
def list_(settings: Settings) -> int:
    """List all engines, * marks the live one, and which was chosen from when on. Exit status 1 if one is broken."""
    now = datetime.now(UTC)
    engine_schedule, away = _engine_schedule(settings)
    live = engine_schedule.at(now).partition("@")[0] if engine_schedule else settings.engine
    table = Table(box=box.SIMPLE)
    for column in ("", "engine", "from", "licence", "calibrated"):
        table.add_column(column, overflow="fold")
    broken = []
    for source in sources(settings.home):
        try:
            text = engine_id(source.name, settings.home)
            licences = ", ".join(sorted({each.licence for each in source.open().weights()}))
        except NaulError as error:
            broken.append(error)
            text, licences = source.name, "broken"
        used = "*" if source.name == live else ""
        table.add_row(used, text, source.where, licences, "yes" if _is_calibrated(source.name, settings) else "no")
    console.print(table)
    if engine_schedule and engine_schedule.said:
        _say_choices(settings, engine_schedule, now)
    for each in (*broken, *([away] if away else [])):
        error_console.print(str(each), soft_wrap=True)
    return 1 if broken else 0


def _engine_schedule(settings: Settings) -> tuple[EngineSchedule | None, NaulError | None]:
    """Return what was chosen, or why only the setting is known."""
    try:
        return engine_schedule_of(settings), None
    except NaulError as error:
        return None, RefusedError(f"only the engine that is set is known: {error.message}", error.remedy)


def _say_choices(settings: Settings, engine_schedule: EngineSchedule, now: datetime) -> None:
    _say(f"before          {engine_schedule.first}, as set")
    for each in engine_schedule.said:
        when = "from then on" if each.at <= now else "will be live"
        _say(f"{_time(settings, each.at)}  {each.engine} {when}, by {each.by}, {_ground(each)}")


def _ground(choice: EngineChoice) -> str:
    if found := choice.evaluated:
        truth = found.truth.rpartition(" ")[0] or found.truth  # without the checksum
        return f"{found.right} of {found.of} verdicts of the run {found.run} right by {truth}"
    return "without an evaluation" if choice.without_evaluation else "which was live before"


def _time(settings: Settings, moment: datetime) -> str:
    return f"{moment.astimezone(settings.zone):%Y-%m-%d %H:%M:%S}"


@command.command(epilog="Example: naul engine use faceplugin --from 2026-11-23T00:00")
@click.argument("name")
@click.option("--from", "since", type=MomentParam(), help="Class hours that start then or later; else now.")
@click.option("--without-evaluation", is_flag=True, help="Nobody knows how right it is; that is kept on record.")
@click.option("--by", default=login_name, show_default="your login name", help="Who says so; kept with the choice.")
@with_settings
def use(settings: Settings, name: str, since: datetime | None, *, without_evaluation: bool, by: str) -> None:
    """Make the engine NAME the live one, for all workers and from one moment on.

    A class hour has one engine, the one in force at its start: what runs now ends as it began. Refused while students
    lack templates of it, or nobody has evaluated a replay of it (`naul replay --engine NAME`, `naul evaluate`).

    \b
    Examples:
      naul engine use faceplugin
      naul engine use faceplugin --from 2026-11-23T00:00 --without-evaluation
    """  # noqa: D301
    now = datetime.now(UTC)
    at = in_zone(settings, since) if since else choose_engine.soon(now)
    engine = engine_id(name, settings.home)
    calibration_of(engine, settings.home)  # nobody can be judged without
    request = choose_engine.ChoiceRequest(engine, at, by, without_evaluation)
    known = choose_engine.ask(settings, request)
    choice = choose_engine.decide(request, known, now)
    engine_schedule = known.engine_schedule
    if choice:
        choose_engine.publish(settings, choice)
        engine_schedule = EngineSchedule(engine_schedule.first, (*engine_schedule.said, choice))
        _say(
            f"{engine} is live from {_time(settings, at)} on, "
            f"in place of {known.engine_schedule.at(at)}: {_ground(choice)}"
        )
        first = next((hour for hour in class_hours(settings) if hour.starts_at >= at), None)
        what = f"The first class hour: {first.section}, {describe(first, settings.zone)}. " if first else ""
        _say(f"  {what}One that has begun by then ends as it began.")
    else:
        _say(f"{engine} is live at {_time(settings, at)} already; nothing is changed")
    if later := next((each for each in engine_schedule.said if each.at > at), None):
        _say(f"  From {_time(settings, later.at)} on it is {later.engine}, chosen by {later.by}.")
    if choice:
        before = known.engine_schedule.at(at).partition("@")[0]
        _say(f"  To go back: naul engine use {before}" + (f" --from {at.isoformat()}" if at > now else ""))


@command.command()
@click.argument("name")
@with_settings
def test(settings: Settings, name: str) -> int:
    """Let the engine NAME look at 80 pictures of 20 people, and say whether it is fit to be used.

    It must find them, tell people apart and say the same twice. The pictures are grey and easy: colours in the wrong
    order pass.

    \b
    Example:
      naul engine test centerface-dlib
    """  # noqa: D301
    engine = load_engine(name, settings.home)
    trial = check_engine(engine)
    _say(engine.id)
    for weight in engine.weights:
        _say(f"  weights    {weight.path.name} {weight.sha256[:8]}, {weight.licence}: {weight.source}")
    _report(trial)
    wrong = faults(engine, trial)
    if engine.name != name or engine.id != engine_id(name, settings.home):
        wrong.append(f"it calls itself {engine.name}, {engine.id}; its registration {engine_id(name, settings.home)}")
    for each in wrong:
        error_console.print(f"wrong: {each}", soft_wrap=True)
    if not wrong:
        _say("fit to be used")
    return 1 if wrong else 0


@command.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_settings
def add(settings: Settings, file: Path) -> None:
    """Add the engine that FILE describes to this site: its weights are checked, tried out and copied.

    docs/engines.md says how to write such a file.

    \b
    Example:
      naul engine add docs/engines/sface.toml
    """  # noqa: D301
    name = read_engine_file(file).name
    _report(install_engine.add(file, settings.home))
    _say_what_next(settings, name)


@command.command()
@click.argument("name", type=click.Choice(list(install_engine.OFFERS)))
@click.option("--yes", is_flag=True, help="You have read what is shown; do not ask.")
@click.option("--from", "archive", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE.tgz",
              help="What `npm pack` made, for a machine that npm cannot serve.")  # fmt: skip
@with_settings
def install(settings: Settings, name: str, *, yes: bool, archive: Path | None) -> None:
    """Add an engine that is offered: show its licence and checksum, ask, fetch it with npm.

    \b
    Example:
      naul engine install faceplugin
    """  # noqa: D301
    offer = install_engine.OFFERS[name]
    _say(f"{name}: {offer.file.note}")
    for part in offer.file.parts:
        _say(f"  weights    {part.file}, {part.source}")
        _say(f"  licence    {part.licence}")
        _say(f"  SHA-256    {part.sha256}")
    if not yes:
        click.confirm("Install it?", abort=True)
    _report(install_engine.install(offer, settings.home, archive))
    _say_what_next(settings, name)


def _report(trial: EngineCheck) -> None:
    _say(f"  faces      {trial.found} of {trial.faces} found")
    if trial.found:
        same, different = np.median(trial.same), np.median(trial.different)
        _say(f"  cosines    {same:.3f} of one person, {different:.3f} of two (medians)")
    _say(f"  told apart {trial.told_apart:.1%} of the pairs, at 1 mistake in 100")
    _say(f"  time       {trial.milliseconds:.0f} ms a frame of 1280 x 720 with 20 faces, on one core")


def _say_what_next(settings: Settings, name: str) -> None:
    _say(f"added {engine_id(name, settings.home)} in {settings.home / 'engines' / name}; next:")
    if not _is_calibrated(name, settings):
        _say(f"  naul calibrate --engine {name}")
    _say(f"  naul enroll PHOTOS --consent-on-file --engine {name}    (templates of another engine do not serve it)")
    _say(f"  {settings.home / 'engines' / name} on every machine with workers")
    _say(f"  naul replay --engine {name}, naul evaluate, and then: naul engine use {name}")


def _is_calibrated(name: str, settings: Settings) -> bool:
    try:
        calibration_of(engine_id(name, settings.home), settings.home)
    except NaulError:
        return False
    return True


def _say(text: str) -> None:
    console.print(text, soft_wrap=True)
