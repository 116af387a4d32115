"""What sub-commands share: the option ``--home`` and the settings that follow from it, and kinds of parameters."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar

import click
from rich.console import Console

from schemas.settings import load_settings

__all__ = ["Moment", "Place", "console", "error_console", "with_settings"]

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
