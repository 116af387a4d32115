"""``naul topics``: what Kafka's topics are and should be; more partitions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import click

from infra.cli.shared.console import console, told_table
from infra.cli.shared.options import with_settings
from schemas.settings import Settings
from schemas.translations import say

if TYPE_CHECKING:
    from infra.operations.site.site_topics import TopicDifference

__all__ = ["command"]


@click.group(epilog="Example: naul topics plan && naul topics apply")
def command() -> None:
    """Compare Kafka's topics with what this site wants, change them, spread them wider."""


@command.command(epilog="Example: naul topics plan")
@with_settings
def plan(settings: Settings) -> int:
    """Show what of the topics differs from what this site wants. Nothing is changed.

    Exit status 1: something differs.
    """
    from infra.operations.site.site_topics import plan_topics

    return _show(settings, plan_topics(settings))


@command.command(epilog="Example: naul topics apply")
@with_settings
def apply(settings: Settings) -> int:
    """Change what differs: topics that are missing, settings, copies.

    Copies first, and when they have caught up, how many of them must acknowledge. Workers go on meanwhile. Partitions
    are left to `naul topics grow`.
    """
    from infra.operations.site.site_topics import apply_topics

    with console.status(say(settings.language, "changing the topics")):
        left = apply_topics(settings)
    return _show(settings, left)


@command.command(epilog="Example: naul topics grow --partitions 8 --frames 16")
@click.option("--partitions", type=click.IntRange(1, 1024), help="Of halls: a multiple of what there is.")
@click.option("--frames", type=click.IntRange(1, 1024), help="Of frames: any number that is more.")
@with_settings
def grow(settings: Settings, *, partitions: int | None, frames: int | None) -> int:
    """Spread halls and frames over more partitions, so that more workers have something to do.

    What is kept of a hall moves with it: sightings that nobody has dealt with, marks, the rows of attend's table. The
    workers of this machine are stopped meanwhile; stop those of the others first. Broken off, it is gone on with by the
    same command, and until then no worker starts.
    """
    from infra.operations.site.site_topics import grow_topics

    if partitions is None and frames is None:
        raise click.UsageError("Name --partitions, --frames, or both.")
    tell = partial(say, settings.language)
    with console.status(tell("growing")) as spinner:
        grown, wider = grow_topics(settings, partitions, frames, say=lambda text: spinner.update(tell(text)))
    if grown:
        console.print(
            tell("moved: {rows} rows of attend\'s table, {sightings} sightings, {marks} marks",
                 rows=grown.rows, sightings=grown.sightings, marks=grown.marks)
        )  # fmt: skip
        if grown.strays:
            console.print(tell("{count} rows are of a hall that nobody knows: they stay where they are",
                               count=grown.strays))  # fmt: skip
    for name, count in (("partitions", partitions), ("frame_partitions", frames)):
        if count and getattr(settings, name) != count:
            console.print(tell("Set {name} = {count} in naul.toml: a site that is restored is made so.",
                               name=name, count=count))  # fmt: skip
    if not (grown or wider):
        console.print(tell("there are so many already"))
    return 0


def _show(settings: Settings, found: Sequence[TopicDifference]) -> int:
    from infra.operations.site.site_topics import named

    tell = partial(say, settings.language)
    if not found:
        console.print(tell("the topics are as this site wants them"))
        return 0
    table = told_table(settings, "topic", "what", "is", "wanted")
    for each in found:
        table.add_row(each.topic, tell(named(each.what)), each.found, each.wanted)
    console.print(table)
    return 1
