"""Help in another language: click builds it in English when a command is imported; it is translated for who asks.

What of it is a text is said here alone: ``tests.tools.texts`` hears it by the same function.
"""

import inspect
import re
from collections.abc import Callable, Sequence
from copy import copy
from unicodedata import east_asian_width

import click

__all__ = ["CellFormatter", "told"]

_FILL = "\0"
"""Stands behind what is two columns wide while lines are measured: their length is then their width."""

Tell = Callable[[str], str]


def told(command: click.Command, tell: Tell) -> click.Command:
    """Return a copy of a command, and of all below it, whose help is told; what it does is the same.

    tell: takes a paragraph, or a line among examples, and returns it in the language of whoever reads it.
    """
    made = copy(command)
    made.help = _help(command.help, tell) if command.help else None
    made.epilog = _heading(command.epilog, tell) if command.epilog else None
    made.options_metavar = tell(command.options_metavar or "")
    made.params = [_parameter(each, tell) for each in command.params]
    if isinstance(made, click.Group):
        made.subcommand_metavar = tell(made.subcommand_metavar)
        made.commands = {name: told(each, tell) for name, each in made.commands.items()}
    return made


def _parameter(parameter: click.Parameter, tell: Tell) -> click.Parameter:
    made = copy(parameter)
    if isinstance(made, click.Option):
        made.help = tell(made.help) if made.help else None
        made.show_default = tell(made.show_default) if isinstance(made.show_default, str) else made.show_default
    return made


def _help(text: str, tell: Tell) -> str:
    paragraphs = re.split(r"\n{2,}", inspect.cleandoc(text))
    return "\n\n".join(
        _examples(each, tell) if each.startswith("\b") else tell(" ".join(each.split())) for each in paragraphs
    )


def _examples(paragraph: str, tell: Tell) -> str:
    """Tell a paragraph that keeps its lines: those at its edge, and remarks; what is typed is the same in all."""
    return re.sub(
        r"^[^\s\b].*$|(?<=\S   )( *)(\S.*)$",
        lambda found: f"{found[1]}{tell(found[2])}" if found[2] else tell(found[0]),
        paragraph,
        flags=re.MULTILINE,
    )


def _heading(text: str, tell: Tell) -> str:
    """Tell ``Example: naul status``: what is typed is the same in all languages."""
    return re.sub(r"^[^:]+:", lambda found: tell(found[0]), text)


class CellFormatter(click.HelpFormatter):
    """Lays help out by the columns of a terminal, of which a syllable of Hangul takes two; click counts characters."""

    def write(self, string: str) -> None:
        """Write what is laid out."""
        super().write(string.replace(_FILL, ""))

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write how a command is typed."""
        super().write_usage(_spread(prog), _spread(args), prefix and _spread(prefix))

    def write_text(self, text: str) -> None:
        """Write paragraphs."""
        super().write_text(_spread(text))

    def write_dl(self, rows: Sequence[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Write terms and what they mean."""
        super().write_dl([(_spread(term), _spread(meaning)) for term, meaning in rows], col_max, col_spacing)


def _spread(text: str) -> str:
    return "".join(each + _FILL if east_asian_width(each) in "WF" else each for each in text)
