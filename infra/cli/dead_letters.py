"""``naul dead-letters``: messages that could not be understood, why, and once more."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich import box
from rich.table import Table

from infra.cli.shared.console import console
from infra.cli.shared.options import PathParam, with_settings
from schemas.errors import RefusedError
from schemas.settings import Settings

if TYPE_CHECKING:
    from infra.operations.dead_letter_queue import RefusedMessage

__all__ = ["command"]

FIRST_BYTES = 256
"""Bytes of a value that are shown."""


@click.group()
def command() -> None:
    """Look at messages that were refused, and send them again.

    \b
    Examples:
      naul dead-letters list
      naul dead-letters retry
    """  # noqa: D301


@command.command("list")
@click.option("--all", "all_", is_flag=True, help="Also those that were sent again or dismissed.")
@click.option("--last", type=click.IntRange(1), default=50, show_default=True, help="At most so many, the newest.")
@with_settings
def list_(settings: Settings, all_: bool, last: int) -> None:
    """List the dead letters that wait for a person, oldest first.

    \b
    Example:
      naul dead-letters list
    """  # noqa: D301
    from infra.operations.dead_letter_queue import waiting_letters

    waiting = list(waiting_letters(settings, retried=all_))
    if not waiting:
        console.print("No dead letters.")
        return
    table = Table(box=box.SIMPLE)
    for column in ("offset", "when", "stage"):
        table.add_column(column, no_wrap=True)
    table.add_column("reason")
    for letter in waiting[-last:]:
        table.add_row(str(letter.offset), _when(settings, letter), letter.stage, letter.reason)
    console.print(table)
    if len(waiting) > last:
        console.print(f"... and {len(waiting) - last} older ones; --last shows more.")


@command.command()
@click.argument("offset", type=int)
@click.option("--output", type=PathParam(dir_okay=False, path_type=Path), help="Save the bytes in this file.")
@with_settings
def show(settings: Settings, offset: int, output: Path | None) -> None:
    """Show the dead letter at OFFSET: its headers, its size, its first bytes.

    \b
    Example:
      naul dead-letters show 3 --output frame.jpg
    """  # noqa: D301
    from infra.operations.dead_letter_queue import find_letter

    letter = find_letter(settings, offset)
    value = letter.value
    table = Table("header", "value", title=f"dead letter {offset}, {_when(settings, letter)}")
    table.add_row("key", "none" if letter.key is None else letter.key.decode("utf-8", "backslashreplace"))
    for name, content in letter.headers:
        table.add_row(name, content.decode("utf-8", "backslashreplace"))
    console.print(table)
    console.print("no value" if value is None else f"{len(value):,} bytes")
    shown = (value or b"")[:FIRST_BYTES]
    for start in range(0, len(shown), 16):
        row = shown[start : start + 16]
        letters = "".join(chr(each) if 32 <= each < 127 else "." for each in row)
        console.print(f"{start:06x}  {row.hex(' '):<48} {letters}")
    if output:
        try:
            output.write_bytes(value or b"")
        except OSError as error:
            raise RefusedError(f"{output} cannot be written ({error.strerror})", "Choose another file.") from error
        console.print(f"saved in {output}")


@command.command()
@click.argument("offsets", type=int, nargs=-1)
@with_settings
def retry(settings: Settings, offsets: tuple[int, ...]) -> None:
    """Send dead letters again to the topics they came from: those at OFFSETS, else all that were not sent again yet.

    Do so when what refused them is mended. A letter that is refused again comes back as a new one; one that was
    accepted before does no harm.

    \b
    Example:
      naul dead-letters retry 3 4
    """  # noqa: D301
    from infra.operations.dead_letter_queue import retry_letters

    console.print(f"Sent {retry_letters(settings, offsets)} again.")


@command.command()
@with_settings
def dismiss(settings: Settings) -> None:
    """Wait no more for the dead letters that wait now: nobody can mend them, or they do not matter.

    They can still be listed (--all), shown and sent again until Kafka deletes them.

    \b
    Example:
      naul dead-letters dismiss
    """  # noqa: D301
    from infra.operations.dead_letter_queue import dismiss_letters
    from infra.operations.frame_texts import say

    console.print(say(settings, "dismissed", count=dismiss_letters(settings)), soft_wrap=True)


def _when(settings: Settings, letter: RefusedMessage) -> str:
    return f"{letter.refused_at.astimezone(settings.zone):%Y-%m-%d %H:%M:%S}"
