"""``naul engine``: which eyes there are, and eyes of one's own."""

from pathlib import Path

import click
import numpy as np
from rich import box
from rich.table import Table

from infra import own_engines
from infra.cli.common import console, error_console, with_settings
from infra.trial import Trial, faults, try_out
from schemas.errors import NaulError
from schemas.settings import Settings
from streams.faces.calibration import calibration_of
from streams.faces.engine_file import read_engine_file
from streams.faces.engines import engine_id, load_engine, sources

__all__ = ["command"]


@click.group(epilog="Example: naul engine test centerface-dlib")
def command() -> None:
    """List, test and add engines: what finds faces and makes them comparable."""


@command.command("list", epilog="Example: naul engine list")
@with_settings
def list_(settings: Settings) -> int:
    """List all engines; * marks the one that is set. Exit status 1 if one is broken."""
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
        used = "*" if source.name == settings.engine else ""
        table.add_row(used, text, source.where, licences, "yes" if _is_calibrated(source.name, settings) else "no")
    console.print(table)
    for each in broken:
        error_console.print(str(each), soft_wrap=True)
    return 1 if broken else 0


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
    trial = try_out(engine)
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
    _report(own_engines.add(file, settings.home))
    _say_what_next(settings, name)


@command.command()
@click.argument("name", type=click.Choice(list(own_engines.OFFERS)))
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
    offer = own_engines.OFFERS[name]
    _say(f"{name}: {offer.file.note}")
    for part in offer.file.parts:
        _say(f"  weights    {part.file}, {part.source}")
        _say(f"  licence    {part.licence}")
        _say(f"  SHA-256    {part.sha256}")
    if not yes:
        click.confirm("Install it?", abort=True)
    _report(own_engines.install(offer, settings.home, archive))
    _say_what_next(settings, name)


def _report(trial: Trial) -> None:
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
    _say(f'  engine = "{name}" in {settings.home / "naul.toml"}, and the same folder on every machine with workers')


def _is_calibrated(name: str, settings: Settings) -> bool:
    try:
        calibration_of(engine_id(name, settings.home), settings.home)
    except NaulError:
        return False
    return True


def _say(text: str) -> None:
    console.print(text, soft_wrap=True)
