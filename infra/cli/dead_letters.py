"""``naul dead-letters``: messages that could not be understood, why, and once more."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from infra.cli.shared.console import console, print_line, told_table
from infra.cli.shared.options import PathParam, with_settings
from schemas.dead_letters import ORIGINAL
from schemas.errors import RefusedError
from schemas.settings import Settings
from schemas.translations import Text, say

if TYPE_CHECKING:
    from infra.operations.dead_letters.dead_letter_queue import RefusedMessage

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
    from infra.operations.dead_letters.dead_letter_queue import waiting_letters
    from infra.operations.dead_letters.letter_reasons import told_reason

    waiting = list(waiting_letters(settings, retried=all_))
    if not waiting:
        console.print(say(settings.language, "No dead letters."))
        return
    for letter in waiting[-last:]:
        refused = f"{letter.offset:>6}  {_when(settings, letter)}  {letter.stage}"
        whose = "/".join(filter(None, (_shown(letter.text(f"{ORIGINAL}{name}")) for name in ("hall", "camera"))))
        taken = _clock_time(settings, letter.taken_at())
        print_line("  ".join(filter(None, (refused, whose, taken and f"captured {taken}"))))
        for line in told_reason(settings, letter.reason).splitlines():
            print_line(f"        {line}")
    if len(waiting) > last:
        console.print(
            say(settings.language, "... and {count} older ones; --last shows more.", count=len(waiting) - last)
        )


@command.command()
@click.argument("offset", type=int)
@click.option(
    "--output",
    type=PathParam(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Save the bytes in this file; of a sealed frame that a key here opens, the picture.",
)
@with_settings
def show(settings: Settings, offset: int, output: Path | None) -> None:
    """Show the dead letter at OFFSET: its headers, its size, its first bytes.

    \b
    Example:
      naul dead-letters show 3 --output frame.jpg
    """  # noqa: D301
    from infra.operations.dead_letters.dead_letter_queue import find_letter

    tell = partial(say, settings.language)
    letter = find_letter(settings, offset)
    value = letter.value if letter.picture is None else letter.picture
    table = told_table(
        settings,
        "header",
        "value",
        title=tell("dead letter {offset}, {when}", offset=offset, when=_when(settings, letter)),
    )
    table.add_row("key", tell("none") if letter.key is None else letter.key.decode("utf-8", "backslashreplace"))
    for name, content in letter.headers:
        text = content.decode("utf-8", "backslashreplace")
        if name in (f"{ORIGINAL}captured_at", f"{ORIGINAL}sent_at"):
            text = f"{_clock_time(settings, letter.taken_at(name.removeprefix(ORIGINAL)))} ({text})"
        table.add_row(name, text)
    console.print(table)
    if letter.picture is not None:
        console.print(tell("sealed with {count:,} bytes; this is the picture:", count=len(letter.value or b"")))
    console.print(tell("no value") if value is None else tell("{count:,} bytes", count=len(value)))
    shown = (value or b"")[:FIRST_BYTES]
    for start in range(0, len(shown), 16):
        row = shown[start : start + 16]
        letters = "".join(chr(each) if 32 <= each < 127 else "." for each in row)
        console.print(f"{start:06x}  {row.hex(' '):<48} {letters}")
    if output:
        try:
            output.write_bytes(value or b"")
        except OSError as error:
            raise RefusedError(
                Text("{output} cannot be written ({strerror})", output=output, strerror=error.strerror),
                "Choose another file.",
            ) from error
        console.print(tell("saved in {output}", output=output))


@command.command()
@click.argument("offsets", type=int, nargs=-1)
@with_settings
def retry(settings: Settings, offsets: tuple[int, ...]) -> None:
    """Send dead letters again to the topics they came from: those at OFFSETS, else all that were not sent again yet.

    Do so when what refused them is mended; what is wrong in a picture itself is dismissed. A letter that is refused
    again comes back as a new one; one that was accepted before does no harm.

    \b
    Example:
      naul dead-letters retry 3 4
    """  # noqa: D301
    from infra.operations.dead_letters.dead_letter_queue import retry_letters

    count = retry_letters(settings, offsets)
    console.print(say(settings.language, "Sent {count} again.", count=count))
    if count:
        console.print(
            say(
                settings.language,
                "Once `naul wait` is through, `naul dead-letters list` shows what was refused again, as new ones.",
            ),
            soft_wrap=True,
        )


@command.command()
@click.argument("offsets", type=int, nargs=-1)
@with_settings
def dismiss(settings: Settings, offsets: tuple[int, ...]) -> None:
    """Wait no more for dead letters, those at OFFSETS or else all that wait now: nobody can mend them.

    They can still be listed (--all), shown and sent again until Kafka deletes them.

    \b
    Examples:
      naul dead-letters dismiss 3 4
      naul dead-letters dismiss
    """  # noqa: D301
    from infra.operations.dead_letters.dead_letter_queue import dismiss_letters

    console.print(
        say(
            settings.language,
            "Dismissed {count}. `naul dead-letters list --all` still shows them.",
            count=dismiss_letters(settings, offsets),
        ),
        soft_wrap=True,
    )


def _when(settings: Settings, letter: RefusedMessage) -> str:
    return _clock_time(settings, letter.refused_at)


def _clock_time(settings: Settings, moment: datetime | None) -> str:
    return f"{moment.astimezone(settings.zone):%Y-%m-%d %H:%M:%S}" if moment else ""


def _shown(text: str) -> str:
    return "".join(each if each.isprintable() else "?" for each in text[:100])
