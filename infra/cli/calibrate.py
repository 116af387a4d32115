"""``naul calibrate``: what a similarity of an engine is worth, fitted to faces whose people are known."""

import math
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import msgspec
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from enrollment.photos import find_photos
from infra.cli.shared.console import console
from infra.cli.shared.options import with_settings
from infra.operations import calibrate as calibrate
from schemas.cache import cache_folder
from schemas.errors import RefusedError
from schemas.settings import Settings, duration
from streams.faces.calibration import Calibration, Constants, Made, Proof, calibration_file, written
from streams.faces.engines import Engine, load_engine
from streams.reference.live_engine import live_engine

__all__ = ["command"]


@click.command()
@click.option("--engine", "name", metavar="NAME", help="Else the one that is set; with --from-site the live one.")
@click.option("--faces", default="orl", show_default=True, help="Who plays: orl, or a folder with a folder a person.")
@click.option("--halls", default=6, show_default=True, type=click.IntRange(1, 99), help="How many are simulated.")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(1), help="Of the first hall.")
@click.option("--every", default="30s", show_default=True, help="Between frames.")
@click.option("--from-site", is_flag=True, help="Adjust what stands to this site's own class hours instead.")
@click.option("--photos", metavar="DIR", type=click.Path(path_type=Path), help="With --from-site: to these photos.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Else the site's file of the engine.")
@with_settings
def command(
    settings: Settings,
    name: str | None,
    faces: str,
    halls: int,
    seed: int,
    every: str,
    *,
    from_site: bool,
    photos: Path | None,
    output: Path | None,
) -> None:
    """Fit the constants that turn similarities into probabilities, and say how well they hold.

    Simulated halls of real faces are filmed and looked at; what was seen is kept, so that only the first time is slow.
    The constants are fitted to some of the people and tried on the others. They are this site's: its workers use them
    from their next start on. With --from-site nothing is simulated: center and spread come from the class hours that
    the cameras saw; or, with --photos, the evidence is stretched to photos of the site's people, as for `naul enroll`.

    \b
    Examples:
      naul calibrate
      naul calibrate --faces lfw --halls 4 --output lfw.toml
      naul calibrate --from-site --photos photos
    """  # noqa: D301
    if photos and not from_site:
        raise click.UsageError("--photos goes with --from-site.")
    if name is None:
        name = live_engine(settings, datetime.now(UTC)) if from_site and not photos else settings.engine
    engine = load_engine(name, settings.home)
    stood = _stands(engine)
    line = f"naul calibrate --engine {engine.name}"
    if not from_site:
        line += f" --faces {shlex.quote(faces)} --halls {halls} --seed {seed} --every {every}"
        fresh = _from_halls(engine, faces, halls, seed, _duration(every))
    elif photos:
        line += f" --from-site --photos {shlex.quote(str(photos))}"
        people = find_photos(photos).people
        with _progress("looking at photos", sum(map(len, people.values()))) as advance:
            fresh = calibrate.from_photos(engine, people, advance)
    else:
        line += " --from-site"
        fresh = calibrate.from_hours(engine, settings)
    made = Made(
        command=line,
        data=fresh.data,
        day=datetime.now(UTC).date(),
        engine=engine.id,
        people=fresh.people,
        faces=fresh.faces,
        several=fresh.several,
        single=fresh.single,
    )
    _show(stood, fresh.calibration, {"two photos or more": fresh.several, "one photo": fresh.single})
    file = output or calibration_file(engine.name, settings.home)
    _write(file, msgspec.structs.replace(fresh.calibration, made=made))
    console.print(f"Written to {file}." + ("" if output else " Restart the workers to use it."), soft_wrap=True)


def _from_halls(engine: Engine, faces: str, halls: int, seed: int, every: timedelta) -> calibrate.Fresh:
    plays = calibrate.scripts(faces, halls, seed, every)
    frames = sum(len(script.moments()) for script in plays)
    seconds = calibrate.seconds_to_film(engine, plays)
    console.print(
        f"{halls} halls, {frames} frames: "
        + (f"about {math.ceil(seconds / 60)} min" if seconds else "all were filmed before")
        + f". What the engine sees is kept in {cache_folder() / 'films'}.",
        soft_wrap=True,
    )
    with _progress("filming", frames) as advance:
        return calibrate.from_halls(engine, plays, advance)


def _duration(text: str) -> timedelta:
    try:
        found = duration(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--every") from error
    if not timedelta(seconds=1) <= found <= timedelta(minutes=10):
        raise click.BadParameter("between 1s and 10min", param_hint="--every")
    return found


def _stands(engine: Engine) -> Calibration | None:
    try:
        return engine.calibration
    except RefusedError:
        return None


def _show(stood: Calibration | None, fresh: Calibration, proofs: dict[str, Proof | None]) -> None:
    table = Table("", "center, spread", "photos", "a", "b", "c", "d", "LLR = 0 at s, of 1 / 3 / 7 looks")
    for what, each in (("before", stood), ("now", fresh)):
        if each:
            units = f"{each.center:.4f}, {each.spread:.4f}"
            for photos, constants in (("2+", each.several), ("1", each.single)):
                table.add_row(what, units, photos, *(f"{value:.2f}" for value in constants), _balanced(constants))
    console.print(table)
    for what, proof in proofs.items():
        if proof:
            console.print(_proven(what, proof))


def _balanced(constants: Constants) -> str:
    """Return the scores at which the evidence says nothing."""
    a, b, c, d = constants
    lengths = [math.log(looks) for looks in (1, 3, 7)]
    return " / ".join(f"{-(c * each + d) / (a + b * each):.2f}" for each in lengths)


def _proven(what: str, proof: Proof) -> Table:
    found = {(looks, allowed): share for looks, allowed, share in proof.found}
    folds = f"Cllr {_listed(proof.cllr)}, at least {_listed(proof.least_cllr)}; error {_listed(proof.error)}"
    table = Table(
        "looks",
        "named at p >= 0.9",
        "wrongly",
        "strangers",
        *(f"found at {allowed:.1%} strangers" for allowed in sorted({each[1] for each in proof.found}, reverse=True)),
        title=f"People it was not fitted to, {what}",
        caption=f"fold by fold of the people: {folds}",
    )
    for looks, named, misnamed, strangers in proof.accepted:
        row = [found[key] for key in sorted(found, reverse=True) if key[0] == looks]
        table.add_row(str(looks), *(f"{share:.1%}" for share in (named, misnamed, strangers, *row)))
    return table


def _listed(values: tuple[float, ...]) -> str:
    return " ".join(f"{each:.3f}" for each in values)


def _write(file: Path, calibration: Calibration) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_name(f"{file.name}.part")
        part.write_text(written(calibration), "utf-8")
        part.replace(file)
    except OSError as error:
        raise RefusedError(f"cannot write {file}: {error.strerror}", "Choose another --output.") from error


@contextmanager
def _progress(what: str, total: int) -> Iterator[Callable[[int], None]]:
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=total)
        yield lambda done: bar.advance(task, done)
