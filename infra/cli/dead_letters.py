"""``naul dead-letters``: messages that could not be understood, why, and once more."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from kafka import TopicPartition
from kafka.errors import KafkaError
from kafka.structs import OffsetAndMetadata
from rich import box
from rich.table import Table

from infra.cli.shared.console import console
from infra.cli.shared.options import with_settings
from infra.machine.lag import RETRIED, Cluster
from schemas.cluster import Record, consumer, send
from schemas.dead_letters import ORIGINAL
from schemas.errors import RefusedError, UnavailableError
from schemas.settings import Settings
from schemas.topics import all_topics

__all__ = ["command"]

FIRST_BYTES = 256
"""Bytes of a value that are shown."""

BATCH_MIB = 32
"""Bytes that are sent in one go when letters are retried, in MiB."""


@click.group()
def command() -> None:
    """Look at messages that were refused, and send them again.

    \b
    Examples:
      naul dead-letters list
      naul dead-letters retry
    """  # noqa: D301


@command.command("list")
@click.option("--all", "all_", is_flag=True, help="Also those that were sent again.")
@click.option("--last", type=click.IntRange(1), default=50, show_default=True, help="At most so many, the newest.")
@with_settings
def list_(settings: Settings, all_: bool, last: int) -> None:
    """List the dead letters that wait for a person, oldest first.

    \b
    Example:
      naul dead-letters list
    """  # noqa: D301
    waiting = list(_letters(settings, 0 if all_ else _retried(settings)))
    if not waiting:
        console.print("No dead letters.")
        return
    table = Table(box=box.SIMPLE)
    for column in ("offset", "when", "stage"):
        table.add_column(column, no_wrap=True)
    table.add_column("reason")
    for letter in waiting[-last:]:
        reason = _text(letter, "reason").partition("\n")[0]
        table.add_row(str(letter.offset), _when(settings, letter), _text(letter, "stage"), reason)
    console.print(table)
    if len(waiting) > last:
        console.print(f"... and {len(waiting) - last} older ones; --last shows more.")


@command.command()
@click.argument("offset", type=int)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Save the bytes in this file.")
@with_settings
def show(settings: Settings, offset: int, output: Path | None) -> None:
    """Show the dead letter at OFFSET: its headers, its size, its first bytes.

    \b
    Example:
      naul dead-letters show 3 --output frame.jpg
    """  # noqa: D301
    letter = _letter(settings, offset)
    value = letter.value
    table = Table("header", "value", title=f"dead letter {offset}, {_when(settings, letter)}")
    table.add_row("key", "none" if letter.key is None else letter.key.decode("utf-8", "backslashreplace"))
    for name, content in letter.headers:
        table.add_row(name, content.decode("utf-8", "backslashreplace"))
    console.print(table)
    console.print("no value" if value is None else f"{len(value):,} bytes")
    for start in range(0, min(len(value or b""), FIRST_BYTES), 16):
        row = value[start : start + 16]
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
    letters = [_letter(settings, each) for each in offsets] if offsets else _letters(settings, _retried(settings))
    sent, waiting, size, last = 0, list[Record](), 0, -1
    for letter in letters:
        last = letter.offset
        waiting.append(_original(settings, letter))
        size += len(letter.value or b"")
        if size > BATCH_MIB * 2**20:
            sent += send(settings, waiting)
            waiting, size = [], 0
    sent += send(settings, waiting)
    if last >= 0 and not offsets:
        _remember(settings, last + 1)
    console.print(f"Sent {sent} again.")


def _retried(settings: Settings) -> int:
    """Return the offset after the last letter that a retry of all has sent."""
    with Cluster(settings) as cluster:
        return max(cluster.committed(RETRIED).values(), default=0)


def _remember(settings: Settings, offset: int) -> None:
    with closing(consumer(settings, settings.group(RETRIED.name))) as client:
        where = TopicPartition(settings.topic("dead-letters"), 0)
        client.assign([where])
        try:
            client.commit({where: OffsetAndMetadata(offset, "", -1)})
        except KafkaError as error:
            raise UnavailableError(f"Kafka at {settings.bootstrap} does not answer: {error}", "Try again.") from error


def _letters(settings: Settings, first: int = 0, count: int | None = None) -> Iterator[Any]:
    """Yield the records of the topic, from an offset on and at most so many."""
    with Cluster(settings) as cluster:
        ends = cluster.ends(["dead-letters"])
        starts = {each: max(first, begin) for each, begin in cluster.begins(ends).items()}
        if count is not None:
            ends = {each: min(end, first + count) for each, end in ends.items()}
        yield from cluster.read(starts, ends)


def _letter(settings: Settings, offset: int) -> Any:
    found = [letter for letter in _letters(settings, offset, 1) if letter.offset == offset]
    if found:
        return found[0]
    raise RefusedError(f"there is no dead letter {offset}", "`naul dead-letters list` shows those that are.")


def _original(settings: Settings, letter: Any) -> Record:
    """Return the message as it was, for the partition it was in."""
    topic = _text(letter, "topic")
    known = {each.full_name(settings.prefix): each for each in all_topics()}
    if topic not in known:
        raise RefusedError(
            f"dead letter {letter.offset} says it came from {topic!r}, no topic of this site", "Skip it."
        )
    partition = int(_text(letter, "partition") or 0)
    headers = [(name.removeprefix(ORIGINAL), value) for name, value in letter.headers if name.startswith(ORIGINAL)]
    return topic, letter.key, letter.value, min(partition, known[topic].partitions - 1), headers


def _text(letter: Any, header: str) -> str:
    content: bytes = dict(letter.headers).get(header, b"")
    return content.decode("utf-8", "replace")


def _when(settings: Settings, letter: Any) -> str:
    return f"{datetime.fromtimestamp(letter.timestamp / 1000, UTC).astimezone(settings.zone):%Y-%m-%d %H:%M:%S}"
