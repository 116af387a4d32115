"""What is shown of an error: all of it but the passwords that somebody typed into an address."""

import re
import traceback
from types import TracebackType

import click

__all__ = ["print_unexpected", "without_passwords"]

_ADDRESS = re.compile(r"(:/+)[^\n]*@")
"""Up to the last ``@`` of the line: a password may hold any sign, and too much is hidden rather than too little."""

_USER = re.compile(r"[^\s'\"=:]+:(?!/)[^\s'\"]+@(?=[^\s'\"])")
"""``user:password@host`` of which somebody forgot the scheme. An engine's id has an ``@`` too, and no colon."""


def without_passwords(text: str) -> str:
    """Return a text without what stands before the host of an address in it."""
    return _USER.sub("***@", _ADDRESS.sub(r"\1***@", text))


def print_unexpected(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print the traceback of a mistake of ours; as ``sys.excepthook``."""
    click.echo(without_passwords("".join(traceback.format_exception(kind, error, trace))), nl=False, err=True)
