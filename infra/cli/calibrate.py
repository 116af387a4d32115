"""``naul calibrate``: what a similarity of an engine is worth, fitted to faces whose people are known."""

from __future__ import annotations

import math
import shlex
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from infra.cli.shared.console import console
from infra.cli.shared.options import NameParam, PathParam, TextParam, with_settings
from schemas.cache import cache_folder
from schemas.settings import Settings, duration
from schemas.translations import Texts, say

if TYPE_CHECKING:
    from infra.operations.engines.calibrate import CalibrateRequest, Fresh
    from streams.faces.calibration import Calibration, Constants, Proof

__all__ = ["command"]

Tell = Callable[..., str]

_WORK: Texts = {"filming": "filming", "looking at photos": "looking at photos"}
"""What ``CalibrateObserver.begin`` is told."""


@click.command()
@click.option("--engine", type=NameParam(), help="Else the one that is set; with --from-site the live one.")
@click.option("--faces", default="orl", show_default=True, help="Who plays: orl, or a folder with a folder a person.")
@click.option("--halls", default=8, show_default=True, type=click.IntRange(1, 99), help="How many are simulated.")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(1), help="Of the first hall.")
@click.option("--every", type=TextParam(), default="30s", show_default=True, help="Between frames.")
@click.option("--from-site", is_flag=True, help="Adjust what stands to this site's own class hours instead.")
@click.option("--photos", metavar="DIR", type=PathParam(path_type=Path), help="With --from-site: to these photos.")
@click.option(
    "--output",
    type=PathParam(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Else the site's file of the engine.",
)
@with_settings
def command(settings: Settings, *, every: str, photos: Path | None, from_site: bool, **options: Any) -> None:
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
    from infra.operations.engines.calibrate import CalibrateRequest, calibrate, keep_calibration

    if photos and not from_site:
        raise click.UsageError("--photos goes with --from-site.")
    request = CalibrateRequest(
        every=timedelta(0) if from_site else _duration(every), photos=photos, from_site=from_site, **options
    )
    tell = partial(say, settings.language)
    with _Progress(request.halls, tell) as progress:
        found = calibrate(settings, request, progress, datetime.now(UTC))
    _show(found.before, found.fresh, tell)
    keep_calibration(found, _line(found.engine.name, request, every), datetime.now(UTC))
    console.print(tell("Written to {file}.", file=found.file), soft_wrap=True)
    if not request.output:
        console.print(tell("Restart the workers to use it."))


def _line(engine: str, request: CalibrateRequest, every: str) -> str:
    """Return what is typed to make this calibration again."""
    line = f"naul calibrate --engine {engine}"
    if not request.from_site:
        faces = shlex.quote(request.faces)
        return f"{line} --faces {faces} --halls {request.halls} --seed {request.seed} --every {every}"
    return f"{line} --from-site" + (f" --photos {shlex.quote(str(request.photos))}" if request.photos else "")


def _duration(text: str) -> timedelta:
    try:
        found = duration(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--every") from error
    if not timedelta(seconds=1) <= found <= timedelta(minutes=10):
        raise click.BadParameter("between 1s and 10min", param_hint="--every")
    return found


def _show(stood: Calibration | None, fresh: Fresh, tell: Tell) -> None:
    table = Table(
        "", tell("center, spread"), tell("photos"), "a", "b", "c", "d", tell("LLR = 0 at s, of 1 / 3 / 7 looks")
    )
    for what, each in ((tell("before"), stood), (tell("now"), fresh.calibration)):
        if each:
            units = f"{each.center:.4f}, {each.spread:.4f}"
            for photos, constants in (("2+", each.several), ("1", each.single)):
                table.add_row(what, units, photos, *(f"{value:.2f}" for value in constants), _balanced(constants))
    console.print(table)
    for what, proof in (
        (tell("People it was not fitted to, two photos or more"), fresh.several),
        (tell("People it was not fitted to, one photo"), fresh.single),
    ):
        if proof:
            console.print(_proven(what, proof, tell))


def _balanced(constants: Constants) -> str:
    """Return the scores at which the evidence says nothing."""
    a, b, c, d = constants
    lengths = [math.log(looks) for looks in (1, 3, 7)]
    return " / ".join(f"{-(c * each + d) / (a + b * each):.2f}" for each in lengths)


def _proven(what: str, proof: Proof, tell: Tell) -> Table:
    found = {(looks, allowed): share for looks, allowed, share in proof.found}
    rates = sorted({each[1] for each in proof.found}, reverse=True)
    table = Table(
        tell("looks"),
        tell("named at p >= 0.9"),
        tell("wrongly"),
        tell("strangers"),
        *(tell("found at {allowed:.1%} strangers", allowed=allowed) for allowed in rates),
        title=what,
        caption=tell(
            "fold by fold of the people: Cllr {cllr}, at least {least}; error {error}",
            cllr=_listed(proof.cllr),
            least=_listed(proof.least_cllr),
            error=_listed(proof.error),
        ),
    )
    for looks, named, misnamed, strangers in proof.accepted:
        row = [found[key] for key in sorted(found, reverse=True) if key[0] == looks]
        table.add_row(str(looks), *(f"{share:.1%}" for share in (named, misnamed, strangers, *row)))
    return table


def _listed(values: tuple[float, ...]) -> str:
    return " ".join(f"{each:.3f}" for each in values)


class _Progress:
    """How long filming takes, and a bar where there is a terminal."""

    def __init__(self, halls: int, tell: Tell) -> None:
        self._halls = halls
        self._tell = tell
        self._bar: Progress | None = None

    def __enter__(self) -> _Progress:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()

    def filming(self, frames: int, seconds: float) -> None:
        tell, halls = self._tell, self._halls
        console.print(
            tell(
                "{halls} halls, {frames} frames: about {minutes} min.",
                halls=halls,
                frames=frames,
                minutes=math.ceil(seconds / 60),
            )
            if seconds
            else tell("{halls} halls, {frames} frames: all were filmed before.", halls=halls, frames=frames)
        )
        console.print(
            tell("What the engine sees is kept in {folder}.", folder=cache_folder() / "films"), soft_wrap=True
        )

    def begin(self, what: str, total: int) -> None:
        columns = (TextColumn(self._tell(_WORK[what])), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._bar = Progress(*columns, console=console, disable=not console.is_terminal)
        self._task = self._bar.add_task("", total=total)
        self._bar.start()

    def advance(self, done: int) -> None:
        if self._bar:
            self._bar.advance(self._task, done)
