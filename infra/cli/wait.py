"""``naul wait``: until everything that was sent has arrived."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from infra.cli.shared.console import console, error_console
from infra.cli.shared.options import with_settings
from schemas.settings import Settings

if TYPE_CHECKING:
    from infra.machine.catch_up import StageProgress

__all__ = ["command", "progress_bars", "reporting"]


@click.command(epilog="Example: naul camera lecture.mp4 --hall E101 --starts-at 2026-11-23T09:00 && naul wait")
@click.option(
    "--timeout", metavar="SECONDS", type=click.FloatRange(min=0, min_open=True), default=600.0, show_default=True
)
@with_settings
def command(settings: Settings, timeout: float) -> None:
    """Return when all stages have processed everything that was in the topics at the call."""
    from infra.operations.await_processing import await_processing

    with progress_bars() as bars:
        letters = await_processing(settings, timeout=timedelta(seconds=timeout), report=reporting(bars))
    if letters:
        error_console.print(f"{letters} messages were put aside; see `naul dead-letters list`.")


def progress_bars() -> Progress:
    """Return bars with counts and a rate, one a stage; without a terminal they stay silent."""
    return Progress(
        TextColumn("{task.description:10}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
    )


def reporting(bars: Progress) -> StageProgress:
    """Return what shows the progress of each stage: on bars, or else as a plain line when a stage is through."""
    tasks = {}

    def report(stage: str, done: int, total: int) -> None:
        if stage not in tasks:
            tasks[stage] = bars.add_task(stage, total=total, rate="")
        task = bars.tasks[tasks[stage]]
        rate = f"{task.speed:,.0f}/s" if task.speed else ""
        bars.update(tasks[stage], completed=done, rate=rate)
        if done == total and bars.disable:
            console.print(f"{stage}: {total} processed")

    return report
