"""What sub-commands share: the option ``--home``, and the settings that follow from it."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import click
from rich.console import Console

from schemas.settings import load_settings

__all__ = ["console", "error_console", "with_settings"]

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
