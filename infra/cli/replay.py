"""``naul replay``: a stretch of frames or sightings judged once more, beside what is live."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from infra.cli.shared.console import console, error_console, frames_bar
from infra.cli.shared.options import MomentParam, NameParam, PathParam, stretch, with_settings
from infra.cli.shared.signals import interrupted_by_sigterm
from schemas.settings import Settings, load_policy
from schemas.translations import gettext_noop, say

if TYPE_CHECKING:
    from infra.operations.runs import replay as replaying
    from schemas.runs import Manifest
    from streams.replay import ReplayRequest

__all__ = ["command"]


@click.command()
@click.option(
    "--from", "since", type=MomentParam(), help="Frames captured from then on (the site's zone without offset)."
)
@click.option(
    "--until", type=MomentParam(), help="Frames captured before then. A class hour that ends later stays open."
)
@click.option("--hall", "halls", type=NameParam(), multiple=True, help="Only this hall; may be repeated.")
@click.option("--section", "sections", type=NameParam(), multiple=True, help="Only this section; may be repeated.")
@click.option(
    "--engine",
    "engines",
    type=NameParam(),
    multiple=True,
    help="Engines other than the live ones; see `naul engine list`. Repeated: a run each, of frames decoded once.",
)
@click.option(
    "--policy",
    type=PathParam(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help='A TOML file with what is to be another one, like late_after = "5min".',
)
@click.option(
    "--run",
    type=NameParam(),
    help="How the run is called; else after the time. Of several: NAME-ENGINE.",
)
@click.option("--workers", type=click.IntRange(1, 64), help="Processes, one core each; else as many as recognise has.")
@click.option(
    "--load",
    type=click.IntRange(1, 100),
    default=100,
    show_default=True,
    metavar="PERCENT",
    help="Of a core that each process takes at most; they give way to all others anyway.",
)
@click.option("--from-sightings", is_flag=True, help="Judge what was seen; look at no frame.")
@click.option("--without-marks", is_flag=True, help="Judge by the cameras alone.")
@click.option("--resume", type=NameParam(), help="Go on with a replay that was interrupted.")
@with_settings
def command(settings: Settings, workers: int | None, load: int, resume: str | None, **wish: Any) -> None:
    """Judge frames of the past with another engine or policy, as a run beside the live one.

    Nothing that is live changes. Where only the policy is another one, no frame is looked at. Ctrl-C interrupts;
    --resume goes on, and the result is the same.

    \b
    Examples:
      naul replay --from 2026-11-23T09:00 --until 2026-11-23T18:00 --hall E101 --engine face-recognition --run reference
      naul replay --from 2026-11-23 --until 2026-11-24 --policy stricter.toml --run stricter
      naul replay --from 2026-11-23 --until 2026-11-24 --engine mine --engine face-recognition --run week --load 25
      naul replay --resume reference
    """  # noqa: D301  click wants the character
    from infra.operations.runs import replay as replaying

    count, share = workers or settings.threads, load / 100
    if resume:
        if any(wish.values()):
            raise click.UsageError("--resume goes on with what was asked for then; it takes --workers and --load.")
        _tell(
            settings,
            _watched(
                settings,
                [resume],
                lambda report: replaying.resume(settings, resume, report, workers=count, share=share, now=_now),
            ),
        )
        return
    request = _request(settings, _Wish(**wish))
    _tell(
        settings,
        _watched(
            settings,
            request.runs,
            lambda report: replaying.replay(settings, request, report, workers=count, share=share, now=_now),
        ),
    )


class _Wish(NamedTuple):
    """What was typed of a new replay."""

    since: datetime | None
    until: datetime | None
    halls: tuple[str, ...]
    sections: tuple[str, ...]
    engines: tuple[str, ...]
    policy: Path | None
    run: str | None
    from_sightings: bool
    without_marks: bool


def _request(settings: Settings, wish: _Wish) -> ReplayRequest:
    from streams.replay import ReplayRequest

    if wish.since is None or wish.until is None:
        raise click.UsageError("Which frames? Add --from and --until, e.g. --from 2026-11-23T09:00.")
    since, until = stretch(settings, wish.since, wish.until)
    return ReplayRequest(
        run=wish.run or f"replay-{_now():%Y%m%d-%H%M%S}",
        since=since,
        until=until,
        halls=wish.halls,
        sections=tuple(dict.fromkeys(wish.sections)),
        engines=tuple(dict.fromkeys(wish.engines)),
        policy=load_policy(wish.policy, settings.policy) if wish.policy else None,
        from_sightings=wish.from_sightings,
        with_marks=not wish.without_marks,
    )


def _now() -> datetime:
    return datetime.now(UTC)


def _watched(
    settings: Settings, runs: Iterable[str], work: Callable[[replaying.OnProgress], list[Manifest]]
) -> list[Manifest]:
    """Work with a bar, from the first report on."""
    interrupted_by_sigterm()
    try:
        with _progress() as report:
            return work(report)
    except KeyboardInterrupt:
        for run in runs:
            error_console.print(say(settings.language, "interrupted; go on with: naul replay --resume {run}", run=run))
        raise click.exceptions.Exit(1) from None


@contextmanager
def _progress() -> Iterator[replaying.OnProgress]:
    bar = frames_bar(error_console)
    task = bar.add_task("", total=None, rate="")
    began: list[tuple[float, replaying.Progress]] = []

    def report(manifests: Sequence[Manifest], now: replaying.Progress) -> None:
        if not began:
            for each in manifests:
                error_console.print(f"{each.run}: {each.why}")
            bar.start()
            began.append((time.monotonic(), now))
        (at, first), rate = began[0], ""
        if (passed := time.monotonic() - at) > 1 and now.done > first.done:
            speed, times = (now.done - first.done) / passed, (now.seconds - first.seconds) / passed
            rate = f"{speed:.1f} frames/s, {times:.1f} × real time"
        bar.update(task, description=manifests[0].kind, completed=now.done, total=now.total, rate=rate)

    try:
        yield report
    finally:
        bar.stop()


def _tell(settings: Settings, runs: Iterable[Manifest]) -> None:
    tell = partial(say, settings.language)
    for each in runs:
        console.print(
            tell(
                "run {run}: {frames} frames judged, by {engine}, policy {policy}",
                run=each.run, frames=each.frames, engine=each.engine, policy=each.policy_version,
            )
        )  # fmt: skip
        if each.unreadable:
            console.print(
                tell("  {count} records are nothing that can be read, of whatever class hour", count=each.unreadable)
            )
        for hour, gap in each.gaps.items():
            for count, why in (
                (gap.deleted, gettext_noop("{hour}: {count} {kind} that live judged by are no longer kept")),
                (
                    gap.other_epoch,
                    gettext_noop("{hour}: {count} {kind} that live judged by were in an earlier topic of this name"),
                ),
                (gap.unreadable, gettext_noop("{hour}: {count} {kind} are no pictures")),
            ):
                if count:
                    console.print(f"  {tell(why, hour=hour, count=count, kind=each.kind)}")
        console.print(
            tell("  result {result}; compare it: naul runs compare live {run}", result=each.result[:16], run=each.run)
        )
