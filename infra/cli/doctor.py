"""``naul doctor``: is this machine fit for Naul, and does what the site was told fit together?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import click

from infra.cli.shared.console import console
from infra.cli.shared.options import with_settings
from schemas.errors import UnavailableError
from schemas.settings import Settings
from schemas.translations import say

if TYPE_CHECKING:
    from infra.machine.doctor import Finding

__all__ = ["command"]


@click.command(epilog="Example: naul doctor")
@with_settings
def command(settings: Settings) -> int:
    """Check this machine, and hold what the site was told against each other.

    Java, Kafka, ports, disk, versions and the weights' checksums; while Kafka runs also rosters, timetable, enrolled
    people, the last frames and what was put aside. Each problem comes with its remedy.
    """
    from infra.machine.doctor import examine

    problems = 0
    for found in examine(settings):
        problems += bool(found.remedy)
        _print(settings, found, problem=bool(found.remedy))
    for said, problem in _inputs(settings):
        problems += problem
        console.print(f"{say(settings.language, 'problem' if problem else 'note'):8} {said}", soft_wrap=True)
    return 1 if problems else 0


def _print(settings: Settings, found: Finding, *, problem: bool) -> None:
    tell = partial(say, settings.language)
    word = tell("problem") if problem else tell("ok")
    console.print(f"{word:8} {tell(found.name)}: {tell(found.text)}")

    if problem:
        console.print(f"{'':8} → {say(settings.language, found.remedy)}", soft_wrap=True)


def _inputs(settings: Settings) -> Iterator[tuple[str, bool]]:
    from infra.operations.reference.site_consistency import examine_inputs

    try:
        yield from examine_inputs(settings)
    except UnavailableError:
        return  # the examination of the machine has said that Kafka is not up
