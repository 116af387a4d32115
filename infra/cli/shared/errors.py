"""What is shown of an error: all of it but the passwords that somebody typed into an address."""

import logging
import os
import sys
import traceback
from types import TracebackType

import click

from producers.addresses import without_secrets

__all__ = ["mute_libraries", "print_unexpected", "without_passwords"]

_OURS = ("naul", "schemas", "producers", "streams", "enrollment", "sinks", "infra")


def mute_libraries() -> None:
    """Let only our own loggers print where nobody has set up a log: what a library failed at, Naul says in its words.

    Workers set up a log, and keep everything in it.
    """
    if logging.lastResort:
        logging.lastResort.addFilter(lambda record: record.name.partition(".")[0] in _OURS)


def without_passwords(text: str) -> str:
    """Return a text in which no address says who opens it, or what its query holds."""
    words = [part for word in sys.argv[1:] for part in (word, word.partition("=")[2])]
    settings = [value for name, value in os.environ.items() if name.startswith("NAUL_")]
    return without_secrets(text, [*words, *settings])


def print_unexpected(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print the traceback of a mistake of ours; as ``sys.excepthook``."""
    click.echo(without_passwords("".join(traceback.format_exception(kind, error, trace))), nl=False, err=True)
