"""What is shown of an error: all of it but the passwords that somebody typed into an address."""

import logging
import os
import re
import sys
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import zip_longest
from pathlib import Path
from types import TracebackType

import click
from click import core, decorators, exceptions, formatting, parser, termui, types

from infra.cli.shared.help import CellFormatter
from producers.addresses import without_secrets
from schemas.paths import on_disk
from schemas.translations import LANGUAGES, translations

__all__ = ["let_click_speak", "mute_libraries", "print_unexpected", "site_language", "without_passwords"]

_OURS = ("naul", "schemas", "producers", "streams", "enrollment", "sinks", "infra")


_CLICK = (core, decorators, exceptions, formatting, parser, termui, types)
"""Modules of click that say something. Each has gettext's functions as names of its own."""


def site_language(typed: Sequence[str], environ: Mapping[str, str]) -> str:
    """Return in which language a command line is answered, even where neither it nor the settings can be understood.

    typed: what follows ``naul``.
    """
    said, home = environ.get("NAUL_LANGUAGE", ""), environ.get("NAUL_HOME") or ".naul"
    for word, following in zip_longest(typed, typed[1:], fillvalue=""):
        if word == "--home":
            home = following
        elif word.startswith("--home="):
            home = word.partition("=")[2]
    with suppress(OSError, UnicodeError, ValueError):
        file = on_disk(Path(home).expanduser()) / "naul.toml"
        found = re.search(r"^\s*language\s*=\s*[\"'](\w+)", file.read_text("utf-8"), re.MULTILINE) if not said else None
        said = found[1] if found else said
    return said if said in LANGUAGES else "en"


def let_click_speak(language: str) -> None:
    """Let what click says of a command line be in this language, too, and as wide as it is."""
    if language != "en":
        found = translations(language)
        for each in _CLICK:
            vars(each).update({"_": found.gettext, "ngettext": found.ngettext})
        click.Context.formatter_class = CellFormatter


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
