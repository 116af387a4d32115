"""``naul engine``: which engines there are, and engines of one's own."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich import box
from rich.table import Table

from infra.cli.shared.console import console, error_console, print_line
from infra.cli.shared.options import MomentParam, NameParam, PathParam, by_option, in_zone, with_settings
from infra.operations.engines.engine_offers import OFFERS
from schemas.settings import Settings
from schemas.translations import Text, say

if TYPE_CHECKING:
    from infra.operations.engines.engine_check import EngineCheck
    from schemas.messages import EngineChoice
    from streams.reference.engine_schedule import EngineSchedule

__all__ = ["command"]


@click.group(epilog="Example: naul engine test centerface-dlib")
def command() -> None:
    """List, test, add and choose engines: what finds faces and makes them comparable."""


@command.command("list", epilog="Example: naul engine list")
@with_settings
def list_(settings: Settings) -> int:
    """List all engines, * marks the live one, and which was chosen from when on. Exit status 1 if one is broken."""
    from infra.operations.engines.list_engines import list_engines

    now = datetime.now(UTC)
    found = list_engines(settings, now)
    table = Table(box=box.SIMPLE)
    tell = partial(say, settings.language)
    for column in ("", tell("engine"), tell("from"), tell("licence"), tell("calibrated")):
        table.add_column(column, overflow="fold")
    for each in found.engines:
        licences = say(settings.language, "broken") if each.broken else ", ".join(each.licences)
        calibrated = say(settings.language, "yes" if each.calibrated else "no")
        table.add_row("*" if each.live else "", each.id or each.name, each.origin, licences, calibrated)
    console.print(table)
    if found.schedule and found.schedule.said:
        _say_choices(settings, found.schedule, now)
    broken = [each.broken for each in found.engines if each.broken]
    for problem in (*broken, *([found.unknown] if found.unknown else [])):
        error_console.print(problem.said(settings.language), soft_wrap=True)
    return 1 if broken else 0


def _say_choices(settings: Settings, engine_schedule: EngineSchedule, now: datetime) -> None:
    print_line(say(settings.language, "before          {first}, as set", first=engine_schedule.first))
    for each in engine_schedule.said:
        when = Text("from then on") if each.at <= now else Text("will be live")
        print_line(
            say(
                settings.language,
                "{time}  {engine} {when}, by {by}, {ground}",
                time=_time(settings, each.at),
                engine=each.engine,
                when=when,
                by=each.by,
                ground=_ground(each),
            )
        )


def _ground(choice: EngineChoice) -> Text:
    if found := choice.evaluated:
        truth = found.truth.rpartition(" ")[0] or found.truth  # without the checksum
        return Text(
            "{right} of {of} verdicts of the run {run} right by {truth}",
            right=found.right,
            of=found.of,
            run=found.run,
            truth=truth,
        )
    return Text("without an evaluation") if choice.without_evaluation else Text("which was live before")


def _time(settings: Settings, moment: datetime) -> str:
    return f"{moment.astimezone(settings.zone):%Y-%m-%d %H:%M:%S}"


@command.command(epilog="Example: naul engine use faceplugin --from 2026-11-23T00:00")
@click.argument("name", type=NameParam())
@click.option("--from", "since", type=MomentParam(), help="Class hours that start then or later; else now.")
@click.option("--without-evaluation", is_flag=True, help="Nobody knows how right it is; that is kept on record.")
@by_option("Who says so; kept with the choice.")
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
    from enrollment.class_hours import describe
    from infra.operations.engines.choose_engine import ChoiceRequest, choose_engine, soon
    from streams.faces.engines import engine_id

    tell = partial(say, settings.language)
    now = datetime.now(UTC)
    at = in_zone(settings, since) if since else soon(now)
    engine = engine_id(name, settings.home)
    change = choose_engine(settings, ChoiceRequest(engine, at, by, without_evaluation), now)
    before = change.before.at(at)
    if change.choice:
        print_line(
            tell(
                "{engine} is live from {time} on, in place of {before}: {ground}",
                engine=engine,
                time=_time(settings, at),
                before=before,
                ground=_ground(change.choice),
            )
        )
        first = change.first_hour
        hour = f"{first.section}, {describe(first, settings.zone, settings.language)}" if first else ""
        what = tell("The first class hour: {hour}. ", hour=hour) if first else ""
        print_line(tell("  {what}One that has begun by then ends as it began.", what=what))
    else:
        print_line(
            tell("{engine} is live at {time} already; nothing is changed", engine=engine, time=_time(settings, at))
        )
    if later := change.later:
        print_line(
            tell(
                "  From {time} on it is {engine}, chosen by {by}.",
                time=_time(settings, later.at),
                engine=later.engine,
                by=later.by,
            )
        )
    if change.choice:
        name_before = before.partition("@")[0]
        back = f"naul engine use {name_before}" + (f" --from {at.isoformat()}" if at > now else "")
        print_line(tell("  To go back: {command}", command=back))


@command.command()
@click.argument("name", type=NameParam())
@with_settings
def test(settings: Settings, name: str) -> int:
    """Let the engine NAME look at 80 pictures of 20 people, and say whether it is fit to be used.

    It must find them, tell people apart and say the same twice. The pictures are grey and easy: colours in the wrong
    order pass.

    \b
    Example:
      naul engine test centerface-dlib
    """  # noqa: D301
    from infra.operations.engines.engine_check import check_named

    tell = partial(say, settings.language)
    engine, check, wrong = check_named(name, settings.home)
    print_line(engine.id)
    for weight in engine.weights:
        print_line(
            tell(
                "  weights    {name} {sha256}, {licence}: {source}",
                name=weight.path.name,
                sha256=weight.sha256[:8],
                licence=weight.licence,
                source=weight.source,
            )
        )
    _report(settings, check)
    for each in wrong:
        error_console.print(tell("wrong: {what}", what=each), soft_wrap=True)
    if not wrong:
        print_line(tell("fit to be used"))
    return 1 if wrong else 0


@command.command()
@click.argument("file", type=PathParam(exists=True, dir_okay=False, path_type=Path))
@with_settings
def add(settings: Settings, file: Path) -> None:
    """Add the engine that FILE describes to this site: its weights are checked, tried out and copied.

    docs/engines.md says how to write such a file.

    \b
    Example:
      naul engine add docs/engines/sface.toml
    """  # noqa: D301
    from infra.operations.engines import install_engine
    from streams.faces.engine_file import read_engine_file

    name = read_engine_file(file).name
    _report(settings, install_engine.add(file, settings.home))
    _say_what_next(settings, name)


@command.command()
@click.argument("name", type=click.Choice(list(OFFERS)))
@click.option("--yes", is_flag=True, help="You have read what is shown; do not ask.")
@click.option("--from", "archive", type=PathParam(exists=True, dir_okay=False, path_type=Path), metavar="FILE.tgz",
              help="What `npm pack` made, for a machine that npm cannot serve.")  # fmt: skip
@with_settings
def install(settings: Settings, name: str, *, yes: bool, archive: Path | None) -> None:
    """Add an engine that is offered: show its licence and checksum, ask, fetch it with npm.

    \b
    Example:
      naul engine install faceplugin
    """  # noqa: D301
    from infra.operations.engines import install_engine
    from streams.faces.engine_file import read_engine_file

    tell = partial(say, settings.language)
    offer = OFFERS[name]
    described = read_engine_file(offer.path)
    print_line(f"{name}: {described.note}")
    for part in described.parts:
        print_line(tell("  weights    {file}, {source}", file=part.file, source=part.source))
        print_line(tell("  licence    {licence}", licence=part.licence))
        print_line(f"  SHA-256    {part.sha256}")
    if not yes:
        click.confirm(tell("Install it?"), abort=True)
    _report(settings, install_engine.install(offer, settings.home, archive))
    _say_what_next(settings, name)


def _report(settings: Settings, trial: EngineCheck) -> None:
    import numpy as np

    tell = partial(say, settings.language)
    print_line(tell("  faces      {found} of {count} found", found=trial.found, count=trial.faces))
    if trial.found:
        same, different = np.median(trial.same), np.median(trial.different)
        print_line(
            tell(
                "  cosines    {same:.3f} of one person, {different:.3f} of two (medians)",
                same=same,
                different=different,
            )
        )
    print_line(tell("  told apart {share:.1%} of the pairs, at 1 mistake in 100", share=trial.told_apart))
    print_line(
        tell("  time       {time:.0f} ms a frame of 1280 x 720 with 20 faces, on one core", time=trial.milliseconds)
    )


def _say_what_next(settings: Settings, name: str) -> None:
    from infra.operations.engines.list_engines import is_calibrated
    from streams.faces.engines import engine_id

    tell = partial(say, settings.language)
    print_line(
        tell(
            "added {engine_id} in {folder}; next:",
            engine_id=engine_id(name, settings.home),
            folder=settings.home / "engines" / name,
        )
    )
    if not is_calibrated(name, settings.home):
        print_line(tell("  naul calibrate --engine {name}", name=name))
    print_line(
        tell(
            "  naul enroll PHOTOS --consent-on-file --engine {name}    (templates of another engine do not serve it)",
            name=name,
        )
    )
    print_line(tell("  {folder} on every machine with workers", folder=settings.home / "engines" / name))
    print_line(tell("  naul replay --engine {name}, naul evaluate, and then: naul engine use {name}", name=name))
