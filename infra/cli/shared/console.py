"""Where commands print, and the bars that show how far they are."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from infra.operations.dead_letters.letter_reasons import in_the_bytes, told_reason
from schemas.settings import Settings
from schemas.translations import gettext_noop, say

if TYPE_CHECKING:
    from infra.machine.catch_up import StageProgress

__all__ = [
    "console",
    "error_console",
    "frames_bar",
    "print_line",
    "progress_bars",
    "reporting",
    "tell_reasons",
    "told_table",
]

MOST_REASONS = 5
"""Reasons that are told; few things go wrong in more ways at once."""

# Names of halls and people are other people's text: nothing in it is markup.
console = Console(markup=False, highlight=False)
error_console = Console(stderr=True, markup=False, highlight=False)


def print_line(text: str) -> None:
    """Print a line as it is, however long: whoever copies it or reads it with a program finds it whole."""
    console.print(text, soft_wrap=True)


def told_table(settings: Settings, *columns: str, **options: Any) -> Table:
    """Return a table whose columns, in English here, are titled in the language of the site."""
    return Table(*(say(settings.language, each) for each in columns), **options)


def frames_bar(console: Console) -> Progress:
    """Return a bar of frames with counts and time; its tasks have a field ``rate``."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=console,
    )


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


def reporting(settings: Settings, bars: Progress) -> StageProgress:
    """Return what shows the progress of each stage: on bars, or else as a plain line when a stage is through."""
    tasks = {}

    def report(stage: str, done: int, total: int) -> None:
        if stage not in tasks:
            tasks[stage] = bars.add_task(stage, total=total, rate="")
        task = bars.tasks[tasks[stage]]
        rate = f"{task.speed:,.0f}/s" if task.speed else ""
        bars.update(tasks[stage], completed=done, rate=rate)
        if done == total and bars.disable:
            console.print(say(settings.language, "{stage}: {count} processed", stage=stage, count=total))

    return report


def tell_reasons(settings: Settings, reasons: Sequence[tuple[str, int]]) -> None:
    """Tell why messages were put aside, and what a person does next; nothing if there are none."""
    tell = partial(say, settings.language)
    for reason, count in reasons[:MOST_REASONS]:
        error_console.print(
            tell("put aside {count}: {reason}", count=count, reason=told_reason(settings, reason)), soft_wrap=True
        )
    if rest := sum(count for _, count in reasons[MOST_REASONS:]):
        error_console.print(tell("... for other reasons: {count}", count=rest), soft_wrap=True)
    for text, lies in (
        (
            gettext_noop(
                "A frame whose picture or time is wrong in itself is put aside again however often "
                "it is sent: send another from where it was taken, and let nobody wait for these: "
                "`naul dead-letters dismiss`."
            ),
            True,
        ),
        (
            gettext_noop(
                "`naul dead-letters list` shows them. When the cause is mended, `naul dead-letters "
                "retry` sends them again; what nobody can mend is dismissed with `naul dead-letters "
                "dismiss`."
            ),
            False,
        ),
    ):
        if any(in_the_bytes(reason) is lies for reason, _ in reasons):
            error_console.print(tell(text), soft_wrap=True)
