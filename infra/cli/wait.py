"""``naul wait``: until everything that was sent has arrived."""

from __future__ import annotations

from datetime import timedelta

import click

from infra.cli.shared.console import error_console, progress_bars, reporting, tell_reasons
from infra.cli.shared.options import with_settings
from schemas.settings import Settings
from schemas.translations import say

__all__ = ["command"]


@click.command(
    epilog="Example: naul camera lecture.mp4 --hall E101 --starts-at 2026-11-23T09:00 --no-wait && naul wait"
)
@click.option(
    "--timeout", metavar="SECONDS", type=click.FloatRange(min=0, min_open=True), default=600.0, show_default=True
)
@with_settings
def command(settings: Settings, timeout: float) -> int:
    """Return when all stages have processed everything that was in the topics at the call.

    The exit status is 1 while messages that were put aside wait for a person: until `naul dead-letters retry` has sent
    them again, or Kafka keeps them no longer.
    """
    from infra.operations.site.await_processing import await_processing

    with progress_bars() as bars:
        letters = await_processing(settings, timeout=timedelta(seconds=timeout), report=reporting(settings, bars))
    if not letters.waiting:
        return 0
    error_console.print(
        say(settings.language, "{count} messages were put aside, and wait for a person:", count=letters.waiting),
        soft_wrap=True,
    )
    tell_reasons(settings, letters.reasons)
    return 1
