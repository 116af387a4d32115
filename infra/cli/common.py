"""What sub-commands share: the option ``--home`` and the settings that follow from it, and kinds of parameters."""

import signal
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from types import FrameType
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from schemas.settings import Settings, load_settings

__all__ = [
    "Moment",
    "Place",
    "console",
    "error_console",
    "frames_bar",
    "in_zone",
    "interrupted_by_sigterm",
    "with_settings",
]

F = TypeVar("F", bound=Callable[..., Any])

# Names of halls and people are other people's text: nothing in it is markup.
console = Console(markup=False, highlight=False)
error_console = Console(stderr=True, markup=False, highlight=False)


def with_settings(function: F) -> F:
    """Give a command the option --home, and pass it the settings of that home as its first argument."""

    @click.option("--home", metavar="DIR", help="Where this site keeps its data (else NAUL_HOME, else ./.naul).")
    @wraps(function)
    def called(home: str | None, *args: Any, **kwargs: Any) -> Any:
        return function(load_settings(home), *args, **kwargs)

    return called  # type: ignore[return-value]


def in_zone(settings: Settings, moment: datetime) -> datetime:
    """Return a moment; one without an offset is in the site's zone."""
    return moment if moment.tzinfo else moment.replace(tzinfo=settings.zone)


def stretch(settings: Settings, since: datetime, until: datetime) -> tuple[datetime, datetime]:
    """Return --from and --until as moments.

    Raises:
        UsageError: there is nothing between them.
    """
    since, until = in_zone(settings, since), in_zone(settings, until)
    if until <= since:
        raise click.UsageError("--until must be after --from.")
    return since, until


def interrupted_by_sigterm() -> None:
    """Let SIGTERM end what this process does as Ctrl-C does."""
    signal.signal(signal.SIGTERM, _as_interrupt)


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


def _as_interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


class Moment(click.ParamType):
    """A time of ISO 8601; without an offset it is in the site's zone."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read it."""
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no time; write it like 2026-11-23T09:00:00 or 2026-11-23T00:00:00Z", param, ctx)


class Place(click.ParamType):
    """A name that may stand in a key: no slash, no bar, nothing that cannot be printed."""

    name = "name"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Read it."""
        text = str(value).strip()
        if not text or len(text.encode()) > 100 or not text.isprintable() or set(text) & set("/|"):
            self.fail(f"{text!r} cannot be a name: 1 to 100 bytes without / and |", param, ctx)
        return text
